//! The two servers that are compared.

use std::sync::Arc;
use std::time::Duration;

use purser::app;
use purser::auth::{SigningKey, TokenSettings, Tokens};
use purser::graphql::{Engine, Limits};
use purser::http::{Door, router};
use purser::run::{Database, ReadLimits};
use tokio::net::TcpListener;

use crate::{hand, setting};

/// Serves until the process is ended, and prints where first.
pub async fn serve(kind: &str, url: &str) {
    let url = url.parse().expect("an address");
    let connections = u32::try_from(setting("BENCH_POOL", 8)).expect("a few");
    let database = Database::connect(&url, ReadLimits::of(connections))
        .await
        .expect("a database");
    let router = if kind == "hand" {
        hand::router(&database)
    } else {
        let catalog = app::catalog().expect("a catalogue");
        let settings = TokenSettings {
            issuer: "bench".to_owned(),
            audience: "bench".to_owned(),
            lifetime: Duration::from_mins(1),
        };
        router(Arc::new(Door {
            engine: Engine::new(catalog, database, Limits::default()).expect("an engine"),
            tokens: Tokens::new(SigningKey::ephemeral().expect("a key"), settings),
            cors_origins: Vec::new(),
            max_body_bytes: 1024 * 1024,
        }))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    axum::serve(listener, router).await.expect("a server");
}
