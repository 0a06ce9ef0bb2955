//! A server as a process of its own, and what the system says of it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A running server. It ends when this is dropped.
pub struct Server {
    child: Child,
    pub address: String,
    /// The token of a member of staff.
    pub token: String,
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
        let (address, token) = line.trim().split_once(' ').expect("a token");
        Self {
            child,
            address: address.to_owned(),
            token: token.to_owned(),
        }
    }

    /// The processor time it has used so far, in microseconds.
    pub fn cpu_microseconds(&self) -> f64 {
        let stat = self.read("stat");
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

    /// The most memory it has had, in mebibytes.
    pub fn peak_mebibytes(&self) -> u64 {
        self.read("status")
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
            .map_or(0, |kibibytes| kibibytes / 1024)
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
