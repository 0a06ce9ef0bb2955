//! Pages of other origins.

use axum::body::Body;
use axum::http::{Method, StatusCode};

use super::{HELLO, post, send, value, varies};

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
                "content-type,authorization",
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
    for needed in ["content-type", "authorization"] {
        assert!(headers.contains(needed), "{headers}");
    }
    let reply = ask("https://evil.example").await;
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
}
