//! Somebody who asks for something simple at a steady pace from another address
//! than those who attack, and is answered.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinHandle;

use super::body;
use crate::app::announce;
use crate::generated::client::Client;

/// The address of who asks. Those who attack are at 127.0.0.1.
const FROM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
/// How often something is asked.
const PACE: Duration = Duration::from_millis(4);
/// What an answer may have without room for it, in bytes.
const ALWAYS: usize = 16 * 1024;

/// What is asked, each on a connection of its own.
const QUESTIONS: [Question; 2] = [
    Question {
        name: "one row by key",
        query: "{ category(by: { slug: \"laptops\" }) { name } }",
        needs_room: false,
    },
    Question {
        name: "a page",
        query: "{ products(first: 75) { nodes { name slug description attributes } } }",
        needs_room: true,
    },
];

#[derive(Clone, Copy)]
struct Question {
    name: &'static str,
    query: &'static str,
    /// Whether the answer is so large that it needs room.
    needs_room: bool,
}

/// What came of a question.
struct Asked {
    question: Question,
    /// How long each answer took.
    times: Vec<Duration>,
    /// The length of one, in bytes.
    bytes: usize,
}

pub struct Bystander {
    stop: Arc<AtomicBool>,
    asking: Vec<JoinHandle<Asked>>,
}

impl Bystander {
    pub fn watch(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let asking = QUESTIONS.map(|question| tokio::spawn(ask(address, question, stop.clone())));
        Self {
            stop,
            asking: asking.into(),
        }
    }

    /// Tells how long answers took beside whoever else asked.
    pub async fn tell(self, beside: &str) {
        self.stop.store(true, Ordering::Relaxed);
        for asking in self.asking {
            let Asked {
                question,
                mut times,
                bytes,
            } = asking.await.unwrap();
            times.sort();
            let at = |hundredth: usize| times[(times.len() - 1) * hundredth / 100].as_secs_f64();
            announce(&format!(
                "abuse: beside {beside}, {} ({bytes} bytes) took {:.2} ms (median), {:.2} ms (p99), {:.2} ms at most; {} answered",
                question.name,
                at(50) * 1e3,
                at(99) * 1e3,
                at(100) * 1e3,
                times.len()
            ));
        }
    }
}

async fn ask(address: SocketAddr, question: Question, stop: Arc<AtomicBool>) -> Asked {
    let client = Client::new(address).from(FROM.into());
    let body = body(question.query);
    let (mut times, mut bytes) = (Vec::new(), 0);
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    while !stop.load(Ordering::Relaxed) {
        pace.tick().await;
        let begun = Instant::now();
        let received = client.post(&body, None).await.unwrap();
        let answer: Value = serde_json::from_slice(&received.body).unwrap();
        times.push(begun.elapsed());
        assert_eq!(received.status, 200, "{answer:#}");
        assert!(answer.get("errors").is_none(), "{answer:#}");
        bytes = received.body.len();
        assert_eq!(bytes > ALWAYS, question.needs_room, "{bytes}");
    }
    Asked {
        question,
        times,
        bytes,
    }
}
