//! What may be said on a socket, and when.

use std::time::Duration;

use purser::http::SocketLimits;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::Served;
use crate::http::logs::Lines;

#[tokio::test]
async fn a_client_that_does_not_say_who_it_is_is_closed() {
    let served = Served::limited(SocketLimits {
        initialisation: Duration::from_millis(1),
        ..SocketLimits::default()
    })
    .await;
    let late = (4408, "Connection initialisation timeout".to_owned());
    assert_eq!(served.open().await.closed().await, late);
}

#[tokio::test]
async fn a_client_that_says_it_twice_is_closed() {
    let served = Served::sqlite().await;
    let mut socket = served.anonymous().await;
    socket.say(json!({ "type": "connection_init" })).await;
    let again = (4429, "Too many initialisation requests".to_owned());
    assert_eq!(socket.closed().await, again);
    socket.ends().await;
}

#[tokio::test]
async fn no_operation_begins_before_it_is_known_who_asks() {
    let served = Served::sqlite().await;
    let mut socket = served.open().await;
    // Unknown ids and signs of life are no operations.
    socket.say(json!({ "type": "complete", "id": "1" })).await;
    socket.is_heard().await;
    socket.subscribe("1", "{ __typename }").await;
    assert_eq!(socket.closed().await, (4401, "Unauthorized".to_owned()));
}

#[tokio::test]
async fn what_is_none_of_the_protocol_closes_the_socket() {
    let served = Served::sqlite().await;
    let operation = |payload: Value| json!({ "id": "1", "type": "subscribe", "payload": payload });
    for message in [
        Message::text("{"),
        Message::text("[]"),
        Message::text(json!({ "type": "start", "id": "1" }).to_string()),
        Message::text(json!({ "type": "complete" }).to_string()),
        Message::text(operation(json!({})).to_string()),
        Message::text(operation(json!({ "query": 1 })).to_string()),
        Message::text(operation(json!({ "query": "{ a }", "extensions": [] })).to_string()),
        Message::binary(json!({ "type": "ping" }).to_string()),
    ] {
        let mut socket = served.anonymous().await;
        socket.send(message.clone()).await;
        let (code, reason) = socket.closed().await;
        assert_eq!(code, 4400, "{message}");
        assert!(reason.len() > 10, "{message}: {reason}");
        socket.ends().await;
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_closes_the_socket() {
    let served = Served::limited(SocketLimits {
        message: 1000,
        ..SocketLimits::default()
    })
    .await;
    let ping = |size: usize| {
        let around = r#"{"type":"ping","payload":{"a":""}}"#.len();
        let text = json!({ "type": "ping", "payload": { "a": "x".repeat(size - around) } });
        let text = text.to_string();
        assert_eq!(text.len(), size);
        Message::text(text)
    };
    let mut socket = served.anonymous().await;
    socket.send(ping(1000)).await;
    assert_eq!(socket.hear().await["type"], "pong");
    socket.send(ping(1001)).await;
    let (code, reason) = socket.closed().await;
    assert_eq!(
        (code, &*reason),
        (4400, "The message is larger than 1000 bytes.")
    );
    socket.ends().await;

    // Not read to its end.
    let mut socket = served.anonymous().await;
    socket.send(ping(100_000)).await;
    let (code, reason) = socket.closed().await;
    assert_eq!(
        (code, &*reason),
        (4400, "The message is larger than 1000 bytes.")
    );
}

#[tokio::test]
async fn a_message_that_is_no_text_closes_the_socket() {
    let served = Served::sqlite().await;
    let mut socket = served.anonymous().await;
    let frame = Frame::message(vec![0xff], OpCode::Data(Data::Text), true);
    socket.send(Message::Frame(frame)).await;
    let (code, reason) = socket.closed().await;
    assert_eq!((code, &*reason), (4400, "Messages must be UTF-8."));
}

#[tokio::test]
async fn a_client_that_vanishes_is_told_nothing() {
    let served = Served::limited(SocketLimits {
        sockets: 1,
        ..SocketLimits::default()
    })
    .await;
    // Who logs for the first time while somebody begins to listen may miss that.
    let mut wrong = served.anonymous().await;
    wrong.say(json!({ "type": "connection_init" })).await;
    assert_eq!(wrong.closed().await.0, 4429);
    drop(wrong);
    let (lines, _guard) = Lines::of("purser::http::socket::connection");
    for rest in [&[][..], b"\x81", &[0xff; 100]] {
        let mut client = served.next_place().await;
        client.initialise(json!({})).await;
        client.stream.get_mut().write_all(rest).await.unwrap();
        drop(client);
    }
    let mut wrong = served.next_place().await;
    wrong.say(json!({ "type": "ping" })).await;
    wrong.send(Message::binary("")).await;
    wrong.hear().await;
    assert_eq!(wrong.closed().await.0, 4400);
    let said = lines.said();
    let closed = said.iter().filter(|line| line.contains("closed"));
    let closed: Vec<_> = closed.collect();
    assert_eq!(closed.len(), 1, "{said:#?}");
    assert!(closed[0].contains("code=4400"), "{said:#?}");
}

#[tokio::test]
async fn an_id_stands_for_one_operation_at_a_time() {
    let served = Served::sqlite().await;
    let mut socket = served.socket_of("ada").await;
    // Nobody else writes meanwhile, so the first one waits.
    let writer = served.app.database().begin().await.unwrap();
    let update =
        "mutation { updateProfile(input: { displayName: \"Ada\" }) { userErrors { code } } }";
    socket.subscribe("a", update).await;
    socket.subscribe("b", "{ __typename }").await;
    assert_eq!(socket.result("b").await["data"]["__typename"], "Query");
    assert_eq!(
        socket.data("b", "{ __typename }").await["__typename"],
        "Query"
    );
    socket.subscribe("a", "{ __typename }").await;
    let taken = (4409, "Subscriber for a already exists".to_owned());
    assert_eq!(socket.closed().await, taken);
    writer.rollback().await.unwrap();
}

#[tokio::test]
async fn a_ping_is_answered_with_a_pong() {
    let served = Served::sqlite().await;
    let mut socket = served.open().await;
    socket
        .say(json!({ "type": "ping", "payload": { "at": 1 } }))
        .await;
    assert_eq!(
        socket.hear().await,
        json!({ "type": "pong", "payload": { "at": 1 } })
    );
    socket.initialise(json!(null)).await;
    socket.say(json!({ "type": "pong" })).await;
    socket.is_heard().await;
    socket.send(Message::Ping(b"x".to_vec().into())).await;
    assert_eq!(socket.pong().await, b"x");
}
