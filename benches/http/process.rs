//! A server as a process of its own, and what the system says of it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A running server. It ends when this is dropped.
pub struct Server {
    child: Child,
    /// The most memory of its own that it has had, in kibibytes.
    peak: Arc<AtomicU64>,
    pub address: String,
    /// The token of a member of staff.
    pub token: String,
    /// The token of a customer.
    pub customer: String,
    /// The addresses of accounts with the password of the bench.
    pub accounts: Vec<String>,
}

impl Server {
    /// Starts this program as a server of a kind over a database.
    pub fn start(kind: &str, url: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["--serve", kind, url])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let output = child.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .expect("its address");
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut word = || words.next().expect("an address and tokens");
        let (address, token, customer) = (word(), word(), word());
        let peak = Arc::new(AtomicU64::new(0));
        watch(child.id(), Arc::clone(&peak));
        Self {
            child,
            peak,
            address,
            token,
            customer,
            accounts: words.collect(),
        }
    }

    /// The processor time it has used so far, in microseconds.
    pub fn cpu_microseconds(&self) -> f64 {
        let stat = read(self.child.id(), "stat");
        // Fields 14 and 15, counted after the name in parentheses (proc(5)).
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let ticks: f64 = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok())
            .sum();
        ticks * 10_000.0
    }

    /// The most memory of its own that it has had, in mebibytes: what it has
    /// mapped of the database is the system's.
    pub fn peak_mebibytes(&self) -> u64 {
        self.peak.load(Ordering::Relaxed) / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Watches the memory of a process until it ends.
fn watch(process: u32, peak: Arc<AtomicU64>) {
    std::thread::spawn(move || {
        loop {
            let status = read(process, "status");
            let own = status
                .lines()
                .find_map(|line| line.strip_prefix("RssAnon:"))
                .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            let Some(own) = own else {
                return;
            };
            peak.fetch_max(own, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
}

fn read(process: u32, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default()
}
