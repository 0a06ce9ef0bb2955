//! The two servers that are compared.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use entity::user;
use purser::access::Role;
use purser::app;
use purser::auth::{SigningKey, TokenSettings, Tokens};
use purser::graphql::{Engine, Limits};
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
    let tokens = Tokens::new(SigningKey::ephemeral().expect("a key"), settings);
    let staff = user::Entity::find()
        .filter(user::Column::Role.eq(user::Role::Staff))
        .one(database.orm())
        .await
        .expect("users")
        .expect("a member of staff");
    let token = tokens
        .sign(staff.id, Role::Staff, SystemTime::now())
        .expect("a token");
    let router = if kind == "hand" {
        hand::router(&database, tokens)
    } else {
        let catalog = app::catalog().expect("a catalogue");
        router(Arc::new(Door {
            engine: Engine::new(catalog, database, Limits::default()).expect("an engine"),
            tokens,
            cors_origins: Vec::new(),
            max_body_bytes: 1024 * 1024,
        }))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{} {token}", listener.local_addr().expect("an address"));
    axum::serve(listener, router).await.expect("a server");
}
