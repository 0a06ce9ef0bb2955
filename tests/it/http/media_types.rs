//! The media types of requests and answers, and the status of each.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{HELLO, JSON, RESPONSE, assert_refused, get, post, query_string, send, value, varies};

#[tokio::test]
async fn bodies_come_as_json_in_utf_8() {
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
        "Application/JSON",
        "application/json; profile=x",
    ] {
        let reply = send(
            Method::POST,
            "/graphql",
            &[("content-type", content_type)],
            HELLO,
        )
        .await;
        assert_eq!(reply.status, StatusCode::OK, "{content_type}");
    }
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/graphql+json",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "text/json",
        "application/jsonp",
        "",
    ] {
        let reply = send(
            Method::POST,
            "/graphql",
            &[("content-type", content_type)],
            HELLO,
        )
        .await;
        assert_refused(
            &reply,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
        );
    }
    let reply = send(Method::POST, "/graphql", &[], HELLO).await;
    assert_refused(
        &reply,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
    );
}

#[tokio::test]
async fn whoever_sends_something_else_is_told_what_is_wrong_with_it() {
    for (name, text, told) in [
        (
            "content-type",
            "text/plain",
            "sent as Content-Type: application/json",
        ),
        (
            "content-type",
            "application/json; charset=utf-16",
            "in UTF-8",
        ),
        ("content-encoding", "gzip", "Leave Content-Encoding out"),
    ] {
        let reply = if name == "content-type" {
            send(Method::POST, "/graphql", &[(name, text)], HELLO).await
        } else {
            post(&[(name, text)], HELLO).await
        };
        let message = reply.json()["errors"][0]["message"].to_string();
        assert!(message.contains(told), "{text}: {message}");
    }
    for (body, told) in [
        ("", "The body is empty. A request is a JSON object"),
        (" \n", "The body is empty. "),
        ("\u{feff}{}", "begins with a byte order mark"),
        (
            "{ products }",
            "is not JSON, from line 1, column 3 on. A request is",
        ),
        ("{\n'query': 1}", "is not JSON, from line 2, column 1 on. "),
        (
            "{\"variables\":{\"a\":1e999}}",
            "number that ends in line 1, column 23 is larger than any may be.",
        ),
    ] {
        let reply = post(&[], body).await;
        assert_refused(&reply, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        let message = reply.json()["errors"][0]["message"].to_string();
        assert!(message.contains(told), "{body}: {message}");
    }
}

#[tokio::test]
async fn answers_come_as_the_client_likes_best() {
    for (accept, content_type) in [
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/json; charset=utf-8", JSON),
        ("application/graphql-response+json", RESPONSE),
        (
            "application/graphql-response+json, application/json;q=0.9",
            RESPONSE,
        ),
        (
            "application/json;q=0.9, application/graphql-response+json",
            RESPONSE,
        ),
        (
            "application/json, application/graphql-response+json;q=0.5",
            JSON,
        ),
        ("text/html, application/json;q=0.1", JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
    ] {
        let reply = post(&[("accept", accept)], HELLO).await;
        assert_eq!(reply.status, StatusCode::OK, "{accept}");
        assert_eq!(
            value(&reply.headers, "content-type"),
            content_type,
            "{accept}"
        );
    }
    let reply = post(&[], HELLO).await;
    assert_eq!(value(&reply.headers, "content-type"), JSON);
}

#[tokio::test]
async fn a_client_that_takes_no_json_is_told() {
    for accept in ["text/html", "image/*", "application/json;q=0", "*/*;q=0"] {
        let reply = post(&[("accept", accept)], HELLO).await;
        assert_refused(&reply, StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE");
    }
}

#[tokio::test]
async fn caches_are_told_that_the_media_type_depends_on_the_client() {
    assert!(varies(&post(&[], HELLO).await, "accept"));
    let uri = query_string(&[("query", "{ __typename }")]);
    assert!(varies(&get(&uri, &[]).await, "accept"));
}

#[tokio::test]
async fn compressed_bodies_are_refused() {
    for coding in ["gzip", "br", "deflate", "nonsense"] {
        let reply = post(&[("content-encoding", coding)], HELLO).await;
        assert_refused(
            &reply,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
        );
    }
}

#[tokio::test]
async fn the_status_tells_only_in_the_newer_media_type() {
    for query in ["{", "{ nonsense }"] {
        let body = json!({ "query": query }).to_string();
        let older = post(&[("accept", "application/json")], body.clone()).await;
        assert_eq!(older.status, StatusCode::OK, "{query}");
        let newer = post(&[("accept", "application/graphql-response+json")], body).await;
        assert_eq!(newer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(older.errors(), newer.errors());
    }
}

#[tokio::test]
async fn refusals_come_in_the_media_type_that_is_liked_best() {
    for (accept, expected) in [
        ("application/graphql-response+json", RESPONSE),
        ("application/json", JSON),
        ("text/event-stream", JSON),
        ("*/*", JSON),
    ] {
        let headers = [("accept", accept), ("authorization", "Bearer x")];
        let bad_token = post(&headers, HELLO).await;
        assert_refused(&bad_token, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
        let no_json = post(&[("accept", accept)], "{").await;
        assert_refused(&no_json, StatusCode::BAD_REQUEST, "BAD_REQUEST");
        for reply in [bad_token, no_json] {
            assert_eq!(value(&reply.headers, "content-type"), expected);
            assert_eq!(value(&reply.headers, "vary"), "accept");
        }
    }
}
