//! A listener on the wire to a database server, which counts the statements
//! that go by.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Stands between a client and a server and passes everything on.
pub struct Wire {
    /// The server's address with the listener in its place.
    pub url: String,
    executed: Arc<AtomicUsize>,
}

/// What the client says to the server.
#[derive(Clone, Copy)]
enum Protocol {
    Postgres,
    Mariadb,
}

impl Wire {
    /// Listens on the wire to the server of an address.
    pub async fn to(url: &str) -> Self {
        let protocol = if url.starts_with("postgres") {
            Protocol::Postgres
        } else {
            Protocol::Mariadb
        };
        let (account, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let executed = Arc::new(AtomicUsize::new(0));
        let (server, counter) = (server.to_owned(), executed.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                let (from_client, mut to_client) = client.into_split();
                let (mut from_server, to_server) = server.into_split();
                tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
                });
                tokio::spawn(listen(protocol, from_client, to_server, counter.clone()));
            }
        });
        Self {
            url: format!("{account}@{here}/{database}"),
            executed,
        }
    }

    /// How many statements have been executed so far.
    pub fn executed(&self) -> usize {
        self.executed.load(Ordering::SeqCst)
    }
}

/// Passes messages of the client on, and counts those that execute something.
async fn listen(
    protocol: Protocol,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    executed: Arc<AtomicUsize>,
) {
    let mut begun = false;
    loop {
        let message = match protocol {
            // Before the session begins, messages have no type
            // (PostgreSQL, Message Formats).
            Protocol::Postgres if !begun => {
                message(&mut from, 4, |head| {
                    usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]))
                        .unwrap()
                        - 4
                })
                .await
            }
            Protocol::Postgres => {
                message(&mut from, 5, |head| {
                    usize::try_from(u32::from_be_bytes([head[1], head[2], head[3], head[4]]))
                        .unwrap()
                        - 4
                })
                .await
            }
            Protocol::Mariadb => {
                message(&mut from, 4, |head| {
                    usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16
                })
                .await
            }
        };
        let Some(message) = message else {
            return;
        };
        let executes = match protocol {
            Protocol::Postgres if !begun => {
                // Version 3.0, rather than a question about encryption.
                begun = message[4..8] == 196_608_u32.to_be_bytes();
                false
            }
            // Execute and Query.
            Protocol::Postgres => matches!(message[0], b'E' | b'Q'),
            // COM_STMT_EXECUTE and COM_QUERY, which begin an exchange.
            Protocol::Mariadb => message[3] == 0 && matches!(message.get(4), Some(0x17 | 0x03)),
        };
        if executes {
            executed.fetch_add(1, Ordering::SeqCst);
        }
        if to.write_all(&message).await.is_err() {
            return;
        }
    }
}

/// Reads one message: a head, and as many bytes as the head says.
async fn message(
    from: &mut OwnedReadHalf,
    head: usize,
    length: impl Fn(&[u8]) -> usize,
) -> Option<Vec<u8>> {
    let mut message = vec![0; head];
    from.read_exact(&mut message).await.ok()?;
    let length = length(&message);
    message.resize(head + length, 0);
    from.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}
