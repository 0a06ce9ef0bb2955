//! Sign-ins, and the tokens that renew them.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use entity::session::{ActiveModel, Column, Entity, Model};
use entity::user;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    QueryFilter as _, QuerySelect as _, Set,
};
use uuid::Uuid;

use super::random::{hex, secret, sha256};

/// How long after a renewal the same client may ask for it again: its answer
/// may have been lost, or two tabs may have asked at once.
const GRACE: Duration = Duration::from_secs(30);
/// How many rows are deleted at once.
pub(super) const AT_ONCE: u64 = 500;
/// The longest name of a client that is kept, in characters.
const LONGEST_AGENT: usize = 512;

/// How long a sign-in lasts.
#[derive(Clone, Copy, Debug)]
pub struct SessionSettings {
    /// Unless it is renewed.
    pub idle: Duration,
    /// However often it is renewed.
    pub absolute: Duration,
    /// How long it is kept after it is over, for whoever looks into what has
    /// happened.
    pub kept: Duration,
}

/// A session, and the token that renews it.
#[derive(Clone)]
pub struct Begun {
    /// Whose it is.
    pub user: Uuid,
    /// Shared by all renewals of the sign-in.
    pub family: Uuid,
    /// 256 bits in lower-case hex. Only its hash is kept.
    pub refresh_token: String,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

impl fmt::Debug for Begun {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun")
            .field("user", &self.user)
            .field("family", &self.family)
            .finish_non_exhaustive()
    }
}

/// Why a session is not renewed.
#[derive(Debug)]
pub enum RenewalFault {
    /// The token is not known, or the session is over.
    Over,
    /// The token has been used before, so it is in somebody else's hands.
    Reused {
        /// Whose it is.
        user: Uuid,
        /// The sign-in, whose sessions are all to end.
        family: Uuid,
    },
    /// The database failed.
    Failed(DbErr),
}

impl From<DbErr> for RenewalFault {
    fn from(error: DbErr) -> Self {
        Self::Failed(error)
    }
}

/// Begins a session.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn begin(
    db: &impl ConnectionTrait,
    user: Uuid,
    agent: Option<&str>,
    settings: SessionSettings,
    now: DateTime<Utc>,
) -> Result<Begun, DbErr> {
    let token = secret().ok_or_else(no_randomness)?;
    let ends_at = now + settings.absolute;
    store(
        db,
        Uuid::now_v7(),
        user,
        token,
        agent,
        ends_at,
        settings,
        now,
    )
    .await
}

/// The session that a token renews.
///
/// # Errors
/// [`DbErr`] where it cannot be read.
pub async fn find(db: &impl ConnectionTrait, token: &str) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::RefreshTokenHash.eq(hash(token)))
        .one(db)
        .await
}

/// Reads a user whose sessions are to change, and keeps others from changing
/// the user or the sessions until the transaction ends: what is not there yet
/// could not be ended. None where there is no such user, or one who is kept
/// out.
///
/// # Errors
/// [`DbErr`] where it cannot be read.
pub async fn lock(db: &impl ConnectionTrait, user: Uuid) -> Result<Option<user::Model>, DbErr> {
    let user = user::Entity::find_by_id(user)
        .lock_exclusive()
        .one(db)
        .await?;
    Ok(user.filter(|user| user.disabled_at.is_none()))
}

/// Takes a token for the next one. Where two ask at once, both get the same.
///
/// # Errors
/// [`RenewalFault`] where the session is not renewed.
pub async fn renew(
    db: &impl ConnectionTrait,
    token: &str,
    agent: Option<&str>,
    settings: SessionSettings,
    now: DateTime<Utc>,
) -> Result<Begun, RenewalFault> {
    // Whoever asks at the same time waits here, where the database can wait.
    let known = find(db, token).await?.ok_or(RenewalFault::Over)?;
    lock(db, known.user_id).await?.ok_or(RenewalFault::Over)?;
    let session = Entity::find()
        .filter(Column::RefreshTokenHash.eq(hash(token)))
        .lock_exclusive()
        .one(db)
        .await?
        .ok_or(RenewalFault::Over)?;
    let ends_at = session.ends_at.unwrap_or(session.expires_at);
    if session.revoked_at.is_some() || ends_at <= now {
        return Err(RenewalFault::Over);
    }
    let agent = shortened(agent);
    // Whoever uses a token again tells on somebody for as long as the sign-in
    // may go on, which is longer than the token itself was good.
    if let Some(rotated_at) = session.rotated_at {
        let same = session.user_agent == agent && now < rotated_at + GRACE;
        let salt = session.successor_salt.as_deref().filter(|_| same);
        return match salt {
            Some(salt) => again(db, &session, &successor(token, salt)).await,
            None => Err(reused(&session)),
        };
    }
    if session.expires_at <= now {
        return Err(RenewalFault::Over);
    }
    let salt = secret().ok_or_else(no_randomness)?;
    let turned = Entity::update_many()
        .col_expr(Column::RotatedAt, Expr::value(now))
        .col_expr(Column::SuccessorSalt, Expr::value(salt.clone()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(session.id))
        .filter(Column::RotatedAt.is_null())
        .exec(db)
        .await?;
    if turned.rows_affected == 0 {
        return Err(reused(&session));
    }
    // From now on whoever comes with an older token comes too late.
    Entity::update_many()
        .col_expr(Column::SuccessorSalt, Expr::value(None::<String>))
        .filter(Column::FamilyId.eq(session.family_id))
        .filter(Column::Id.ne(session.id))
        .filter(Column::SuccessorSalt.is_not_null())
        .exec(db)
        .await?;
    let next = successor(token, &salt);
    let agent = agent.as_deref();
    let (family, user) = (session.family_id, session.user_id);
    Ok(store(db, family, user, next, agent, ends_at, settings, now).await?)
}

/// The session that a token was renewed to before.
async fn again(
    db: &impl ConnectionTrait,
    session: &Model,
    token: &str,
) -> Result<Begun, RenewalFault> {
    let next = Entity::find()
        .filter(Column::RefreshTokenHash.eq(hash(token)))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::RotatedAt.is_null())
        .one(db)
        .await?
        .ok_or_else(|| reused(session))?;
    Ok(Begun {
        user: next.user_id,
        family: next.family_id,
        refresh_token: token.to_owned(),
        expires_at: next.expires_at,
    })
}

fn reused(session: &Model) -> RenewalFault {
    RenewalFault::Reused {
        user: session.user_id,
        family: session.family_id,
    }
}

/// Ends the sessions of a sign-in.
///
/// # Errors
/// [`DbErr`] where they cannot be ended.
pub async fn end_family(
    db: &impl ConnectionTrait,
    family: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let known = Entity::find()
        .filter(Column::FamilyId.eq(family))
        .one(db)
        .await?;
    if let Some(session) = known {
        lock(db, session.user_id).await?;
    }
    end(db, Column::FamilyId, family, None, now).await
}

/// Ends the sessions of a user, but for those of one sign-in.
///
/// # Errors
/// [`DbErr`] where they cannot be ended.
pub async fn end_all(
    db: &impl ConnectionTrait,
    user: Uuid,
    spared: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    lock(db, user).await?;
    end(db, Column::UserId, user, spared, now).await
}

/// The sign-ins of a user that are not over.
///
/// # Errors
/// [`DbErr`] where they cannot be read.
pub async fn families(db: &impl ConnectionTrait, user: Uuid) -> Result<Vec<Uuid>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::FamilyId)
        .distinct()
        .filter(Column::UserId.eq(user))
        .filter(Column::RevokedAt.is_null())
        .into_tuple()
        .all(db)
        .await
}

async fn end(
    db: &impl ConnectionTrait,
    column: Column,
    id: Uuid,
    spared: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut update = Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(column.eq(id))
        .filter(Column::RevokedAt.is_null());
    if let Some(family) = spared {
        update = update.filter(Column::FamilyId.ne(family));
    }
    update.exec(db).await.map(drop)
}

/// Deletes sessions that have been over for `kept`: those whose token was used
/// once their sign-in is over, so that it is known when it is used again.
///
/// # Errors
/// [`DbErr`] where they cannot be deleted.
pub async fn tidy(
    db: &impl ConnectionTrait,
    kept: Duration,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let before = now - kept;
    let is_of_no_use = Condition::any()
        .add(Column::RotatedAt.is_null())
        .add(Column::EndsAt.is_null())
        .add(Column::EndsAt.lt(before));
    loop {
        let over: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::ExpiresAt.lt(before))
            .filter(is_of_no_use.clone())
            .limit(AT_ONCE)
            .into_tuple()
            .all(db)
            .await?;
        let count = over.len();
        Entity::delete_many()
            .filter(Column::Id.is_in(over))
            .exec(db)
            .await?;
        if (count as u64) < AT_ONCE {
            return Ok(());
        }
    }
}

/// The hash by which a token is looked for. It is as long as the token's
/// secret, so nothing is gained by making it slow.
fn hash(token: &str) -> String {
    hex(&sha256(token))
}

/// The token that one is renewed to. Whoever has only the database, or only
/// the token, cannot tell it.
fn successor(token: &str, salt: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
    hex(hmac::sign(&key, salt.as_bytes()).as_ref())
}

#[expect(clippy::too_many_arguments, reason = "a row of as many columns")]
async fn store(
    db: &impl ConnectionTrait,
    family: Uuid,
    user: Uuid,
    token: String,
    agent: Option<&str>,
    ends_at: DateTime<Utc>,
    settings: SessionSettings,
    now: DateTime<Utc>,
) -> Result<Begun, DbErr> {
    let expires_at = ends_at.min(now + settings.idle);
    let session = ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(user),
        refresh_token_hash: Set(hash(&token)),
        family_id: Set(family),
        user_agent: Set(shortened(agent)),
        expires_at: Set(expires_at),
        rotated_at: Set(None),
        successor_salt: Set(None),
        ends_at: Set(Some(ends_at)),
        revoked_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    session.insert(db).await?;
    Ok(Begun {
        user,
        family,
        refresh_token: token,
        expires_at,
    })
}

fn shortened(agent: Option<&str>) -> Option<String> {
    agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect())
}

fn no_randomness() -> DbErr {
    DbErr::Custom("the system's random source failed".to_owned())
}
