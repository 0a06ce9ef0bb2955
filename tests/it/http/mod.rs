//! GraphQL over HTTP, and the rest of the door.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod keyed;
mod tokens;

use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures_util::stream;
use purser::http::router;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::app::{Reply, TestApp, without_request_ids};
use super::bad_input::assert_nothing_internal;

const JSON: &str = "application/json; charset=utf-8";
const RESPONSE: &str = "application/graphql-response+json; charset=utf-8";
const HELLO: &str = r#"{"query":"{ __typename }"}"#;

/// A request with these headers, sent to the shop that all tests share.
async fn send(method: Method, uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).unwrap();
    TestApp::shared().await.send(request).await
}

async fn get(uri: &str, headers: &[(&str, &str)]) -> Reply {
    send(Method::GET, uri, headers, Body::empty()).await
}

/// A POST of JSON to the API.
async fn post(headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    send(Method::POST, "/graphql", &all, body).await
}

fn query_string(parameters: &[(&str, &str)]) -> String {
    let text = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    format!("/graphql?{text}")
}

/// The value of a header, empty where there is none.
fn value<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// Whether an answer depends on a header of the request, as caches see it.
fn varies(reply: &Reply, name: &str) -> bool {
    let mut values = reply.headers.get_all(header::VARY).iter();
    values.any(|value| value.to_str().unwrap().contains(name))
}

/// Checks that a request was refused as JSON, with the only error's code, and
/// that the error names the request as the header does.
#[track_caller]
fn assert_refused(reply: &Reply, status: StatusCode, code: &str) {
    assert_eq!(reply.status, status, "{:#}", reply.json());
    assert_eq!(value(&reply.headers, "content-type"), JSON);
    let id = value(&reply.headers, "x-request-id");
    assert!(!id.is_empty());
    assert_eq!(reply.json()["errors"][0]["extensions"]["requestId"], id);
    assert_eq!(reply.code(), code);
    assert_nothing_internal(reply);
}

// Requests

#[tokio::test]
async fn a_query_is_answered_by_post_and_by_get() {
    let answer = json!({ "data": { "__typename": "Query" } });
    assert_eq!(post(&[], HELLO).await.json(), answer);
    let uri = query_string(&[("query", "{ __typename }")]);
    assert_eq!(get(&uri, &[]).await.json(), answer);
}

#[tokio::test]
async fn get_takes_the_same_parameters_as_post() {
    let query =
        "query A { __typename } query B($n: Int) { products(first: $n) { nodes { __typename } } }";
    let variables = json!({ "n": 2 });
    let body = json!({
        "query": query, "operationName": "B", "variables": variables, "extensions": {},
    });
    let by_post = post(&[], body.to_string()).await;
    let uri = query_string(&[
        ("query", query),
        ("operationName", "B"),
        ("variables", &variables.to_string()),
        ("extensions", "{}"),
    ]);
    let by_get = get(&uri, &[]).await;
    assert_eq!(
        by_post.data()["products"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(by_get.body, by_post.body);
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let uri = query_string(&[("query", "{ __typename }")]);
    let reply = send(Method::HEAD, &uri, &[], Body::empty()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(value(&reply.headers, "content-type"), JSON);
    assert!(reply.body.is_empty());
}

#[tokio::test]
async fn null_parameters_count_as_left_out() {
    let body =
        r#"{"query":"{ __typename }","operationName":null,"variables":null,"extensions":null}"#;
    assert_eq!(post(&[], body).await.data()["__typename"], "Query");
}

#[tokio::test]
async fn one_of_several_operations_is_named() {
    let query = "query A { a: __typename } query B { b: __typename }";
    let ask = async |name: Value| {
        let body = json!({ "query": query, "operationName": name });
        post(
            &[("accept", "application/graphql-response+json")],
            body.to_string(),
        )
        .await
    };
    assert_eq!(ask(json!("B")).await.data(), json!({ "b": "Query" }));
    for name in [Value::Null, json!("C"), json!("")] {
        let reply = ask(name.clone()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(reply.code(), "OPERATION_RESOLUTION_FAILURE", "{name}");
    }
}

#[tokio::test]
async fn get_changes_nothing() {
    for accept in ["application/json", "application/graphql-response+json"] {
        for query in [
            "mutation { __typename }",
            "mutation M { createProduct { __typename } } query Q { __typename }",
        ] {
            let uri = query_string(&[("query", query), ("operationName", "M")]);
            let reply = get(&uri, &[("accept", accept)]).await;
            let refused = reply.errors();
            assert!(!refused.is_empty());
            assert_nothing_internal(&reply);
        }
    }
}

#[tokio::test]
async fn a_request_has_a_query() {
    for body in [
        "{}",
        r#"{"query":null}"#,
        r#"{"query":5}"#,
        r#"{"query":["{ __typename }"]}"#,
        r#"{"query":{}}"#,
        r#"{"Query":"{ __typename }"}"#,
    ] {
        let reply = post(&[], body).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        assert!(
            reply.errors()[0]["message"]
                .as_str()
                .unwrap()
                .contains("query"),
            "{body}"
        );
    }
    for uri in ["/graphql", "/graphql?", "/graphql?variables={}"] {
        let reply = get(uri, &[]).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn a_parameter_of_another_type_is_named() {
    for (name, wrong) in [
        ("variables", json!([])),
        ("variables", json!("{}")),
        ("variables", json!(1)),
        ("extensions", json!([])),
        ("extensions", json!(true)),
        ("operationName", json!(1)),
        ("operationName", json!({})),
    ] {
        let body = json!({ "query": "{ __typename }", name: wrong });
        let reply = post(&[], body.to_string()).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        assert!(
            reply.errors()[0]["message"]
                .as_str()
                .unwrap()
                .contains(name),
            "{body}"
        );
    }
    for (name, wrong) in [("variables", "x"), ("variables", "[]"), ("extensions", "1")] {
        let uri = query_string(&[("query", "{ __typename }"), (name, wrong)]);
        let reply = get(&uri, &[]).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        assert!(
            reply.errors()[0]["message"]
                .as_str()
                .unwrap()
                .contains(name),
            "{uri}"
        );
    }
}

#[tokio::test]
async fn a_batch_is_refused() {
    for body in [
        format!("[{HELLO}]"),
        format!("[{HELLO},{HELLO}]"),
        "[]".to_owned(),
        r#"["{ __typename }"]"#.to_owned(),
        r#"["{ __typename }",null,null,null]"#.to_owned(),
    ] {
        let reply = post(&[], body.clone()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        let message = reply.errors()[0]["message"].clone();
        assert!(
            message.as_str().unwrap().contains("one JSON object"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_field_given_twice_is_refused() {
    for body in [
        r#"{"query":"{ __typename }","query":"{ __schema { description } }"}"#,
        r#"{"query":"{ __typename }","variables":{},"variables":{}}"#,
        r#"{"query":"query A { __typename }","operationName":"A","operationName":"A"}"#,
    ] {
        let reply = post(&[], body).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        assert!(
            reply.errors()[0]["message"]
                .as_str()
                .unwrap()
                .contains("twice"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_body_that_nests_without_end_is_refused() {
    const DEPTH: usize = 100_000;
    let lists = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH));
    for deep in [
        &lists,
        &objects,
        &"[".repeat(DEPTH),
        &r#"{"a":"#.repeat(DEPTH),
    ] {
        for body in [
            deep.clone(),
            format!(r#"{{"query":"{{ __typename }}","variables":{{"a":{deep}}}}}"#),
            format!(r#"{{"query":"{{ __typename }}","extensions":{{"a":{deep}}}}}"#),
        ] {
            let reply = post(&[], body).await;
            assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        }
    }
}

// Media types

#[tokio::test]
async fn bodies_come_as_json_in_utf_8() {
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
        "Application/JSON",
        "application/json; profile=x",
    ] {
        let reply = send(
            Method::POST,
            "/graphql",
            &[("content-type", content_type)],
            HELLO,
        )
        .await;
        assert_eq!(reply.status, StatusCode::OK, "{content_type}");
    }
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/graphql+json",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "text/json",
        "application/jsonp",
        "",
    ] {
        let reply = send(
            Method::POST,
            "/graphql",
            &[("content-type", content_type)],
            HELLO,
        )
        .await;
        assert_refused(
            &reply,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
        );
    }
    let reply = send(Method::POST, "/graphql", &[], HELLO).await;
    assert_refused(
        &reply,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
    );
}

#[tokio::test]
async fn answers_come_as_the_client_likes_best() {
    for (accept, content_type) in [
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/json; charset=utf-8", JSON),
        ("application/graphql-response+json", RESPONSE),
        (
            "application/graphql-response+json, application/json;q=0.9",
            RESPONSE,
        ),
        (
            "application/json;q=0.9, application/graphql-response+json",
            RESPONSE,
        ),
        (
            "application/json, application/graphql-response+json;q=0.5",
            JSON,
        ),
        ("text/html, application/json;q=0.1", JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
    ] {
        let reply = post(&[("accept", accept)], HELLO).await;
        assert_eq!(reply.status, StatusCode::OK, "{accept}");
        assert_eq!(
            value(&reply.headers, "content-type"),
            content_type,
            "{accept}"
        );
    }
    let reply = post(&[], HELLO).await;
    assert_eq!(value(&reply.headers, "content-type"), JSON);
}

#[tokio::test]
async fn a_client_that_takes_no_json_is_told() {
    for accept in ["text/html", "image/*", "application/json;q=0", "*/*;q=0"] {
        let reply = post(&[("accept", accept)], HELLO).await;
        assert_refused(&reply, StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE");
    }
}

#[tokio::test]
async fn caches_are_told_that_the_media_type_depends_on_the_client() {
    assert!(varies(&post(&[], HELLO).await, "accept"));
    let uri = query_string(&[("query", "{ __typename }")]);
    assert!(varies(&get(&uri, &[]).await, "accept"));
}

#[tokio::test]
async fn compressed_bodies_are_refused() {
    for coding in ["gzip", "br", "deflate", "nonsense"] {
        let reply = post(&[("content-encoding", coding)], HELLO).await;
        assert_refused(
            &reply,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
        );
    }
}

#[tokio::test]
async fn the_status_tells_only_in_the_newer_media_type() {
    for query in ["{", "{ nonsense }"] {
        let body = json!({ "query": query }).to_string();
        let older = post(&[("accept", "application/json")], body.clone()).await;
        assert_eq!(older.status, StatusCode::OK, "{query}");
        let newer = post(&[("accept", "application/graphql-response+json")], body).await;
        assert_eq!(newer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(older.errors(), newer.errors());
    }
}

// Other refusals

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

// Request ids

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

// Other origins

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

// Compression

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

// The rest of the door

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

// The audits

#[tokio::test]
async fn the_server_passes_every_audit_of_graphql_http() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/graphql-http");
    if std::env::var("TEST_NODE").as_deref() == Ok("off") {
        super::app::announce("not covered: the audits of graphql-http, for TEST_NODE is off");
        return;
    }
    if !Path::new(directory).join("node_modules").exists() {
        run(Command::new("npm").arg("ci").current_dir(directory));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let door = TestApp::shared().await.door.clone();
    let server = tokio::spawn(async { axum::serve(listener, router(door)).await });
    let audits = tokio::task::spawn_blocking(move || {
        run(Command::new("node")
            .args(["run.mjs", &url])
            .current_dir(directory))
    });
    let report = audits.await.unwrap();
    server.abort();
    assert!(report.ends_with("61 of 61 audits passed\n"), "{report}");
}

/// Runs a command to its end; what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "{}: {error}. Install Node.js 20 or later with npm, or set TEST_NODE=off to go \
             without the audits of graphql-http.",
            command.get_program().display()
        )
    });
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}:\n{printed}{complaint}"
    );
    printed
}
