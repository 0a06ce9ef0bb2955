//! Documents that clients name instead of sending them.

use axum::http::StatusCode;
use purser::auth::fingerprint;
use purser::http::{Documents, read_manifest};
use serde_json::{Value, json};

use super::{assert_refused, get, query_string};
use crate::app::{Reply, TestApp, Variant};

const COUNT: &str = "{ products { totalCount } }";
const HELLO: &str = "query Hello { __typename }";

async fn ask(app: &TestApp, body: Value) -> Reply {
    app.anonymous().post(body.to_string()).await
}

fn persisted(text: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": fingerprint(text.as_bytes()) } })
}

/// A node that knows a manifest.
async fn node(shop: &TestApp, only: bool) -> TestApp {
    let manifest = json!({ "hello": HELLO, fingerprint(COUNT.as_bytes()): COUNT }).to_string();
    let documents = Documents::of(read_manifest(&manifest).unwrap(), only);
    let variant = Variant {
        documents,
        ..Variant::default()
    };
    shop.node(variant).await
}

#[tokio::test]
async fn what_was_sent_once_is_named_by_its_hash() {
    let app = TestApp::sqlite().await;
    let unknown = ask(&app, json!({ "extensions": persisted(COUNT) })).await;
    // Clients send the text then, and look for this code and message.
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(
        unknown.json()["errors"][0]["message"],
        "PersistedQueryNotFound"
    );
    let sent = json!({ "query": COUNT, "extensions": persisted(COUNT) });
    let sent = ask(&app, sent).await.data();
    let named = ask(&app, json!({ "extensions": persisted(COUNT) }))
        .await
        .data();
    assert_eq!(named, sent);
    // By GET as well, where caches on the way can keep the answer.
    let extensions = persisted(COUNT).to_string();
    let uri = query_string(&[("extensions", &extensions)]);
    let request = axum::http::Request::get(uri).header("graphql-require-preflight", "1");
    let by_get = app.send(request.body(axum::body::Body::empty()).unwrap());
    assert_eq!(by_get.await.data(), sent);
}

#[tokio::test]
async fn nobody_gives_a_hash_to_another_text() {
    let app = TestApp::sqlite().await;
    let forged = json!({ "query": HELLO, "extensions": persisted(COUNT) });
    assert_eq!(ask(&app, forged).await.code(), "BAD_REQUEST");
    let unknown = ask(&app, json!({ "extensions": persisted(COUNT) })).await;
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
    for wrong in [
        json!({ "version": 2, "sha256Hash": "x" }),
        json!({ "version": 1 }),
        json!("x"),
    ] {
        let body = json!({ "query": HELLO, "extensions": { "persistedQuery": wrong } });
        assert_eq!(ask(&app, body).await.code(), "BAD_REQUEST");
    }
}

#[tokio::test]
async fn documents_of_a_manifest_are_named_by_their_id() {
    let shop = TestApp::sqlite().await;
    let app = node(&shop, false).await;
    let hash = fingerprint(COUNT.as_bytes());
    let expected = app.anonymous().query(COUNT).await.data();
    for body in [
        json!({ "documentId": hash }),
        json!({ "documentId": format!("sha256:{hash}") }),
        json!({ "extensions": persisted(COUNT) }),
        json!({ "documentId": hash, "query": null }),
    ] {
        assert_eq!(ask(&app, body.clone()).await.data(), expected, "{body}");
    }
    // The algorithm may stand before the hash in the manifest as well.
    let spelled = Documents::of(vec![(format!("sha256:{hash}"), COUNT.to_owned())], true);
    let spelled = shop
        .node(Variant {
            documents: spelled,
            ..Variant::default()
        })
        .await;
    for body in [
        json!({ "documentId": hash }),
        json!({ "documentId": format!("sha256:{hash}") }),
        json!({ "extensions": persisted(COUNT) }),
    ] {
        assert_eq!(ask(&spelled, body.clone()).await.data(), expected, "{body}");
    }
    let hello = ask(&app, json!({ "documentId": "hello" })).await.data();
    assert_eq!(hello, json!({ "__typename": "Query" }));
    let unknown = ask(&app, json!({ "documentId": "nothing" })).await;
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
    let none = get("/graphql", &[]).await;
    assert_refused(&none, StatusCode::BAD_REQUEST, "BAD_REQUEST");
}

#[tokio::test]
async fn nothing_but_the_manifest_is_answered_where_it_is_so() {
    let shop = TestApp::sqlite().await;
    let app = node(&shop, true).await;
    let id = json!({ "documentId": "hello" });
    ask(&app, id).await.data();
    ask(&app, json!({ "extensions": persisted(COUNT) }))
        .await
        .data();
    let other = "{ categories { totalCount } }";
    for body in [
        json!({ "query": other }),
        json!({ "query": HELLO }),
        json!({ "query": other, "extensions": persisted(other) }),
    ] {
        let reply = ask(&app, body.clone()).await;
        assert_eq!(reply.code(), "DOCUMENT_NOT_TRUSTED", "{body}");
    }
    let unknown = ask(&app, json!({ "extensions": persisted(other) })).await;
    assert_eq!(unknown.code(), "PERSISTED_QUERY_NOT_FOUND");
}
