//! What may be different about a shop.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use chrono::Utc;
use purser::access::Role;
use purser::app;
use purser::auth::{
    Algorithm, Attempts, Auth, AuthParts, Issuer, Key, Keyring, PasswordCost, Passwords,
    SessionSettings, TokenSettings, Tokens,
};
use purser::graphql::{Engine, Limits, Operations};
use purser::http::{Documents, Door, Load, LoadLimits, Playground, SocketLimits, Sockets, router};
use purser::run::Database;
use purser::shop::{Reviewers, ShopRules};

/// What may be different about a shop.
pub struct Variant {
    pub keys: Keyring,
    pub attempts: Attempts,
    pub cookies: bool,
    pub issuers: Vec<Issuer>,
    pub limits: Limits,
    pub shop: ShopRules,
    pub most_behind: Duration,
    pub load: LoadLimits,
    pub batch: usize,
    pub documents: Documents,
    pub graphiql: Option<Playground>,
    pub max_body_bytes: usize,
    pub sockets: SocketLimits,
    pub cors_origins: Vec<HeaderValue>,
}

impl Variant {
    /// One that bears no more than this.
    pub fn of_load(load: LoadLimits) -> Self {
        Self {
            load,
            ..Self::default()
        }
    }
}

impl Default for Variant {
    fn default() -> Self {
        let key = Key::ephemeral(Algorithm::EdDsa).unwrap();
        Self {
            keys: Keyring::ephemeral(vec![key]),
            attempts: Attempts::default(),
            cookies: false,
            issuers: Vec::new(),
            limits: Limits::default(),
            shop: ShopRules {
                reviewers: Reviewers::Buyers,
            },
            // Nodes of a test know what they are told.
            most_behind: Duration::from_hours(1),
            load: LoadLimits::default(),
            batch: 0,
            graphiql: None,
            documents: Documents::default(),
            max_body_bytes: 1024 * 1024,
            sockets: SocketLimits::default(),
            cors_origins: vec!["https://shop.example".parse().unwrap()],
        }
    }
}

/// How little work a hash may be.
pub const QUICK: PasswordCost = PasswordCost {
    memory: 64,
    passes: 1,
};

/// Tokens that are good for so long.
pub fn settings(lifetime: Duration) -> TokenSettings {
    TokenSettings {
        issuer: "purser".to_owned(),
        audience: "purser".to_owned(),
        lifetime,
    }
}

/// The routes of a shop on a database.
pub async fn router_of(database: Database, variant: Variant) -> axum::Router {
    router(door_of(database, variant).await)
}

pub(super) async fn door_of(database: Database, variant: Variant) -> Arc<Door> {
    let auth = Arc::new(Auth::new(AuthParts {
        tokens: Tokens::new(variant.keys, settings(Duration::from_hours(1))),
        // What it takes is of no interest here, and there is much of it.
        passwords: Passwords::new(QUICK, 4).unwrap(),
        attempts: variant.attempts,
        sessions: SessionSettings {
            idle: Duration::from_hours(24),
            absolute: Duration::from_hours(72),
            kept: Duration::from_hours(24),
        },
        cookies: variant.cookies,
        issuers: variant.issuers,
        database: database.clone(),
        most_behind: variant.most_behind,
    }));
    auth.catch_up(Utc::now()).await.unwrap();
    let catalog = app::catalog().unwrap();
    let operations =
        Operations::new(catalog, app::extensions(variant.shop), variant.limits).unwrap();
    let engine = Engine::new(operations, database, auth.clone());
    Arc::new(Door {
        engine: engine.explaining_to(Role::Anonymous),
        auth,
        cors_origins: variant.cors_origins,
        graphiql: variant.graphiql,
        documents: variant.documents,
        load: Load::new(variant.load),
        max_body_bytes: variant.max_body_bytes,
        batch: variant.batch,
        sockets: Sockets::new(variant.sockets),
        trusted_proxies: 1,
        idempotency_kept: Duration::from_hours(24),
    })
}
