//! How much is answered at once, in how much memory, and for how long.

use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};
use purser::auth::Issuer;
use purser::http::LoadLimits;
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use tokio::net::TcpListener;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{HELLO, assert_refused, value};
use crate::app::{Actor, Reply, TestApp, Variant, not_covered};
use crate::statements::Statements;

/// Of more than 16 KiB, and less than 32.
const LARGE: &str = "{ products(first: 40) { nodes { description slug name sku id } } }";

/// The address of a client that takes all it can.
const HERE: &str = "192.0.2.1";

/// A mutation, which waits while somebody else writes.
const WAITS: &str = "mutation { updateProfile(input: { displayName: \"Ada\" }) { user { id } } }";

/// Sees that a request is refused while another one waits, for want of a place or
/// of room.
async fn is_refused_beside(
    slow: impl Future<Output = Reply>,
    request: impl Future<Output = Reply>,
) -> Reply {
    let refused = tokio::select! {
        biased;
        _ = slow => panic!("it did not wait"),
        refused = request => refused,
    };
    let status = StatusCode::SERVICE_UNAVAILABLE;
    assert_refused(&refused, status, "SERVICE_UNAVAILABLE");
    refused
}

#[tokio::test]
async fn what_is_more_than_can_be_answered_at_once_is_refused() {
    let shop = TestApp::sqlite().await;
    let load = LoadLimits {
        at_once: 1,
        ..LoadLimits::default()
    };
    let app = shop.node(Variant::of_load(load)).await;
    let (ada, anonymous) = (app.actor("ada").await, app.anonymous());
    let writer = shop.database().begin().await.unwrap();
    let mut slow = pin!(ada.query(WAITS));
    for accept in ["application/json", "text/event-stream"] {
        let body = Request::post("/graphql").header("content-type", "application/json");
        let body = body.header("accept", accept).body(Body::from(HELLO));
        let refused = is_refused_beside(&mut slow, app.send(body.unwrap())).await;
        assert_eq!(value(&refused.headers, "retry-after"), "1");
    }
    // Other places are there all the same.
    let live = Request::get("/livez").body(Body::empty()).unwrap();
    assert_eq!(app.send(live).await.status, StatusCode::OK);
    writer.rollback().await.unwrap();
    slow.await.data();
    anonymous.query("{ __typename }").await.data();
}

#[tokio::test]
async fn an_answer_as_events_has_a_place_until_it_is_there() {
    let shop = TestApp::sqlite().await;
    let load = LoadLimits {
        at_once: 1,
        ..LoadLimits::default()
    };
    let app = shop.node(Variant::of_load(load)).await;
    let (ada, anonymous) = (app.actor("ada").await, app.anonymous());
    let writer = shop.database().begin().await.unwrap();
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .header("accept", "text/event-stream")
        .header("authorization", format!("Bearer {}", ada.token()))
        .body(Body::from(json!({ "query": WAITS }).to_string()));
    let mut slow = pin!(app.send(request.unwrap()));
    is_refused_beside(&mut slow, anonymous.query("{ __typename }")).await;
    writer.rollback().await.unwrap();
    assert_eq!(slow.await.status, StatusCode::OK);
    anonymous.query("{ __typename }").await.data();
}

#[tokio::test]
async fn bodies_that_are_large_need_room() {
    let shop = TestApp::sqlite().await;
    let load = LoadLimits {
        bytes: 512 * 1024,
        body: Duration::from_millis(50),
        ..LoadLimits::default()
    };
    let app = shop.node(Variant::of_load(load)).await;
    let ada = app.actor("ada").await.from(HERE);
    let (here, there) = (app.anonymous().from(HERE), app.anonymous());
    let writer = shop.database().begin().await.unwrap();
    let variables = json!({ "a": "x".repeat(150_000) });
    let mut slow = pin!(ada.query_with(WAITS, variables.clone()));
    is_refused_beside(
        &mut slow,
        here.query_with("{ __typename }", variables.clone()),
    )
    .await;
    // Others have a share of their own, answers room of their own, and what is
    // small always has some.
    let other = there.query_with("{ __typename }", variables.clone());
    other.await.data();
    here.query(LARGE).await.data();
    let few = json!({ "a": vec![0; 200] });
    here.query_with("{ __typename }", few).await.data();
    writer.rollback().await.unwrap();
    slow.await.data();
    let again = here.query_with("{ __typename }", variables);
    again.await.data();
}

#[tokio::test]
async fn many_values_by_get_need_room_together() {
    let shop = TestApp::sqlite().await;
    let load = LoadLimits {
        bytes: 2 * 1024 * 1024,
        ..LoadLimits::default()
    };
    let app = shop.node(Variant::of_load(load)).await;
    let get = async |count: usize| {
        let many = json!({ "a": vec![0; count] }).to_string();
        let parameters = [
            ("query", "{ __typename }"),
            ("variables", &many),
            ("extensions", &many),
        ];
        let request = Request::get(super::query_string(&parameters))
            .header("graphql-require-preflight", "1")
            .body(Body::empty());
        app.send(request.unwrap()).await
    };
    // Each takes more than half of a share.
    get(1_200).await.data();
    let refused = get(1_500).await;
    assert_refused(&refused, StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE");
}

/// A client that has all its places keeps no other one out.
#[tokio::test]
async fn one_client_has_half_of_the_places() {
    let shop = TestApp::sqlite().await;
    let load = LoadLimits {
        at_once: 2,
        ..LoadLimits::default()
    };
    let app = shop.node(Variant::of_load(load)).await;
    let ada = app.actor("ada").await.from(HERE);
    let (here, there) = (app.anonymous().from(HERE), app.anonymous());
    let writer = shop.database().begin().await.unwrap();
    let mut slow = pin!(ada.query(WAITS));
    is_refused_beside(&mut slow, here.query("{ __typename }")).await;
    there.query("{ __typename }").await.data();
    writer.rollback().await.unwrap();
    slow.await.data();
    here.query("{ __typename }").await.data();
}

/// Bodies that do not come to their end keep only those of the same client
/// waiting.
#[tokio::test]
async fn one_client_has_half_of_the_room_for_bodies() {
    let shop = TestApp::sqlite().await;
    let load = LoadLimits {
        bytes: 512 * 1024,
        ..LoadLimits::default()
    };
    let app = shop.node(Variant::of_load(load)).await;
    let (here, there) = (app.anonymous().from(HERE), app.anonymous());
    let stalled = async || {
        let part = stream::iter([Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 17_000]))]);
        let request = Request::post("/graphql")
            .header("content-type", "application/json")
            .header("content-length", "1000000")
            .header("x-forwarded-for", HERE)
            .body(Body::from_stream(part.chain(stream::pending())));
        app.send(request.unwrap()).await
    };
    let variables = json!({ "a": "x".repeat(20_000) });
    let large = |actor| Actor::query_with(actor, "{ __typename }", variables.clone());
    {
        let mut attack = pin!(join_all((0..20).map(|_| stalled())));
        let mut waits = pin!(large(&here));
        tokio::select! {
            biased;
            _ = &mut attack => panic!("a body without an end was read"),
            _ = &mut waits => panic!("it did not wait"),
            reply = large(&there) => { reply.data(); }
        }
        here.query("{ __typename }").await.data();
    }
    large(&here).await.data();
}

#[tokio::test]
async fn a_body_is_counted_whatever_nobody_reads_of_it() {
    let app = TestApp::shared().await;
    let deep = format!("{}{}", "[".repeat(129), "]".repeat(129));
    let objects = "{\"\":0},".repeat(70_000);
    let body = |deep: &str| {
        format!(
            "{{\"x\":{deep},\"query\":\"{{__typename}}\",\"variables\":{{\"a\":[{objects}0]}}}}"
        )
    };
    for deep in ["[]", &deep] {
        let refused = app.anonymous().post(body(deep)).await;
        assert_refused(&refused, StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_given_up_part_by_part() {
    let shop = TestApp::sqlite().await;
    let load = LoadLimits {
        bytes: 512 * 1024,
        ..LoadLimits::default()
    };
    let app = shop.node(Variant::of_load(load)).await;
    let anonymous = app.anonymous();
    let parts = |count: usize| {
        let field = LARGE.strip_prefix("{ ").unwrap();
        let field = field.strip_suffix(" }").unwrap();
        let parts: Vec<_> = (0..count).map(|n| format!("a{n}: {field}")).collect();
        format!("{{ {} }}", parts.join(" "))
    };
    anonymous.query(&parts(1)).await.data();
    let statements = Statements::default();
    let subscriber = Registry::default().with(statements.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    let refused = anonymous.query(&parts(20)).await;
    drop(guard);
    assert_refused(&refused, StatusCode::BAD_REQUEST, "QUERY_TOO_COMPLEX");
    let ran = statements.0.lock().unwrap().len();
    assert!(ran < 10, "{ran} of 20");
}

/// While changes are being kept it is not known what a give-up would mean.
#[tokio::test]
async fn what_is_being_kept_is_waited_for() {
    let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
        return not_covered("TEST_POSTGRES_URL");
    };
    let shop = TestApp::on_server(&server, 2).await;
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
                'BEGIN PERFORM pg_sleep(2); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON users \
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()";
    shop.database()
        .orm()
        .execute_unprepared(slow)
        .await
        .unwrap();
    let load = LoadLimits {
        answer: Duration::from_secs(1),
        ..LoadLimits::default()
    };
    let app = shop.node(Variant::of_load(load)).await;
    let kept = app.actor("ada").await.query(WAITS).await.data();
    assert!(kept["updateProfile"]["user"]["id"].is_string(), "{kept}");
    app.database().close().await;
    shop.remove().await;
}

#[tokio::test]
async fn bodies_that_take_too_long_are_given_up() {
    let load = LoadLimits {
        body: Duration::from_millis(50),
        ..LoadLimits::default()
    };
    let shop = TestApp::sqlite().await;
    let app = shop.node(Variant::of_load(load)).await;
    let body = stream::pending::<Result<Bytes, std::io::Error>>();
    let slow = Request::post("/graphql").header("content-type", "application/json");
    let reply = app.send(slow.body(Body::from_stream(body)).unwrap()).await;
    assert_refused(&reply, StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT");
}

#[tokio::test]
async fn answers_that_take_too_long_are_given_up() {
    let load = LoadLimits {
        answer: Duration::from_millis(50),
        ..LoadLimits::default()
    };
    let shop = TestApp::sqlite().await;
    let app = shop.node(Variant::of_load(load)).await;
    let ada = app.actor("ada").await;
    let _writer = shop.database().begin().await.unwrap();
    let reply = ada.query(WAITS).await;
    assert_refused(&reply, StatusCode::GATEWAY_TIMEOUT, "TIMEOUT");
}

/// An issuer of tokens may take long to say which keys it has.
#[tokio::test]
async fn who_asks_is_found_out_within_the_time_of_the_request() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", silent.local_addr().unwrap());
    let settings = json!({ "issuer": issuer, "audience": "shop" });
    let shop = TestApp::sqlite().await;
    let app = shop
        .node(Variant {
            issuers: vec![Issuer::new(serde_json::from_value(settings).unwrap()).unwrap()],
            batch: 5,
            load: LoadLimits {
                answer: Duration::from_millis(50),
                ..LoadLimits::default()
            },
            ..Variant::default()
        })
        .await;
    let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "1" });
    let parts =
        [header, json!({ "iss": issuer })].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let bearer = app.bearer(&format!("{}.AA", parts.join(".")));
    for body in [HELLO.to_owned(), format!("[{HELLO}]")] {
        let late = bearer.post(body).await;
        assert_refused(&late, StatusCode::GATEWAY_TIMEOUT, "TIMEOUT");
    }
}
