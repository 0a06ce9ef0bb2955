use std::future::poll_fn;
use std::num::NonZero;
use std::task::Poll;
use std::thread::available_parallelism;

use futures_util::future::BoxFuture;

use super::shares::{Portion, Shares};
use crate::auth::Client;

/// From how many bytes on it takes milliseconds to read a request.
const LONG: usize = 32 * 1024;
/// From how many bytes on it may take milliseconds to validate a document.
const LONG_IF_NEW: usize = 256;

/// What takes long to read is read in turn, on half of the processors, and the
/// schema is told so: what is short does not wait for them. Clients take turns
/// with each other, however much each of them sends.
pub(super) struct Turns(Shares);

impl Turns {
    pub fn new() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self(Shares::new((processors / 2).max(1)))
    }

    /// The turn of a client's request of so many bytes, if it must wait for one.
    pub async fn of(&self, client: &Client, bytes: usize) -> Portion {
        let turns = u32::from(is_long(bytes));
        self.0.wait_for(client, turns).await
    }

    /// Answers a request of a client whose document and variables take long, and
    /// are read before anything is waited for.
    pub async fn answer<T>(&self, client: &Client, mut answering: BoxFuture<'_, T>) -> T {
        let turn = self.0.wait_for(client, 1).await;
        let read = poll_fn(|context| Poll::Ready(answering.as_mut().poll(context))).await;
        drop(turn);
        match read {
            Poll::Ready(answer) => answer,
            Poll::Pending => answering.await,
        }
    }
}

/// Whether a document of so many bytes is long that is not known yet.
pub(super) fn is_long_if_new(bytes: usize) -> bool {
    bytes > LONG_IF_NEW
}

/// Whether a request of so many bytes is long.
pub(super) fn is_long(bytes: usize) -> bool {
    bytes > LONG
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::future::join_all;

    use super::*;
    use crate::http::shares::tests::client;

    #[tokio::test]
    async fn clients_take_turns_with_each_other() {
        let turns = Turns(Shares::new(1));
        let read = Mutex::new(Vec::new());
        let read_by = |number: u8| {
            let (turns, read) = (&turns, &read);
            let reading = async move {
                read.lock().unwrap().push(number);
            };
            async move { turns.answer(&client(number), Box::pin(reading)).await }
        };
        let busy = turns.0.wait_for(&client(3), 1).await;
        let all = join_all([1, 1, 1, 1, 2].map(read_by));
        let begins = async {
            tokio::task::yield_now().await;
            drop(busy);
        };
        tokio::join!(all, begins);
        assert_eq!(*read.lock().unwrap(), [1, 2, 1, 1, 1]);
    }
}
