use super::Writing;
use super::outcome::{Halt, Reason, Refusal, refused};
use crate::catalog::{Column, Entity};
use crate::plan::write::Written;
use crate::plan::{Param, ParamId, Value};
use crate::run::RunError;
use crate::run::constraint::{Told, Violation, ViolationKind};
use crate::sql::{self, Dialect, Statement};

impl Writing<'_> {
    /// What it means that a statement was refused. Which of several unique keys
    /// a database names first differs, so all that are taken are told.
    pub(super) async fn violated<T>(
        &self,
        violation: Violation,
        entity: &Entity,
        written: &[(&Written<'_>, &Value)],
        key: &Value,
        path: &[String],
    ) -> Result<T, Halt> {
        let columns: Vec<&Column> = written.iter().map(|(written, _)| written.column).collect();
        let taken = match violation.kind {
            ViolationKind::Unique | ViolationKind::Referred => {
                let keys: Vec<_> = keys_among(entity, &columns).collect();
                let mut taken = self.taken(entity, &keys, written, key).await?;
                if taken.is_empty() && violation.kind == ViolationKind::Referred {
                    let mut changed = keys.into_iter().flatten();
                    let name = changed.find_map(|column| name_of(column, written));
                    return refused(Reason::Referred, &below(path, name.as_ref()));
                }
                if taken.is_empty() {
                    taken.push(violation.key(entity));
                }
                taken
            }
            // It was there when it was looked up, and is gone now.
            ViolationKind::Reference if self.may_be_gone(entity, &columns, &violation) => {
                let gone = "what is referred to is gone".to_owned();
                return Err(Halt::Failed(RunError::Contended(gone)));
            }
            ViolationKind::Reference | ViolationKind::Value => {
                let column = violation.column(entity);
                let name = column.and_then(|column| name_of(column, written));
                return refused(Reason::Value, &below(path, name.as_ref()));
            }
        };
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

    /// Whether what a reference leads to may be gone since it was looked up: not
    /// where nobody else writes, nor of what was given as a mere value.
    fn may_be_gone(&self, entity: &Entity, columns: &[&Column], violation: &Violation) -> bool {
        let mut columns = columns.iter();
        self.transaction.dialect() != Dialect::Sqlite
            && columns.any(|column| refers(entity, column) && violation.may_be_of(column))
    }

    /// What an update violated that changes parts of keys: where the database
    /// does not say it, what other rows refer to cannot be changed by itself
    /// either. Nothing is kept of the attempt.
    pub(super) async fn of_update(
        &self,
        violation: Violation,
        entity: &Entity,
        changed: &[(&Column, &Value)],
        keys: &[Value],
    ) -> Result<Violation, RunError> {
        let violation = match violation.of_update(entity) {
            Told::By(violation) => return Ok(violation),
            Told::NotYet(violation) => violation,
        };
        let changed = changed.iter().copied();
        let (columns, values): (Vec<_>, Vec<_>) = changed
            .filter(|(column, _)| has_part_of_key(entity, &[*column]))
            .unzip();
        if columns.is_empty() {
            return Ok(violation);
        }
        let dialect = self.transaction.dialect();
        let sql = sql::update(entity, &columns, None, keys.len(), dialect);
        let values = values.into_iter().chain(keys);
        Ok(match self.saved(sql, values, false).await? {
            Ok(_) => violation,
            Err(_) => violation.of_referred(),
        })
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

/// Whether any of some columns is part of a unique key.
pub(super) fn has_part_of_key(entity: &Entity, columns: &[&Column]) -> bool {
    let mut parts = entity.writes.keys.iter().flatten();
    parts.any(|part| {
        let part = entity.column_at(*part);
        columns.iter().any(|column| column.name == part.name)
    })
}

/// Whether a column refers to a row that is looked up before it is written.
fn refers(entity: &Entity, column: &Column) -> bool {
    let mut inputs = entity.writes.inputs.iter();
    inputs
        .any(|input| input.relation.is_some() && entity.column_at(input.column).name == column.name)
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
