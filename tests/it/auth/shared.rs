//! Attempts that all nodes count together, in a Redis that runs beside the test.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use purser::auth::Attempts;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::attempts::log_in_from;
use super::{PASSWORD, code, refresh, sign_up, text};
use crate::app::{TestApp, Variant, announce};

/// A Redis, as long as this is there.
struct Redis {
    child: Child,
    port: u16,
    directory: TempDir,
}

impl Redis {
    /// Nothing where the environment says to go without one.
    async fn start() -> Option<Self> {
        if std::env::var("TEST_REDIS").as_deref() == Ok("off") {
            announce("not covered: attempts in Redis, for TEST_REDIS is off");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Some(Self {
            child: serve(port, &directory).await,
            port,
            directory,
        })
    }

    async fn attempts(&self) -> Attempts {
        let url = format!("redis://127.0.0.1:{}", self.port);
        Attempts::shared(&url).await.unwrap()
    }

    /// Another node of a shop.
    async fn node(&self, shop: &TestApp) -> TestApp {
        let variant = Variant {
            attempts: self.attempts().await,
            ..Variant::default()
        };
        shop.node(variant).await
    }

    fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn go_on(&mut self) {
        self.child = serve(self.port, &self.directory).await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn serve(port: u16, directory: &TempDir) -> Child {
    let child = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--port"])
        .arg(port.to_string())
        .arg("--dir")
        .arg(directory.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("redis-server: {error}. Install it, or set TEST_REDIS=off to go without.")
        });
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child
}

/// Guesses a password from one address, until that has to wait; how often.
async fn guesses(nodes: [&TestApp; 2]) -> usize {
    let mut tried = 0;
    loop {
        let node = nodes[tried % 2];
        let payload = log_in_from(node, "192.0.2.1", "mary@example.com", "wrong").await;
        if code(&payload) == "RATE_LIMITED" {
            assert_eq!(payload["userErrors"][0]["retryAfter"], 1);
            return tried;
        }
        assert_eq!(code(&payload), "INVALID_CREDENTIALS");
        tried += 1;
    }
}

fn errors(payload: &Value) -> Value {
    payload["userErrors"].clone()
}

#[tokio::test]
async fn nodes_count_together() {
    let Some(redis) = Redis::start().await else {
        return;
    };
    let shop = TestApp::sqlite().await;
    let (here, there) = (redis.node(&shop).await, redis.node(&shop).await);
    let mary = sign_up(&here, "mary@example.com").await;
    assert_eq!(guesses([&here, &there]).await, 6);
    for node in [&here, &there] {
        let right = log_in_from(node, "192.0.2.1", "mary@example.com", PASSWORD).await;
        assert_eq!(code(&right), "RATE_LIMITED");
        // The user is somewhere else.
        let right = log_in_from(node, "192.0.2.2", "mary@example.com", PASSWORD).await;
        assert_eq!(errors(&right), json!([]));
    }
    // A second later one more may be tried, and the right one is forgiven.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let right = log_in_from(&there, "192.0.2.1", "mary@example.com", PASSWORD).await;
    assert_eq!(errors(&right), json!([]));
    assert_eq!(guesses([&here, &there]).await, 6);
    let renewed = refresh(&there, &text(&mary, "refreshToken")).await;
    assert_eq!(errors(&renewed), json!([]));
}

#[tokio::test]
async fn an_account_knows_its_devices_on_every_node() {
    let Some(redis) = Redis::start().await else {
        return;
    };
    let shop = TestApp::sqlite().await;
    let (here, there) = (redis.node(&shop).await, redis.node(&shop).await);
    sign_up(&here, "mary@example.com").await;
    let home = "198.51.100.7";
    let known = log_in_from(&here, home, "mary@example.com", PASSWORD).await;
    assert_eq!(errors(&known), json!([]));
    let mut limited = 0;
    for place in 0..120 {
        let address = format!("192.0.2.{place}");
        let guess = log_in_from(&there, &address, "mary@example.com", "wrong").await;
        limited += usize::from(code(&guess) == "RATE_LIMITED");
    }
    assert!(limited > 0);
    let known = log_in_from(&there, home, "mary@example.com", PASSWORD).await;
    assert_eq!(errors(&known), json!([]));
}

#[tokio::test]
async fn a_node_counts_by_itself_while_there_is_no_redis() {
    let Some(mut redis) = Redis::start().await else {
        return;
    };
    let shop = TestApp::sqlite().await;
    let node = redis.node(&shop).await;
    sign_up(&node, "mary@example.com").await;
    redis.stop();
    assert_eq!(guesses([&node, &node]).await, 6);
    let right = log_in_from(&node, "192.0.2.2", "mary@example.com", PASSWORD).await;
    assert_eq!(errors(&right), json!([]));
    redis.go_on().await;
    // It is found again, and knows of nothing.
    let mut there = redis.attempts().await;
    let mut tries = 0;
    while !shared(&node, &mut there).await {
        tries += 1;
        assert!(tries < 100, "the node did not find Redis again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether what a node counts is known to another.
async fn shared(node: &TestApp, other: &mut Attempts) -> bool {
    use chrono::Utc;
    use purser::auth::attempts::{PASSWORDS, Subject};
    let counted = [(PASSWORDS, Subject::of(&["shared"]))];
    while node
        .door
        .auth
        .attempts
        .take(&counted, Utc::now())
        .await
        .is_ok()
    {}
    other.take(&counted, Utc::now()).await.is_err()
}
