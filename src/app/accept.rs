use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

/// Takes connections of clients that go on reading.
#[derive(Clone, Copy)]
pub struct Acceptor {
    /// How long a client may take none of what is sent to it.
    pub read_within: Duration,
}

impl<S> Accept<TcpStream, S> for Acceptor {
    type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        // What is written is sent at once: the end of an answer does not wait for
        // the client to acknowledge what came before.
        ready(stream.set_nodelay(true).map(|()| {
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(self.read_within));
            (Box::pin(stream), service)
        }))
    }
}
