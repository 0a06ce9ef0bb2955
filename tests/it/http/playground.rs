//! The page to ask questions, in a browser and without one.

use std::path::Path;
use std::process::Command;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::Utc;
use purser::accounts::user::store_hash;
use purser::http::{DemoUser, Playground, router};
use tokio::net::TcpListener;

use super::{assert_refused, get, value};
use crate::app::{TestApp, Variant, not_covered};
use crate::node;

const PASSWORD: &str = "correct horse battery";

/// A node with the playground, and a password of the demo users.
async fn node(shop: &TestApp) -> TestApp {
    let users = [
        ("ada@example.com", "CUSTOMER"),
        ("grace@example.com", "STAFF"),
        ("root@example.com", "ADMIN"),
    ];
    let hash = shop.door.auth.passwords.hash(PASSWORD).await.unwrap();
    let db = shop.database().orm();
    for (email, _) in users {
        let user = purser::app::accounts::find(db, email).await.unwrap();
        store_hash(db, user.id, hash.clone(), Utc::now())
            .await
            .unwrap();
    }
    let demo_users = users.map(|(email, role)| DemoUser {
        email: email.to_owned(),
        password: Some(PASSWORD.to_owned()),
        role: role.to_owned(),
    });
    let playground = Playground {
        demo_users: demo_users.into(),
        explain: true,
    };
    let variant = Variant {
        graphiql: Some(playground),
        ..Variant::default()
    };
    shop.node(variant).await
}

#[tokio::test]
async fn its_files_are_kept_by_browsers_and_load_nothing_from_elsewhere() {
    let shop = TestApp::sqlite().await;
    let app = node(&shop).await;
    let get = async |uri: &str, tag: Option<&str>| {
        let mut request = Request::get(uri);
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        app.send(request.body(Body::empty()).unwrap()).await
    };
    let page = get("/graphiql", None).await;
    assert_eq!(
        value(&page.headers, "content-type"),
        "text/html; charset=utf-8"
    );
    assert_eq!(value(&page.headers, "cache-control"), "no-cache");
    let policy = value(&page.headers, "content-security-policy").to_owned();
    assert!(
        policy.contains("script-src 'self';") && !policy.contains("http"),
        "{policy}"
    );
    let text = String::from_utf8(page.body).unwrap();
    let script = text
        .split('"')
        .find(|part| part.starts_with("/graphiql/assets/index-"))
        .unwrap();
    let script = get(script, None).await;
    assert_eq!(
        value(&script.headers, "content-type"),
        "text/javascript; charset=utf-8"
    );
    assert!(value(&script.headers, "cache-control").contains("immutable"));
    let tag = value(&page.headers, "etag").to_owned();
    assert_eq!(
        get("/graphiql", Some(&tag)).await.status,
        StatusCode::NOT_MODIFIED
    );
    let slash = get("/graphiql/", None).await;
    assert_eq!(slash.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(slash.headers["location"], "/graphiql");
    let settings = get("/graphiql/settings.json", None).await.json();
    assert_eq!(settings["demoUsers"][1]["role"], "STAFF");
    // Whoever asks from here may know how to sign in, and nobody else.
    for (header, text, told) in [
        ("host", "127.0.0.1:8000", true),
        ("host", "[::1]:8000", true),
        ("host", "localhost", true),
        ("host", "evil.example:8000", false),
        ("host", "127.0.0.1.evil.example", false),
        ("host", "", false),
    ] {
        let request = Request::get("/graphiql/settings.json").header(header, text);
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        let password = &reply.json()["demoUsers"][1]["password"];
        assert_eq!(password == PASSWORD, told, "{text}: {password}");
    }
    let request = Request::get("/graphiql/settings.json").header("host", "localhost");
    let request = request.header("x-forwarded-for", "203.0.113.9");
    let reply = app.send(request.body(Body::empty()).unwrap()).await;
    assert!(reply.json()["demoUsers"][1].get("password").is_none());
    for nothing in [
        "/graphiql/x",
        "/graphiql/../Cargo.toml",
        "/graphiql/%2e%2e/Cargo.toml",
    ] {
        assert_eq!(
            get(nothing, None).await.status,
            StatusCode::NOT_FOUND,
            "{nothing}"
        );
    }
}

#[tokio::test]
async fn it_is_not_there_where_it_is_off() {
    for uri in [
        "/graphiql",
        "/graphiql/index.html",
        "/graphiql/settings.json",
    ] {
        assert_refused(&get(uri, &[]).await, StatusCode::NOT_FOUND, "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_finds_their_way() {
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    if !Path::new(&chromium).exists() {
        not_covered("CHROMIUM");
        return;
    }
    let Some(directory) = node::folder("graphiql", "the playground in a browser") else {
        return;
    };
    let shop = TestApp::sqlite().await;
    let app = node(&shop).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let door = app.door.clone();
    let server = tokio::spawn(async { axum::serve(listener, router(door)).await });
    let pictures = tempfile::tempdir().unwrap();
    let place = pictures.path().to_owned();
    let visit = tokio::task::spawn_blocking(move || {
        node::run(
            Command::new("node")
                .args(["run.mjs", &url])
                .arg(&place)
                .env("CHROMIUM", chromium)
                .current_dir(directory),
        )
    });
    visit.await.unwrap();
    server.abort();
    assert!(pictures.path().join("light.png").exists());
}
