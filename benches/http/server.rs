//! The two servers that are compared.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;

use entity::user;
use purser::access::Role;
use purser::app;
use purser::auth::{
    Algorithm, Attempts, Auth, AuthParts, Grant, Key, Keyring, PasswordCost, Passwords,
    SessionSettings, TokenSettings, Tokens,
};
use purser::graphql::{Engine, Limits, Operations};
use purser::http::{Door, router};
use purser::run::{Database, ReadLimits};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tokio::net::TcpListener;

use crate::{hand, setting};

/// Serves until the process is ended, and prints where first, and a token.
pub async fn serve(kind: &str, url: &str) {
    let url = url.parse().expect("an address");
    let connections = u32::try_from(setting("BENCH_POOL", 8)).expect("a few");
    let database = Database::connect(&url, ReadLimits::of(connections))
        .await
        .expect("a database");
    let settings = TokenSettings {
        issuer: "bench".to_owned(),
        audience: "bench".to_owned(),
        lifetime: Duration::from_hours(1),
    };
    let key = Key::ephemeral(Algorithm::EdDsa).expect("a key");
    let tokens = Tokens::new(Keyring::ephemeral(vec![key]), settings);
    let staff = user::Entity::find()
        .filter(user::Column::Role.eq(user::Role::Staff))
        .one(database.orm())
        .await
        .expect("users")
        .expect("a member of staff");
    let grant = Grant {
        user: staff.id,
        role: Role::Staff,
        session: None,
        epoch: 0,
    };
    let token = tokens.sign(grant, Utc::now()).expect("a token");
    let router = if kind == "hand" {
        hand::router(&database, tokens)
    } else {
        let catalog = app::catalog().expect("a catalogue");
        let auth = Arc::new(Auth::new(AuthParts {
            tokens,
            passwords: Passwords::new(PasswordCost::LEAST, 1).expect("hashes"),
            attempts: Attempts::default(),
            sessions: SessionSettings {
                idle: Duration::from_hours(24),
                absolute: Duration::from_hours(24),
            },
            cookies: false,
            issuers: Vec::new(),
            database: database.orm().clone(),
        }));
        let operations = Operations::new(catalog, purser::accounts::verbs(), Limits::default());
        router(Arc::new(Door {
            engine: Engine::new(operations.expect("a schema"), database, auth.clone()),
            auth,
            cors_origins: Vec::new(),
            max_body_bytes: 1024 * 1024,
            trusted_proxies: 0,
        }))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{} {token}", listener.local_addr().expect("an address"));
    axum::serve(listener, router).await.expect("a server");
}
