use chrono::{TimeDelta, Utc};
use futures_util::future::join_all;
use purser::run::idempotency::{self, Claim, Key};
use serde_json::{Value, json};

use super::{ERRORS, assert_error, mutate, product, read};
use crate::app::TestApp;

/// A request that makes a product.
fn making(sku: &str) -> String {
    let input = product(sku);
    let query = format!(
        "mutation {{ it: createProduct(input: {{{input}}}) {{ product {{ id sku }} {ERRORS} }} }}"
    );
    json!({ "query": query }).to_string()
}

async fn count(app: &TestApp, sku: &str) -> Value {
    let query = format!("{{ products(filter: {{sku: {{eq: \"{sku}\"}}}}) {{ totalCount }} }}");
    read(app, "staff", &query).await["products"]["totalCount"].clone()
}

#[tokio::test]
async fn a_request_that_is_sent_again_applies_once() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await.with_key("\"order-1\"");
        let first = staff.post(making("ONCE-1")).await;
        assert_eq!(
            first.json()["data"]["it"]["product"]["sku"],
            json!("ONCE-1")
        );
        assert!(!first.headers.contains_key("idempotent-replayed"));
        let again = app
            .staff()
            .await
            .with_key("order-1")
            .post(making("ONCE-1"))
            .await;
        assert_eq!(again.body, first.body);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(count(&app, "ONCE-1").await, json!(1));

        // With the same key, another request is a mistake.
        let other = staff.post(making("ONCE-2")).await;
        assert_eq!(other.status.as_u16(), 422);
        assert_eq!(other.code(), "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(count(&app, "ONCE-2").await, json!(0));
        // Keys are everybody's own.
        let admin = app.admin().await.with_key("order-1");
        let taken = admin.post(making("ONCE-1")).await.data();
        assert_eq!(taken["it"]["userErrors"][0]["code"], json!("CONFLICT"));
        app.remove().await;
    }
}

#[tokio::test]
async fn requests_that_are_sent_twice_at_once_apply_once() {
    for app in TestApp::on_every_database().await {
        let mut actors = Vec::new();
        for _ in 0..8 {
            actors.push(app.staff().await.with_key("at-once"));
        }
        let replies = join_all(actors.iter().map(|actor| actor.post(making("TWICE-1")))).await;
        for reply in &replies {
            assert_eq!(
                reply.json()["data"],
                replies[0].json()["data"],
                "{}",
                app.database().dialect()
            );
            assert_eq!(
                reply.json()["data"]["it"]["product"]["sku"],
                json!("TWICE-1")
            );
        }
        let replayed = replies
            .iter()
            .filter(|reply| reply.headers.contains_key("idempotent-replayed"));
        assert_eq!(replayed.count(), 7);
        assert_eq!(count(&app, "TWICE-1").await, json!(1));
        app.remove().await;
    }
}

#[tokio::test]
async fn what_was_not_done_is_tried_again() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        mutate(
            &staff,
            &format!(
                "createProduct(input: {{{}}}) {{ {ERRORS} }}",
                product("THERE")
            ),
        )
        .await;
        let careful = app.staff().await.with_key("careful");
        let refused = careful.post(making("THERE")).await.data();
        assert_eq!(refused["it"]["userErrors"][0]["code"], json!("CONFLICT"));
        let admin = app.admin().await;
        mutate(
            &admin,
            &format!("deleteProduct(by: {{sku: \"THERE\"}}) {{ {ERRORS} }}"),
        )
        .await;
        let done = careful.post(making("THERE")).await.data();
        assert_eq!(done["it"]["product"]["sku"], json!("THERE"));
        app.remove().await;
    }
}

#[tokio::test]
async fn a_key_is_somebody_elses_once_it_has_expired() {
    for app in TestApp::on_every_database().await {
        let key = |hash: &str| Key {
            scope: "somebody".to_owned(),
            key: "key".to_owned(),
            request_hash: hash.repeat(64),
            kept: std::time::Duration::from_mins(1),
        };
        let now = Utc::now();
        let take = async |hash: &str, now| {
            let transaction = app.database().transaction();
            let claim = idempotency::claim(&transaction, &key(hash), now)
                .await
                .unwrap();
            if claim == Claim::New {
                let answer = format!("answer {hash}");
                idempotency::answer(&transaction, &key(hash), answer.as_bytes(), now)
                    .await
                    .unwrap();
            }
            transaction.commit().await.unwrap();
            claim
        };
        assert_eq!(take("a", now).await, Claim::New);
        assert_eq!(take("a", now).await, Claim::Answered("answer a".to_owned()));
        assert_eq!(take("b", now).await, Claim::Another);
        let later = now + TimeDelta::seconds(61);
        assert_eq!(take("b", later).await, Claim::New);
        assert_eq!(
            take("b", later).await,
            Claim::Answered("answer b".to_owned())
        );
        assert_eq!(take("a", later).await, Claim::Another);
        let much_later = later + TimeDelta::seconds(61);
        idempotency::tidy(app.database().orm(), much_later)
            .await
            .unwrap();
        assert_eq!(take("a", later).await, Claim::New);
        app.remove().await;
    }
}

#[tokio::test]
async fn keys_that_are_none_are_refused() {
    let app = TestApp::sqlite().await;
    for key in ["", "\"\"", "two words", "a\"b", &"x".repeat(256)] {
        let staff = app.staff().await.with_key(key);
        assert_eq!(
            staff.post(making("NEVER")).await.code(),
            "BAD_REQUEST",
            "{key}"
        );
    }
    let anonymous = app.anonymous().with_key("log-in");
    let query = "mutation { logIn(input: {email: \"ada@example.com\", password: \"x\"}) { \
                 userErrors { code } } }";
    assert_eq!(anonymous.query(query).await.code(), "BAD_REQUEST");
}

#[tokio::test]
async fn a_preview_tells_what_would_be_and_keeps_nothing() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        let preview =
            |query: &str| json!({ "query": query, "extensions": { "preview": true } }).to_string();
        let input = product("MAYBE");
        let reply = staff
            .post(preview(&format!(
                "mutation {{ made: createProduct(input: {{{input}}}) {{ product {{ sku version }} \
                 {ERRORS} }} changed: updateProduct(by: {{sku: \"MAYBE\"}}, patch: {{stock: 5}}) \
                 {{ product {{ stock version }} {ERRORS} }} }}"
            )))
            .await
            .json();
        assert_eq!(
            reply,
            json!({
                "data": {
                    "made": {"product": {"sku": "MAYBE", "version": 1}, "userErrors": []},
                    "changed": {"product": {"stock": 5, "version": 2}, "userErrors": []},
                },
                "extensions": {"preview": true},
            })
        );
        assert_eq!(count(&app, "MAYBE").await, json!(0));
        let done = mutate(
            &staff,
            &format!("createProduct(input: {{{input}}}) {{ {ERRORS} }}"),
        )
        .await;
        assert_eq!(done["userErrors"], json!([]));
        let reply = staff
            .post(preview(&format!(
                "mutation {{ it: createProduct(input: {{{input}}}) {{ {ERRORS} }} }}"
            )))
            .await
            .json();
        assert_eq!(
            reply["data"]["it"]["userErrors"][0]["code"],
            json!("CONFLICT")
        );
        let log_in = "mutation { logIn(input: {email: \"ada@example.com\", password: \"x\"}) { \
                      userErrors { code } } }";
        let reply = app.anonymous().post(preview(log_in)).await;
        assert_eq!(reply.code(), "BAD_REQUEST");
        app.remove().await;
    }
}

#[tokio::test]
async fn of_an_operation_all_is_kept_or_nothing() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        let (one, two) = (product("ALL-1"), product("ALL-2"));
        let reply = staff
            .query(&format!(
                "mutation {{ one: createProduct(input: {{{one}}}) {{ product {{ sku }} {ERRORS} }} \
                 same: createProduct(input: {{{one}}}) {{ product {{ sku }} {ERRORS} }} \
                 two: createProduct(input: {{{two}}}) {{ product {{ sku }} {ERRORS} }} }}"
            ))
            .await
            .data();
        for (key, code) in [("one", "ROLLED_BACK"), ("two", "ROLLED_BACK")] {
            assert_eq!(reply[key]["product"], json!(null));
            assert_error(&reply[key], code, "");
        }
        assert_eq!(reply["same"]["userErrors"][0]["code"], json!("CONFLICT"));
        assert_eq!(count(&app, "ALL-1").await, json!(0));
        assert_eq!(count(&app, "ALL-2").await, json!(0));
        app.remove().await;
    }
}
