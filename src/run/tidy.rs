use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait, QueryFilter as _, QuerySelect as _,
    Select,
};
use uuid::Uuid;

use super::{idempotency, outbox};

/// For how long it is kept what was changed, for those who listen to catch up.
const CHANGES_KEPT: TimeDelta = TimeDelta::hours(24);

/// How many rows one statement deletes at most, so that no other waits for long.
const ROWS_AT_A_TIME: u64 = 500;

/// Deletes rows, a few at a time.
pub(super) async fn delete<E: EntityTrait>(
    db: &impl ConnectionTrait,
    rows: Select<E>,
    key: E::Column,
) -> Result<(), DbErr> {
    loop {
        let keys = rows.clone().select_only().column(key).limit(ROWS_AT_A_TIME);
        let keys: Vec<Uuid> = keys.into_tuple().all(db).await?;
        let last = (keys.len() as u64) < ROWS_AT_A_TIME;
        if !keys.is_empty() {
            let rows = E::delete_many().filter(key.is_in(keys));
            rows.exec(db).await?;
        }
        if last {
            return Ok(());
        }
    }
}

/// Deletes what has expired: answers by idempotency key, and changes that were
/// to be told.
///
/// # Errors
/// [`DbErr`] where it cannot be deleted.
pub async fn tidy(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), DbErr> {
    idempotency::tidy(db, now).await?;
    outbox::tidy(db, now - CHANGES_KEPT).await
}
