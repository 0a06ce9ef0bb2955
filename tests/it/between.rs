//! What lies between a node and its server, and may fall silent or lose what is
//! said.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{Either, select};
use purser::run::{Database, ReadLimits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::app::TestApp;

pub struct Between {
    /// Where the database is behind it.
    address: String,
    silent: watch::Sender<()>,
    loses_commit: Arc<AtomicBool>,
    /// What passes it on, for as long as this is there.
    _passing: JoinSet<()>,
}

impl Between {
    /// Passes on what is said to the server of a shop, and its answers.
    pub async fn of(app: &TestApp) -> Self {
        let address = app.address().await;
        let (before, server) = address.rsplit_once('@').unwrap();
        let (server, name) = server.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (silent, _) = watch::channel(());
        let falls_silent = silent.clone();
        let loses_commit = Arc::new(AtomicBool::new(false));
        let loses = loses_commit.clone();
        let mut passing = JoinSet::new();
        let server = server.to_owned();
        passing.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                let mut silent = falls_silent.subscribe();
                let loses = loses.clone();
                connections.spawn(async move {
                    let passed = pin!(pass(client, server, &loses));
                    if let Either::Right((_, passed)) = select(passed, pin!(silent.changed())).await
                    {
                        pending::<()>().await;
                        passed.await;
                    }
                });
            }
        });
        Self {
            address: format!("{before}@127.0.0.1:{port}/{name}"),
            silent,
            loses_commit,
            _passing: passing,
        }
    }

    /// Connects through it.
    pub async fn connect(&self, limits: ReadLimits) -> Database {
        let url = self.address.parse().unwrap();
        Database::connect(&url, limits).await.unwrap()
    }

    /// Says nothing more on the connections there are, not even that they are
    /// gone.
    pub fn fall_silent(&self) {
        self.silent.send(()).unwrap();
    }

    /// Ends the connection on which something is kept next, once it is kept.
    pub fn lose_commit(&self) {
        self.loses_commit.store(true, Ordering::SeqCst);
    }
}

/// Passes on what both say until one of them hangs up.
async fn pass(mut client: TcpStream, mut server: TcpStream, loses_commit: &AtomicBool) {
    let (mut said, mut answered) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            read = client.read(&mut said) => {
                let Ok(read @ 1..) = read else { return };
                if server.write_all(&said[..read]).await.is_err() {
                    return;
                }
                let commits = ["COMMIT", "COMMIT\0"].iter().any(|end| said[..read].ends_with(end.as_bytes()));
                if commits && loses_commit.swap(false, Ordering::SeqCst) {
                    assert_ne!(server.read(&mut answered).await.unwrap(), 0);
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(read @ 1..) = read else { return };
                if client.write_all(&answered[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}
