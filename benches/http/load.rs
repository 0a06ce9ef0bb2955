//! Clients that keep their connection and send one request after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::process::Server;
use crate::setting;
use crate::shop::Query;

/// A server and the requests that are sent to it in turn.
#[derive(Clone)]
pub struct Target<'s> {
    pub server: &'s Server,
    clients: usize,
    pub requests: Vec<Vec<u8>>,
}

/// What one run came to.
pub struct Run {
    /// Answers per second.
    pub per_second: f64,
    /// Processor time of the server per answer, in microseconds.
    pub cpu_microseconds: f64,
}

impl<'s> Target<'s> {
    /// Requests of a query with the token that it needs, if it needs one.
    pub fn new(server: &'s Server, query: Query, requests: Vec<(String, String)>) -> Self {
        let token = query.needs_token().then_some(server.token.as_str());
        Self::with(server, query, requests, token)
    }

    /// Requests of a query with a token or without one.
    pub fn with(
        server: &'s Server,
        query: Query,
        requests: Vec<(String, String)>,
        token: Option<&str>,
    ) -> Self {
        let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n"));
        let authorization = authorization.unwrap_or_default();
        let requests = requests
            .into_iter()
            .map(|(path, body)| {
                format!(
                    "POST {path} HTTP/1.1\r\nhost: {}\r\n{authorization}\
                     content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                    server.address,
                    body.len()
                )
                .into_bytes()
            })
            .collect();
        let clients = if query.is_over_every_row() {
            2
        } else {
            setting("BENCH_CONNECTIONS", 16)
        };
        Self {
            server,
            clients: usize::try_from(clients).unwrap_or(1),
            requests,
        }
    }

    /// Sends each request once.
    pub async fn run_through(&self) -> Run {
        let cpu = self.server.cpu_microseconds();
        let next = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let clients = (0..self.clients).map(|_| {
            let (next, requests) = (next.clone(), self.requests.clone());
            let address = self.server.address.clone();
            tokio::spawn(async move {
                let mut client = Client::connect(&address).await;
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = client.send(request).await;
                    let done = find(answer, b"\"userErrors\":[]").is_some();
                    assert!(done, "{}", String::from_utf8_lossy(answer));
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.expect("a client");
        }
        let answers = f64::from(u32::try_from(self.requests.len()).expect("a few"));
        Run {
            per_second: answers / begun.elapsed().as_secs_f64(),
            cpu_microseconds: (self.server.cpu_microseconds() - cpu) / answers,
        }
    }

    /// Loads the server for a while.
    pub async fn run(&self, length: Duration) -> Run {
        let cpu = self.server.cpu_microseconds();
        let begun = Instant::now();
        let clients = (0..self.clients).map(|number| {
            let (count, requests) = (self.clients, self.requests.clone());
            let address = self.server.address.clone();
            tokio::spawn(async move {
                let mut client = Client::connect(&address).await;
                let mut answers = 0_u32;
                let mut next = number * requests.len() / count;
                while begun.elapsed() < length {
                    client.send(&requests[next % requests.len()]).await;
                    next += 1;
                    answers += 1;
                }
                answers
            })
        });
        let mut answers = 0;
        for client in clients.collect::<Vec<_>>() {
            answers += client.await.expect("a client");
        }
        let answers = f64::from(answers);
        Run {
            per_second: answers / begun.elapsed().as_secs_f64(),
            cpu_microseconds: (self.server.cpu_microseconds() - cpu) / answers,
        }
    }
}

/// Makes sure that both servers answer each request alike, in JSON's terms.
pub async fn check_same_answers(targets: &[Target<'_>; 2]) {
    let mut clients = [
        Client::connect(&targets[0].server.address).await,
        Client::connect(&targets[1].server.address).await,
    ];
    for place in 0..targets[0].requests.len() {
        let mut answers = Vec::new();
        for (client, target) in clients.iter_mut().zip(targets) {
            let body = client.send(&target.requests[place]).await.to_vec();
            let json: serde_json::Value = serde_json::from_slice(&body)
                .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&body)));
            assert!(json["data"].is_object(), "{json}");
            answers.push(json);
        }
        assert_eq!(answers[0], answers[1]);
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A connection that is kept.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        }
    }

    /// Sends a request and returns the body of its answer.
    pub async fn send(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).await.expect("a request");
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await;
            assert!(read.expect("an answer") > 0, "the server hung up");
            let Some(head) = find(&self.buffer, b"\r\n\r\n").map(|end| end + 4) else {
                continue;
            };
            let text = std::str::from_utf8(&self.buffer[..head]).expect("a head");
            assert!(text.starts_with("HTTP/1.1 200"), "{text}");
            let length: usize = text
                .lines()
                .find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length")
                        .then(|| value.trim().parse().ok())?
                })
                .expect("a length");
            while self.buffer.len() < head + length {
                let read = self.stream.read_buf(&mut self.buffer).await;
                assert!(read.expect("an answer") > 0, "the server hung up");
            }
            return &self.buffer[head..head + length];
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
