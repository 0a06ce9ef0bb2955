//! Servers under test: the binary as processes of their own, each on a
//! migrated and seeded database, and callers with tokens.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::Utc;
use purser::access::Role;
use purser::auth::{Keyring, Requester, Tokens};
use tempfile::TempDir;

use super::answers::Answer;
use super::client::{Client, Received};
use super::memory::Memory;
use super::operations::Operation;
use crate::app::{TestApp, announce, grant, settings as token_settings};

/// The most memory that a server may have in use at any time, in MiB.
const MOST_MEMORY: u64 = 256;
/// From when on an operation is worth a look.
const SLOW: Duration = Duration::from_secs(3);

/// Who sends operations, one for each role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Anonymous,
    Ada,
    Staff,
    Admin,
}

impl Caller {
    pub const ALL: [Self; 4] = [Self::Anonymous, Self::Ada, Self::Staff, Self::Admin];

    pub fn role(self) -> Role {
        match self {
            Self::Anonymous => Role::Anonymous,
            Self::Ada => Role::Customer,
            Self::Staff => Role::Staff,
            Self::Admin => Role::Admin,
        }
    }

    /// The name that cases of the corpus know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Ada => "ada",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }
}

/// A server process, ended when this is dropped.
pub struct Server {
    /// The shop whose database the server answers from.
    pub app: TestApp,
    process: Process,
    memory: Memory,
    client: Client,
    tokens: Vec<Option<String>>,
    directory: TempDir,
    settings: Settings,
}

/// Settings of a server beside those that all have.
pub type Settings = &'static [(&'static str, &'static str)];

/// Those of servers that do the same however slow the machine is: what is slow
/// is told, nothing expires, and nothing is deleted meanwhile.
const PATIENT: Settings = &[
    ("STATEMENT_SECONDS", "600"),
    ("TOKEN_SECONDS", "86400"),
    ("SESSION_KEPT_SECONDS", "3000000000"),
];

impl Server {
    /// A server on every database that the environment names, `SQLite` first.
    pub async fn on_every_database() -> Vec<Self> {
        let mut servers = Vec::new();
        for app in TestApp::on_every_database().await {
            servers.push(Self::start(app).await);
        }
        servers
    }

    /// A server on the database of `app`.
    pub async fn start(app: TestApp) -> Self {
        Self::start_as(app, PATIENT).await
    }

    /// The same with other settings.
    pub async fn start_as(app: TestApp, settings: Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ring = Keyring::read_or_generate(&directory.path().join("keys")).unwrap();
        let (process, address) = Self::spawn(&app, &directory, settings).await;
        let signer = Tokens::new(ring, token_settings(Duration::from_hours(24)));
        let mut tokens = Vec::new();
        for caller in Caller::ALL {
            let token = match app.actor(caller.name()).await.requester {
                Requester::Anonymous => None,
                Requester::User { id, role } => {
                    Some(signer.sign(grant(id, role), Utc::now()).unwrap())
                }
            };
            tokens.push(token);
        }
        Self {
            app,
            memory: Memory::of(process.0.id()),
            process,
            client: Client::new(address),
            tokens,
            directory,
            settings,
        }
    }

    async fn spawn(
        app: &TestApp,
        directory: &TempDir,
        settings: Settings,
    ) -> (Process, SocketAddr) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_purser"))
            .arg("serve")
            .env_clear()
            .env("DATABASE_URL", app.address().await)
            .env("JWT_KEYS", directory.path().join("keys"))
            .env("BIND", "127.0.0.1:0")
            .env("LOG", "error")
            .envs(settings.iter().copied())
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(directory.path().join("log")).unwrap())
            .spawn()
            .map(Process)
            .unwrap();
        let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| {
                let line = line.ok()?;
                let (_, rest) = line.split_once("answers at http://")?;
                rest.strip_suffix("/graphql")?.parse().ok()
            })
            .unwrap_or_else(|| panic!("the server did not start: {}", log(directory)));
        // Whoever writes to a pipe that nobody reads waits for ever.
        std::thread::spawn(move || lines.for_each(drop));
        (process, address)
    }

    /// Ends the process at once, whatever it is about.
    pub fn kill(&self) {
        let id = self.process.0.id().to_string();
        let killed = Command::new("kill").args(["-9", &id]).status();
        assert!(killed.unwrap().success());
    }

    /// Waits for the end of the process.
    pub fn wait(&mut self) {
        self.process.0.wait().unwrap();
    }

    /// Starts it again.
    pub async fn restart(&mut self) {
        let (process, address) = Self::spawn(&self.app, &self.directory, self.settings).await;
        self.memory = Memory::of(process.0.id());
        self.process = process;
        self.client = Client::new(address);
    }

    /// Sends a body with a key by which the server knows the request again.
    ///
    /// # Errors
    /// Why no answer came back.
    pub async fn post_once(
        &self,
        body: &[u8],
        caller: Caller,
        key: &str,
    ) -> Result<Received, String> {
        let token = self.token(caller);
        self.client.post_with(body, token, Some(key)).await
    }

    /// Sends an operation. Tells of it if the answer is long in coming.
    pub async fn send(&self, operation: &Operation, caller: Caller) -> Answer {
        let body = operation.body();
        let start = Instant::now();
        let answer = self.post(body.as_bytes(), caller).await;
        let taken = start.elapsed();
        if taken >= SLOW {
            let (name, who) = (self.name(), caller.name());
            announce(&format!(
                "generated: {name} took {taken:.1?} for {who}: {body}"
            ));
        }
        answer
    }

    /// Sends a body.
    pub async fn post(&self, body: &[u8], caller: Caller) -> Answer {
        let token = self.token(caller);
        Answer::new(self.client.post(body, token).await)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.client.address
    }

    /// The token of a caller who has one.
    pub fn token(&self, caller: Caller) -> Option<&str> {
        self.tokens[caller as usize].as_deref()
    }

    /// The name of its database.
    pub fn name(&self) -> String {
        self.app.database().dialect().to_string()
    }

    /// What it has logged: errors.
    pub fn log(&self) -> String {
        log(&self.directory)
    }

    /// The most memory that the process was seen to have in use, in MiB; nothing
    /// where the system does not tell.
    pub fn peak_memory(&self) -> Option<u64> {
        self.memory.peak()
    }

    /// Whether the process is still there.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.process.0.try_wait(), Ok(None))
    }

    /// Ends servers that have been through much. Says which of them were not
    /// up to it: ended by themselves, or in need of more memory than a small
    /// machine has.
    pub async fn end_all(servers: Vec<Self>) -> Vec<String> {
        let mut faults = Vec::new();
        for mut server in servers {
            let name = server.name();
            if !server.is_alive() {
                faults.push(format!("{name} ended: {}", server.log()));
            }
            if let Some(peak) = server.peak_memory() {
                announce(&format!("generated: {name}: {peak} MiB at most"));
                if peak >= MOST_MEMORY {
                    faults.push(format!("{name} took {peak} MiB of {MOST_MEMORY}"));
                }
            }
            server.remove().await;
        }
        faults
    }

    /// Ends the process and removes the database.
    pub async fn remove(self) {
        drop(self.process);
        self.app.remove().await;
    }
}

/// A process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn log(directory: &TempDir) -> String {
    std::fs::read_to_string(directory.path().join("log")).unwrap_or_default()
}
