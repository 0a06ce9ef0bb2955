use std::collections::HashSet;

use serde::Deserialize;
use uuid::Uuid;

use super::outcome::{Halt, Reason, Refusal, refuse, refused};
use super::{ROWS_AT_A_TIME, Writing};
use crate::catalog::{Column, Entity};
use crate::plan::write::Creation;
use crate::plan::{Param, ParamId, Plan, Value};
use crate::sql::{self, Statement};

impl Writing<'_> {
    /// Refuses new rows that no rule admits: as they are, or as they would be
    /// with these values of these columns.
    pub(super) async fn judge<'c>(
        &self,
        creation: &Creation<'c>,
        proposed: Option<(&[&'c Column], &[Vec<Value>])>,
    ) -> Result<(), Halt> {
        let mut refusals = Vec::new();
        for (place, check) in creation.checks.iter().enumerate() {
            let rows = creation.rows.iter().enumerate();
            let asked: Vec<_> = rows.filter(|(_, row)| row.check == Some(place)).collect();
            for chunk in asked.chunks(ROWS_AT_A_TIME) {
                let keys: Vec<_> = chunk.iter().map(|(_, row)| row.key).collect();
                let paths: Vec<_> = chunk.iter().map(|(_, row)| row.path.as_slice()).collect();
                let plan = match proposed {
                    None => check.about(&keys),
                    Some((columns, values)) => {
                        let values = chunk.iter().map(|(place, _)| values[*place].as_slice());
                        check.of_new(&keys, columns, &values.collect::<Vec<_>>())
                    }
                };
                refusals.extend(self.refused_by(&plan, &keys, &paths).await?);
            }
        }
        refuse(refusals)
    }

    /// The rows that a check does not read.
    pub(super) async fn refused_by(
        &self,
        check: &Plan<'_>,
        keys: &[Uuid],
        paths: &[&[String]],
    ) -> Result<Vec<Refusal>, Halt> {
        let admitted = self.read::<Admitted>(check).await?.into_iter();
        let admitted: HashSet<Uuid> = admitted.map(|row| row.key).collect();
        let refusals = keys
            .iter()
            .zip(paths)
            .filter(|(key, _)| !admitted.contains(key));
        let refusals = refusals.map(|(_, path)| Refusal {
            reason: Reason::NotAllowed,
            path: path.to_vec(),
        });
        Ok(refusals.collect())
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
