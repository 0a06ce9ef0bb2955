use sea_orm::ConnectionTrait as _;

use super::Writing;
use crate::catalog::{Column, Entity};
use crate::plan::Value;
use crate::run::RunError;
use crate::run::constraint::Violation;
use crate::sql;

impl Writing<'_> {
    /// Makes rows by one statement; or tells which of them is the first that a
    /// constraint refuses. It can be asked why then.
    pub(super) async fn insert(
        &self,
        entity: &Entity,
        columns: &[&Column],
        rows: &[Vec<Value>],
    ) -> Result<Option<(usize, Violation)>, RunError> {
        let Some(violation) = self.try_insert(entity, columns, rows).await? else {
            return Ok(None);
        };
        if rows.len() == 1 {
            return Ok(Some((0, violation)));
        }
        for (place, row) in rows.iter().enumerate() {
            let one = std::slice::from_ref(row);
            if let Some(violation) = self.try_insert(entity, columns, one).await? {
                return Ok(Some((place, violation)));
            }
        }
        Err(RunError::Contended(
            "what was in the way is gone".to_owned(),
        ))
    }

    async fn try_insert(
        &self,
        entity: &Entity,
        columns: &[&Column],
        rows: &[Vec<Value>],
    ) -> Result<Option<Violation>, RunError> {
        let sql = sql::insert(entity, columns, rows.len(), self.transaction.dialect());
        let values = rows.iter().flatten();
        Ok(match self.saved(sql, values, rows.len() > 1).await? {
            Ok(0) => Some(Violation::of_some_key()),
            Ok(_) => None,
            Err(violation) => Some(violation),
        })
    }

    /// Runs a statement that writes. Where it may be asked afterwards why it
    /// was refused, the transaction can go on then.
    pub(super) async fn saved<'v>(
        &self,
        sql: String,
        values: impl Iterator<Item = &'v Value>,
        asks: bool,
    ) -> Result<Result<u64, Violation>, RunError> {
        let db = self.transaction.writing().await?;
        let saves = asks && self.transaction.dialect().refusals_end_transactions();
        if saves {
            db.execute_unprepared("SAVEPOINT written").await?;
        }
        let done = match self.transaction.execute(sql, values).await {
            Ok(rows) => Ok(rows),
            Err(error) => Err(Violation::of(&error).ok_or_else(|| RunError::from(error))?),
        };
        if saves {
            let end = match &done {
                Ok(_) => "RELEASE SAVEPOINT written",
                Err(_) => "ROLLBACK TO SAVEPOINT written",
            };
            db.execute_unprepared(end).await?;
        }
        Ok(done)
    }
}
