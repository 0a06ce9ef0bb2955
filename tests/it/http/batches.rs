//! Several requests in one body.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use purser::http::LoadLimits;
use serde_json::{Value, json};

use sea_orm::ConnectionTrait as _;

use super::{HELLO, JSON, assert_refused, post, value};
use crate::app::{Actor, Reply, TestApp, Variant, not_covered};

async fn shop() -> TestApp {
    TestApp::sqlite_as(Variant {
        batch: 5,
        ..Variant::default()
    })
    .await
}

async fn ask(actor: &Actor<'_>, requests: &Value) -> Reply {
    actor.post(requests.to_string()).await
}

#[tokio::test]
async fn a_list_of_requests_is_refused_unless_it_is_asked_for() {
    let reply = post(&[], format!("[{HELLO}]")).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
}

#[tokio::test]
async fn each_request_is_answered_by_itself_and_in_turn() {
    let shop = shop().await;
    let rename = |name: &str| {
        let query = "mutation($name: String!) { updateProfile(input: { displayName: $name }) { \
                     user { displayName } } }";
        json!({ "query": query, "variables": { "name": name } })
    };
    let requests = json!([
        rename("First"),
        { "query": "{ nonsense }" },
        { "query": "{ me { displayName } }" },
        rename("Second"),
        5,
    ]);
    let reply = ask(&shop.actor("ada").await, &requests).await;
    assert_eq!(reply.status, StatusCode::OK);
    let answers = reply.json();
    let named = |name| json!({ "data": { "updateProfile": { "user": { "displayName": name } } } });
    assert_eq!(answers[0], named("First"));
    assert_eq!(
        answers[1]["errors"][0]["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert!(answers[1].get("data").is_none(), "{answers:#}");
    assert_eq!(
        answers[2],
        json!({ "data": { "me": { "displayName": "First" } } })
    );
    assert_eq!(answers[3], named("Second"));
    assert_eq!(answers[4]["errors"][0]["extensions"]["code"], "BAD_REQUEST");
    assert_eq!(answers.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_batch_has_so_many_requests() {
    let shop = shop().await;
    let anonymous = shop.anonymous();
    let hello: Value = serde_json::from_str(HELLO).unwrap();
    for count in [0, 6, 10_000] {
        let reply = ask(&anonymous, &json!(vec![&hello; count])).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
    }
    for body in ["[", "[{}", "[{},]", "[{}] x", "[\u{1}]"] {
        let reply = anonymous.post(body).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
    }
    let reply = ask(&anonymous, &json!([hello])).await;
    assert_eq!(reply.json(), json!([{ "data": { "__typename": "Query" } }]));
}

#[tokio::test]
async fn what_went_wrong_is_told_though_there_is_no_more_room() {
    let shop = TestApp::sqlite_as(Variant {
        batch: 5,
        ..Variant::of_load(LoadLimits {
            bytes: 512 * 1024,
            ..LoadLimits::default()
        })
    })
    .await;
    let name = |length: usize| format!("a{:0length$}", 0);
    let most = 32 * 1024;
    // Its key fills what one answer may have, but for what stands around it.
    let keys = (0..300).map(|n| format!("b{n}{}: __typename", name(91)));
    let keys = keys.collect::<Vec<_>>().join(" ");
    let long = json!({ "query": format!("{{ products(first: 1) {{ nodes {{ {keys} }} }} }}") });
    let alone = ask(&shop.anonymous(), &json!([long])).await;
    let alone = alone.body.len();
    assert!((most - 400..most).contains(&alone), "{alone}");
    let wrong = json!({ "query": format!("{{ {} }}", name(120)) });
    let requests = json!([long, wrong, { "query": "{ __schema { queryType { name } } }" }]);
    let answers = ask(&shop.anonymous(), &requests).await.json();
    let code = |place: usize| answers[place]["errors"][0]["extensions"]["code"].clone();
    assert!(answers[0]["data"].is_object());
    assert_eq!(code(1), "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(code(2), "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn a_batch_has_neither_a_key_nor_events_and_its_sender_is_known_before() {
    let shop = shop().await;
    let send = async |name: &str, text: &str| {
        let request = axum::http::Request::builder()
            .method(Method::POST)
            .uri("/graphql")
            .header("content-type", "application/json")
            .header(name, text);
        let body = format!("[{HELLO}]");
        shop.send(request.body(body.into()).unwrap()).await
    };
    let reply = send("idempotency-key", "a").await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
    let reply = send("accept", "text/event-stream").await;
    assert_refused(&reply, StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE");
    let reply = send("authorization", "Bearer x").await;
    assert_refused(&reply, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    let reply = send("accept", "application/json").await;
    assert_eq!(value(&reply.headers, "content-type"), JSON);
}

#[tokio::test]
async fn who_asks_is_determined_for_each_request() {
    let shop = shop().await;
    let revoke = "mutation { logOutEverywhere { userErrors { code } } }";
    let rename = "mutation { updateProfile(input: { displayName: \"Again\" }) { user { id } } }";
    let requests = json!([
        { "query": "{ me { displayName } }" },
        { "query": revoke },
        { "query": rename },
        { "query": "{ __typename }" },
    ]);
    let ada = shop.actor("ada").await;
    let answers = ask(&ada, &requests).await.json();
    let name = &answers[0]["data"]["me"]["displayName"];
    assert!(name.is_string(), "{answers:#}");
    assert_eq!(
        answers[1]["data"]["logOutEverywhere"]["userErrors"],
        json!([])
    );
    for refused in [2, 3] {
        assert!(answers[refused].get("data").is_none(), "{answers:#}");
        let error = &answers[refused]["errors"][0];
        assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED");
    }
    let again = shop.actor("staff").await;
    let kept = again.query("{ users(filter: { displayName: { eq: \"Again\" } }) { totalCount } }");
    assert_eq!(kept.await.data()["users"]["totalCount"], 0);
}

#[tokio::test]
async fn a_batch_has_the_time_of_one_request() {
    let shop = shop().await;
    let hurried = shop
        .node(Variant {
            batch: 5,
            load: LoadLimits {
                answer: Duration::from_millis(200),
                ..LoadLimits::default()
            },
            ..Variant::default()
        })
        .await;
    let ada = hurried.actor("ada").await;
    // Nobody else writes meanwhile, so the mutation waits.
    let writer = shop.database().begin().await.unwrap();
    let update = "mutation { updateProfile(input: { displayName: \"Ada\" }) { user { id } } }";
    let requests = json!([{ "query": "{ __typename }" }, { "query": update }, { "query": update }]);
    let answers = ask(&ada, &requests).await.json();
    assert_eq!(answers[0], json!({ "data": { "__typename": "Query" } }));
    for late in [1, 2] {
        assert_eq!(answers[late]["errors"][0]["extensions"]["code"], "TIMEOUT");
    }
    writer.rollback().await.unwrap();
}

/// Changes that were kept before are no reason to wait for others.
#[tokio::test]
async fn what_is_kept_first_gives_no_time_to_what_follows() {
    let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
        return not_covered("TEST_POSTGRES_URL");
    };
    let shop = TestApp::on_server(&server, 2).await;
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
                'BEGIN PERFORM pg_sleep(2); RETURN NULL; END';
                CREATE TRIGGER slow AFTER UPDATE ON users FOR EACH ROW \
                WHEN (NEW.display_name = 'Slow') EXECUTE FUNCTION slow()";
    shop.database()
        .orm()
        .execute_unprepared(slow)
        .await
        .unwrap();
    let hurried = shop
        .node(Variant {
            batch: 5,
            load: LoadLimits {
                answer: Duration::from_secs(1),
                ..LoadLimits::default()
            },
            ..Variant::default()
        })
        .await;
    let rename = |name: &str| {
        let query = format!(
            "mutation {{ updateProfile(input: {{ displayName: \"{name}\" }}) {{ \
             user {{ displayName }} }} }}"
        );
        json!({ "query": query })
    };
    let requests = json!([rename("Quick"), rename("Slow"), rename("Slow")]);
    let answers = ask(&hurried.actor("ada").await, &requests).await.json();
    let kept = &answers[0]["data"]["updateProfile"]["user"]["displayName"];
    assert_eq!(kept, "Quick", "{answers:#}");
    for late in [1, 2] {
        assert_eq!(
            answers[late]["errors"][0]["extensions"]["code"], "TIMEOUT",
            "{answers:#}"
        );
    }
    hurried.database().close().await;
    shop.remove().await;
}

#[tokio::test]
async fn answers_of_a_batch_that_find_no_room_are_refused_by_themselves() {
    let shop = TestApp::sqlite_as(Variant {
        batch: 5,
        load: LoadLimits {
            bytes: 1024 * 1024,
            ..LoadLimits::default()
        },
        ..Variant::default()
    })
    .await;
    let large =
        json!({ "query": "{ products(first: 100) { nodes { description attributes slug } } }" });
    let requests = json!([&large, &large, &large, &large, { "query": "{ __typename }" }]);
    let answers = ask(&shop.anonymous(), &requests).await.json();
    let refused: Vec<_> = (0..5)
        .map(|place| answers[place]["errors"][0]["extensions"]["code"].as_str())
        .collect();
    let too_much = Some("QUERY_TOO_COMPLEX");
    assert_eq!((refused[0], refused[3]), (None, too_much), "{refused:?}");
    assert_eq!(refused[4], None, "{refused:?}");
}
