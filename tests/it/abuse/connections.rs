//! Connections that are many and slow.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use purser::app::{HEAD_WITHIN, READ_WITHIN};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::texts::repeated;
use super::{body, numbered};
use crate::app::announce;
use crate::generated::client::receive;

/// How often a slow client sends another header.
const HEAD_PACE: Duration = Duration::from_secs(1);

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

fn head(length: usize) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n\
         accept: application/graphql-response+json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// Clients that send a header each second are cut off, before they have sent as
/// many as there may be.
pub async fn slow_heads(address: SocketAddr) {
    let begun = Instant::now();
    let cut_off = join_all((0..500).map(async |_| {
        let (mut from, mut to) = connect(address).await.into_split();
        let begins = format!(
            "POST /graphql HTTP/1.1\r\nx-long: {}\r\n",
            "a".repeat(15_000)
        );
        to.write_all(begins.as_bytes()).await.unwrap();
        loop {
            tokio::select! {
                byte = from.read_u8() => return byte.is_err(),
                () = tokio::time::sleep(HEAD_PACE) => {
                    // Whether it is cut off, the other half tells.
                    let _ = to.write_all(b"x-slow: 1\r\n").await;
                }
            }
        }
    }));
    assert!(cut_off.await.into_iter().all(|cut_off| cut_off));
    let taken = begun.elapsed();
    assert!(taken > HEAD_WITHIN / 2, "{taken:?}");
    announce(&format!(
        "abuse: 500 clients that send a header each second: cut off after {taken:.1?}"
    ));
}

/// A request for an answer of several megabytes, which is more than lies between
/// a server and a client that has a narrow window.
fn large_question() -> Vec<u8> {
    let body = body(&format!("{{ {} }}", repeated(60, 8)));
    [head(body.len()).as_bytes(), &body].concat()
}

/// Asks for it, taking at most so many bytes before they are read.
async fn ask_for_much(address: SocketAddr, window: u32) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(window).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(&large_question()).await.unwrap();
    stream
}

/// The window of clients that read slowly.
const NARROW: u32 = 4096;

/// How long the answer is, for those who read.
async fn read_much(address: SocketAddr) -> usize {
    let whole = receive(&mut ask_for_much(address, 1 << 20).await)
        .await
        .unwrap();
    assert_eq!(whole.status, 200);
    whole.body.len()
}

/// A client that reads nothing of a long answer is given up.
pub async fn silent_reader(address: SocketAddr) {
    let all = read_much(address).await;
    let mut silent = ask_for_much(address, NARROW).await;
    tokio::time::sleep(READ_WITHIN + Duration::from_secs(5)).await;
    let mut read = Vec::new();
    let _ = silent.read_to_end(&mut read).await;
    let read = read.len();
    assert!(read < all, "{read} bytes of {all}");
    announce(&format!(
        "abuse: a client that reads nothing for {READ_WITHIN:?}: cut off after {read} bytes of {all}"
    ));
}

/// Clients that speak HTTP/2 are not understood: they could have many streams on
/// a connection, and stop each.
pub async fn other_protocol(address: SocketAddr) {
    let mut stream = connect(address).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    stream.write_all(preface).await.unwrap();
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    let read = String::from_utf8_lossy(&read);
    assert!(
        read.is_empty() || read.starts_with("HTTP/1.1 400"),
        "{read:?}"
    );
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

/// How many read slowly at once.
const SLOW: usize = 100;
/// How many of them read a little.
const LITTLE_READERS: usize = 20;

/// Clients that ask for much, and do not read it for a while, keep nobody
/// waiting but each other: those for whose answers there is no room are told so.
pub async fn slow_readers(address: SocketAddr) {
    let all = read_much(address).await;
    let begun = Instant::now();
    let mut streams = Vec::new();
    for _ in 0..SLOW {
        streams.push(ask_for_much(address, NARROW).await);
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let received = join_all(streams.into_iter().map(async |mut stream| {
        let received = receive(&mut stream).await.unwrap();
        let served = received.status == 200;
        assert!(served || received.status == 503, "{}", received.status);
        let bytes = received.body.len();
        assert_eq!(served, bytes == all, "{bytes} bytes of {all}");
        served
    }));
    let received = received.await;
    let served = received.iter().filter(|served| **served).count();
    let refused = SLOW - served;
    assert!(served > 0 && refused > 0, "{served} served");
    // Their room is given back.
    assert_eq!(read_much(address).await, all);
    let taken = begun.elapsed().as_secs_f64();
    announce(&format!(
        "abuse: {SLOW} clients that read nothing of {all} bytes for ten seconds: {served} served, {refused} without room, after {taken:.1} s"
    ));
}

/// How much a client that reads little takes each second, in bytes.
const LITTLE: u64 = 64 * 1024;

/// Clients that take a little of much every second, for longer than they might
/// take nothing, get all of it in the end.
pub async fn little_readers(address: SocketAddr) {
    let all = read_much(address).await;
    let begun = Instant::now();
    let until = begun + READ_WITHIN + Duration::from_secs(5);
    let read = join_all((0..LITTLE_READERS).map(async |_| {
        let mut stream = ask_for_much(address, NARROW).await;
        let mut read = Vec::new();
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let mut part = (&mut stream).take(LITTLE);
            if part.read_to_end(&mut read).await.unwrap() == 0 {
                break;
            }
        }
        let little = read.len();
        stream.read_to_end(&mut read).await.unwrap();
        let received = receive(&mut &read[..]).await.unwrap();
        let served = received.status == 200;
        assert!(served || received.status == 503, "{}", received.status);
        let bytes = received.body.len();
        assert_eq!(served, bytes == all, "{bytes} bytes of {all}");
        served.then_some(little)
    }));
    let read: Vec<_> = read.await.into_iter().flatten().collect();
    let little = read.iter().copied().max().unwrap();
    assert!(little < all, "{little}");
    announce(&format!(
        "abuse: {LITTLE_READERS} clients that read {LITTLE} bytes a second: {} got all {all} bytes, of which {little} in {READ_WITHIN:?} and a little more; the others had no room",
        read.len()
    ));
}

/// Short requests that come to much: lists that are used many times, and the
/// schema, beside statistics that wait for the database.
pub async fn waiting(address: SocketAddr) {
    let begun = Instant::now();
    let statistics = numbered(12, "h#: reviewAggregate { rating { median mode } } ");
    let lists = format!(
        "query($l: [Int!]) {{ {statistics} products(first: 1, filter: {{ or: [{}] }}) {{ nodes {{ id }} }} }}",
        "{ stock: { in: $l } } ".repeat(40)
    );
    let lists = json!({ "query": lists, "variables": { "l": (0..250).collect::<Vec<_>>() } });
    let types = "types { name fields { name description args { name description } } }";
    let schema = numbered(8, &format!("a#: __schema {{ {types} }} "));
    let schema = json!({ "query": format!("{{ {schema} {statistics} }}") });
    for (name, question, count) in [("lists", lists, 400), ("the schema", schema, 100)] {
        let body = question.to_string();
        let request = [head(body.len()), body].concat();
        let statuses = join_all((0..count).map(async |_| {
            let mut stream = connect(address).await;
            stream.write_all(request.as_bytes()).await.unwrap();
            receive(&mut stream).await.unwrap().status
        }));
        let statuses = statuses.await;
        let served = statuses.iter().filter(|status| **status == 200).count();
        let without_room = statuses.iter().filter(|status| **status == 503).count();
        assert_eq!(served + without_room, count, "{statuses:?}");
        assert!(served > 0, "{statuses:?}");
        let taken = begun.elapsed().as_secs_f64();
        announce(&format!(
            "abuse: {count} short requests that come to much ({name}): {served} served, {without_room} without room, after {taken:.1} s"
        ));
    }
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
