use sea_orm::{ConnectionTrait as _, DbErr};

use super::Writing;
use super::violated::keys_among;
use crate::catalog::{Column, Entity};
use crate::plan::Value;
use crate::run::constraint::Violation;
use crate::sql;

impl Writing<'_> {
    /// Makes rows by one statement. Where it is refused, what was done before
    /// is still there.
    pub(super) async fn insert(
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
    pub(super) async fn saved<'v>(
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
        match &done {
            Ok(()) => {
                db.execute_unprepared("RELEASE SAVEPOINT written").await?;
            }
            Err(error) if Violation::of(error).is_some() => {
                db.execute_unprepared("ROLLBACK TO SAVEPOINT written")
                    .await?;
            }
            // Of a deadlock MariaDB undoes all, savepoints too.
            Err(_) => {}
        }
        done
    }
}
