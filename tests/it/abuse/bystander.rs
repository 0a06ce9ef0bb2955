//! Somebody who asks for something simple at a steady pace, and is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinHandle;

use super::body;
use crate::app::announce;
use crate::generated::client::Client;

/// How often something is asked.
const PACE: Duration = Duration::from_millis(4);

pub struct Bystander {
    stop: Arc<AtomicBool>,
    asking: JoinHandle<Vec<Duration>>,
}

impl Bystander {
    pub fn watch(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let asking = tokio::spawn(ask(address, stop.clone()));
        Self { stop, asking }
    }

    /// Tells how long answers took beside whoever else asked.
    pub async fn tell(self, beside: &str) {
        self.stop.store(true, Ordering::Relaxed);
        let mut times = self.asking.await.unwrap();
        times.sort();
        let at = |hundredth: usize| times[times.len() * hundredth / 100].as_secs_f64() * 1e3;
        announce(&format!(
            "abuse: beside {beside}, one row by key took {:.2} ms (median), {:.2} ms (p99), {:.2} ms at most; {} asked",
            at(50),
            at(99),
            times[times.len() - 1].as_secs_f64() * 1e3,
            times.len()
        ));
    }
}

async fn ask(address: SocketAddr, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let client = Client::new(address);
    let question = body("{ category(by: { slug: \"laptops\" }) { name } }");
    let mut times = Vec::new();
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    while !stop.load(Ordering::Relaxed) {
        pace.tick().await;
        let begun = Instant::now();
        let received = client.post(&question, None).await.unwrap();
        times.push(begun.elapsed());
        let answer: Value = serde_json::from_slice(&received.body).unwrap();
        assert_eq!(answer["data"]["category"]["name"], "Laptops", "{answer:#}");
    }
    times
}
