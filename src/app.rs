//! Where everything is put together: configuration in, a running service out.

pub mod accounts;
mod connections;
mod error;
mod explain;
mod opening;
mod serve;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use sea_orm::ActiveEnum as _;
use uuid::Uuid;

pub use self::connections::{HEAD_WITHIN, LARGEST_HEAD, READ_WITHIN};
pub use self::error::AppError;
pub use self::explain::{Question, explain};
pub use self::opening::{Opened, open, open_to_serve, tokens};
pub use self::serve::serve;
use crate::access::Role;
use crate::accounts::role_of;
use crate::accounts::user::{By, record, store_hash};
use crate::auth::{Attempts, Auth, AuthParts, Grant, Issuer, MOST_BEHIND, Passwords, Tokens};
use crate::catalog::{Catalog, declarations};
use crate::config::Config;
use crate::graphql::{Engine, Extensions, Operations, Verb};
use crate::http::{
    DemoUser, Documents, Door, Load, Playground, SocketLimits, Sockets, read_manifest,
};
use crate::run::Database;
use crate::seed::{self, Progress, SeedError};
use crate::shop::{self, ShopRules};

/// The catalogue of this shop.
///
/// # Errors
/// [`AppError::Catalog`] with every mistake in the declarations.
pub fn catalog() -> Result<Arc<Catalog>, AppError> {
    Catalog::new(declarations())
        .map(Arc::new)
        .map_err(AppError::Catalog)
}

/// What is written by hand beside the catalogue: accounts, and the shop's own.
#[must_use]
pub fn extensions(rules: ShopRules) -> Extensions {
    Extensions {
        verbs: verbs(),
        guards: shop::guards(rules),
    }
}

/// The mutations among it, in the order of the schema.
#[must_use]
pub fn verbs() -> Vec<Verb> {
    let accounts = crate::accounts::verbs().into_iter();
    accounts.chain(shop::verbs()).collect()
}

/// Refuses tables that are not up to date.
///
/// # Errors
/// [`AppError::Pending`] where migrations are missing.
pub async fn check_migrated(database: &Database) -> Result<(), AppError> {
    let pending = migration::pending(database.orm()).await?;
    if pending.is_empty() {
        Ok(())
    } else {
        Err(AppError::Pending(pending))
    }
}

/// What the service found at its start.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// How many rows of the demo shop were loaded; none where there were rows.
    pub seeded: Option<seed::Summary>,
    /// The password of the demo users, which is told once.
    pub password: Option<String>,
}

/// Brings the embedded database up to date, and fills it where it is empty.
/// Any other database must be up to date.
///
/// # Errors
/// [`AppError`] where that is not possible.
pub async fn prepare(
    config: &Config,
    database: &Database,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Start, AppError> {
    if !config.embedded {
        check_migrated(database).await?;
        return Ok(Start::default());
    }
    migration::run(database.orm()).await?;
    match seed::load(database.orm(), 1, false, progress).await {
        Ok(summary) => Ok(Start {
            seeded: Some(summary),
            password: Some(demo_password(config, database).await?),
        }),
        Err(SeedError::NotEmpty { .. }) => Ok(Start::default()),
        Err(error) => Err(error.into()),
    }
}

/// Gives the demo users a password that nobody knows yet.
async fn demo_password(config: &Config, database: &Database) -> Result<String, AppError> {
    let password = new_password();
    let hash = passwords(config)?.hash(&password).await?;
    let transaction = database.begin().await?;
    for (email, ..) in seed::DEMO_USERS {
        let user = accounts::find(&*transaction, email).await?;
        store_hash(&*transaction, user.id, hash.clone(), user.updated_at).await?;
    }
    transaction.commit().await?;
    Ok(password)
}

/// A password that nobody has, nor guesses: about 90 random bits.
#[must_use]
pub fn new_password() -> String {
    Uuid::new_v4().simple().to_string()[..24].to_owned()
}

/// How passwords are hashed.
///
/// # Errors
/// [`AppError::Hash`] where they cannot be.
pub fn passwords(config: &Config) -> Result<Passwords, AppError> {
    let passwords = Passwords::new(config.password_cost, config.passwords_at_once);
    passwords.map_err(AppError::Hash)
}

/// What tells who is asking.
///
/// # Errors
/// [`AppError`] where a part of it cannot be made.
pub fn auth(
    config: &Config,
    tokens: Tokens,
    attempts: Attempts,
    database: &Database,
) -> Result<Arc<Auth>, AppError> {
    let issuers = config.issuers.iter().cloned();
    let issuers = issuers.map(Issuer::new).collect::<Result<_, _>>();
    Ok(Arc::new(Auth::new(AuthParts {
        tokens,
        passwords: passwords(config)?,
        attempts,
        sessions: config.sessions,
        cookies: config.session_cookies,
        issuers: issuers.map_err(AppError::Issuer)?,
        database: database.clone(),
        most_behind: MOST_BEHIND,
    })))
}

/// Signs a token for the user with an e-mail address, and records that.
///
/// # Errors
/// [`AppError`] where there is no such user, or the key or the database fails.
pub async fn token(config: &Config, email: &str) -> Result<String, AppError> {
    let tokens = tokens(config)?;
    let database = open(config).await?;
    prepare(config, &database, &|_| {}).await?;
    let db = database.orm();
    let id = accounts::find(db, email).await?.id;
    let epoch = crate::auth::epoch(db, id).await?;
    // Whoever is kept out or changed from now on has a later epoch.
    let user = accounts::find(db, email).await?;
    if user.disabled_at.is_some() {
        return Err(AppError::Disabled(email.to_owned()));
    }
    let grant = Grant {
        user: id,
        role: role_of(&user),
        session: None,
        epoch,
    };
    let by = By::command(Utc::now());
    record(db, id, "issueToken", serde_json::json!({}), &by).await?;
    tokens.sign(grant, by.now()).map_err(AppError::Token)
}

/// What the router needs, of a database that is ready.
///
/// # Errors
/// [`AppError`] where the catalogue cannot be used.
pub fn door(
    config: &Config,
    database: Database,
    auth: Arc<Auth>,
    start: &Start,
) -> Result<Arc<Door>, AppError> {
    let operations = Operations::new(catalog()?, extensions(config.shop), config.limits.clone())?;
    let engine = Engine::new(operations, database, auth.clone());
    // The demo shop has nothing to hide of how it works.
    let explains_to = if config.embedded {
        Role::Anonymous
    } else {
        Role::Admin
    };
    Ok(Arc::new(Door {
        engine: engine.explaining_to(explains_to),
        auth,
        graphiql: config.graphiql.then(|| playground(config, start)),
        cors_origins: config.cors_origins.clone(),
        max_body_bytes: config.max_body_bytes,
        documents: documents(config)?,
        batch: config.batch,
        load: Load::new(config.load),
        sockets: Sockets::new(SocketLimits {
            sockets: config.sockets,
            operations: config.socket_operations,
            message: config.socket_message,
            ..SocketLimits::default()
        }),
        trusted_proxies: config.trusted_proxies,
        idempotency_kept: config.idempotency_kept,
    }))
}

/// The documents that clients name.
fn documents(config: &Config) -> Result<Documents, AppError> {
    let Some(trusted) = &config.trusted_documents else {
        return Ok(Documents::default());
    };
    Ok(Documents::of(manifest(&trusted.manifest)?, trusted.only))
}

/// The documents of a manifest, by their ids.
///
/// # Errors
/// [`AppError::Manifest`] where it cannot be read.
pub fn manifest(path: &Path) -> Result<Vec<(String, String)>, AppError> {
    let wrong = |reason: String| AppError::Manifest(path.display().to_string(), reason);
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    read_manifest(&text).map_err(|error| wrong(error.to_string()))
}

/// What GraphiQL is told: of the demo shop, who can sign in; and how, as long as
/// nobody but this machine can ask.
fn playground(config: &Config, start: &Start) -> Playground {
    let password = start.password.clone();
    let is_alone = config.bind.ip().is_loopback() && config.trusted_proxies == 0;
    let password = password.filter(|_| is_alone);
    let users = seed::DEMO_USERS.iter().filter(|_| config.embedded);
    Playground {
        demo_users: users
            .map(|(email, _, role)| DemoUser {
                email: (*email).to_owned(),
                password: password.clone(),
                role: role.to_value().to_uppercase(),
            })
            .collect(),
        explain: config.embedded,
    }
}
