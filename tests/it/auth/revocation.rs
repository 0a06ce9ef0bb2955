//! What one node revokes, the others refuse soon.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::Utc;
use entity::{revocation, session};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::json;

use super::{PASSWORD, is_good, log_in, mutate, sign_up, text};
use crate::app::{TestApp, Variant};

#[tokio::test]
async fn another_node_refuses_what_was_revoked_once_it_has_caught_up() {
    for app in TestApp::on_every_database().await {
        let keys = || {
            let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
            let path = directory.join(uuid::Uuid::now_v7().simple().to_string());
            purser::auth::Keyring::read_or_generate(&path)
                .map(|_| path)
                .unwrap()
        };
        let path = keys();
        let node = async || {
            let keys = purser::auth::Keyring::read(&path).unwrap();
            let variant = Variant {
                keys,
                ..Variant::default()
            };
            app.node(variant).await
        };
        let (here, there) = (node().await, node().await);
        let mary = sign_up(&here, "mary@example.com").await;
        let (user, token) = (text(&mary["user"], "id"), text(&mary, "accessToken"));
        assert!(is_good(&there, &token).await);

        let admin = there.admin().await;
        let selected = "user { role } userErrors { code }";
        let input = json!({ "user": user, "role": "STAFF" });
        let changed = mutate(&admin, "setUserRole", input, selected).await;
        assert_eq!(changed["user"]["role"], "STAFF");
        // At once where it was done, and elsewhere once that is known there.
        assert!(!is_good(&there, &token).await);
        assert!(is_good(&here, &token).await);
        here.door.auth.catch_up(Utc::now()).await.unwrap();
        assert!(!is_good(&here, &token).await);

        // Tokens of after it are good on every node.
        let again = log_in(&here, "mary@example.com", PASSWORD).await;
        let token = text(&again, "accessToken");
        for node in [&here, &there] {
            assert!(is_good(node, &token).await);
            node.door.auth.catch_up(Utc::now()).await.unwrap();
            assert!(is_good(node, &token).await);
        }
        let reply = here
            .bearer(&token)
            .query("{ me { role } orders { totalCount } }")
            .await;
        assert_eq!(reply.data()["me"]["role"], "STAFF");

        mutate(&admin, "disableUser", json!({ "user": user }), selected).await;
        here.door.auth.catch_up(Utc::now()).await.unwrap();
        assert!(!is_good(&here, &token).await);
        for node in [here, there] {
            node.database().close().await;
        }
        app.remove().await;
    }
}

#[tokio::test]
async fn no_token_is_trusted_where_nobody_knows_what_is_revoked() {
    let shop = TestApp::sqlite().await;
    let node = shop
        .node(Variant {
            most_behind: Duration::ZERO,
            ..Variant::default()
        })
        .await;
    let token = text(&sign_up(&node, "mary@example.com").await, "accessToken");
    tokio::time::sleep(Duration::from_millis(5)).await;
    let reply = node.bearer(&token).query("{ me { id } }").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.code(), "SERVICE_UNAVAILABLE");
    node.anonymous().query("{ me { id } }").await.data();
}

#[tokio::test]
async fn what_is_long_over_is_deleted_and_nothing_else() {
    for app in TestApp::on_every_database().await {
        let (auth, db) = (&app.door.auth, app.database().orm());
        let counts = async || {
            let sessions = session::Entity::find().count(db).await.unwrap();
            (
                sessions,
                revocation::Entity::find().count(db).await.unwrap(),
            )
        };
        // The shop has sessions of years ago.
        auth.tidy(Utc::now()).await.unwrap();
        let before = counts().await;
        let mary = sign_up(&app, "mary@example.com").await;
        let there = log_in(&app, "mary@example.com", PASSWORD).await;
        // One sign-in is revoked, and the user.
        let input = json!({ "refreshToken": text(&there, "refreshToken") });
        mutate(&app.anonymous(), "logOut", input, "userErrors { code }").await;
        let user = text(&mary["user"], "id");
        let admin = app.admin().await;
        let input = json!({ "user": user, "role": "STAFF" });
        mutate(&admin, "setUserRole", input, "userErrors { code }").await;
        let all = (before.0 + 2, before.1 + 2);
        assert_eq!(counts().await, all);
        auth.tidy(Utc::now()).await.unwrap();
        assert_eq!(counts().await, all);
        // Sessions of a test last a day unless they are renewed, and are kept for
        // another, and tokens for an hour.
        auth.tidy(Utc::now() + Duration::from_hours(2))
            .await
            .unwrap();
        assert_eq!(counts().await, (before.0 + 2, before.1 + 1));
        auth.tidy(Utc::now() + Duration::from_hours(47))
            .await
            .unwrap();
        assert_eq!(counts().await, (before.0 + 2, before.1 + 1));
        auth.tidy(Utc::now() + Duration::from_hours(49))
            .await
            .unwrap();
        assert_eq!(counts().await, (before.0, before.1 + 1));
        app.remove().await;
    }
}
