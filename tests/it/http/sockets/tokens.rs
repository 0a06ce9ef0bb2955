//! On whose behalf operations on a socket run, and until when.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::Utc;
use purser::auth::revoke;
use purser::http::SocketLimits;
use serde_json::{Value, json};

use super::{PROTOCOL, Served, Socket, bearer, code};
use crate::app::Variant;
use crate::auth::{mutate, sign_up, text};
use crate::http::keyed;

/// Looks after tokens all the time.
fn watchful() -> SocketLimits {
    SocketLimits {
        checks: Duration::from_millis(10),
        ..SocketLimits::default()
    }
}

#[tokio::test]
async fn the_payload_or_the_header_says_who_asks() {
    let served = Served::sqlite().await;
    let mary = sign_up(&served.app, "mary@example.com").await;
    let (user, token) = (text(&mary["user"], "id"), text(&mary, "accessToken"));
    let header = format!("Bearer {token}");
    let with_header = [PROTOCOL, ("authorization", header.as_str())];
    for (headers, payload) in [
        (&with_header[..1], json!({ "Authorization": header })),
        (&with_header[..1], json!({ "authorization": header })),
        (&with_header[..], json!({})),
        (&with_header[..], json!({ "Authorization": header })),
    ] {
        let mut socket = Socket::open(served.address, headers).await.unwrap();
        socket.initialise(payload).await;
        assert_eq!(
            socket.data("1", "{ me { id } }").await["me"]["id"],
            user.as_str()
        );
    }
    let mut nobody = served.anonymous().await;
    assert_eq!(nobody.data("1", "{ me { id } }").await["me"], Value::Null);
}

#[tokio::test]
async fn a_token_that_is_not_good_is_never_nobody() {
    let served = Served::sqlite().await;
    let good = text(
        &sign_up(&served.app, "mary@example.com").await,
        "accessToken",
    );
    let header = format!("Bearer {good}");
    let with_header = [PROTOCOL, ("authorization", header.as_str())];
    let bad_header = [PROTOCOL, ("authorization", "Bearer garbage")];
    for (headers, payload) in [
        (&with_header[..1], bearer("garbage")),
        (&with_header[..1], json!({ "Authorization": good })),
        (&with_header[..1], json!({ "Authorization": "" })),
        (&with_header[..1], json!({ "Authorization": null })),
        (&with_header[..1], json!({ "Authorization": [header] })),
        (
            &with_header[..1],
            json!({ "Authorization": header, "authorization": header }),
        ),
        (&with_header[..], bearer("garbage")),
        (&bad_header[..], json!({})),
        (&bad_header[..], bearer(&good)),
    ] {
        let mut socket = Socket::open(served.address, headers).await.unwrap();
        socket
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        let (code, reason) = socket.closed().await;
        assert_eq!(code, 4403, "{payload}");
        assert!(reason.starts_with("Forbidden: "), "{reason}");
        assert!(!reason.contains(&good[..20]), "{reason}");
    }
}

#[tokio::test]
async fn nobody_is_known_where_it_is_not_known_what_is_revoked() {
    let served = Served::of(Variant {
        most_behind: Duration::ZERO,
        ..Variant::default()
    })
    .await;
    let token = text(
        &sign_up(&served.app, "mary@example.com").await,
        "accessToken",
    );
    tokio::time::sleep(Duration::from_millis(5)).await;
    let mut socket = served.open().await;
    socket
        .say(json!({ "type": "connection_init", "payload": bearer(&token) }))
        .await;
    assert_eq!(socket.closed().await.0, 1013);
    let mut socket = served.anonymous().await;
    socket.data("1", "{ __typename }").await;
}

#[tokio::test]
async fn the_socket_closes_when_its_token_expires() {
    let keyed = keyed::Keyed::new().await;
    let served = Served::of(Variant {
        keys: keyed.keys(),
        sockets: watchful(),
        ..Variant::default()
    })
    .await;
    // Where a machine is too slow for a token of a second, it gets a longer one.
    for seconds in [1, 4, 16, 64] {
        // Tokens are good for five seconds longer than they say.
        let expires = keyed::now() + seconds - 5;
        let token = keyed.sign(&keyed::claims_with("exp", json!(expires)));
        let mut socket = served.open().await;
        socket
            .say(json!({ "type": "connection_init", "payload": bearer(&token) }))
            .await;
        match socket.hear_or_close().await {
            Ok(first) => assert_eq!(first, json!({ "type": "connection_ack" })),
            Err((code, reason)) => {
                assert_eq!((code, reason.contains("expired")), (4403, true), "{reason}");
                continue;
            }
        }
        let (code, reason) = socket.closed().await;
        assert_eq!(code, 4403);
        assert!(reason.contains("expired"), "{reason}");
        return;
    }
    panic!("no token was good for long enough");
}

#[tokio::test]
async fn the_socket_of_a_user_who_is_kept_out_closes() {
    let served = Served::limited(watchful()).await;
    let mary = sign_up(&served.app, "mary@example.com").await;
    let mut socket = served.socket(bearer(&text(&mary, "accessToken"))).await;
    let admin = served.app.admin().await;
    let input = json!({ "user": text(&mary["user"], "id") });
    mutate(&admin, "disableUser", input, "userErrors { code }").await;
    let (code, reason) = socket.closed().await;
    assert_eq!(code, 4403);
    assert!(
        reason.starts_with("Forbidden: The token is not valid"),
        "{reason}"
    );
}

#[tokio::test]
async fn an_operation_of_a_token_that_was_revoked_is_refused() {
    // Nothing but the operation looks whether the token is still good.
    let served = Served::limited(SocketLimits {
        checks: Duration::from_hours(1),
        ..SocketLimits::default()
    })
    .await;
    let mary = sign_up(&served.app, "mary@example.com").await;
    let token = text(&mary, "accessToken");
    let mut socket = served.socket(bearer(&token)).await;
    let mut other = served.socket(bearer(&token)).await;
    socket.data("1", "{ me { id } }").await;
    // One that ends itself is answered.
    socket
        .data("2", "mutation { logOutEverywhere { userErrors { code } } }")
        .await;
    let by_post = served.app.bearer(&token).query("{ me { id } }").await;
    assert_eq!(by_post.status, StatusCode::UNAUTHORIZED);
    for socket in [&mut socket, &mut other] {
        socket.subscribe("3", "{ me { id } }").await;
        let errors = socket.refusal("3").await;
        assert_eq!(code(&errors), "UNAUTHENTICATED");
        assert_eq!(errors[0]["message"], by_post.errors()[0]["message"]);
        assert_eq!(socket.closed().await.0, 4403);
    }
}

#[tokio::test]
async fn what_runs_when_the_token_is_revoked_is_answered() {
    let served = Served::limited(watchful()).await;
    let token = text(
        &sign_up(&served.app, "mary@example.com").await,
        "accessToken",
    );
    let auth = &served.app.door.auth;
    let header = format!("Bearer {token}");
    let identity = auth
        .identity(Some(header.as_bytes()), None, Utc::now())
        .await;
    let mut socket = served.socket(bearer(&token)).await;
    // Nobody else writes meanwhile, so the operation waits.
    let writer = served.app.database().begin().await.unwrap();
    let update = "mutation { updateProfile(input: { displayName: \"Mary S.\" }) \
                  { userErrors { code } } }";
    socket.subscribe("1", update).await;
    // By the second one the operation has been polled: tasks take turns.
    socket.is_heard().await;
    socket.is_heard().await;
    let session = identity.unwrap().session.unwrap();
    auth.note(revoke(&*writer, session, Utc::now()).await.unwrap());
    socket.subscribe("2", "{ __typename }").await;
    assert_eq!(code(&socket.refusal("2").await), "UNAUTHENTICATED");
    writer.rollback().await.unwrap();
    let result = socket.result("1").await;
    assert_eq!(result["data"]["updateProfile"]["userErrors"], json!([]));
    assert_eq!(socket.closed().await.0, 4403);
}
