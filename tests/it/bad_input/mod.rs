//! Requests that make no sense.
//!
//! Each is refused before anything runs, with a code, with the place where
//! there is one, and without a word on what is inside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod bodies;
mod counts;
mod cursors;
mod documents;
mod ids;
mod limits;
mod pages;
mod sizes;
mod values;

use std::fmt::Write as _;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::app::{Reply, TestApp};

/// The key of some row.
const KEY: &str = "0192f0c47b1e7c3d9a5e8f0011223344";

/// Words that never leave the process: names of tables and columns, of the
/// crates that work inside, of places on disk.
const INTERNAL: [&str; 34] = [
    "sqlx",
    "sea_orm",
    "SeaORM",
    "sea-orm",
    "apollo",
    "async_graphql",
    "async-graphql",
    "serde",
    "moka",
    "tokio",
    "axum",
    "panicked",
    "unwrap",
    "backtrace",
    "thread '",
    "src/",
    ".rs:",
    ".graphql",
    env!("CARGO_MANIFEST_DIR"),
    "/home",
    "/tmp",
    "SELECT",
    "FROM ",
    "json_object",
    "sqlite",
    "SQLite",
    "PostgreSQL",
    "MariaDB",
    "order_items",
    "audit_entries",
    "price_cents",
    "customer_id",
    "password_hash",
    "token_hash",
];

/// Checks that nothing internal is in a reply.
#[track_caller]
pub fn assert_nothing_internal(reply: &Reply) {
    // Where everyone may read the schema.
    let text = String::from_utf8_lossy(&reply.body).replace("/schema.graphql", "");
    for word in INTERNAL {
        assert!(!text.contains(word), "{word} is in the answer: {text}");
    }
}

/// The errors of a reply that refuses: status 400, no data, and each error
/// with a message, a code and the request's id.
#[track_caller]
fn refused(case: &str, reply: &Reply) -> Vec<Value> {
    let case = excerpt(case);
    let json = reply.json();
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{case}: {json:#}");
    assert!(json.get("data").is_none(), "{case}: {json:#}");
    let id = reply.headers["x-request-id"].to_str().unwrap();
    let errors = json["errors"].as_array().unwrap();
    assert!(!errors.is_empty(), "{case}: {json:#}");
    for error in errors {
        assert!(
            !error["message"].as_str().unwrap().is_empty(),
            "{case}: {error:#}"
        );
        assert_ne!(
            error["extensions"]["code"], "INTERNAL_SERVER_ERROR",
            "{case}: {error:#}"
        );
        assert!(error["extensions"]["code"].is_string(), "{case}: {error:#}");
        assert_eq!(error["extensions"]["requestId"], id, "{case}: {error:#}");
    }
    assert_nothing_internal(reply);
    errors.clone()
}

/// The start of a document, for messages of failing tests.
fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}

/// `text` for each number below `count`, with `#` replaced by the number.
fn numbered(count: usize, text: &str) -> String {
    (0..count)
        .map(|number| text.replace('#', &number.to_string()))
        .collect()
}

async fn ask(query: &str, variables: Value) -> Reply {
    let app = TestApp::shared().await;
    app.anonymous().query_with(query, variables).await
}

/// Checks that a document is refused with one error of this code.
async fn assert_refused(query: &str, code: &str) {
    let errors = refused(query, &ask(query, json!({})).await);
    for error in &errors {
        assert_eq!(
            error["extensions"]["code"],
            code,
            "{}: {error:#}",
            excerpt(query)
        );
    }
}

/// Checks that a document is refused as too complex, and that the service
/// survives it.
async fn assert_too_complex(query: &str, variables: Value) {
    let errors = refused(query, &ask(query, variables).await);
    let code = &errors[0]["extensions"]["code"];
    assert_eq!(code, "QUERY_TOO_COMPLEX", "{}: {errors:#?}", excerpt(query));
    assert_alive().await;
}

/// Checks that `products` is refused for a value in an argument, whether it
/// stands in the document or in a variable.
async fn assert_argument(argument: &str, type_name: &str, value: &str, at: &str, code: &str) {
    let written = format!("{{ products({argument}: {value}) {{ totalCount }} }}");
    assert_place(&written, json!({}), at, code).await;
    let supplied =
        format!("query($v: {type_name}) {{ products({argument}: $v) {{ totalCount }} }}");
    assert_place(&supplied, json!({ "v": as_json(value) }), at, code).await;
}

async fn assert_place(query: &str, variables: Value, at: &str, code: &str) {
    let errors = refused(query, &ask(query, variables).await);
    assert_eq!(errors.len(), 1, "{query}: {errors:#?}");
    assert_eq!(
        errors[0]["path"],
        json!(["products"]),
        "{query}: {errors:#?}"
    );
    assert_eq!(
        errors[0]["extensions"]["argument"], at,
        "{query}: {errors:#?}"
    );
    assert_eq!(
        errors[0]["extensions"]["code"], code,
        "{query}: {errors:#?}"
    );
}

/// A GraphQL literal as JSON: names of fields get quotes. Enum values are
/// written in capitals here, and become texts.
fn as_json(literal: &str) -> Value {
    let mut text = String::new();
    let mut rest = literal;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            2 + rest[1..].find('"').unwrap()
        } else if first.is_ascii_alphabetic() {
            rest.find(|letter: char| !letter.is_ascii_alphanumeric())
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        let bare = !first.is_ascii_alphabetic() || ["null", "true", "false"].contains(&token);
        if bare {
            text.push_str(token);
        } else {
            write!(text, "\"{token}\"").unwrap();
        }
        rest = after;
    }
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{literal}: {error}"))
}

/// Whether the service still answers.
async fn assert_alive() {
    let reply = ask("{ products(first: 1) { nodes { id } } }", json!({})).await;
    assert_eq!(
        reply.data()["products"]["nodes"].as_array().unwrap().len(),
        1
    );
}

/// The bytes of a text as cursors spell them.
pub fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}
