use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::lock::Locked;
use super::outcome::{Halt, Kept, Reason, Refusal, Wrote, refuse, refused};
use super::violated::has_part_of_key;
use super::{MOST_VALUES, ROWS_AT_A_TIME, Writing};
use crate::catalog::{Column, Entity};
use crate::plan::Value;
use crate::plan::write::{Alteration, Creation, Nested, Removal};
use crate::run::constraint::Violation;
use crate::sql;

impl Writing<'_> {
    pub(super) async fn create(
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
        let at_a_time = ROWS_AT_A_TIME.min(MOST_VALUES / columns.len()).max(1);
        for (first, chunk) in (0..).step_by(at_a_time).zip(rows.chunks(at_a_time)) {
            if let Some((place, violation)) = self.insert(entity, &columns, chunk).await? {
                if violation.tells_of_others() {
                    // Of all rows, as if none had been in the way.
                    self.judge(creation, Some((&columns, &rows))).await?;
                }
                let (row, values) = (&creation.rows[first + place], &chunk[place]);
                let written: Vec<_> = creation.columns.iter().zip(&values[1..]).collect();
                return self
                    .violated(violation, entity, &written, &values[0], &row.path)
                    .await;
            }
        }
        let keys: Vec<Uuid> = creation.rows.iter().map(|row| row.key).collect();
        for (row, values) in creation.rows.iter().zip(&rows) {
            let fields = creation.columns.iter().zip(&values[1..]);
            let fields = fields.filter_map(|(written, value)| {
                let told = value.told(&written.column.kind, written.prefix);
                let told = Some(told).filter(|told| !told.is_null())?;
                Some((written.name?.to_owned(), json!([null, told])))
            });
            self.changed(entity, row.key, Kept::Created, &row.path, fields.collect());
        }
        let paths: Vec<_> = creation
            .rows
            .iter()
            .map(|row| row.path.as_slice())
            .collect();
        let columns = creation.columns.iter().map(|written| written.column);
        self.judge(creation, None).await?;
        self.no_circle(entity, columns, &keys, &paths).await?;
        let parent = keys.first().copied().filter(|_| keys.len() == 1);
        self.nest(&creation.nested, parent).await?;
        Ok(keys)
    }

    /// Makes a row that was not there; unless somebody else has made it
    /// meanwhile.
    pub(super) async fn upsert(
        &mut self,
        alteration: &Alteration<'_>,
        creation: &Creation<'_>,
    ) -> Result<(Vec<Uuid>, bool), Halt> {
        match self.create(creation, None).await {
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

    pub(super) async fn update(
        &mut self,
        alteration: &Alteration<'_>,
        parent: Option<Uuid>,
    ) -> Result<Vec<Uuid>, Halt> {
        let locked = self.lock(&alteration.targets).await?;
        self.change(alteration, locked, parent).await
    }

    pub(super) async fn change(
        &mut self,
        alteration: &Alteration<'_>,
        locked: Vec<Locked>,
        parent: Option<Uuid>,
    ) -> Result<Vec<Uuid>, Halt> {
        let entity = alteration.entity;
        let keys: Vec<Uuid> = locked.iter().map(|row| row.key).collect();
        let mut sets = alteration.sets.iter();
        let changes = sets.any(|(written, _)| written.name.is_some());
        let counted = entity.writes.version.map(|place| entity.column_at(place));
        // Whoever knows a row knows what refers to it.
        let nests = !alteration.nested.is_empty();
        if changes || nests && (counted.is_some() || !alteration.sets.is_empty()) {
            let columns: Vec<&Column> = alteration
                .sets
                .iter()
                .map(|(written, _)| written.column)
                .collect();
            let mut values = Vec::with_capacity(columns.len());
            for (_, cell) in &alteration.sets {
                values.push(self.value(cell, parent)?);
            }
            let paths = vec![alteration.path.as_slice(); keys.len()];
            let check = alteration.check.as_ref();
            for chunk in keys.chunks(ROWS_AT_A_TIME) {
                let dialect = self.transaction.dialect();
                let sql = sql::update(entity, &columns, counted, chunk.len(), dialect);
                let bound: Vec<_> = chunk.iter().copied().map(Value::Uuid).collect();
                let changes_key = has_part_of_key(entity, &columns);
                let asks = check.is_some() || changes_key;
                let done = self.saved(sql, values.iter().chain(&bound), asks).await?;
                if let Err(violation) = done {
                    let changed: Vec<_> = columns.iter().copied().zip(&values).collect();
                    let violation = self.of_update(violation, entity, &changed, &bound).await?;
                    if let Some(check) = check.filter(|_| violation.tells_of_others()) {
                        let plan = check.of_changed(&keys, &columns, &values);
                        refuse(self.refused_by(&plan, &keys, &paths).await?)?;
                    }
                    let sets = alteration.sets.iter().map(|(written, _)| written);
                    let written: Vec<_> = sets.zip(&values).collect();
                    return self
                        .violated(violation, entity, &written, &bound[0], &alteration.path)
                        .await;
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
                self.changed(entity, row.key, Kept::Updated, &[], fields);
            }
            if let Some(check) = check {
                let plan = check.about(&keys);
                refuse(self.refused_by(&plan, &keys, &paths).await?)?;
            }
            self.no_circle(entity, columns.into_iter(), &keys, &paths)
                .await?;
        }
        self.nest(&alteration.nested, keys.first().copied()).await?;
        Ok(keys)
    }

    /// Makes and attaches what is written with a row.
    pub(super) async fn nest(
        &mut self,
        nested: &Nested<'_>,
        parent: Option<Uuid>,
    ) -> Result<(), Halt> {
        for creation in &nested.created {
            Box::pin(self.create(creation, parent)).await?;
        }
        for alteration in &nested.attached {
            Box::pin(self.update(alteration, parent)).await?;
        }
        Ok(())
    }

    pub(super) async fn remove(
        mut self,
        removal: &Removal<'_>,
        locked: Vec<Locked>,
    ) -> Result<Wrote, Halt> {
        let entity = removal.entity;
        let keys: Vec<Uuid> = locked.iter().map(|row| row.key).collect();
        self.uproot(entity, &keys).await?;
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
            self.changed(entity, row.key, Kept::Deleted, &[], fields.collect());
        }
        Ok(Wrote {
            keys,
            created: false,
            changes: self.changes,
        })
    }

    /// Lets rows of a tree that are deleted together refer to no other row
    /// before: in which order databases ask about references differs.
    async fn uproot(&self, entity: &Entity, keys: &[Uuid]) -> Result<(), Halt> {
        let parent = entity
            .parent()
            .map(|relation| entity.column_at(relation.from));
        let Some(parent) = parent.filter(|parent| parent.nullable && keys.len() > 1) else {
            return Ok(());
        };
        for chunk in keys.chunks(ROWS_AT_A_TIME) {
            let dialect = self.transaction.dialect();
            let sql = sql::update(entity, &[parent], None, chunk.len(), dialect);
            let nothing = std::iter::once(Value::Null(parent.kind.clone()));
            let values = nothing.chain(chunk.iter().copied().map(Value::Uuid));
            let values: Vec<_> = values.collect();
            self.transaction.execute(sql, values.iter()).await?;
        }
        Ok(())
    }
}
