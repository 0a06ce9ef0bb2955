//! What is refused before it is read, ids of requests, compression, and the
//! places beside the API.

use std::io::Read as _;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode};
use futures_util::stream;
use serde_json::json;

use super::{HELLO, assert_refused, get, post, send, value, varies};
use crate::app::{TestApp, without_request_ids};
use crate::bad_input::assert_nothing_internal;

#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_taken() {
    for (method, uri, taken) in [
        (Method::PUT, "/graphql", "GET,HEAD,POST"),
        (Method::DELETE, "/graphql", "GET,HEAD,POST"),
        (Method::PATCH, "/graphql", "GET,HEAD,POST"),
        (Method::POST, "/livez", "GET,HEAD"),
        (Method::POST, "/readyz", "GET,HEAD"),
        (Method::POST, "/", "GET,HEAD"),
    ] {
        let reply = send(method, uri, &[("content-type", "application/json")], HELLO).await;
        assert_refused(&reply, StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED");
        assert_eq!(value(&reply.headers, "allow"), taken, "{uri}");
    }
}

#[tokio::test]
async fn other_places_are_not_found() {
    for uri in [
        "/nowhere",
        "/graphql/",
        "/graphql/x",
        "/GRAPHQL",
        "/../etc/passwd",
        "//graphql",
    ] {
        assert_refused(&get(uri, &[]).await, StatusCode::NOT_FOUND, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    const PART: usize = 64 * 1024;
    let size = 2 * 1024 * 1024;
    let body = format!("{HELLO}{}", " ".repeat(size - HELLO.len()));
    let declared = post(&[("content-length", &size.to_string())], body).await;
    assert_refused(
        &declared,
        StatusCode::PAYLOAD_TOO_LARGE,
        "PAYLOAD_TOO_LARGE",
    );

    let parts = (0..size / PART).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; PART])));
    let chunked = post(&[], Body::from_stream(stream::iter(parts))).await;
    assert_refused(&chunked, StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_read() {
    let size = TestApp::shared().await.door.max_body_bytes;
    let body = format!("{HELLO}{}", " ".repeat(size - HELLO.len()));
    assert_eq!(post(&[], body.clone()).await.status, StatusCode::OK);
    let reply = post(&[], format!("{body} ")).await;
    assert_refused(&reply, StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn a_body_in_pieces_is_read() {
    let parts = HELLO
        .as_bytes()
        .chunks(3)
        .map(|part| Ok::<_, std::io::Error>(Bytes::from(part)));
    let reply = post(&[], Body::from_stream(stream::iter(parts))).await;
    assert_eq!(reply.data()["__typename"], "Query");
}

#[tokio::test]
async fn a_harmless_request_id_is_kept() {
    for id in ["a", "7f2c-4.b_A", &"x".repeat(64)] {
        let reply = post(&[("x-request-id", id)], "{").await;
        assert_eq!(value(&reply.headers, "x-request-id"), id);
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn any_other_request_id_is_replaced() {
    let mut seen = Vec::new();
    for id in [
        "",
        "a b",
        "a\tb",
        "<script>",
        "a;b",
        "a\"b",
        "%0a",
        "{}",
        "$(x)",
        &"x".repeat(65),
    ] {
        let reply = post(&[("x-request-id", id)], "{").await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        seen.push(value(&reply.headers, "x-request-id").to_owned());
        assert_ne!(seen.last().unwrap(), id);
    }
    seen.push(value(&post(&[], "{").await.headers, "x-request-id").to_owned());
    assert!(seen.iter().all(|id| id.len() == 32));
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all, "a request id was given twice");
}

#[tokio::test]
async fn large_answers_are_compressed_where_the_client_can_read_that() {
    let body =
        json!({ "query": "{ products(first: 100) { nodes { id name slug } } }" }).to_string();
    let plain = post(&[("accept-encoding", "identity")], body.clone()).await;
    assert_eq!(value(&plain.headers, "content-encoding"), "");
    assert_eq!(
        plain.data()["products"]["nodes"].as_array().unwrap().len(),
        100
    );

    let gzip = post(&[("accept-encoding", "gzip")], body.clone()).await;
    assert_eq!(value(&gzip.headers, "content-encoding"), "gzip");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*gzip.body)
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);

    let br = post(&[("accept-encoding", "br")], body).await;
    assert_eq!(value(&br.headers, "content-encoding"), "br");
    let mut unpacked = Vec::new();
    brotli::Decompressor::new(&*br.body, 4096)
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);

    assert!(gzip.body.len() < plain.body.len() / 2);
    assert!(varies(&gzip, "accept-encoding"));
}

#[tokio::test]
async fn small_answers_are_sent_as_they_are() {
    let reply = post(&[("accept-encoding", "gzip, br")], HELLO).await;
    assert_eq!(value(&reply.headers, "content-encoding"), "");
    assert_eq!(reply.data()["__typename"], "Query");
}

#[tokio::test]
async fn the_front_page_says_where_things_are() {
    let reply = get("/", &[]).await;
    assert_eq!(reply.status, StatusCode::OK);
    let text = String::from_utf8(reply.body).unwrap();
    for place in ["/graphql", "/livez", "/readyz"] {
        assert!(text.contains(place), "{text}");
    }
}

#[tokio::test]
async fn a_service_with_its_database_is_live_and_ready() {
    for (uri, status) in [("/livez", "live"), ("/readyz", "ready")] {
        let reply = get(uri, &[]).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.json(), json!({ "status": status }));
    }
}

#[tokio::test]
async fn a_service_without_its_database_is_live_but_not_ready() {
    let app = TestApp::sqlite().await;
    app.database().close().await;
    let get = async |uri: &str| {
        app.send(Request::get(uri).body(Body::empty()).unwrap())
            .await
    };
    assert_eq!(get("/livez").await.status, StatusCode::OK);
    let ready = get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json(), json!({ "status": "unavailable" }));

    let answer = app.anonymous().query("{ products { totalCount } }").await;
    let error = &without_request_ids(answer.json())["errors"][0];
    assert_eq!(
        error["extensions"]["code"], "SERVICE_UNAVAILABLE",
        "{error}"
    );
    assert_nothing_internal(&answer);
    let answer = app.anonymous().query("{ __typename }").await;
    assert_eq!(answer.data()["__typename"], "Query");
}
