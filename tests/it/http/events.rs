//! Answers as server-sent events.

use std::pin::pin;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::{HELLO, assert_refused, get, post, query_string, send, value, varies};
use crate::app::{Reply, TestApp, Variant, without_request_ids};
use crate::auth::{PASSWORD, sign_up};

const EVENTS: (&str, &str) = ("accept", "text/event-stream");

/// The one result of a stream that is whole.
#[track_caller]
fn result(reply: &Reply) -> Value {
    assert_eq!(reply.status, StatusCode::OK, "{:?}", reply.body);
    assert_eq!(value(&reply.headers, "content-type"), "text/event-stream");
    let text = std::str::from_utf8(&reply.body).unwrap();
    let event = text
        .strip_prefix("event: next\ndata: ")
        .and_then(|rest| rest.strip_suffix("\n\nevent: complete\ndata: \n\n"))
        .unwrap_or_else(|| panic!("{text}"));
    assert!(!event.contains('\n'), "{text}");
    serde_json::from_str(event).unwrap()
}

#[tokio::test]
async fn an_answer_is_an_event_and_the_end_another() {
    let reply = post(&[EVENTS], HELLO).await;
    assert_eq!(
        String::from_utf8(reply.body.clone()).unwrap(),
        "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata: \n\n"
    );
    assert_eq!(value(&reply.headers, "cache-control"), "no-cache");
    assert_eq!(value(&reply.headers, "x-accel-buffering"), "no");
    assert!(!value(&reply.headers, "x-request-id").is_empty());
    assert!(varies(&reply, "accept"));
    let uri = query_string(&[("query", "{ __typename }")]);
    assert_eq!(get(&uri, &[EVENTS]).await.body, reply.body);
}

#[tokio::test]
async fn it_is_the_answer_that_is_given_as_json() {
    let body = json!({
        "query": "query($n: Int) { products(first: $n) { nodes { id name slug description } } }",
        "variables": { "n": 100 },
        "extensions": { "cost": true },
    });
    let plain = post(&[], body.to_string()).await.json();
    let events = post(&[EVENTS, ("accept-encoding", "gzip, br")], body.to_string()).await;
    // What is compressed waits until there is enough of it.
    assert_eq!(value(&events.headers, "content-encoding"), "");
    assert!(events.body.len() > 2048);
    assert_eq!(result(&events).to_string(), plain.to_string());
}

#[tokio::test]
async fn errors_of_the_document_are_events() {
    for query in [
        "{",
        "{ nonsense }",
        "{ products(first: 1000) { totalCount } }",
    ] {
        let body = json!({ "query": query }).to_string();
        let plain = without_request_ids(post(&[], body.clone()).await.json());
        let events = post(&[EVENTS], body).await;
        let told = result(&events);
        let id = &told["errors"][0]["extensions"]["requestId"];
        assert_eq!(*id, value(&events.headers, "x-request-id"));
        assert_eq!(without_request_ids(told), plain);
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_by_the_status() {
    let refused = async |headers: &[(&str, &str)], body: &str, status, code: &str| {
        let mut all = vec![EVENTS];
        all.extend(headers);
        let reply = send(Method::POST, "/graphql", &all, body.to_owned()).await;
        assert_refused(&reply, status, code);
    };
    let json = ("content-type", "application/json");
    refused(&[json], "{", StatusCode::BAD_REQUEST, "BAD_REQUEST").await;
    let (status, code) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
    // A page of another origin could send these without asking first.
    refused(&[], HELLO, status, code).await;
    refused(&[("content-type", "text/plain")], HELLO, status, code).await;
    let token = ("authorization", "Bearer garbage");
    refused(
        &[json, token],
        HELLO,
        StatusCode::UNAUTHORIZED,
        "UNAUTHENTICATED",
    )
    .await;
    let large = " ".repeat(2 * 1024 * 1024);
    refused(
        &[json],
        &large,
        StatusCode::PAYLOAD_TOO_LARGE,
        "PAYLOAD_TOO_LARGE",
    )
    .await;
}

#[tokio::test]
async fn json_is_preferred_to_events_where_the_client_likes_both() {
    let both = "application/graphql-response+json, application/json, text/event-stream";
    let reply = post(&[("accept", both)], HELLO).await;
    assert_eq!(
        value(&reply.headers, "content-type"),
        "application/graphql-response+json; charset=utf-8"
    );
}

async fn ask(
    app: &TestApp,
    method: Method,
    uri: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .header("accept", "text/event-stream")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn mutations_are_sent_by_post_only() {
    let app = TestApp::sqlite().await;
    let token = format!("Bearer {}", app.customer("ada").await.token());
    let headers = [("authorization", token.as_str())];
    let update = |name: &str| {
        format!(
            "mutation {{ updateProfile(input: {{ displayName: \"{name}\" }}) {{ user {{ displayName }} }} }}"
        )
    };
    let uri = query_string(&[("query", &update("By GET"))]);
    let refused = result(&ask(&app, Method::GET, &uri, &headers, String::new()).await);
    assert_eq!(
        refused["errors"][0]["extensions"]["code"],
        "METHOD_NOT_ALLOWED"
    );
    assert!(refused.get("data").is_none());
    let me = "{ me { displayName } }";
    let name = app.bearer(&token[7..]).query(me).await.data()["me"]["displayName"].clone();
    assert_ne!(name, "By GET");

    let body = json!({ "query": update("By POST") }).to_string();
    let keyed = [headers[0], ("idempotency-key", "once")];
    let done = result(&ask(&app, Method::POST, "/graphql", &keyed, body.clone()).await);
    let user = json!({ "displayName": "By POST" });
    assert_eq!(
        done,
        json!({ "data": { "updateProfile": { "user": user } } })
    );
    // Sent again it is not done again.
    app.bearer(&token[7..]).query(&update("Later")).await.data();
    assert_eq!(
        result(&ask(&app, Method::POST, "/graphql", &keyed, body).await),
        done
    );
    let name = app.bearer(&token[7..]).query(me).await.data();
    assert_eq!(name["me"]["displayName"], "Later");
}

#[tokio::test]
async fn a_cookie_is_not_set_with_events() {
    let app = TestApp::sqlite_as(Variant {
        cookies: true,
        ..Variant::default()
    })
    .await;
    sign_up(&app, "mary@example.com").await;
    let query = format!(
        "mutation {{ logIn(input: {{ email: \"mary@example.com\", password: \"{PASSWORD}\" }}) \
         {{ accessToken }} }}"
    );
    let body = json!({ "query": query }).to_string();
    let reply = ask(&app, Method::POST, "/graphql", &[], body).await;
    assert!(!reply.headers.contains_key("set-cookie"));
    let refused = result(&reply);
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_REQUEST");
    assert!(refused.get("data").is_none());
}

#[tokio::test]
async fn who_does_not_read_on_has_hung_up() {
    let app = TestApp::sqlite().await;
    let token = format!("Bearer {}", app.customer("ada").await.token());
    // Nobody else writes meanwhile, so the mutation waits.
    let writer = app.database().begin().await.unwrap();
    let update = "mutation { updateProfile(input: { displayName: \"Nobody\" }) { user { id } } }";
    let request = Request::post("/graphql")
        .header("accept", "text/event-stream")
        .header("content-type", "application/json")
        .header("authorization", &token)
        .body(Body::from(json!({ "query": update }).to_string()));
    let response = app.respond(request.unwrap()).await;
    // The headers are there already.
    assert_eq!(response.status(), StatusCode::OK);
    let mut body = response.into_body();
    assert!(futures_util::poll!(pin!(body.frame())).is_pending());
    drop(body);
    writer.rollback().await.unwrap();
    // It would have been before this.
    let other = "mutation { updateProfile(input: { displayName: \"Else\" }) { user { id } } }";
    app.customer("alan").await.query(other).await.data();
    let me = app
        .customer("ada")
        .await
        .query("{ me { displayName } }")
        .await
        .data();
    assert_ne!(me["me"]["displayName"], "Nobody");
}

#[tokio::test]
async fn an_answer_does_not_wait_until_it_is_read() {
    let app = TestApp::sqlite().await;
    let ada = app.customer("ada").await;
    let update = "mutation { updateProfile(input: { displayName: \"Somebody\" }) { user { id } } }";
    let request = Request::post("/graphql")
        .header("accept", "text/event-stream")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", ada.token()))
        .body(Body::from(json!({ "query": update }).to_string()));
    let response = app.respond(request.unwrap()).await;
    while ada.query("{ me { displayName } }").await.data()["me"]["displayName"] != "Somebody" {
        tokio::task::yield_now().await;
    }
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"event: next\ndata: {\"data\":"));
}
