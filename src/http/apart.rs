use std::future::poll_fn;
use std::pin::pin;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// From how many bytes on it takes milliseconds to read a request.
const LONG: usize = 32 * 1024;

/// Does what takes the processor long, for a request of so many bytes, where it
/// keeps nobody waiting: another thread goes on with what waits for this one.
pub(super) fn apart<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let is_long = bytes > LONG;
    // Where there is one thread, nobody else can go on.
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) if is_long => block_in_place(work),
        _ => work(),
    }
}

/// The same for what waits in between.
pub(super) async fn polled_apart<F: Future>(bytes: usize, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| apart(bytes, || future.as_mut().poll(context))).await
}
