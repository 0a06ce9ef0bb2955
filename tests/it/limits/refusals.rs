//! What is said to whoever asks for too much.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use futures_util::stream;
use purser::access::Role;
use purser::graphql::{ByRole, Limits};
use purser::http::{LoadLimits, SocketLimits};
use serde_json::{Value, json};

use super::MANUAL;
use crate::app::{Reply, TestApp, Variant};
use crate::docs::{between, check};
use crate::documents::{REQUEST_ID, printed, read, with_shown_request_id};
use crate::http::sockets::Served;

/// A mutation, which waits while somebody else writes.
const UPDATE: &str =
    "mutation { updateProfile(input: { displayName: \"Ada\" }) { userErrors { code } } }";

/// An answer as the manual shows it.
fn shown(mut answer: Value) -> String {
    with_shown_request_id(&mut answer);
    format!("{}\n", printed(&answer, 0))
}

/// A shop with other limits.
async fn loaded(shop: &TestApp, load: LoadLimits) -> TestApp {
    shop.node(Variant::of_load(load)).await
}

/// Being refused because as much is answered as may be.
async fn full(shop: &TestApp) -> Reply {
    let load = LoadLimits {
        at_once: 0,
        ..LoadLimits::default()
    };
    let app = loaded(shop, load).await;
    app.anonymous().query("{ __typename }").await
}

/// Being refused because an answer takes too long.
async fn late(shop: &TestApp) -> Reply {
    let load = LoadLimits {
        answer: Duration::from_secs(2),
        ..LoadLimits::default()
    };
    let app = loaded(shop, load).await;
    // Nobody else writes meanwhile, so the operation waits.
    let _writer = shop.database().begin().await.unwrap();
    app.actor("ada").await.query(UPDATE).await
}

/// Being refused because a body takes too long.
async fn slow(shop: &TestApp) -> Reply {
    let load = LoadLimits {
        body: Duration::from_secs(2),
        ..LoadLimits::default()
    };
    let app = loaded(shop, load).await;
    let body = stream::pending::<Result<Bytes, std::io::Error>>();
    let request = Request::post("/graphql").header("content-type", "application/json");
    app.send(request.body(Body::from_stream(body)).unwrap())
        .await
}

/// Being refused because a batch has too many requests.
async fn batched(shop: &TestApp) -> Reply {
    let app = shop
        .node(Variant {
            batch: 2,
            ..Variant::default()
        })
        .await;
    let requests = json!(vec![json!({ "query": "{ __typename }" }); 3]);
    app.anonymous().post(requests.to_string()).await
}

/// Being refused because too much was asked within a minute.
async fn spent(shop: &TestApp) -> Value {
    let limits = Limits {
        per_minute: ByRole::default().with(Role::Anonymous, 300),
        ..Limits::default()
    };
    let app = shop
        .node(Variant {
            limits,
            ..Variant::default()
        })
        .await;
    let anonymous = app.anonymous();
    loop {
        let mut answer = anonymous.query("{ products { totalCount } }").await.json();
        let Some(error) = answer["errors"].get_mut(0) else {
            continue;
        };
        // Which depends on how fast that went.
        let seconds = error["extensions"]["retryAfter"].as_u64().unwrap();
        assert!((1..=12).contains(&seconds), "{error}");
        let message = error["message"].as_str().unwrap();
        let message = message.replace(&format!("in {seconds} s."), "in 12 s.");
        error["message"] = json!(message);
        error["extensions"]["retryAfter"] = json!(12);
        return answer;
    }
}

/// Being refused because of too many attempts to sign in.
async fn attempted(shop: &TestApp) -> Value {
    let anonymous = shop.anonymous();
    loop {
        let log_in = "mutation { logIn(input: { email: \"alan@example.com\", password: \"not the password\" }) \
                      { accessToken userErrors { code message path ... on RateLimitedError { retryAfter } } } }";
        let answer = anonymous.query(log_in).await.json();
        if answer["data"]["logIn"]["userErrors"][0]["code"] == "RATE_LIMITED" {
            return answer;
        }
    }
}

/// Being refused because as many operations run on a socket as may.
async fn crowded() -> Value {
    let served = Served::limited(SocketLimits {
        operations: 1,
        ..SocketLimits::default()
    })
    .await;
    let mut socket = served.socket_of("ada").await;
    // Nobody else writes meanwhile, so the operation waits.
    let _writer = served.app.database().begin().await.unwrap();
    socket.subscribe("1", UPDATE).await;
    socket.subscribe("2", "{ __typename }").await;
    let mut payload = socket.refusal("2").await;
    payload[0]["extensions"]["requestId"] = json!(REQUEST_ID);
    json!({ "id": "2", "type": "error", "payload": payload })
}

#[tokio::test]
async fn refusals_are_as_the_manual_shows_them() {
    let shop = TestApp::sqlite().await;
    let large = shop.anonymous().post(vec![b' '; 1_048_577]).await;
    let (late, slow) = tokio::join!(late(&shop), slow(&shop));
    let all = [
        ("PAYLOAD_TOO_LARGE", large.json()),
        ("SERVICE_UNAVAILABLE", full(&shop).await.json()),
        ("BAD_REQUEST", batched(&shop).await.json()),
        ("TIMEOUT", late.json()),
        ("REQUEST_TIMEOUT", slow.json()),
        ("RATE_LIMITED", spent(&shop).await),
        ("RATE_LIMITED_ERROR", attempted(&shop).await),
        ("TOO_MANY_OPERATIONS", crowded().await),
    ];
    let mut text = read(MANUAL);
    for (mark, answer) in all {
        let begin = format!("\n```json {mark}\n");
        text = between(&text, &begin, "```\n", &shown(answer));
    }
    check(MANUAL, &text);
}
