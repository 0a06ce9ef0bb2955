//! What is sent to do harm: documents, bodies, heads, and clients that are slow
//! or many. Each is refused as what it is, or served; the process lives on, in
//! little more memory than before; and others are answered meanwhile.
//!
//! How long things take is told, not judged: `cargo test --release --test it
//! abuse -- --nocapture` is the measurement.

mod bodies;
mod bystander;
mod collisions;
mod connections;
mod documents;
mod heads;
mod refusals;
mod sockets;
mod texts;
mod validation;

use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::app::{TestApp, announce};
use crate::generated::client::{Received, receive};
use crate::generated::servers::{Caller, Server, Settings};
use bystander::Bystander;

/// How much more memory than before a server may need, in MiB.
const MORE_MEMORY: u64 = 128;
/// How often each thing is sent by one, of which the median is told.
const ALONE: usize = 3;
/// How often by several.
const TIMES: usize = 3;
/// How many send it at once.
const AT_ONCE: usize = 4;

/// Something that is sent.
struct Abuse {
    name: &'static str,
    request: Vec<u8>,
    expected: Expected,
}

/// What must come of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A status without a word, from what reads HTTP.
    Closed(u16),
    /// A refusal with this status and code.
    Refused(u16, &'static str),
    /// A mutation that failed with this code, of which nothing is kept.
    Undone(&'static str),
    /// An answer.
    Served,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(status) => write!(f, "{status}"),
            Self::Refused(status, code) => write!(f, "{status} {code}"),
            Self::Undone(code) => write!(f, "undone {code}"),
            Self::Served => f.write_str("served"),
        }
    }
}

impl Abuse {
    /// A request with a JSON body.
    fn post(name: &'static str, body: &[u8], expected: Expected) -> Self {
        Self::with("", name, body, expected)
    }

    /// The same of a caller with a token.
    fn of(token: &str, name: &'static str, body: &Value, expected: Expected) -> Self {
        let head = format!("authorization: Bearer {token}\r\n");
        Self::with(&head, name, body.to_string().as_bytes(), expected)
    }

    /// A request with a JSON body and more lines in its head.
    fn with(head: &str, name: &'static str, body: &[u8], expected: Expected) -> Self {
        let head = format!(
            "content-type: application/json\r\ncontent-length: {}\r\n{head}",
            body.len()
        );
        Self::raw("POST /graphql", &head, name, body, expected)
    }

    fn raw(line: &str, head: &str, name: &'static str, body: &[u8], expected: Expected) -> Self {
        let head = format!(
            "{line} HTTP/1.1\r\nhost: shop\r\naccept: application/graphql-response+json\r\n\
             connection: close\r\n{head}\r\n"
        );
        Self {
            name,
            request: [head.as_bytes(), body].concat(),
            expected,
        }
    }

    /// Sends it once. Returns what came of it, and how long that took.
    async fn send(&self, address: SocketAddr) -> (Received, Duration) {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut from, mut to) = stream.into_split();
        let begun = Instant::now();
        // The server may have heard enough before all of it is sent.
        let sending = async { to.write_all(&self.request).await.map_err(drop) };
        let (received, _) = tokio::join!(receive(&mut from), sending);
        let received = received.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        (received, begun.elapsed())
    }

    /// What is wrong with what came of it.
    fn fault(&self, received: &Received) -> Option<String> {
        let text = String::from_utf8_lossy(&received.body);
        let json = || serde_json::from_str::<Value>(&text).unwrap_or_default();
        let is_right = match self.expected {
            Expected::Closed(status) => received.status == status,
            Expected::Served => received.status == 200 && json().get("errors").is_none(),
            Expected::Undone(code) => {
                let json = json();
                received.status == 200
                    && json["data"].is_null()
                    && json["errors"][0]["extensions"]["code"] == code
            }
            Expected::Refused(status, code) => {
                let json = json();
                let errors = json["errors"].as_array().map_or(&[][..], Vec::as_slice);
                received.status == status
                    && json.get("data").is_none()
                    && (1..=20).contains(&errors.len())
                    && errors
                        .iter()
                        .all(|error| error["extensions"]["code"] == code)
            }
        };
        let short: String = text.chars().take(300).collect();
        (!is_right).then(|| format!("{}: {} {short}", self.name, received.status))
    }
}

/// A request body with a document.
fn body(query: &str) -> Vec<u8> {
    json!({ "query": query }).to_string().into_bytes()
}

/// A fragment for each number below `count`, each of which uses the next, `F+`.
fn chain(count: usize, on: &str, fields: &str) -> String {
    (0..count).fold(String::new(), |mut text, place| {
        let fields = fields.replace('+', &(place + 1).to_string());
        write!(text, "fragment F{place} on {on} {{ {fields} }} ").unwrap();
        text
    })
}

/// `text` for each number below `count`, with `#` replaced by the number.
fn numbered(count: usize, text: &str) -> String {
    (0..count)
        .map(|number| text.replace('#', &number.to_string()))
        .collect()
}

/// The server under attack.
struct Attack {
    server: Server,
    bystander: Bystander,
    /// What the process needed before, in MiB.
    idle: u64,
    /// What did not come of it as it must.
    faults: Vec<String>,
}

impl Attack {
    async fn begin(app: TestApp, settings: Settings) -> Self {
        let server = Server::start_as(app, settings).await;
        let warm = Bystander::watch(server.address());
        tokio::time::sleep(Duration::from_secs(1)).await;
        warm.tell("nobody else").await;
        let idle = server.peak_memory().unwrap_or_default();
        let bystander = Bystander::watch(server.address());
        Self {
            server,
            bystander,
            idle,
            faults: Vec::new(),
        }
    }

    /// Sends everything, each several times at once.
    async fn send_all(&mut self, abuses: impl IntoIterator<Item = Abuse>) {
        let address = self.server.address();
        for abuse in abuses {
            let mut fault = None;
            let mut alone = Vec::with_capacity(ALONE);
            for _ in 0..ALONE {
                let (received, time) = abuse.send(address).await;
                fault = fault.or_else(|| abuse.fault(&received));
                alone.push(time);
            }
            alone.sort_unstable();
            let mut most = Duration::ZERO;
            for _ in 0..TIMES {
                let sent = join_all((0..AT_ONCE).map(|_| abuse.send(address))).await;
                for (received, time) in sent {
                    fault = fault.or_else(|| abuse.fault(&received));
                    most = most.max(time);
                }
            }
            self.faults.extend(fault);
            announce(&format!(
                "abuse: {:<45} {:<30} {:>7.2} ms alone, {:>7.2} ms {AT_ONCE} at once",
                abuse.name,
                abuse.expected.to_string(),
                alone[ALONE / 2].as_secs_f64() * 1e3,
                most.as_secs_f64() * 1e3,
            ));
        }
    }

    /// Checks that the server is as well as before, in so much more memory.
    async fn end(mut self) {
        self.bystander.tell("those who attack").await;
        assert!(self.faults.is_empty(), "{:#?}", self.faults);
        assert!(self.server.is_alive(), "{}", self.server.log());
        let peak = self.server.peak_memory().unwrap_or_default();
        let (name, idle) = (self.server.name(), self.idle);
        announce(&format!("abuse: {name}: {peak} MiB at most, {idle} before"));
        assert!(peak < idle + MORE_MEMORY, "{name}: {peak} MiB of {idle}");
        self.server.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_to_do_harm_is_refused_or_served() {
    let mut attack = Attack::begin(TestApp::sqlite().await, &[]).await;
    attack.send_all(documents::all()).await;
    attack.send_all(bodies::all()).await;
    attack.send_all(heads::all()).await;
    attack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_much_to_validate_is_refused() {
    let mut attack = Attack::begin(TestApp::sqlite().await, &[]).await;
    let staff = attack.server.token(Caller::Staff).unwrap().to_owned();
    attack.send_all(validation::all()).await;
    attack.send_all(validation::of_staff(&staff)).await;
    validation::different(attack.server.address()).await;
    attack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_to_much_is_refused_or_served_by_every_database() {
    for app in TestApp::on_every_database().await {
        let mut attack = Attack::begin(app, &[]).await;
        let token = |caller| attack.server.token(caller).unwrap().to_owned();
        let members = documents::of_members(&token(Caller::Ada), &token(Caller::Staff));
        attack.send_all(documents::costly()).await;
        attack.send_all(members).await;
        attack.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_that_come_to_much_are_refused_by_every_database() {
    for app in TestApp::on_every_database().await {
        texts::stored(&app).await;
        let mut attack = Attack::begin(app, &[]).await;
        let staff = attack.server.token(Caller::Staff).unwrap().to_owned();
        attack.send_all(texts::all(&staff)).await;
        attack.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_are_slow_stand_in_nobodys_way() {
    let app = TestApp::sqlite().await;
    texts::stored(&app).await;
    let attack = Attack::begin(app, &[("BODY_SECONDS", "3")]).await;
    let address = attack.server.address();
    tokio::join!(
        connections::slow_heads(address),
        connections::other_protocol(address),
        async {
            connections::slow_bodies(address).await;
            connections::slow_readers(address).await;
            connections::little_readers(address).await;
            connections::silent_reader(address).await;
        },
    );
    attack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_are_many_stand_in_nobodys_way() {
    let app = TestApp::sqlite().await;
    texts::stored(&app).await;
    let attack = Attack::begin(app, &[("BODY_SECONDS", "600")]).await;
    let address = attack.server.address();
    connections::large_bodies(address).await;
    connections::waiting(address).await;
    sockets::ten_thousand_subscriptions(address).await;
    sockets::floods(address).await;
    attack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_that_wait_take_no_room() {
    let app = TestApp::sqlite().await;
    let attack = Attack::begin(app, &[("TRUSTED_PROXIES", "1")]).await;
    refusals::waiting(&attack.server).await;
    attack.end().await;
}
