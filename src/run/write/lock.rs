use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::outcome::{Halt, Reason, Refusal, refuse, refused};
use super::{Writing, shown};
use crate::plan::Param;
use crate::plan::write::{Choice, Named, Targets};

/// A row that is locked to be written.
#[derive(Debug, Deserialize)]
pub struct Locked {
    pub(super) key: Uuid,
    #[serde(default)]
    pub(super) value: Json,
    pub(super) version: Option<i64>,
    pub(super) allowed: bool,
    #[serde(default)]
    pub(super) before: Map<String, Json>,
}

impl Locked {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> Uuid {
        self.key
    }
}

impl Writing<'_> {
    /// Locks rows, each of which must be there and be allowed to be written.
    pub(super) async fn lock(&self, targets: &Targets<'_>) -> Result<Vec<Locked>, Halt> {
        let locked = self.locked(targets).await?;
        if let Choice::Named(named) = &targets.choice {
            let known: HashSet<String> = locked.iter().map(|row| row.value.to_string()).collect();
            let missing = named
                .iter()
                .filter(|named| !known.contains(&shown(&named.value)));
            refuse(missing.map(|named| Refusal {
                reason: Reason::NotFound,
                path: named.path.clone(),
            }))?;
        }
        Ok(locked)
    }

    /// Locks the rows that are there.
    pub(super) async fn locked(&self, targets: &Targets<'_>) -> Result<Vec<Locked>, Halt> {
        let locked = if targets.bound.is_empty() {
            self.read::<Locked>(&targets.plan).await?
        } else {
            let mut plan = targets.plan.clone();
            for (param, cell) in &targets.bound {
                plan.params[param.0] = Param::given(self.value(cell, None)?);
            }
            self.read::<Locked>(&plan).await?
        };
        if let Choice::Matching { most, count } = &targets.choice
            && locked.len() as u64 > *most
        {
            let matches = self.read::<u64>(count).await?;
            let matches = matches.first().copied().unwrap_or_default();
            let most = *most;
            return refused(Reason::TooMany { matches, most }, &["atMost".to_owned()]);
        }
        if let Some(row) = locked.iter().find(|row| !row.allowed) {
            return refused(Reason::NotAllowed, &targets.path_of(row));
        }
        if let Some(known) = targets.if_version {
            let mut versions = locked.iter().filter_map(|row| row.version);
            if let Some(version) = versions.find(|version| *version != known) {
                return refused(Reason::Stale(version), &["ifVersion".to_owned()]);
            }
        }
        Ok(locked)
    }
}

impl Targets<'_> {
    /// Where in the arguments a row is named.
    fn path_of(&self, row: &Locked) -> Vec<String> {
        let Choice::Named(named) = &self.choice else {
            return self.path();
        };
        let value = row.value.to_string();
        let mut named = named.iter();
        let named = named.find(|named| shown(&named.value) == value);
        named.map_or_else(|| self.path(), |named| named.path.clone())
    }

    /// Where in the arguments the rows are told.
    pub(super) fn path(&self) -> Vec<String> {
        match &self.choice {
            Choice::Named(named) => {
                let first: Option<&Named> = named.first();
                first.map(|named| named.path.clone()).unwrap_or_default()
            }
            Choice::Unique(path) => path.clone(),
            Choice::Matching { .. } => vec!["filter".to_owned()],
        }
    }
}
