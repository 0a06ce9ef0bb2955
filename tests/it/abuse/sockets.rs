//! Sockets on which much is said.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Instant;

use axum::http::StatusCode;
use futures_util::future::join_all;
use futures_util::stream::SplitStream;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::texts::repeated;
use crate::app::announce;
use crate::http::sockets::{PROTOCOL, Socket};

const SUBSCRIPTIONS: usize = 10_000;
/// As many as one client may have open.
const SOCKETS: usize = 250;
/// How many of them are told something long.
const TOLD: usize = 30;

async fn open(address: SocketAddr) -> Socket {
    let mut socket = Socket::open(address, &[PROTOCOL]).await.unwrap();
    socket.initialise(json!({})).await;
    socket
}

/// The next message that is not about the connection itself.
async fn next(stream: &mut SplitStream<WebSocketStream<TcpStream>>) -> Value {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
            Some(Ok(Message::Ping(_))) => {}
            other => panic!("expected a message: {other:?}"),
        }
    }
}

/// Each is answered or refused, and each once.
pub async fn ten_thousand_subscriptions(address: SocketAddr) {
    let begun = Instant::now();
    let query =
        "{ products(first: 100) { nodes { name reviews(first: 20) { nodes { title } } } } }";
    let (mut say, mut hear) = open(address).await.stream.split();
    let saying = async {
        for number in 0..SUBSCRIPTIONS {
            let payload = json!({ "query": query });
            let message =
                json!({ "id": number.to_string(), "type": "subscribe", "payload": payload });
            say.send(Message::text(message.to_string())).await.unwrap();
        }
    };
    let hearing = async {
        let (mut answered, mut refused) = (HashSet::new(), HashSet::new());
        while answered.len() + refused.len() < SUBSCRIPTIONS {
            let message = next(&mut hear).await;
            let id = message["id"].as_str().unwrap().to_owned();
            match message["type"].as_str().unwrap() {
                "next" => {
                    assert!(message["payload"].get("errors").is_none(), "{message:#}");
                }
                "complete" => assert!(answered.insert(id), "{message:#}"),
                "error" => {
                    let code = &message["payload"][0]["extensions"]["code"];
                    assert_eq!(code, "TOO_MANY_OPERATIONS", "{message:#}");
                    assert!(refused.insert(id), "{message:#}");
                }
                other => panic!("{other}"),
            }
        }
        assert!(answered.is_disjoint(&refused));
        (answered.len(), refused.len())
    };
    let ((), (answered, refused)) = tokio::join!(saying, hearing);
    assert!(answered >= 32, "{answered}");
    let taken = begun.elapsed().as_secs_f64();
    announce(&format!(
        "abuse: {SUBSCRIPTIONS} subscriptions on a socket: {answered} answered, {refused} refused, {taken:.1} s"
    ));
}

/// Messages that are too many, too large, or none.
pub async fn floods(address: SocketAddr) {
    let begun = Instant::now();
    let (mut say, mut hear) = open(address).await.stream.split();
    let pings = async {
        for _ in 0..100_000 {
            say.send(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
        }
    };
    let pongs = async {
        for _ in 0..100_000 {
            assert_eq!(next(&mut hear).await, json!({ "type": "pong" }));
        }
    };
    tokio::join!(pings, pongs);
    let taken = begun.elapsed().as_secs_f64();
    announce(&format!(
        "abuse: 100,000 pings on a socket: answered in {taken:.1} s"
    ));

    for (name, message) in [
        (
            "a message of two megabytes",
            Message::text(" ".repeat(2_000_000)),
        ),
        (
            "900,000 lists in each other",
            Message::text("[".repeat(900_000)),
        ),
        ("bytes", Message::binary(vec![0; 1000])),
    ] {
        let mut socket = open(address).await;
        socket.send(message).await;
        let (code, reason) = socket.closed().await;
        assert_eq!(code, 4400, "{name}: {reason}");
        announce(&format!("abuse: {name} on a socket: {code} {reason}"));
    }

    let mut sockets = Vec::new();
    while sockets.len() < SOCKETS {
        // Those that were closed before give up their places.
        match Socket::open(address, &[PROTOCOL]).await {
            Ok(mut socket) => {
                socket.initialise(json!({})).await;
                // A socket that is idle keeps nothing of what it was told.
                if sockets.len() < TOLD {
                    let long = format!("{{ {} }}", repeated(100, 4));
                    let told = socket.data("1", &long).await.to_string();
                    assert!(told.len() > 3_000_000, "{}", told.len());
                }
                sockets.push(socket);
            }
            Err((status, _)) => assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE),
        }
    }
    let refused = Socket::open(address, &[PROTOCOL]).await.err().unwrap();
    assert_eq!(refused.0, StatusCode::SERVICE_UNAVAILABLE);
    announce(&format!(
        "abuse: {SOCKETS} sockets, and a long answer on {TOLD}: no more are opened"
    ));
    for mut socket in sockets.split_off(SOCKETS / 2) {
        // More than half of what a message may have, and never the rest of it.
        let part = Frame::message(vec![b' '; 40_000], OpCode::Data(Data::Text), false);
        socket.send(Message::Frame(part)).await;
        sockets.push(socket);
    }
    announce("abuse: unfinished messages on half of them");
    drop(sockets);
    let silent = (0..20).map(async |_| {
        loop {
            if let Ok(mut socket) = Socket::open(address, &[PROTOCOL]).await {
                return socket.closed().await.0;
            }
        }
    });
    assert_eq!(join_all(silent).await, [4408; 20]);
}
