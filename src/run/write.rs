use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait as _, DbErr};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::constraint::{Violation, ViolationKind};
use super::error::RunError;
use super::transaction::Transaction;
use crate::catalog::{Column, Entity};
use crate::plan::write::{
    Alteration, Cell, Change, Check, Choice, Creation, Named, Nested, References, Removal, Targets,
    Write, Written,
};
use crate::plan::{Param, ParamId, Plan, Value};
use crate::sql::{self, Statement};

/// How many rows one statement writes at most.
const ROWS_AT_A_TIME: usize = 100;

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
    fn is_taken(&self) -> bool {
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
enum Halt {
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

fn halted<T>(done: Result<T, Halt>) -> Result<Result<T, Vec<Refusal>>, RunError> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Halt::Refused(refusals)) => Ok(Err(refusals)),
        Err(Halt::Failed(error)) => Err(error),
    }
}

fn refused<T>(reason: Reason, path: &[String]) -> Result<T, Halt> {
    Err(Halt::Refused(vec![Refusal {
        reason,
        path: path.to_vec(),
    }]))
}

/// A row that is locked to be written.
#[derive(Debug, Deserialize)]
pub struct Locked {
    key: Uuid,
    #[serde(default)]
    value: Json,
    version: Option<i64>,
    allowed: bool,
    #[serde(default)]
    before: Map<String, Json>,
}

impl Locked {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> Uuid {
        self.key
    }
}

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

/// Looks up what references stand for; or says which stand for nothing.
///
/// # Errors
/// [`RunError`] where the database gives no answer.
pub async fn look_up(
    transaction: &Transaction,
    references: &[References<'_>],
) -> Result<Result<Vec<Vec<Uuid>>, Vec<Refusal>>, RunError> {
    let mut writing = Writing::new(transaction, DateTime::default());
    let done = writing.look_up(references).await;
    halted(done.map(|()| writing.found))
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
    /// The keys that the references stand for.
    found: Vec<Vec<Uuid>>,
    changes: Vec<Changed>,
    /// Whether it is gone on where a constraint is violated.
    goes_on: bool,
}

impl<'t> Writing<'t> {
    fn new(transaction: &'t Transaction, now: DateTime<Utc>) -> Self {
        Self {
            transaction,
            now,
            found: Vec::new(),
            changes: Vec::new(),
            goes_on: false,
        }
    }

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
    async fn look_up(&mut self, all: &[References<'_>]) -> Result<(), Halt> {
        let mut missing = Vec::new();
        for references in all {
            let rows = self.read::<Referred>(&references.plan).await?;
            let known: HashMap<String, Uuid> = rows
                .into_iter()
                .map(|row| (row.value.to_string(), row.key))
                .collect();
            let mut found = Vec::with_capacity(references.named.len());
            for named in &references.named {
                match known.get(&shown(&named.value)) {
                    Some(key) => found.push(*key),
                    None => missing.push(Refusal {
                        reason: Reason::NotFound,
                        path: named.path.clone(),
                    }),
                }
            }
            self.found.push(found);
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Halt::Refused(missing))
        }
    }

    async fn create(
        &mut self,
        creation: &Creation<'_>,
        parent: Option<Uuid>,
    ) -> Result<Vec<Uuid>, Halt> {
        let entity = creation.entity;
        let columns: Vec<&Column> = std::iter::once(entity.key())
            .chain(creation.columns.iter().map(|written| written.column))
            .collect();
        let mut rows = Vec::with_capacity(creation.rows.len());
        for row in &creation.rows {
            let mut values = Vec::with_capacity(columns.len());
            values.push(Value::Uuid(row.key));
            for cell in &row.cells {
                values.push(self.value(cell, parent)?);
            }
            rows.push(values);
        }
        let places = (0..rows.len()).collect::<Vec<_>>();
        for chunk in places.chunks(ROWS_AT_A_TIME) {
            let chunk = &rows[chunk[0]..=chunk[chunk.len() - 1]];
            let Err(mut error) = self.insert(entity, &columns, chunk).await else {
                continue;
            };
            let mut values = &chunk[0];
            // One by one, to tell which of them it is.
            if chunk.len() > 1 && Violation::of(&error).is_some() {
                for one in chunk {
                    values = one;
                    let inserted = self.insert(entity, &columns, std::slice::from_ref(one));
                    if let Err(first) = inserted.await {
                        error = first;
                        break;
                    }
                }
            }
            let refused = creation
                .rows
                .iter()
                .find(|row| values[0] == Value::Uuid(row.key));
            let path = refused.map(|row| row.path.as_slice()).unwrap_or_default();
            let written: Vec<_> = creation.columns.iter().zip(&values[1..]).collect();
            return self
                .violated(error, entity, &written, &values[0], path)
                .await;
        }
        let keys: Vec<Uuid> = creation.rows.iter().map(|row| row.key).collect();
        for (row, values) in creation.rows.iter().zip(&rows) {
            let fields = creation.columns.iter().zip(&values[1..]);
            let fields = fields.filter_map(|(written, value)| {
                let told = value.told(&written.column.kind, written.prefix);
                Some((written.name?.to_owned(), json!([null, told])))
            });
            self.changed(entity, row.key, Kept::Created, fields.collect());
        }
        let paths: Vec<_> = creation
            .rows
            .iter()
            .map(|row| row.path.as_slice())
            .collect();
        let columns = creation.columns.iter().map(|written| written.column);
        self.check(creation.check.as_ref(), &keys, &paths).await?;
        self.no_circle(entity, columns, &keys, &paths).await?;
        let parent = keys.first().copied().filter(|_| keys.len() == 1);
        self.nest(&creation.nested, parent).await?;
        Ok(keys)
    }

    /// Makes a row that was not there; unless somebody else has made it
    /// meanwhile.
    async fn upsert(
        &mut self,
        alteration: &Alteration<'_>,
        creation: &Creation<'_>,
    ) -> Result<(Vec<Uuid>, bool), Halt> {
        self.goes_on = true;
        let created = self.create(creation, None).await;
        self.goes_on = false;
        match created {
            Err(Halt::Refused(refusals)) if refusals.iter().any(Refusal::is_taken) => {
                let locked = self.locked(&alteration.targets).await?;
                if locked.is_empty() {
                    return Err(Halt::Refused(refusals));
                }
                Ok((self.change(alteration, locked, None).await?, false))
            }
            created => Ok((created?, true)),
        }
    }

    async fn update(
        &mut self,
        alteration: &Alteration<'_>,
        parent: Option<Uuid>,
    ) -> Result<Vec<Uuid>, Halt> {
        let locked = self.lock(&alteration.targets).await?;
        self.change(alteration, locked, parent).await
    }

    async fn change(
        &mut self,
        alteration: &Alteration<'_>,
        locked: Vec<Locked>,
        parent: Option<Uuid>,
    ) -> Result<Vec<Uuid>, Halt> {
        let entity = alteration.entity;
        let keys: Vec<Uuid> = locked.iter().map(|row| row.key).collect();
        if alteration
            .sets
            .iter()
            .any(|(written, _)| written.name.is_some())
        {
            let columns: Vec<&Column> = alteration
                .sets
                .iter()
                .map(|(written, _)| written.column)
                .collect();
            let mut values = Vec::with_capacity(columns.len());
            for (_, cell) in &alteration.sets {
                values.push(self.value(cell, parent)?);
            }
            let unique = keys_among(entity, &columns).count();
            let counted = entity.writes.version.map(|place| entity.column_at(place));
            for chunk in keys.chunks(ROWS_AT_A_TIME) {
                let dialect = self.transaction.dialect();
                let sql = sql::update(entity, &columns, counted, chunk.len(), dialect);
                let keys: Vec<_> = chunk.iter().copied().map(Value::Uuid).collect();
                let bound = values.iter().chain(&keys);
                if let Err(error) = self.saved(sql, bound, unique > 1).await {
                    let sets = alteration.sets.iter().map(|(written, _)| written);
                    let written: Vec<_> = sets.zip(&values).collect();
                    let path = &alteration.path;
                    return self.violated(error, entity, &written, &keys[0], path).await;
                }
            }
            for row in locked {
                let mut fields = Map::new();
                for ((written, _), value) in alteration.sets.iter().zip(&values) {
                    let Some(name) = written.name else { continue };
                    let before = row.before.get(name).cloned().unwrap_or(Json::Null);
                    let after = value.told(&written.column.kind, written.prefix);
                    if before != after {
                        fields.insert(name.to_owned(), json!([before, after]));
                    }
                }
                self.changed(entity, row.key, Kept::Updated, fields);
            }
            let paths = vec![alteration.path.as_slice(); keys.len()];
            self.check(alteration.check.as_ref(), &keys, &paths).await?;
            self.no_circle(entity, columns.into_iter(), &keys, &paths)
                .await?;
        }
        self.nest(&alteration.nested, keys.first().copied()).await?;
        Ok(keys)
    }

    /// Makes and attaches what is written with a row.
    async fn nest(&mut self, nested: &Nested<'_>, parent: Option<Uuid>) -> Result<(), Halt> {
        for creation in &nested.created {
            Box::pin(self.create(creation, parent)).await?;
        }
        for alteration in &nested.attached {
            Box::pin(self.update(alteration, parent)).await?;
        }
        Ok(())
    }

    async fn remove(mut self, removal: &Removal<'_>, locked: Vec<Locked>) -> Result<Wrote, Halt> {
        let entity = removal.entity;
        let keys: Vec<Uuid> = locked.iter().map(|row| row.key).collect();
        for chunk in keys.chunks(ROWS_AT_A_TIME) {
            let sql = sql::delete(entity, chunk.len(), self.transaction.dialect());
            let bound: Vec<_> = chunk.iter().copied().map(Value::Uuid).collect();
            if let Err(error) = self.transaction.execute(sql, bound.iter()).await {
                return match Violation::of(&error) {
                    Some(_) => refused(Reason::Referred, &removal.targets.path()),
                    None => Err(error.into()),
                };
            }
        }
        for row in locked {
            let fields = row.before.into_iter();
            let fields = fields.map(|(name, before)| (name, json!([before, null])));
            self.changed(entity, row.key, Kept::Deleted, fields.collect());
        }
        Ok(Wrote {
            keys,
            created: false,
            changes: self.changes,
        })
    }

    /// Locks rows, each of which must be there and be allowed to be written.
    async fn lock(&self, targets: &Targets<'_>) -> Result<Vec<Locked>, Halt> {
        let locked = self.locked(targets).await?;
        if let Choice::Named(named) = &targets.choice {
            let known: HashSet<String> = locked.iter().map(|row| row.value.to_string()).collect();
            let missing = named
                .iter()
                .filter(|named| !known.contains(&shown(&named.value)));
            let missing: Vec<_> = missing
                .map(|named| Refusal {
                    reason: Reason::NotFound,
                    path: named.path.clone(),
                })
                .collect();
            if !missing.is_empty() {
                return Err(Halt::Refused(missing));
            }
        }
        Ok(locked)
    }

    /// Locks the rows that are there.
    async fn locked(&self, targets: &Targets<'_>) -> Result<Vec<Locked>, Halt> {
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
            return refused(Reason::TooMany { matches, most }, &targets.path());
        }
        if locked.iter().any(|row| !row.allowed) {
            return refused(Reason::NotAllowed, &targets.path());
        }
        if let Some(known) = targets.if_version {
            let mut versions = locked.iter().filter_map(|row| row.version);
            if let Some(version) = versions.find(|version| *version != known) {
                return refused(Reason::Stale(version), &["ifVersion".to_owned()]);
            }
        }
        Ok(locked)
    }

    /// Refuses rows that no rule admits as they are now.
    async fn check(
        &self,
        check: Option<&Check<'_>>,
        keys: &[Uuid],
        paths: &[&[String]],
    ) -> Result<(), Halt> {
        let Some(check) = check else { return Ok(()) };
        let list = keys.iter().copied().map(Value::Uuid).collect();
        let mut params = check.plan.params.clone();
        let kind = crate::catalog::Kind::Uuid;
        params[check.keys.0] = Param::given(Value::List(kind, list));
        let statement = sql::compile(&check.plan, self.transaction.dialect());
        let rows = self.transaction.fetch_each(&statement, &params).await?;
        let admitted: HashSet<Uuid> = rows
            .iter()
            .map(|row| parsed::<Admitted>(row).map(|row| row.key))
            .collect::<Result<_, _>>()?;
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
    async fn no_circle<'c>(
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

    /// Makes rows by one statement. Where it is refused, what was done before
    /// is still there.
    async fn insert(
        &self,
        entity: &Entity,
        columns: &[&Column],
        rows: &[Vec<Value>],
    ) -> Result<(), DbErr> {
        let several = rows.len() > 1 || keys_among(entity, columns).count() > 1;
        let sql = sql::insert(entity, columns, rows.len(), self.transaction.dialect());
        let values = rows.iter().flatten();
        self.saved(sql, values, several || self.goes_on).await
    }

    /// Runs a statement that writes. Where it may be asked afterwards why it
    /// was refused, the transaction can go on then.
    async fn saved<'v>(
        &self,
        sql: String,
        values: impl Iterator<Item = &'v Value>,
        asks: bool,
    ) -> Result<(), DbErr> {
        if !asks {
            return self.transaction.execute(sql, values).await;
        }
        let db = self.transaction.writing().await?;
        db.execute_unprepared("SAVEPOINT written").await?;
        let done = self.transaction.execute(sql, values).await;
        if done.is_err() {
            db.execute_unprepared("ROLLBACK TO SAVEPOINT written")
                .await?;
        }
        done
    }

    /// What it means that a statement was refused. Which of several unique keys
    /// a database names first differs, so all that are taken are told.
    async fn violated<T>(
        &self,
        error: DbErr,
        entity: &Entity,
        written: &[(&Written<'_>, &Value)],
        key: &Value,
        path: &[String],
    ) -> Result<T, Halt> {
        let Some(violation) = Violation::of(&error) else {
            return Err(error.into());
        };
        let columns: Vec<&Column> = written.iter().map(|(written, _)| written.column).collect();
        let mut taken = Vec::new();
        match violation.kind {
            ViolationKind::Unique => {
                let mut keys: Vec<_> = keys_among(entity, &columns).collect();
                if keys.len() > 1 {
                    taken = self.taken(entity, &keys, written, key).await?;
                }
                if taken.is_empty() {
                    keys = vec![violation.key(entity)];
                    taken = keys;
                }
            }
            // It was there when it was looked up, and is gone now.
            ViolationKind::Reference => {
                return Err(Halt::Failed(RunError::Contended(error.to_string())));
            }
            ViolationKind::Value => {
                let column = violation.column(entity);
                let name = column.and_then(|column| name_of(column, written));
                return refused(Reason::Value, &below(path, name.as_ref()));
            }
        }
        let refusals = taken.into_iter().map(|key| {
            let names = key
                .into_iter()
                .filter_map(|column| name_of(column, written));
            let names: Vec<_> = names.collect();
            Refusal {
                path: below(path, names.first()),
                reason: Reason::Taken(entity.name.clone(), names),
            }
        });
        Err(Halt::Refused(refusals.collect()))
    }

    /// Which of some unique keys another row has already. It tells no more than
    /// the constraints would one by one.
    async fn taken<'c>(
        &self,
        entity: &'c Entity,
        keys: &[Vec<&'c Column>],
        written: &[(&Written<'_>, &Value)],
        own: &Value,
    ) -> Result<Vec<Vec<&'c Column>>, Halt> {
        let mut taken = Vec::new();
        for key in keys {
            let values = key.iter().filter_map(|column| {
                let mut written = written.iter();
                written.find(|(known, _)| known.column.name == column.name)
            });
            let values = values.map(|(_, value)| (*value).clone());
            let params: Vec<_> = values.chain([own.clone()]).map(Param::given).collect();
            let statement = Statement {
                sql: sql::taken(entity, key, self.transaction.dialect()),
                binds: (0..params.len()).map(ParamId).collect(),
            };
            let found = self.transaction.fetch_each(&statement, &params).await?;
            if !found.is_empty() {
                taken.push(key.clone());
            }
        }
        Ok(taken)
    }

    fn value(&self, cell: &Cell, parent: Option<Uuid>) -> Result<Value, Halt> {
        let lost = || Halt::Failed(RunError::Failed("a reference to nothing".to_owned()));
        Ok(match cell {
            Cell::Value(value) => value.clone(),
            Cell::Reference(references, place) => {
                let found = self.found.get(*references);
                Value::Uuid(*found.and_then(|found| found.get(*place)).ok_or_else(lost)?)
            }
            Cell::Parent => Value::Uuid(parent.ok_or_else(lost)?),
            Cell::Now => Value::DateTime(self.now),
        })
    }

    async fn read<T: for<'d> Deserialize<'d>>(&self, plan: &Plan<'_>) -> Result<Vec<T>, Halt> {
        let statement = sql::compile(plan, self.transaction.dialect());
        let rows = self
            .transaction
            .fetch_each(&statement, &plan.params)
            .await?;
        rows.iter().map(|row| parsed(row)).collect()
    }

    fn changed(&mut self, entity: &Entity, key: Uuid, kept: Kept, fields: Map<String, Json>) {
        self.changes.push(Changed {
            entity: entity.name.clone(),
            key,
            id: format!("{}_{}", entity.id_prefix(), key.simple()),
            kept,
            action: None,
            fields,
        });
    }
}

/// A row that is referred to.
#[derive(Deserialize)]
struct Referred {
    key: Uuid,
    value: Json,
}

/// A row that a rule admits.
#[derive(Deserialize)]
struct Admitted {
    key: Uuid,
}

fn parsed<T: for<'d> Deserialize<'d>>(row: &[u8]) -> Result<T, Halt> {
    let parsed = serde_json::from_slice(row);
    parsed.map_err(|error| Halt::Failed(RunError::Failed(error.to_string())))
}

/// A value by which a row is named, as it is read.
fn shown(value: &Value) -> String {
    // Nothing of an enumeration names a row.
    value.told(&crate::catalog::Kind::Text, None).to_string()
}

impl Targets<'_> {
    /// Where in the arguments the rows are told.
    fn path(&self) -> Vec<String> {
        match &self.choice {
            Choice::Named(named) => {
                let first: Option<&Named> = named.first();
                first.map(|named| named.path.clone()).unwrap_or_default()
            }
            Choice::Unique(path) => path.clone(),
            Choice::Matching { .. } => vec!["atMost".to_owned()],
        }
    }
}

/// The unique keys of which all columns are among some.
fn keys_among<'c>(
    entity: &'c Entity,
    columns: &[&Column],
) -> impl Iterator<Item = Vec<&'c Column>> {
    let keys = entity.writes.keys.iter();
    let keys = keys.map(|places| {
        let places = places.iter();
        places
            .map(|place| entity.column_at(*place))
            .collect::<Vec<_>>()
    });
    keys.filter(|key| {
        let mut parts = key.iter();
        parts.all(|part| columns.iter().any(|column| column.name == part.name))
    })
}

/// The name that a column has for the client.
fn name_of(column: &Column, written: &[(&Written<'_>, &Value)]) -> Option<String> {
    let mut written = written.iter();
    let (written, _) = written.find(|(written, _)| written.column.name == column.name)?;
    written.name.map(str::to_owned)
}

/// A place in the arguments, and the name of what stands there.
fn below(path: &[String], name: Option<&String>) -> Vec<String> {
    path.iter().chain(name).cloned().collect()
}
