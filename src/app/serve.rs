use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::AppError;
use super::connections::Connections;
use crate::config::Config;
use crate::http::{Door, router};
use crate::run::{Database, tidy};

/// How long connections to the database may take to close at the end.
const CLOSING: Duration = Duration::from_secs(2);
/// How many files are left for other things than connections of clients.
#[cfg(target_os = "linux")]
const OTHER_FILES: u64 = 200;
/// How often it is looked for what has expired.
const BETWEEN_TIDYING: Duration = Duration::from_mins(10);

/// Serves until `stop` is done; then running requests may finish for as long
/// as the configuration says.
///
/// # Errors
/// [`AppError`] where it cannot be read what is revoked.
pub async fn serve(
    config: &Config,
    listener: TcpListener,
    door: Arc<Door>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), AppError> {
    // No token is trusted before it is known what others have revoked.
    door.auth.catch_up(Utc::now()).await?;
    let connections = Connections::new(
        router(door.clone()),
        places(config),
        config.trusted_proxies > 0,
    );
    let served = async {
        tokio::select! {
            never = connections.accept(listener) => match never {},
            () = stop => {}
        }
        tracing::info!("stopping: no more requests are taken");
        door.sockets.stop();
        let finished = async {
            connections.close().await;
            // A connection that became a socket is none of those any more.
            door.sockets.closed().await;
        };
        if timeout(config.shutdown, finished).await.is_err() {
            tracing::warn!("some requests did not finish in time");
        }
    };
    tokio::select! {
        () = served => {}
        () = door.auth.keep_up() => {}
        () = door.auth.keep_tidy() => {}
        () = keep_tidy(door.engine.database()) => {}
    }
    // A statement that still runs may not keep the process from ending.
    let closed = timeout(CLOSING, door.engine.database().close()).await;
    if closed.is_err() {
        tracing::warn!("some statements did not finish in time");
    }
    Ok(())
}

/// As many connections of clients as may be open, and as there are files for:
/// each is one, and so are WebSockets.
fn places(config: &Config) -> u32 {
    let wanted = config.connections;
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        let more = Rlimit {
            current: maximum,
            maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, more) {
            tracing::warn!(%error, "no more files can be open than before");
        }
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let others = OTHER_FILES + u64::from(config.sockets);
        let places = files.saturating_sub(others).max(1);
        if places < wanted.into() {
            tracing::warn!(files, places, "there are not files for so many connections");
            return u32::try_from(places).unwrap_or(wanted);
        }
    }
    wanted
}

/// Deletes what has expired, again and again.
async fn keep_tidy(database: &Database) {
    loop {
        tokio::time::sleep(BETWEEN_TIDYING).await;
        match timeout(BETWEEN_TIDYING, tidy(database.orm(), Utc::now())).await {
            Ok(Ok(())) => {}
            failed => tracing::error!(?failed, "what has expired was not deleted"),
        }
    }
}
