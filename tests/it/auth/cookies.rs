//! Refresh tokens that no script can read.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::{PASSWORD, TOKENS, log_in, sign_up, text};
use crate::app::{Reply, TestApp, Variant};

const REFRESH: &str = "mutation { refreshSession(input: {}) { accessToken refreshToken userErrors \
     { code } } }";

async fn send(app: &TestApp, query: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = json!({ "query": query }).to_string();
    app.send(request.body(Body::from(body)).unwrap()).await
}

/// The one cookie that an answer sets, as the browser sends it back.
#[track_caller]
fn cookie(reply: &Reply) -> String {
    let all: Vec<_> = reply.headers.get_all(header::SET_COOKIE).iter().collect();
    let [cookie] = all.as_slice() else {
        panic!("expected one cookie: {all:?}");
    };
    let (pair, attributes) = cookie.to_str().unwrap().split_once("; ").unwrap();
    let (required, age) = attributes.rsplit_once("; ").unwrap();
    assert_eq!(required, "Path=/; Secure; HttpOnly; SameSite=Strict");
    assert!(age.starts_with("Max-Age="));
    pair.to_owned()
}

async fn app() -> (TestApp, TestApp) {
    let app = TestApp::sqlite().await;
    let variant = Variant {
        cookies: true,
        ..Variant::default()
    };
    let node = app.node(variant).await;
    (app, node)
}

#[tokio::test]
async fn the_refresh_token_is_in_a_cookie_and_nowhere_else() {
    let (_shop, app) = app().await;
    let payload = sign_up(&app, "mary@example.com").await;
    assert_eq!(payload["refreshToken"], Value::Null);
    let query = format!(
        "mutation {{ logIn(input: {{ email: \"mary@example.com\", password: \"{PASSWORD}\" }}) \
         {{ {TOKENS} }} }}"
    );
    let reply = send(&app, &query, &[]).await;
    let first = cookie(&reply);
    let (name, token) = first.split_once('=').unwrap();
    assert_eq!(name, "__Host-purser-refresh");
    assert!(!String::from_utf8_lossy(&reply.body).contains(token));

    let reply = send(
        &app,
        REFRESH,
        &[("cookie", &format!("theme=dark; {first}"))],
    )
    .await;
    assert_eq!(reply.data()["refreshSession"]["userErrors"], json!([]));
    assert_eq!(reply.data()["refreshSession"]["refreshToken"], Value::Null);
    let second = cookie(&reply);
    assert_ne!(first, second);

    let reply = send(
        &app,
        "mutation { logOut(input: {}) { userErrors { code } } }",
        &[("cookie", &second)],
    )
    .await;
    assert_eq!(cookie(&reply), "__Host-purser-refresh=");
    let reply = send(&app, REFRESH, &[("cookie", &second)]).await;
    assert_eq!(
        reply.data()["refreshSession"]["userErrors"][0]["code"],
        "SESSION_OVER"
    );
    assert_eq!(cookie(&reply), "__Host-purser-refresh=");
}

#[tokio::test]
async fn a_token_that_is_given_leaves_the_cookie_alone() {
    let (shop, app) = app().await;
    sign_up(&app, "mary@example.com").await;
    let query = format!(
        "mutation {{ logIn(input: {{ email: \"mary@example.com\", password: \"{PASSWORD}\" }}) \
         {{ {TOKENS} }} }}"
    );
    let kept = cookie(&send(&app, &query, &[]).await);
    let other = log_in(&shop, "mary@example.com", PASSWORD).await;
    let token = text(&other, "refreshToken");
    for (given, verb) in [
        (token.as_str(), "logOut"),
        ("not a token", "refreshSession"),
    ] {
        let query = format!(
            "mutation {{ {verb}(input: {{ refreshToken: \"{given}\" }}) {{ userErrors {{ code }} }} }}"
        );
        let reply = send(&app, &query, &[("cookie", &kept)]).await;
        assert!(reply.headers.get(header::SET_COOKIE).is_none(), "{verb}");
    }
    let reply = send(&app, REFRESH, &[("cookie", &kept)]).await;
    assert_eq!(reply.data()["refreshSession"]["userErrors"], json!([]));
}

#[tokio::test]
async fn another_page_cannot_use_the_cookie() {
    let (_shop, app) = app().await;
    let query = format!(
        "mutation {{ signUp(input: {{ email: \"mary@example.com\", password: \"{PASSWORD}\", \
         displayName: \"Mary\" }}) {{ userErrors {{ code }} }} }}"
    );
    let kept = cookie(&send(&app, &query, &[]).await);
    let host = ("host", "api.shop.example");
    let ask = async |headers: &[(&str, &str)]| {
        let mut all = vec![host, ("cookie", kept.as_str())];
        all.extend(headers);
        let reply = send(&app, REFRESH, &all).await;
        reply.data()["refreshSession"]["userErrors"] == json!([])
    };
    for refused in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "https://api.shop.example.evil.example")],
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[
            ("origin", "https://api.shop.example"),
            ("sec-fetch-site", "same-site"),
        ],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ] {
        assert!(!ask(refused).await, "{refused:?}");
    }
    // One of ours, one that may call the API, and a client that is no browser.
    assert!(ask(&[("origin", "https://api.shop.example")]).await);
    // Behind a proxy that gives the server another name.
    let renamed = [
        ("origin", "https://shop.example.net"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert!(ask(&renamed).await);
}

#[tokio::test]
async fn without_the_setting_a_cookie_means_nothing() {
    let app = TestApp::sqlite().await;
    let payload = sign_up(&app, "mary@example.com").await;
    let token = payload["refreshToken"].as_str().unwrap();
    let cookie = format!("__Host-purser-refresh={token}");
    let reply = send(&app, REFRESH, &[("cookie", &cookie)]).await;
    assert_eq!(
        reply.data()["refreshSession"]["userErrors"][0]["code"],
        "SESSION_OVER"
    );
    assert!(reply.headers.get(header::SET_COOKIE).is_none());
}
