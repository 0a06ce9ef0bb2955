//! The two servers that are compared.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;

use entity::user;
use purser::access::Role;
use purser::app;
use purser::auth::{
    Algorithm, Attempts, Auth, AuthParts, Grant, Key, Keyring, MOST_BEHIND, PasswordCost,
    Passwords, SessionSettings, TokenSettings, Tokens,
};
use purser::graphql::{Engine, Limits, Operations};
use purser::http::{Documents, Door, Load, LoadLimits, Sockets, router};
use purser::run::{Database, ReadLimits};
use purser::shop::{Reviewers, ShopRules};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use tokio::net::TcpListener;

use crate::{hand, hand_writes, setting};

/// The password of the accounts that sign in.
pub const PASSWORD: &str = "correct horse battery";
/// How many there are.
const ACCOUNTS: u64 = 64;

/// Serves until the process is ended, and prints where first, tokens of a
/// member of staff and of a customer, and who can sign in.
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
    let passwords = Passwords::new(PasswordCost::LEAST, 1).expect("hashes");
    let customers = some(&database, user::Role::Customer, ACCOUNTS).await;
    let staff = some(&database, user::Role::Staff, 1).await;
    let token = |user: &user::Model, role| {
        let grant = Grant {
            user: user.id,
            role,
            session: None,
            epoch: 0,
        };
        tokens.sign(grant, Utc::now()).expect("a token")
    };
    let mut told = vec![
        token(&staff[0], Role::Staff),
        token(&customers[0], Role::Customer),
    ];
    if kind != "hand" {
        let hash = passwords.hash(PASSWORD).await.expect("a hash");
        for user in customers {
            let (db, hash) = (database.orm(), hash.clone());
            let stored = purser::accounts::user::store_hash(db, user.id, hash, Utc::now());
            stored.await.expect("a stored hash");
            told.push(user.email);
        }
    }
    let router = if kind == "hand" {
        let tokens = Arc::new(tokens);
        hand::router(&database, tokens.clone()).merge(hand_writes::router(&database, tokens))
    } else {
        let catalog = app::catalog().expect("a catalogue");
        let auth = Arc::new(Auth::new(AuthParts {
            tokens,
            passwords,
            attempts: Attempts::default(),
            sessions: SessionSettings {
                idle: Duration::from_hours(24),
                absolute: Duration::from_hours(24),
                kept: Duration::from_hours(24),
            },
            cookies: false,
            issuers: Vec::new(),
            database: database.clone(),
            most_behind: MOST_BEHIND,
        }));
        auth.catch_up(Utc::now()).await.expect("a database");
        let keeps_up = auth.clone();
        tokio::spawn(async move { keeps_up.keep_up().await });
        let operations = Operations::new(
            catalog,
            app::extensions(ShopRules {
                reviewers: Reviewers::Buyers,
            }),
            Limits::default(),
        );
        router(Arc::new(Door {
            engine: Engine::new(operations.expect("a schema"), database, auth.clone()),
            auth,
            cors_origins: Vec::new(),
            graphiql: None,
            max_body_bytes: 1024 * 1024,
            documents: Documents::default(),
            load: Load::new(LoadLimits::default()),
            batch: 0,
            sockets: Sockets::default(),
            trusted_proxies: 1,
            idempotency_kept: Duration::from_hours(24),
        }))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    println!("{address} {}", told.join(" "));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await.expect("a server");
}

async fn some(database: &Database, role: user::Role, most: u64) -> Vec<user::Model> {
    let users = user::Entity::find().filter(user::Column::Role.eq(role));
    let users = users.order_by_asc(user::Column::Id).limit(most);
    users.all(database.orm()).await.expect("users")
}
