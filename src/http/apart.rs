use std::future::poll_fn;

use futures_util::future::BoxFuture;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// From how many bytes on it takes milliseconds to read a request.
const LONG: usize = 32 * 1024;

/// Whether it takes long to read a request of so many bytes.
pub(super) fn is_long(bytes: usize) -> bool {
    // Where there is one thread, nobody else can go on.
    let runtime = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    bytes > LONG && matches!(runtime, Ok(RuntimeFlavor::MultiThread))
}

/// Reads a request of so many bytes where it keeps nobody waiting: another thread
/// goes on with what waits for this one.
pub(super) fn apart<T>(bytes: usize, read: impl FnOnce() -> T) -> T {
    if is_long(bytes) {
        block_in_place(read)
    } else {
        read()
    }
}

/// The same for a request that is long, and what is done for it.
pub(super) async fn answered_apart<T>(mut answering: BoxFuture<'_, T>) -> T {
    poll_fn(|context| block_in_place(|| answering.as_mut().poll(context))).await
}
