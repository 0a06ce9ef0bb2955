use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum_server::{Handle, Server};
use chrono::Utc;
use tokio::net::TcpListener;

use super::AppError;
use super::accept::Acceptor;
use crate::config::Config;
use crate::http::{Door, router};
use crate::run::{Database, tidy};

/// How long connections to the database may take to close at the end.
const CLOSING: Duration = Duration::from_secs(2);
/// How long a client may take to send the head of a request, and to keep a
/// connection open without one.
pub const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long a client may take none of an answer.
pub const READ_WITHIN: Duration = Duration::from_secs(30);
/// How often it is looked for what has expired.
const BETWEEN_TIDYING: Duration = Duration::from_mins(10);

/// Serves until `stop` is done; then running requests may finish for as long
/// as the configuration says.
///
/// # Errors
/// [`AppError::Server`] where the server stops by itself.
pub async fn serve(
    config: &Config,
    listener: TcpListener,
    door: Arc<Door>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), AppError> {
    // No token is trusted before it is known what others have revoked.
    door.auth.catch_up(Utc::now()).await?;
    let handle = Handle::<SocketAddr>::new();
    let mut server = Server::from_listener(listener)
        .acceptor(Acceptor {
            read_within: READ_WITHIN,
        })
        .handle(handle.clone())
        .first_request_timeout(HEAD_WITHIN);
    server
        .http_builder()
        .http1()
        .header_read_timeout(HEAD_WITHIN);
    let service = router(door.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let served = async {
        server.serve(service).await.map_err(AppError::Server)?;
        // A connection that became a socket is none of the server's any more.
        door.sockets.closed().await;
        Ok(())
    };
    let stopped = async {
        stop.await;
        tracing::info!("stopping: no more requests are taken");
        door.sockets.stop();
        handle.graceful_shutdown(Some(config.shutdown));
        tokio::time::sleep(config.shutdown).await;
        tracing::warn!("some requests did not finish in time");
    };
    let result = tokio::select! {
        result = served => result,
        () = stopped => Ok(()),
        () = door.auth.keep_up() => Ok(()),
        () = door.auth.keep_tidy() => Ok(()),
        () = keep_tidy(door.engine.database()) => Ok(()),
    };
    // A statement that still runs may not keep the process from ending.
    let closed = tokio::time::timeout(CLOSING, door.engine.database().close()).await;
    if closed.is_err() {
        tracing::warn!("some statements did not finish in time");
    }
    result
}

/// Deletes what has expired, again and again.
async fn keep_tidy(database: &Database) {
    loop {
        tokio::time::sleep(BETWEEN_TIDYING).await;
        if let Err(error) = tidy(database.orm(), Utc::now()).await {
            tracing::error!(%error, "what has expired was not deleted");
        }
    }
}
