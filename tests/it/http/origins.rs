//! Pages of other origins.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use super::{HELLO, assert_refused, post, send, value, varies};
use crate::app::{TestApp, Variant};

#[tokio::test]
async fn pages_of_an_allowed_origin_may_read_answers() {
    let reply = post(&[("origin", "https://shop.example")], HELLO).await;
    let allowed = value(&reply.headers, "access-control-allow-origin");
    assert_eq!(allowed, "https://shop.example");
    assert_eq!(
        value(&reply.headers, "access-control-allow-credentials"),
        ""
    );
    assert!(varies(&reply, "origin"));
}

#[tokio::test]
async fn pages_of_other_origins_may_not() {
    for origin in [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.example",
        "https://shop.example:8443",
        "https://sub.shop.example",
        "null",
    ] {
        let reply = post(&[("origin", origin)], HELLO).await;
        assert!(
            !reply.headers.contains_key("access-control-allow-origin"),
            "{origin}"
        );
    }
}

#[tokio::test]
async fn a_page_asks_before_it_sends_json() {
    let ask = async |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "content-type,authorization,apollographql-client-name",
            ),
        ];
        send(Method::OPTIONS, "/graphql", &headers, Body::empty()).await
    };
    let reply = ask("https://shop.example").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        value(&reply.headers, "access-control-allow-origin"),
        "https://shop.example"
    );
    assert_eq!(
        value(&reply.headers, "access-control-allow-methods"),
        "GET,POST"
    );
    let headers = value(&reply.headers, "access-control-allow-headers");
    for needed in ["content-type", "authorization", "apollographql-client-name"] {
        assert!(headers.contains(needed), "{headers}");
    }
    let reply = ask("https://evil.example").await;
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_page_that_is_not_listed_is_told_who_can_list_it() {
    let app = TestApp::sqlite_as(Variant {
        cors_origins: Vec::new(),
        ..Variant::default()
    })
    .await;
    let ask = async |origin: &str| {
        let request = Request::options("/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        let reply = app.send(request.body(Body::empty()).unwrap()).await;
        assert_refused(&reply, StatusCode::FORBIDDEN, "FORBIDDEN");
        assert!(!reply.headers.contains_key("access-control-allow-origin"));
        reply.json()["errors"][0]["message"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let told = ask("http://localhost:5173").await;
    assert!(
        told.contains("CORS_ORIGINS=http://localhost:5173."),
        "{told}"
    );
    for origin in [
        "null",
        "https://<script>",
        "x",
        &format!("https://{}", "x".repeat(300)),
    ] {
        let told = ask(origin).await;
        assert!(told.starts_with("Pages of this origin may not"), "{told}");
    }
    // Whoever asks nothing of a page is told what the path takes.
    let request = Request::options("/graphql").body(Body::empty()).unwrap();
    assert_eq!(
        app.send(request).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}
