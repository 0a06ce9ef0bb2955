//! Who is asking.
//!
//! Owns passwords, keys, tokens, sessions, revocation, the counting of
//! attempts, other issuers, and the [`Requester`] that the rest of a request is
//! planned for. Must not know GraphQL or axum. What users do with their
//! accounts is in [`crate::accounts`]; the flow of a request goes on in
//! [`crate::graphql`].

pub mod account;
mod algorithm;
pub mod attempts;
mod client;
pub mod email;
mod hashing;
mod identity;
mod issuer;
mod issuer_keys;
mod key;
pub mod keyring;
pub mod password;
mod private_file;
mod random;
mod requester;
mod revocation;
pub mod session;
mod spending;
mod token;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::user;
use moka::sync::Cache;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

pub use self::algorithm::Algorithm;
pub use self::attempts::Attempts;
pub use self::client::Client;
pub use self::issuer::{FirstSight, Issuer, IssuerSettings};
pub use self::key::{Key, KeyError};
pub use self::keyring::Keyring;
pub use self::password::{PasswordCost, Passwords};
pub use self::random::fingerprint;
pub use self::requester::{Identity, Requester};
pub use self::revocation::{Revoked, current as epoch, revoke};
pub use self::session::SessionSettings;
pub use self::token::{Grant, TokenError, TokenSettings, Tokens};

use self::issuer::Outsider;
use self::random::sha256;
use self::revocation::Revocations;
use self::token::{LEEWAY_SECONDS, LONGEST, seconds};
use crate::audit;
use crate::run::Database;

/// How long it is waited before a node looks again what others have revoked,
/// and whether the keys have changed.
const BETWEEN: Duration = Duration::from_secs(2);
/// How long the database may take to tell what others have revoked.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a node trusts tokens without knowing what others have revoked.
pub const MOST_BEHIND: Duration = Duration::from_secs(30);
/// How often what is of no use any more is deleted.
const BETWEEN_TIDYING: Duration = Duration::from_mins(10);
/// How many tokens and accounts of other issuers are remembered.
const REMEMBERED: u64 = 50_000;

/// Everything that tells who is asking, and lets them sign in.
pub struct Auth {
    /// Access tokens.
    pub tokens: Tokens,
    /// Passwords.
    pub passwords: Passwords,
    /// How often something has been tried.
    pub attempts: Attempts,
    /// How long a sign-in lasts.
    pub sessions: SessionSettings,
    /// Whether refresh tokens are kept in cookies.
    pub cookies: bool,
    revocations: Revocations,
    issuers: Vec<Issuer>,
    /// Tokens of other issuers, by their hash.
    outsiders: Cache<[u8; 32], Arc<Outsider>>,
    /// Users by issuer and subject.
    users: Cache<(String, String), KnownUser>,
    database: Database,
}

/// What an [`Auth`] is made of.
pub struct AuthParts {
    /// Access tokens.
    pub tokens: Tokens,
    /// Passwords.
    pub passwords: Passwords,
    /// How often something has been tried.
    pub attempts: Attempts,
    /// How long a sign-in lasts.
    pub sessions: SessionSettings,
    /// Whether refresh tokens are kept in cookies.
    pub cookies: bool,
    /// Other issuers whose tokens are taken.
    pub issuers: Vec<Issuer>,
    /// Where accounts are.
    pub database: Database,
    /// How long tokens are trusted without knowing what other nodes have
    /// revoked.
    pub most_behind: Duration,
}

impl Auth {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: AuthParts) -> Self {
        Self {
            tokens: parts.tokens,
            passwords: parts.passwords,
            attempts: parts.attempts,
            sessions: parts.sessions,
            cookies: parts.cookies,
            revocations: Revocations::new(parts.most_behind),
            issuers: parts.issuers,
            outsiders: remembered(Duration::from_mins(5)),
            users: remembered(Duration::from_mins(1)),
            database: parts.database,
        }
    }

    /// The requester behind an `Authorization` header; anonymous where there
    /// is none. A header that does not verify is never anonymous. What is done
    /// for whoever is seen for the first time is recorded of the request.
    ///
    /// # Errors
    /// [`TokenError`] where there is a header without a valid token.
    pub async fn identity(
        &self,
        authorization: Option<&[u8]>,
        request_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Identity, TokenError> {
        let Some(header) = authorization else {
            return Ok(Identity::ANONYMOUS);
        };
        let header = std::str::from_utf8(header).map_err(|_| TokenError::Malformed)?;
        let (scheme, token) = header.split_once(' ').ok_or(TokenError::Malformed)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Malformed);
        }
        let token = token.trim();
        if self.revocations.is_behind() {
            return Err(TokenError::Unavailable);
        }
        match self.issuer_of(token) {
            // In a box, for what fetches keys is large to be moved about.
            Some(issuer) => Box::pin(self.outsider(issuer, token, request_id, now)).await,
            None => self.own(token, now),
        }
    }

    fn own(&self, token: &str, now: DateTime<Utc>) -> Result<Identity, TokenError> {
        let grant = self.tokens.verify(token, now)?;
        let session_lives = grant
            .session
            .is_none_or(|session| self.revocations.admit(session, 0));
        if !session_lives || !self.revocations.admit(grant.user, grant.epoch) {
            return Err(TokenError::Invalid);
        }
        Ok(Identity {
            requester: Requester::User {
                id: grant.user,
                role: grant.role,
            },
            session: grant.session,
        })
    }

    /// The other issuer that a token claims to be of.
    fn issuer_of(&self, token: &str) -> Option<&Issuer> {
        #[derive(serde::Deserialize)]
        struct Claimed {
            iss: String,
        }
        if self.issuers.is_empty() || token.len() > LONGEST {
            return None;
        }
        // Nothing is trusted yet: it only says whose keys are to be tried.
        let claimed = jsonwebtoken::dangerous::insecure_decode_claims::<Claimed>(token).ok()?;
        self.issuers
            .iter()
            .find(|issuer| issuer.name() == claimed.iss)
    }

    async fn outsider(
        &self,
        issuer: &Issuer,
        token: &str,
        request_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Identity, TokenError> {
        let hash = sha256(token);
        let outsider = if let Some(known) = self.outsiders.get(&hash) {
            known
        } else {
            let fresh = Arc::new(issuer.verify(token).await?);
            self.outsiders.insert(hash, fresh.clone());
            fresh
        };
        if outsider.expires + LEEWAY_SECONDS < seconds(now) {
            return Err(TokenError::Expired);
        }
        if outsider.issued > seconds(now) + LEEWAY_SECONDS {
            return Err(TokenError::Invalid);
        }
        let known = self.user_of(&outsider, request_id, now).await?;
        let user = known.id;
        // A token of a second in which its user was revoked may be of after it.
        let latest = i64::try_from(outsider.issued).unwrap_or(i64::MAX);
        let latest = latest.saturating_mul(1_000_000).saturating_add(999_999);
        if latest < known.epoch || !self.revocations.admit(user, latest) {
            return Err(TokenError::Invalid);
        }
        Ok(Identity::from(Requester::User {
            id: user,
            role: outsider.role,
        }))
    }

    async fn user_of(
        &self,
        outsider: &Outsider,
        request_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<KnownUser, TokenError> {
        let key = (outsider.issuer.clone(), outsider.subject.clone());
        if let Some(known) = self.users.get(&key)
            && known.noted == self.revocations.epoch(known.id)
        {
            return Ok(known);
        }
        let failed = |error: DbErr| {
            tracing::error!(%error, "the user of an identity cannot be read");
            TokenError::Unavailable
        };
        let found = identity::user_of(&self.database, outsider, request_id, now).await;
        let (id, ended) = found.map_err(failed)?.ok_or(TokenError::Invalid)?;
        for revoked in ended {
            self.note(revoked);
        }
        let known = KnownUser {
            id,
            noted: self.revocations.epoch(id),
            epoch: epoch(self.database.lookups(), id).await.map_err(failed)?,
        };
        // Whoever is kept out from now on has a later epoch.
        let enabled = identity::is_enabled(self.database.lookups(), id).await;
        if !enabled.map_err(failed)? {
            return Err(TokenError::Invalid);
        }
        self.users.insert(key, known);
        Ok(known)
    }

    /// Takes note of a revocation that is committed. Other nodes do so within
    /// two seconds.
    pub fn note(&self, revoked: Revoked) {
        self.revocations.note(revoked);
    }

    /// Ends a sign-in that was stolen, in a transaction of its own. A fault is
    /// for the log, for nobody could do anything about it.
    pub async fn end_family(&self, family: Uuid) {
        let mut tries = 0;
        let ended = loop {
            let ended = self.database.unless_silent(self.try_to_end(family)).await;
            if ended.is_ok() || !again(&mut tries).await {
                break ended;
            }
        };
        match ended {
            Ok(revoked) => self.note(revoked),
            Err(error) => tracing::error!(%error, %family, "a stolen session was not ended"),
        }
    }

    async fn try_to_end(&self, family: Uuid) -> Result<Revoked, DbErr> {
        let transaction = self.database.begin().await?;
        // Not before: tokens that were signed while others were in the way are
        // of before it as well.
        let now = Utc::now();
        session::end_family(&*transaction, family, now).await?;
        let revoked = revoke(&*transaction, family, now).await?;
        transaction.commit().await?;
        Ok(revoked)
    }

    /// Hashes a password anew that is right, unless it was changed meanwhile. It
    /// stays the same password, so the version stays as well. A fault is for the
    /// log: the next sign-in tries again.
    pub async fn renew_hash(&self, user: &user::Model, password: &str, now: DateTime<Utc>) {
        let renewed = async {
            let hash = self.passwords.hash(password).await;
            let hash = hash.map_err(|error| DbErr::Custom(error.to_string()))?;
            user::Entity::update_many()
                .col_expr(user::Column::PasswordHash, Expr::value(hash))
                .col_expr(user::Column::UpdatedAt, Expr::value(now))
                .filter(user::Column::Id.eq(user.id))
                .filter(user::Column::PasswordHash.eq(user.password_hash.clone()))
                .exec(self.database.orm())
                .await
        };
        if let Err(error) = self.database.unless_silent(renewed).await {
            tracing::error!(%error, "a password was not hashed anew");
        }
    }

    /// Records what stays whatever became of an operation. A fault is for the
    /// log.
    pub async fn record(&self, entry: audit::Entry, now: DateTime<Utc>) {
        let mut tries = 0;
        let database = &self.database;
        let record = || audit::record(database.orm(), entry.clone(), now);
        while let Err(error) = database.unless_silent(record()).await {
            if !again(&mut tries).await {
                // The log has it then.
                tracing::error!(
                    %error,
                    action = entry.action,
                    entity_id = entry.entity_id,
                    actor = entry.actor.map(tracing::field::display),
                    request_id = entry.request_id,
                    "an audit entry was not written"
                );
                return;
            }
        }
    }

    /// Learns of new keys, and of those that are gone.
    pub async fn reload_keys(&self) {
        let keys = self.tokens.keys().clone();
        // The files may be on a disk that takes its time.
        match tokio::task::spawn_blocking(move || keys.reload()).await {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => tracing::info!("the signing keys have changed"),
            Ok(Err(error)) => tracing::error!(%error, "the signing keys stay as they were"),
            Err(error) => tracing::error!(%error, "the signing keys were not read"),
        }
    }

    /// Learns what other nodes have revoked.
    ///
    /// # Errors
    /// [`DbErr`] where the database does not tell.
    pub async fn catch_up(&self, now: DateTime<Utc>) -> Result<(), DbErr> {
        let lifetime = self.tokens.settings().lifetime;
        self.revocations
            .catch_up(self.database.spare(), lifetime, now)
            .await
    }

    /// Keeps up with the other nodes and with the keys for as long as it is
    /// polled.
    pub async fn keep_up(&self) {
        let keys = async {
            loop {
                self.reload_keys().await;
                tokio::time::sleep(BETWEEN).await;
            }
        };
        futures_util::future::join(keys, self.keep_up_with_nodes()).await;
    }

    async fn keep_up_with_nodes(&self) {
        loop {
            let caught_up = tokio::time::timeout(PATIENCE, self.catch_up(Utc::now()));
            let caught_up = caught_up.await.unwrap_or_else(|_| Err(late()));
            if let Err(error) = caught_up {
                tracing::error!(%error, "what is revoked cannot be read");
            }
            tokio::time::sleep(BETWEEN).await;
        }
    }

    /// Deletes what is over, time and again, for as long as it is polled.
    pub async fn keep_tidy(&self) {
        loop {
            tokio::time::sleep(BETWEEN_TIDYING).await;
            let tidied = tokio::time::timeout(BETWEEN_TIDYING, self.tidy(Utc::now()));
            if let Err(error) = tidied.await.unwrap_or_else(|_| Err(late())) {
                tracing::error!(%error, "what is over was not deleted");
            }
        }
    }

    /// Deletes sessions and revocations that are long over.
    ///
    /// # Errors
    /// [`DbErr`] where they cannot be deleted.
    pub async fn tidy(&self, now: DateTime<Utc>) -> Result<(), DbErr> {
        session::tidy(self.database.orm(), self.sessions.kept, now).await?;
        revocation::tidy(self.database.orm(), self.tokens.settings().lifetime, now).await
    }
}

fn late() -> DbErr {
    DbErr::Custom("no answer in time".to_owned())
}

/// Waits before something is tried again that others may be in the way of. Says
/// whether it is to be: for about three seconds in all.
async fn again(tries: &mut u32) -> bool {
    *tries += 1;
    if *tries > 5 {
        return false;
    }
    tokio::time::sleep(Duration::from_millis(50) * 2_u32.pow(*tries)).await;
    true
}

fn remembered<K, V>(lifetime: Duration) -> Cache<K, V>
where
    K: std::hash::Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder()
        .max_capacity(REMEMBERED)
        .time_to_live(lifetime)
        .build()
}

/// The user behind an account at another issuer.
#[derive(Clone, Copy)]
struct KnownUser {
    id: Uuid,
    /// The epoch of the user that was noted then, if one was.
    noted: Option<i64>,
    /// The epoch that is stored. Tokens of other issuers may be good for longer
    /// than revocations are kept in memory.
    epoch: i64,
}
