use std::time::Duration;

use tokio::sync::watch;

use crate::auth::Client;
use crate::http::shares::{Portion, Shares};

/// What clients may do with WebSockets, and how long things may take.
#[derive(Clone, Copy, Debug)]
pub struct SocketLimits {
    /// How many may be open at once.
    pub sockets: u32,
    /// How many operations may run at once on one of them.
    pub operations: usize,
    /// How large a message of a client may be, in bytes.
    pub message: usize,
    /// How long a client may take to say who it is.
    pub initialisation: Duration,
    /// How long a client may take to receive a message.
    pub sending: Duration,
    /// How often a client is asked for a sign of life. One that has given none
    /// until it is asked again is gone.
    pub ping: Duration,
    /// How long a client may ask nothing.
    pub idle: Duration,
    /// How often it is looked whether a token is still good, and for how long
    /// nothing was heard or asked.
    pub checks: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            sockets: 500,
            operations: 32,
            message: 64 * 1024,
            initialisation: Duration::from_secs(10),
            sending: Duration::from_secs(30),
            ping: Duration::from_secs(15),
            idle: Duration::from_mins(10),
            checks: Duration::from_secs(2),
        }
    }
}

/// The WebSockets of the process.
pub struct Sockets {
    pub(super) limits: SocketLimits,
    places: Shares,
    stopping: watch::Sender<bool>,
}

impl Default for Sockets {
    fn default() -> Self {
        Self::new(SocketLimits::default())
    }
}

impl Sockets {
    /// None is open yet.
    #[must_use]
    pub fn new(limits: SocketLimits) -> Self {
        Self {
            limits,
            places: Shares::new(limits.sockets as usize),
            stopping: watch::Sender::new(false),
        }
    }

    /// A place for one more of that client, unless there is none.
    pub(super) fn place(&self, client: &Client) -> Option<Place> {
        if *self.stopping.borrow() {
            return None;
        }
        Some(Place {
            _portion: self.places.take(client, 1)?,
            stopping: self.stopping.subscribe(),
        })
    }

    /// Has each of them closed once what it runs is answered, and opens no more.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until none is open.
    pub async fn closed(&self) {
        self.places.given_back().await;
    }
}

/// The place of an open socket.
pub(super) struct Place {
    _portion: Portion,
    stopping: watch::Receiver<bool>,
}

impl Place {
    /// Waits until it is to be given up.
    pub async fn is_wanted_back(&mut self) {
        // The sender lives as long as the door, which every socket holds.
        let _ = self.stopping.wait_for(|stopping| *stopping).await;
    }
}
