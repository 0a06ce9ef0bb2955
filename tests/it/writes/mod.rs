//! What is written by declaration: rows that are made, changed and deleted.

mod bulk;
mod crashes;
mod forms;
mod outbox;
mod retries;
mod rights;
mod sequences;
mod trees;

use serde_json::Value;

use crate::app::{Actor, TestApp};

/// What came of a mutation, whose payload is under `it`.
pub async fn mutate(actor: &Actor<'_>, mutation: &str) -> Value {
    let reply = actor.query(&format!("mutation {{ it: {mutation} }}")).await;
    reply.data()["it"].clone()
}

/// The codes and paths of the errors of a payload.
pub fn errors(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["userErrors"].as_array().unwrap();
    let told = errors.iter().map(|error| {
        let path: Vec<_> = error["path"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part.as_str().unwrap())
            .collect();
        (error["code"].as_str().unwrap().to_owned(), path.join("."))
    });
    told.collect()
}

/// One of these errors, alone.
#[track_caller]
pub fn assert_error(payload: &Value, code: &str, path: &str) {
    assert_eq!(
        errors(payload),
        [(code.to_owned(), path.to_owned())],
        "{payload:#}"
    );
}

/// What of a list.
pub async fn read(app: &TestApp, actor: &str, query: &str) -> Value {
    app.actor(actor).await.query(query).await.data()
}

/// What errors are asked for.
pub const ERRORS: &str = "userErrors { code path message }";

/// A product that is new each time.
pub fn product(sku: &str) -> String {
    let slug = sku.to_lowercase();
    format!(
        "category: {{slug: \"books\"}}, sku: \"{sku}\", slug: \"{slug}\", name: \"A thing\", \
         priceCents: 1250, costCents: 500, currency: \"EUR\""
    )
}
