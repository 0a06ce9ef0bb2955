//! Accounts: who gets in, how long, and who does not.

mod attempts;
mod cookies;
mod forged;
mod issuers;
mod keys;
mod logs;
mod passwords;
mod renewals;
mod revocation;
mod session;
mod shared;
mod users;

use serde_json::{Value, json};

use crate::app::{Actor, TestApp};

/// A password that can be chosen.
pub const PASSWORD: &str = "correct horse battery";

/// What every way to sign in is asked for.
const TOKENS: &str = "user { id displayName } accessToken expiresAt refreshToken \
     userErrors { __typename message code path ... on RateLimitedError { retryAfter } }";

/// Asks a mutation with an input for what is selected, and returns its payload.
pub async fn mutate(actor: &Actor<'_>, name: &str, input: Value, selected: &str) -> Value {
    let mut characters = name.chars();
    let first = characters.next().unwrap().to_ascii_uppercase();
    let input_type = format!("{first}{}Input", characters.as_str());
    let query =
        format!("mutation($input: {input_type}!) {{ {name}(input: $input) {{ {selected} }} }}");
    let reply = actor.query_with(&query, json!({ "input": input })).await;
    reply.data()[name].clone()
}

/// Signs up, and returns the payload.
pub async fn sign_up(app: &TestApp, email: &str) -> Value {
    let input = json!({ "email": email, "password": PASSWORD, "displayName": "Mary" });
    let payload = mutate(&app.anonymous(), "signUp", input, TOKENS).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    payload
}

/// Logs in, and returns the payload.
pub async fn log_in(app: &TestApp, email: &str, password: &str) -> Value {
    let input = json!({ "email": email, "password": password });
    mutate(&app.anonymous(), "logIn", input, TOKENS).await
}

/// Refreshes a session, and returns the payload.
pub async fn refresh(app: &TestApp, token: &str) -> Value {
    let input = json!({ "refreshToken": token });
    mutate(&app.anonymous(), "refreshSession", input, TOKENS).await
}

/// The text under a key.
#[track_caller]
pub fn text(payload: &Value, key: &str) -> String {
    payload[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key}: {payload:#}"))
        .to_owned()
}

/// The code of the only user error.
#[track_caller]
pub fn code(payload: &Value) -> String {
    match payload["userErrors"].as_array().unwrap().as_slice() {
        [error] => error["code"].as_str().unwrap().to_owned(),
        errors => panic!("expected one error: {errors:#?}"),
    }
}

/// Whether a token is still taken.
pub async fn is_good(app: &TestApp, token: &str) -> bool {
    let reply = app.bearer(token).query("{ me { id } }").await;
    match reply.status.as_u16() {
        200 => true,
        401 => false,
        status => panic!("{status}: {:#}", reply.json()),
    }
}

/// What was recorded about a user, the latest first.
pub async fn recorded(app: &TestApp, user: &str) -> Vec<String> {
    let query = "query($id: String!) { auditEntries(filter: { entityId: { eq: $id } }, \
                 orderBy: [{ id: DESC }]) { nodes { action } } }";
    let reply = app
        .admin()
        .await
        .query_with(query, json!({ "id": user }))
        .await;
    let nodes = reply.data()["auditEntries"]["nodes"].clone();
    let actions = nodes.as_array().unwrap().iter();
    actions
        .map(|node| node["action"].as_str().unwrap().to_owned())
        .collect()
}
