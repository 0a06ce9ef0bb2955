//! GraphQL over HTTP, and the rest of the door.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod audits;
mod batches;
mod documents;
mod door;
mod events;
mod guards;
pub mod keyed;
mod loads;
mod logs;
mod media_types;
mod origins;
mod playground;
mod requests;
pub mod sockets;
mod tokens;
mod transports;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};

use super::app::{Reply, TestApp};
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

/// A GET that says that it is one of GraphQL.
async fn get(uri: &str, headers: &[(&str, &str)]) -> Reply {
    let mut all = vec![("graphql-require-preflight", "1")];
    all.extend_from_slice(headers);
    send(Method::GET, uri, &all, Body::empty()).await
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
    assert!([JSON, RESPONSE].contains(&value(&reply.headers, "content-type")));
    assert_eq!(reply.headers.contains_key("retry-after"), status == 503);
    let id = value(&reply.headers, "x-request-id");
    assert!(!id.is_empty());
    assert_eq!(reply.json()["errors"][0]["extensions"]["requestId"], id);
    assert_eq!(reply.code(), code);
    assert_nothing_internal(reply);
}
