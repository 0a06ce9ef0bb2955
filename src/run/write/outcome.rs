use sea_orm::DbErr;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::run::RunError;

/// What was written.
#[derive(Debug, Default)]
pub struct Wrote {
    /// The keys of the rows that were asked for, in order.
    pub keys: Vec<Uuid>,
    /// Whether they are new.
    pub created: bool,
    /// Every row that is different now, those written with them included.
    pub changes: Vec<Changed>,
}

/// A row that is different now.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// Of which entity.
    pub entity: String,
    /// Its key.
    pub key: Uuid,
    /// Its global id.
    pub id: String,
    /// What became of it.
    pub kept: Kept,
    /// Who did it, where it was a mutation that is written by hand.
    pub action: Option<&'static str>,
    /// Where in the arguments it is told, if it is new.
    pub path: Vec<String>,
    /// The fields that were written, with what they were and what they are;
    /// where there is none, no audit entry tells of it.
    pub fields: Map<String, Json>,
}

impl Changed {
    /// A row that a mutation made or changed which is written by hand.
    #[must_use]
    pub fn by(
        action: &'static str,
        entity: &str,
        prefix: &str,
        key: Uuid,
        kept: Kept,
        fields: Map<String, Json>,
    ) -> Self {
        Self {
            entity: entity.to_owned(),
            key,
            id: format!("{prefix}_{}", key.simple()),
            kept,
            action: Some(action),
            path: Vec::new(),
            fields,
        }
    }
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is new.
    Created,
    /// It has other values.
    Updated,
    /// It is gone.
    Deleted,
}

impl Kept {
    /// In a word, as audit entries have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "create",
            Self::Updated => "update",
            Self::Deleted => "delete",
        }
    }
}

/// Why nothing is to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// What is wrong.
    pub reason: Reason,
    /// Where in the arguments.
    pub path: Vec<String>,
}

impl Refusal {
    /// Whether another row has the same unique key.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self.reason, Reason::Taken(..))
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// No such row is there, as far as the requester may see.
    NotFound,
    /// The requester may not write the row, or not like this.
    NotAllowed,
    /// The row has another version by now.
    Stale(i64),
    /// The condition is met by more rows than it may be.
    TooMany {
        /// How many meet it.
        matches: u64,
        /// How many may.
        most: u64,
    },
    /// Another row of the entity of that name has the same values already, of
    /// the fields of these names.
    Taken(String, Vec<String>),
    /// Other rows refer to the row.
    Referred,
    /// The row would stand above itself, or too deep.
    Circle,
    /// The database does not take the value.
    Value,
}

/// Why something was not written.
pub(super) enum Halt {
    Refused(Vec<Refusal>),
    Failed(RunError),
}

impl From<RunError> for Halt {
    fn from(error: RunError) -> Self {
        Self::Failed(error)
    }
}

impl From<DbErr> for Halt {
    fn from(error: DbErr) -> Self {
        Self::Failed(error.into())
    }
}

/// What came of writing, with why nothing is to be kept apart from failures.
pub(super) fn halted<T>(done: Result<T, Halt>) -> Result<Result<T, Vec<Refusal>>, RunError> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Halt::Refused(refusals)) => Ok(Err(refusals)),
        Err(Halt::Failed(error)) => Err(error),
    }
}

/// How many reasons are told at most.
pub(super) const MOST_REFUSALS: usize = 100;

/// Nothing is to be kept, if there are reasons.
pub(super) fn refuse(refusals: impl IntoIterator<Item = Refusal>) -> Result<(), Halt> {
    let refusals: Vec<_> = refusals.into_iter().take(MOST_REFUSALS).collect();
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(Halt::Refused(refusals))
    }
}

/// Nothing is to be kept, for this reason.
pub(super) fn refused<T>(reason: Reason, path: &[String]) -> Result<T, Halt> {
    Err(Halt::Refused(vec![Refusal {
        reason,
        path: path.to_vec(),
    }]))
}
