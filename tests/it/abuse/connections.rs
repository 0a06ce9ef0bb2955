//! Connections that are many and slow.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::body;
use crate::app::announce;
use crate::generated::client::receive;

/// How long a head may take; the server allows no more than 30 seconds.
const HEAD_PACE: Duration = Duration::from_secs(1);

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

fn head(length: usize) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// Clients that send a header each second are cut off.
pub async fn slow_heads(address: SocketAddr) {
    let begun = Instant::now();
    let ended = join_all((0..500).map(async |_| {
        let mut stream = connect(address).await;
        stream
            .write_all(b"POST /graphql HTTP/1.1\r\n")
            .await
            .unwrap();
        loop {
            tokio::select! {
                rest = stream.read_u8() => return rest.is_err() || begun.elapsed() > HEAD_PACE,
                () = tokio::time::sleep(HEAD_PACE) => {
                    if stream.write_all(b"x-slow: 1\r\n").await.is_err() {
                        return true;
                    }
                }
            }
        }
    }));
    assert!(ended.await.into_iter().all(|ended| ended));
    let taken = begun.elapsed().as_secs_f64();
    announce(&format!(
        "abuse: 500 clients that send a header each second: closed after {taken:.1} s"
    ));
}

/// Clients that send most of a body, and then nothing, are cut off.
pub async fn slow_bodies(address: SocketAddr) {
    let begun = Instant::now();
    let statuses = join_all((0..200).map(async |_| {
        let (mut from, mut to) = connect(address).await.into_split();
        let part = [head(1_000_000), " ".repeat(900_000)].concat();
        let sending = async { to.write_all(part.as_bytes()).await.map_err(drop) };
        let (received, _) = tokio::join!(receive(&mut from), sending);
        received.unwrap().status
    }));
    // There is not room for so many bodies: the others are told that.
    let statuses = statuses.await;
    let late = statuses.iter().filter(|status| **status == 408).count();
    let without_room = statuses.iter().filter(|status| **status == 503).count();
    assert_eq!(late + without_room, 200, "{statuses:?}");
    assert!(late > 0 && without_room > 0, "{statuses:?}");
    let taken = begun.elapsed().as_secs_f64();
    announce(&format!(
        "abuse: 200 clients that stop within a body: {late} too late, {without_room} without room, after {taken:.1} s"
    ));
}

/// Clients that ask for much, and do not read it for a while, keep nobody
/// waiting but each other.
pub async fn slow_readers(address: SocketAddr) {
    let query = "{ products(first: 100) { nodes { name description reviews(first: 100) { nodes { title body } } } } }";
    let body = body(query);
    let request = [head(body.len()).as_bytes(), &body].concat();
    let begun = Instant::now();
    let mut streams = Vec::new();
    for _ in 0..300 {
        let mut stream = connect(address).await;
        stream.write_all(&request).await.unwrap();
        streams.push(stream);
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let mut bytes = 0;
    for mut stream in streams {
        let received = receive(&mut stream).await.unwrap();
        assert_eq!(received.status, 200);
        bytes += received.body.len();
    }
    let taken = begun.elapsed().as_secs_f64();
    announce(&format!(
        "abuse: 300 clients that read nothing for ten seconds: {bytes} bytes in {taken:.1} s"
    ));
}

/// How many send a large body at once.
const LARGE: usize = 40;

/// Large bodies, many at once.
pub async fn large_bodies(address: SocketAddr) {
    let variables = json!({ "a": vec![json!({ "b": 1 }); 40_000], "b": "x".repeat(500_000) });
    let body = json!({ "query": "{ __typename }", "variables": variables }).to_string();
    let request = [head(body.len()).as_bytes(), body.as_bytes()].concat();
    let begun = Instant::now();
    let statuses = join_all((0..LARGE).map(async |_| {
        let (mut from, mut to) = connect(address).await.into_split();
        let (received, sent) = tokio::join!(receive(&mut from), to.write_all(&request));
        sent.unwrap();
        received.unwrap().status
    }));
    assert_eq!(statuses.await, [200; LARGE]);
    let taken = begun.elapsed().as_secs_f64();
    announce(&format!(
        "abuse: {LARGE} bodies of a megabyte at once: served in {taken:.1} s"
    ));
}
