//! What a request may say.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{HELLO, JSON, assert_refused, get, post, query_string, send, value};
use crate::app::TestApp;
use crate::bad_input::assert_nothing_internal;

#[tokio::test]
async fn a_query_is_answered_by_post_and_by_get() {
    let answer = json!({ "data": { "__typename": "Query" } });
    assert_eq!(post(&[], HELLO).await.json(), answer);
    let uri = query_string(&[("query", "{ __typename }")]);
    assert_eq!(get(&uri, &[]).await.json(), answer);
}

#[tokio::test]
async fn get_takes_the_same_parameters_as_post() {
    let query =
        "query A { __typename } query B($n: Int) { products(first: $n) { nodes { __typename } } }";
    let variables = json!({ "n": 2 });
    let body = json!({
        "query": query, "operationName": "B", "variables": variables, "extensions": {},
    });
    let by_post = post(&[], body.to_string()).await;
    let uri = query_string(&[
        ("query", query),
        ("operationName", "B"),
        ("variables", &variables.to_string()),
        ("extensions", "{}"),
    ]);
    let by_get = get(&uri, &[]).await;
    assert_eq!(
        by_post.data()["products"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(by_get.body, by_post.body);
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let uri = query_string(&[("query", "{ __typename }")]);
    let reply = send(
        Method::HEAD,
        &uri,
        &[("graphql-require-preflight", "1")],
        Body::empty(),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(value(&reply.headers, "content-type"), JSON);
    assert!(reply.body.is_empty());
}

#[tokio::test]
async fn null_parameters_count_as_left_out() {
    let body =
        r#"{"query":"{ __typename }","operationName":null,"variables":null,"extensions":null}"#;
    assert_eq!(post(&[], body).await.data()["__typename"], "Query");
}

#[tokio::test]
async fn one_of_several_operations_is_named() {
    let query = "query A { a: __typename } query B { b: __typename }";
    let ask = async |name: Value| {
        let body = json!({ "query": query, "operationName": name });
        post(
            &[("accept", "application/graphql-response+json")],
            body.to_string(),
        )
        .await
    };
    assert_eq!(ask(json!("B")).await.data(), json!({ "b": "Query" }));
    for name in [Value::Null, json!("C"), json!("")] {
        let reply = ask(name.clone()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(reply.code(), "OPERATION_RESOLUTION_FAILURE", "{name}");
    }
}

#[tokio::test]
async fn get_changes_nothing() {
    let shop = TestApp::shared().await;
    let ada = shop.actor("ada").await;
    let token = format!("Bearer {}", ada.token());
    let change = "updateProfile(input: { displayName: \"Nobody\" }) { user { displayName } }";
    let me = "{ me { displayName } }";
    let before = ada.query(me).await.data();
    for accept in ["application/json", "application/graphql-response+json"] {
        for query in [
            format!("mutation M {{ {change} }}"),
            format!("mutation M {{ {change} }} query Q {{ __typename }}"),
        ] {
            let uri = query_string(&[("query", &query), ("operationName", "M")]);
            let headers = [("accept", accept), ("authorization", token.as_str())];
            let reply = get(&uri, &headers).await;
            assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(reply.code(), "METHOD_NOT_ALLOWED");
            assert_eq!(value(&reply.headers, "allow"), "POST");
            assert_nothing_internal(&reply);
        }
    }
    assert_eq!(ada.query(me).await.data(), before);
}

#[tokio::test]
async fn a_request_has_a_query() {
    for body in [
        "{}",
        r#"{"query":null}"#,
        r#"{"query":5}"#,
        r#"{"query":["{ __typename }"]}"#,
        r#"{"query":{}}"#,
        r#"{"Query":"{ __typename }"}"#,
    ] {
        let reply = post(&[], body).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        assert!(
            reply.errors()[0]["message"]
                .as_str()
                .unwrap()
                .contains("query"),
            "{body}"
        );
    }
    for uri in ["/graphql", "/graphql?", "/graphql?variables={}"] {
        let reply = get(uri, &[]).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
    }
}

#[tokio::test]
async fn a_parameter_of_another_type_is_named() {
    for (name, wrong) in [
        ("variables", json!([])),
        ("variables", json!("{}")),
        ("variables", json!(1)),
        ("extensions", json!([])),
        ("extensions", json!(true)),
        ("operationName", json!(1)),
        ("operationName", json!({})),
    ] {
        let body = json!({ "query": "{ __typename }", name: wrong });
        let reply = post(&[], body.to_string()).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        assert!(
            reply.errors()[0]["message"]
                .as_str()
                .unwrap()
                .contains(name),
            "{body}"
        );
    }
    for (name, wrong) in [("variables", "x"), ("variables", "[]"), ("extensions", "1")] {
        let uri = query_string(&[("query", "{ __typename }"), (name, wrong)]);
        let reply = get(&uri, &[]).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        assert!(
            reply.errors()[0]["message"]
                .as_str()
                .unwrap()
                .contains(name),
            "{uri}"
        );
    }
}

#[tokio::test]
async fn a_batch_is_refused() {
    for body in [
        format!("[{HELLO}]"),
        format!("[{HELLO},{HELLO}]"),
        "[]".to_owned(),
        r#"["{ __typename }"]"#.to_owned(),
        r#"["{ __typename }",null,null,null]"#.to_owned(),
    ] {
        let reply = post(&[], body.clone()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        let message = reply.errors()[0]["message"].clone();
        assert!(
            message.as_str().unwrap().contains("one JSON object"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_field_given_twice_is_refused() {
    for body in [
        r#"{"query":"{ __typename }","query":"{ __schema { description } }"}"#,
        r#"{"query":"{ __typename }","variables":{},"variables":{}}"#,
        r#"{"query":"query A { __typename }","operationName":"A","operationName":"A"}"#,
    ] {
        let reply = post(&[], body).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        assert!(
            reply.errors()[0]["message"]
                .as_str()
                .unwrap()
                .contains("twice"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_body_that_nests_without_end_is_refused() {
    const DEPTH: usize = 20_000;
    let lists = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH));
    for deep in [
        &lists,
        &objects,
        &"[".repeat(DEPTH),
        &r#"{"a":"#.repeat(DEPTH),
    ] {
        for body in [
            deep.clone(),
            format!(r#"{{"query":"{{ __typename }}","variables":{{"a":{deep}}}}}"#),
            format!(r#"{{"query":"{{ __typename }}","extensions":{{"a":{deep}}}}}"#),
        ] {
            let reply = post(&[], body).await;
            assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        }
    }
}
