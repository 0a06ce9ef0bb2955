use std::future::poll_fn;
use std::num::NonZero;
use std::task::Poll;
use std::thread::available_parallelism;

use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, SemaphorePermit};

/// From how many bytes on it takes milliseconds to read a request.
const LONG: usize = 32 * 1024;
/// From how many bytes on it may take milliseconds to validate a document.
const LONG_IF_NEW: usize = 2 * 1024;

/// What takes long to read is read in turn, on half of the processors, and the
/// schema is told so: what is short does not wait for them.
pub(super) struct Turns(Semaphore);

impl Turns {
    pub fn new() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self(Semaphore::new((processors / 2).max(1)))
    }

    /// The turn of a request of so many bytes, if it must wait for one.
    pub async fn of(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        if is_long(bytes) {
            self.0.acquire().await.ok()
        } else {
            None
        }
    }

    /// Answers a request whose document and variables take long, and are read
    /// before anything is waited for.
    pub async fn answer<T>(&self, mut answering: BoxFuture<'_, T>) -> T {
        let turn = self.0.acquire().await;
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
