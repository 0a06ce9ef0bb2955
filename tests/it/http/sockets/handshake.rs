//! Who may open a socket.

use axum::http::StatusCode;
use purser::http::SocketLimits;
use serde_json::json;

use super::{PROTOCOL, Served, Socket, code};
use crate::http::{assert_refused, get};

#[tokio::test]
async fn only_one_sub_protocol_is_spoken() {
    let served = Served::sqlite().await;
    for refused in [
        &[][..],
        &[("sec-websocket-protocol", "mqtt, graphql-transport")],
    ] {
        let (status, body) = Socket::open(served.address, refused).await.err().unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(code(body["errors"].as_array().unwrap()), "BAD_REQUEST");
        assert!(body.to_string().contains("graphql-transport-ws"));
    }
    let both = ("sec-websocket-protocol", "graphql-ws, graphql-transport-ws");
    let mut socket = Socket::open(served.address, &[both]).await.unwrap();
    socket.initialise(json!({})).await;
}

#[tokio::test]
async fn a_client_of_the_older_protocol_is_told() {
    let served = Served::sqlite().await;
    let older = ("sec-websocket-protocol", "graphql-ws");
    let mut socket = Socket::open(served.address, &[older]).await.unwrap();
    let (code, reason) = socket.closed().await;
    assert_eq!(code, 4406);
    assert!(reason.starts_with("Subprotocol not acceptable"), "{reason}");
}

#[tokio::test]
async fn what_is_no_handshake_is_refused() {
    let upgrade = [
        ("connection", "upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        PROTOCOL,
    ];
    for left_out in 0..4 {
        let mut headers = upgrade.to_vec();
        if left_out != 1 {
            headers.remove(left_out);
        }
        // Not even a whole one is, on a connection that cannot change.
        let reply = get("/graphql", &headers).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        // RFC 6455, section 4.4.
        assert_eq!(reply.headers["sec-websocket-version"], "13");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_open_a_socket() {
    let served = Served::sqlite().await;
    let host = format!("http://{}", served.address);
    let may = async |headers: &[(&'static str, &str)]| {
        let mut all = vec![PROTOCOL];
        all.extend(headers);
        match Socket::open(served.address, &all).await {
            Ok(mut socket) => {
                socket.initialise(json!({})).await;
                true
            }
            Err((status, body)) => {
                assert_eq!(status, StatusCode::FORBIDDEN);
                assert_eq!(code(body["errors"].as_array().unwrap()), "FORBIDDEN");
                false
            }
        }
    };
    // No page, one of ours, one that may call the API, and one of ours behind a
    // proxy that gives the server another name.
    assert!(may(&[]).await);
    assert!(may(&[("origin", &host)]).await);
    assert!(may(&[("origin", "https://shop.example")]).await);
    let renamed = [
        ("origin", "https://shop.example.net"),
        ("sec-fetch-site", "same-origin"),
    ];
    assert!(may(&renamed).await);
    for refused in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://shop.example")],
        &[("origin", "https://shop.example.evil.example")],
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[("origin", &host), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
    ] {
        assert!(!may(refused).await, "{refused:?}");
    }
}

#[tokio::test]
async fn one_client_has_half_of_the_sockets_that_may_be_open() {
    let served = Served::limited(SocketLimits {
        sockets: 4,
        ..SocketLimits::default()
    })
    .await;
    let first = served.anonymous().await;
    let mut second = served.anonymous().await;
    let refused = Socket::open(served.address, &[PROTOCOL]).await;
    let (status, body) = refused.err().unwrap();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        code(body["errors"].as_array().unwrap()),
        "SERVICE_UNAVAILABLE"
    );
    assert_eq!(
        second.data("1", "{ __typename }").await["__typename"],
        "Query"
    );
    served.socket_from("192.0.2.9").await;
    drop(first);
    while Socket::open(served.address, &[PROTOCOL]).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn of_two_headers_none_counts() {
    let served = Served::sqlite().await;
    let headers = [
        PROTOCOL,
        ("authorization", "Bearer a"),
        ("authorization", "Bearer a"),
    ];
    let (status, body) = Socket::open(served.address, &headers).await.err().unwrap();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(code(body["errors"].as_array().unwrap()), "UNAUTHENTICATED");
}
