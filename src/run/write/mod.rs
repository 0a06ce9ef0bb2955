//! What a write does: looks up what it refers to, locks the rows that are
//! there, writes, and asks the rules about what became of it.

mod admit;
mod change;
mod insert;
mod lock;
mod outcome;
mod violated;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

pub use self::lock::Locked;
pub use self::outcome::{Changed, Kept, Reason, Refusal, Wrote};
use self::outcome::{Halt, MOST_REFUSALS, halted, refuse};
use super::error::RunError;
use super::transaction::Transaction;
use crate::catalog::{Column, Entity, Kind};
use crate::plan::write::{Cell, Change, References, Removal, Targets, Write};
use crate::plan::{Plan, Value};
use crate::sql;

/// How many rows one statement writes at most.
const ROWS_AT_A_TIME: usize = 100;
/// How many values one statement binds at most; `SQLite` takes 32,766.
const MOST_VALUES: usize = 30_000;

/// Writes what is to be made or changed; or says why nothing is to be kept.
/// The requester's rights were planned; see [`crate::plan::write`].
///
/// # Errors
/// [`RunError`] where the database gives no answer.
pub async fn write(
    transaction: &Transaction,
    write: &Write<'_>,
    now: DateTime<Utc>,
) -> Result<Result<Wrote, Vec<Refusal>>, RunError> {
    halted(Writing::new(transaction, now).write(write).await)
}

/// Looks up the keys that references stand for; or says which stand for nothing.
///
/// # Errors
/// [`RunError`] where the database gives no answer.
pub async fn look_up(
    transaction: &Transaction,
    references: &[References<'_>],
) -> Result<Result<Vec<Vec<Uuid>>, Vec<Refusal>>, RunError> {
    let mut writing = Writing::new(transaction, DateTime::default());
    let done = writing.look_up(references).await;
    let keys = |found: Vec<Value>| {
        let keys = found.into_iter().map(|value| match value {
            Value::Uuid(key) => Ok(key),
            _ => Err(lost()),
        });
        keys.collect::<Result<_, _>>()
    };
    halted(done.and_then(|()| writing.found.into_iter().map(keys).collect()))
}

/// Locks the rows that are to be deleted; or says why none is to be.
///
/// # Errors
/// [`RunError`] where the database gives no answer.
pub async fn lock(
    transaction: &Transaction,
    targets: &Targets<'_>,
) -> Result<Result<Vec<Locked>, Vec<Refusal>>, RunError> {
    halted(
        Writing::new(transaction, DateTime::default())
            .lock(targets)
            .await,
    )
}

/// Deletes rows that are locked; or says why nothing is to be kept.
///
/// # Errors
/// [`RunError`] where the database gives no answer.
pub async fn remove(
    transaction: &Transaction,
    removal: &Removal<'_>,
    locked: Vec<Locked>,
) -> Result<Result<Wrote, Vec<Refusal>>, RunError> {
    halted(
        Writing::new(transaction, DateTime::default())
            .remove(removal, locked)
            .await,
    )
}

struct Writing<'t> {
    transaction: &'t Transaction,
    now: DateTime<Utc>,
    /// What stands for the rows that the references name.
    found: Vec<Vec<Value>>,
    changes: Vec<Changed>,
}

impl<'t> Writing<'t> {
    fn new(transaction: &'t Transaction, now: DateTime<Utc>) -> Self {
        Self {
            transaction,
            now,
            found: Vec::new(),
            changes: Vec::new(),
        }
    }
}

impl Writing<'_> {
    async fn write(mut self, write: &Write<'_>) -> Result<Wrote, Halt> {
        self.look_up(&write.references).await?;
        let (keys, created) = match &write.change {
            Change::Create(creation) => (self.create(creation, None).await?, true),
            Change::Update(alteration) => (self.update(alteration, None).await?, false),
            Change::Upsert(alteration, creation) => {
                let locked = self.locked(&alteration.targets).await?;
                if locked.is_empty() {
                    self.upsert(alteration, creation).await?
                } else {
                    (self.change(alteration, locked, None).await?, false)
                }
            }
            Change::Delete(removal) => {
                let locked = self.lock(&removal.targets).await?;
                return self.remove(removal, locked).await;
            }
        };
        Ok(Wrote {
            keys,
            created,
            changes: self.changes,
        })
    }

    /// Looks up what references stand for; names all that stand for nothing.
    pub(super) async fn look_up(&mut self, all: &[References<'_>]) -> Result<(), Halt> {
        let mut missing = Vec::new();
        for references in all {
            let rows = self.read::<Referred>(&references.plan).await?;
            let known: HashMap<String, Value> = rows
                .into_iter()
                .map(|row| {
                    Ok((
                        row.value.to_string(),
                        referred(references.to, &row.referred)?,
                    ))
                })
                .collect::<Result<_, Halt>>()?;
            let mut found = Vec::with_capacity(references.named.len());
            for named in &references.named {
                match known.get(&shown(&named.value)) {
                    Some(value) => found.push(value.clone()),
                    None if missing.len() < MOST_REFUSALS => missing.push(Refusal {
                        reason: Reason::NotFound,
                        path: named.path.clone(),
                    }),
                    None => {}
                }
            }
            self.found.push(found);
        }
        refuse(missing)
    }

    pub(super) fn value(&self, cell: &Cell, parent: Option<Uuid>) -> Result<Value, Halt> {
        Ok(match cell {
            Cell::Value(value) => value.clone(),
            Cell::Reference(references, place) => {
                let found = self.found.get(*references);
                let found = found.and_then(|found| found.get(*place));
                found.ok_or_else(lost)?.clone()
            }
            Cell::Parent => Value::Uuid(parent.ok_or_else(lost)?),
            Cell::Now => Value::DateTime(self.now),
        })
    }

    pub(super) async fn read<T: for<'d> Deserialize<'d>>(
        &self,
        plan: &Plan<'_>,
    ) -> Result<Vec<T>, Halt> {
        let statement = sql::compile(plan, self.transaction.dialect());
        let rows = self
            .transaction
            .fetch_each(&statement, &plan.params)
            .await?;
        rows.iter().map(|row| parsed(row)).collect()
    }

    pub(super) fn changed(
        &mut self,
        entity: &Entity,
        key: Uuid,
        kept: Kept,
        path: &[String],
        fields: Map<String, Json>,
    ) {
        self.changes.push(Changed {
            entity: entity.name.clone(),
            key,
            id: format!("{}_{}", entity.id_prefix(), key.simple()),
            kept,
            action: None,
            path: path.to_vec(),
            fields,
        });
    }
}

/// A row that is referred to.
#[derive(Deserialize)]
struct Referred {
    value: Json,
    referred: Json,
}

/// The value of a column by which rows refer to another, as it is read.
fn referred(column: &Column, read: &Json) -> Result<Value, Halt> {
    let value = match &column.kind {
        Kind::Uuid => read
            .as_str()
            .and_then(|key| Uuid::try_parse(key).ok())
            .map(Value::Uuid),
        Kind::BigInt | Kind::Int => read.as_i64().map(Value::Int),
        Kind::Text => read.as_str().map(|text| Value::Text(text.to_owned())),
        _ => None,
    };
    value.ok_or_else(lost)
}

fn lost() -> Halt {
    Halt::Failed(RunError::Failed("a reference to nothing".to_owned()))
}

fn parsed<T: for<'d> Deserialize<'d>>(row: &[u8]) -> Result<T, Halt> {
    let parsed = serde_json::from_slice(row);
    parsed.map_err(|error| Halt::Failed(RunError::Failed(error.to_string())))
}

/// A value by which a row is named, as it is read.
fn shown(value: &Value) -> String {
    // Nothing of an enumeration names a row.
    value.told(&Kind::Text, None).to_string()
}
