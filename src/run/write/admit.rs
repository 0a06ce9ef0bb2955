use std::collections::HashSet;

use serde::Deserialize;
use uuid::Uuid;

use super::outcome::{Halt, Reason, Refusal, refused};
use super::{ROWS_AT_A_TIME, Writing};
use crate::catalog::{Column, Entity};
use crate::plan::{Param, ParamId, Plan, Value};
use crate::sql::{self, Statement};

impl Writing<'_> {
    /// Refuses rows that a check does not read.
    pub(super) async fn refuse_unless(
        &self,
        check: &Plan<'_>,
        keys: &[Uuid],
        paths: &[&[String]],
    ) -> Result<(), Halt> {
        let admitted = self.read::<Admitted>(check).await?.into_iter();
        let admitted: HashSet<Uuid> = admitted.map(|row| row.key).collect();
        let refusals = keys
            .iter()
            .zip(paths)
            .filter(|(key, _)| !admitted.contains(key));
        let refusals: Vec<_> = refusals
            .map(|(_, path)| Refusal {
                reason: Reason::NotAllowed,
                path: path.to_vec(),
            })
            .collect();
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(Halt::Refused(refusals))
        }
    }

    /// Refuses rows of a tree that would stand above themselves.
    pub(super) async fn no_circle<'c>(
        &self,
        entity: &'c Entity,
        mut columns: impl Iterator<Item = &'c Column>,
        keys: &[Uuid],
        paths: &[&[String]],
    ) -> Result<(), Halt> {
        let Some(relation) = entity.parent() else {
            return Ok(());
        };
        let parent = entity.column_at(relation.from);
        if !columns.any(|column| column.name == parent.name) {
            return Ok(());
        }
        for (chunk, paths) in keys
            .chunks(ROWS_AT_A_TIME)
            .zip(paths.chunks(ROWS_AT_A_TIME))
        {
            let statement = Statement {
                sql: sql::circle(entity, parent, chunk.len(), self.transaction.dialect()),
                binds: (0..chunk.len()).map(ParamId).collect(),
            };
            let params: Vec<_> = chunk
                .iter()
                .copied()
                .map(Value::Uuid)
                .map(Param::given)
                .collect();
            if !self
                .transaction
                .fetch_each(&statement, &params)
                .await?
                .is_empty()
            {
                let mut path = paths.first().map(|path| path.to_vec()).unwrap_or_default();
                path.push(relation.name.clone());
                return refused(Reason::Circle, &path);
            }
        }
        Ok(())
    }
}

/// A row that a rule admits.
#[derive(Deserialize)]
struct Admitted {
    key: Uuid,
}
