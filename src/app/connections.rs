use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use futures_util::future::{Either, ready};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use crate::auth::Client;
use crate::http::Shares;

/// How long a client may take to send the head of a request, and to keep a
/// connection open without one.
pub const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long a client may take none of an answer.
pub const READ_WITHIN: Duration = Duration::from_secs(30);
/// How large the head of a request may be, in bytes. What reads it looks at that
/// between two reads, so more may have come.
pub const LARGEST_HEAD: usize = 16 * 1024;
/// How long nothing is accepted after that has failed.
const PAUSE: Duration = Duration::from_millis(50);

/// Connections of clients that speak HTTP/1.1. Proxies speak HTTP/2 to browsers;
/// a client that could have many streams on a connection, and stop each of them,
/// would need limits of its own.
pub(super) struct Connections {
    router: Router,
    http: http1::Builder,
    places: Shares,
    stopping: watch::Sender<bool>,
}

impl Connections {
    /// None is open yet, and so many may be at once; one client has half of them
    /// unless all come by a proxy.
    pub fn new(router: Router, most: u32, by_proxy: bool) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_buf_size(LARGEST_HEAD);
        Self {
            router,
            http,
            places: if by_proxy {
                Shares::undivided(most)
            } else {
                Shares::new(most as usize)
            },
            stopping: watch::Sender::new(false),
        }
    }

    /// Takes connections for as long as it is polled. Those that are more than
    /// may be open are closed at once.
    pub async fn accept(&self, listener: TcpListener) -> Infallible {
        let mut is_full = false;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let was_full = is_full;
                    is_full = !self.serve(stream, peer);
                    if is_full && !was_full {
                        tracing::warn!("as many connections are open as may be");
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Whether there is a place for a connection, on which requests are answered
    /// from now on.
    fn serve(&self, stream: TcpStream, peer: SocketAddr) -> bool {
        let client = Client {
            address: Some(peer.ip()),
            ..Client::default()
        };
        let Some(place) = self.places.take(&client, 1) else {
            return false;
        };
        // What is written is sent at once: the end of an answer does not wait for
        // the client to acknowledge what came before.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection is gone");
            return true;
        }
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(READ_WITHIN));
        let router = self.router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            if head(&request) > LARGEST_HEAD {
                return Either::Left(ready(Ok(too_large())));
            }
            request.extensions_mut().insert(ConnectInfo(peer));
            Either::Right(router.clone().oneshot(request.map(Body::new)))
        });
        let io = TokioIo::new(Box::pin(stream));
        let connection = self.http.serve_connection(io, service).with_upgrades();
        let mut stopping = self.stopping.subscribe();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let stopped = async {
                let _ = stopping.wait_for(|stopping| *stopping).await;
            };
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stopped => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
            drop(place);
        });
        true
    }

    /// Closes each once what runs on it is answered, and waits for that.
    pub async fn close(&self) {
        self.stopping.send_replace(true);
        self.places.given_back().await;
    }
}

/// The size of a request's head, in bytes, without blanks that mean nothing.
fn head<B>(request: &Request<B>) -> usize {
    // `GET /path?query HTTP/1.1`, lines of `name: value`, and an empty one.
    let (method, uri) = (request.method().as_str(), request.uri());
    let authority = uri.authority().map_or(0, |name| name.as_str().len());
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let line = method.len() + authority + path + " ".len() + " HTTP/1.1\r\n".len();
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    line + headers.sum::<usize>() + "\r\n".len()
}

/// What hyper says as well where it gives up.
fn too_large() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_head_is_that_of_its_text() {
        let text =
            "GET /graphql?query=%7Ba%7D HTTP/1.1\r\nhost: a\r\naccept: b\r\naccept: c\r\n\r\n";
        let request = Request::get("/graphql?query=%7Ba%7D")
            .header("host", "a")
            .header("accept", "b")
            .header("accept", "c")
            .body(())
            .unwrap();
        assert_eq!(head(&request), text.len());
    }
}
