//! Keys that are published, and rotated while tokens are in use.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use chrono::Utc;
use futures_util::future::join_all;
use purser::access::Role;
use purser::auth::keyring::{generate, rotate};
use purser::auth::{Algorithm, Key, Keyring};
use purser::http::router;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{PASSWORD, is_good, log_in, refresh, sign_up, text};
use crate::app::{TestApp, Variant, grant};
use crate::node;

#[tokio::test]
async fn another_service_verifies_our_tokens_by_the_published_keys() {
    let Some(directory) = node::folder("tokens", "jose") else {
        return;
    };
    let shop = TestApp::sqlite().await;
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
        let old = Key::ephemeral(Algorithm::EdDsa).unwrap();
        let key = Key::ephemeral(algorithm).unwrap();
        let id = key.id().to_owned();
        let app = shop
            .node(Variant {
                keys: Keyring::ephemeral(vec![old, key]),
                ..Variant::default()
            })
            .await;
        let user = app.customer("ada").await.requester.user().unwrap();
        let tokens = &app.door.auth.tokens;
        let token = tokens
            .sign(grant(user, Role::Customer), Utc::now())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/.well-known/jwks.json",
            listener.local_addr().unwrap()
        );
        let door = app.door.clone();
        let server = tokio::spawn(async { axum::serve(listener, router(door)).await });
        let directory = directory.clone();
        let verified = tokio::task::spawn_blocking(move || {
            let mut node = Command::new("node")
                .args(["verify.mjs", &url, "purser", "purser"])
                .current_dir(directory)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            node.stdin
                .take()
                .unwrap()
                .write_all(token.as_bytes())
                .unwrap();
            let output = node.wait_with_output().unwrap();
            assert!(output.status.success());
            serde_json::from_slice::<Value>(&output.stdout).unwrap()
        });
        let verified = verified.await.unwrap();
        server.abort();
        assert_eq!(verified["header"]["alg"], algorithm.name());
        assert_eq!(verified["header"]["kid"], id);
        assert_eq!(verified["claims"]["sub"], user.to_string());
        assert_eq!(verified["claims"]["role"], "customer");
    }
}

#[tokio::test]
async fn shared_secrets_are_not_published() {
    let shop = TestApp::sqlite().await;
    let keys = [Algorithm::Hs256, Algorithm::EdDsa].map(|one| Key::ephemeral(one).unwrap());
    let app = shop
        .node(Variant {
            keys: Keyring::ephemeral(keys.into()),
            ..Variant::default()
        })
        .await;
    let request = Request::get("/.well-known/jwks.json").body(Body::empty());
    let reply = app.send(request.unwrap()).await;
    assert_eq!(
        reply.headers[header::CONTENT_TYPE],
        "application/jwk-set+json"
    );
    assert_eq!(reply.headers[header::CACHE_CONTROL], "public, max-age=300");
    let keys = reply.json()["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0]["kty"], "OKP");
    assert!(keys[0].get("d").is_none() && keys[0].get("k").is_none());
}

#[tokio::test]
async fn keys_are_rotated_while_nobody_notices() {
    let shop = TestApp::sqlite().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    generate(path, Algorithm::EdDsa).unwrap();
    let node = async || {
        let keys = Keyring::read(path).unwrap();
        let variant = Variant {
            keys,
            ..Variant::default()
        };
        shop.node(variant).await
    };
    let nodes = [node().await, node().await];
    sign_up(&nodes[0], "mary@example.com").await;
    let (done, requests) = (AtomicBool::new(false), AtomicUsize::new(0));
    let client = async |place: usize| {
        let mut session = log_in(&nodes[0], "mary@example.com", PASSWORD).await;
        let mut number = place;
        while !done.load(Ordering::Relaxed) {
            if number.is_multiple_of(5) {
                session = refresh(&nodes[number % 2], &text(&session, "refreshToken")).await;
            }
            let token = text(&session, "accessToken");
            assert!(is_good(&nodes[(number + 1) % 2], &token).await);
            requests.fetch_add(1, Ordering::Relaxed);
            number += 1;
        }
    };
    let rotations = async {
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
            let now = Utc::now();
            // Each node hears of the key before it is used, at its own time.
            rotate(
                path,
                algorithm,
                now + Duration::from_secs(2),
                now,
                Duration::from_hours(1),
            )
            .unwrap();
            for node in &nodes {
                tokio::time::sleep(Duration::from_millis(300)).await;
                node.door.auth.reload_keys().await;
            }
            tokio::time::sleep(Duration::from_millis(2500)).await;
            let signing = nodes[0]
                .door
                .auth
                .tokens
                .keys()
                .signing(Utc::now())
                .unwrap();
            assert_eq!(signing.algorithm(), algorithm);
        }
        done.store(true, Ordering::Relaxed);
    };
    let clients = join_all((0..4).map(client));
    futures_util::future::join(rotations, clients).await;
    assert!(requests.load(Ordering::Relaxed) > 20);
}

#[tokio::test]
async fn tokens_of_a_key_that_was_taken_away_are_refused() {
    let shop = TestApp::sqlite().await;
    let directory = tempfile::tempdir().unwrap();
    let first = generate(directory.path(), Algorithm::EdDsa).unwrap();
    let app = shop
        .node(Variant {
            keys: Keyring::read(directory.path()).unwrap(),
            ..Variant::default()
        })
        .await;
    let stolen = text(&sign_up(&app, "mary@example.com").await, "accessToken");
    assert!(is_good(&app, &stolen).await);
    let now = Utc::now();
    rotate(
        directory.path(),
        Algorithm::EdDsa,
        now,
        now,
        Duration::from_hours(1),
    )
    .unwrap();
    std::fs::remove_file(first).unwrap();
    app.door.auth.reload_keys().await;
    assert!(!is_good(&app, &stolen).await);
    let again = log_in(&app, "mary@example.com", PASSWORD).await;
    assert!(is_good(&app, &text(&again, "accessToken")).await);
}
