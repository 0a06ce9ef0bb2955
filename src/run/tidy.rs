use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbErr};

use super::{idempotency, outbox};

/// For how long it is kept what was changed, for those who listen to catch up.
const CHANGES_KEPT: TimeDelta = TimeDelta::hours(24);

/// Deletes what has expired: answers by idempotency key, and changes that were
/// to be told.
///
/// # Errors
/// [`DbErr`] where it cannot be deleted.
pub async fn tidy(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), DbErr> {
    idempotency::tidy(db, now).await?;
    outbox::tidy(db, now - CHANGES_KEPT).await
}
