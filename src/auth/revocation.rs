use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use entity::revocation::{ActiveModel, Column, Entity};
use entity::user;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _,
    QueryTrait as _, Set,
};
use uuid::Uuid;

use super::session::AT_ONCE;

/// How far the clocks of nodes may be apart.
const SKEW: Duration = Duration::from_mins(1);

/// Whose access tokens are good no longer although they have not expired.
///
/// A token says of which epoch it is. Only those who were revoked within the
/// lifetime of a token are kept here, for older tokens have expired: a handful,
/// which every node reads again every other second. So no request asks the
/// database about its token.
pub struct Revocations {
    epochs: RwLock<HashMap<Uuid, i64>>,
    /// Up to when what other nodes have revoked is known, in milliseconds after
    /// `began`; zero where nothing is.
    known: AtomicU64,
    began: Instant,
    most_behind: Duration,
}

impl Revocations {
    /// Nothing is known yet. Tokens are trusted for `most_behind` without
    /// knowing more.
    #[must_use]
    pub fn new(most_behind: Duration) -> Self {
        Self {
            epochs: RwLock::default(),
            known: AtomicU64::default(),
            began: Instant::now(),
            most_behind,
        }
    }

    /// Whether tokens of an epoch are still good, of a user or a sign-in.
    #[must_use]
    pub fn admit(&self, id: Uuid, epoch: i64) -> bool {
        self.epoch(id).is_none_or(|known| epoch >= known)
    }

    /// The epoch that tokens need, where it is not the first one.
    #[must_use]
    pub fn epoch(&self, id: Uuid) -> Option<i64> {
        let epochs = self.epochs.read().unwrap_or_else(PoisonError::into_inner);
        epochs.get(&id).copied()
    }

    /// Takes note of a revocation, at once.
    pub fn note(&self, Revoked { id, epoch }: Revoked) {
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        let known = epochs.entry(id).or_insert(epoch);
        *known = epoch.max(*known);
    }

    /// Reads what other nodes have revoked. `lifetime` is that of a token.
    ///
    /// # Errors
    /// [`DbErr`] where it cannot be read.
    pub async fn catch_up(
        &self,
        db: &impl ConnectionTrait,
        lifetime: Duration,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let since = now - lifetime - SKEW;
        let asked = self.since_began();
        let rows = Entity::find()
            .filter(Column::UpdatedAt.gte(since))
            .all(db)
            .await?;
        for row in rows {
            self.note(Revoked {
                id: row.id,
                epoch: row.epoch,
            });
        }
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        epochs.retain(|_, epoch| *epoch >= since.timestamp_micros());
        self.known.fetch_max(asked, Ordering::Relaxed);
        Ok(())
    }

    /// Whether nobody knows what other nodes have revoked: no token can be
    /// trusted then.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        let known = self.known.load(Ordering::Relaxed);
        let passed = self.since_began().saturating_sub(known);
        known == 0 || u128::from(passed) > self.most_behind.as_millis()
    }

    /// How long it is there, in milliseconds, and one more.
    fn since_began(&self) -> u64 {
        let passed = self.began.elapsed().as_millis();
        u64::try_from(passed).unwrap_or(u64::MAX).saturating_add(1)
    }
}

/// Deletes what no token depends on any more: revocations of sign-ins, and of
/// users who are gone, that are older than any token of `lifetime`. Those of
/// users stay, for tokens of other issuers may be good for longer.
///
/// # Errors
/// [`DbErr`] where they cannot be deleted.
pub async fn tidy(
    db: &impl ConnectionTrait,
    lifetime: Duration,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let before = now - lifetime - 2 * SKEW;
    let users = user::Entity::find().select_only().column(user::Column::Id);
    let old = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::UpdatedAt.lt(before))
        .filter(Column::Id.not_in_subquery(users.into_query()))
        .limit(AT_ONCE);
    loop {
        // They are read first: a DELETE would lock the users that it looks at.
        let ids: Vec<Uuid> = old.clone().into_tuple().all(db).await?;
        let count = ids.len();
        Entity::delete_many()
            .filter(Column::Id.is_in(ids))
            .filter(Column::UpdatedAt.lt(before))
            .exec(db)
            .await?;
        if (count as u64) < AT_ONCE {
            return Ok(());
        }
    }
}

/// A revocation, stored and not yet noted.
#[derive(Clone, Copy, Debug)]
#[must_use = "tokens are good until it is noted"]
pub struct Revoked {
    /// The user or the sign-in.
    pub(super) id: Uuid,
    /// What tokens need from now on.
    pub(super) epoch: i64,
}

/// Revokes the access tokens of a user or a sign-in. The result is to be noted
/// once it is committed.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn revoke(
    db: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Revoked, DbErr> {
    // Clocks differ, and an epoch only ever grows.
    let epoch = now.timestamp_micros().max(current(db, id).await? + 1);
    let row = ActiveModel {
        id: Set(id),
        epoch: Set(epoch),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let replace = OnConflict::column(Column::Id)
        .update_columns([Column::Epoch, Column::UpdatedAt])
        .to_owned();
    Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(db)
        .await?;
    Ok(Revoked { id, epoch })
}

/// The epoch that tokens of a user or a sign-in are of.
///
/// # Errors
/// [`DbErr`] where it cannot be read.
pub async fn current(db: &impl ConnectionTrait, id: Uuid) -> Result<i64, DbErr> {
    let row = Entity::find_by_id(id).one(db).await?;
    Ok(row.map_or(0, |row| row.epoch))
}
