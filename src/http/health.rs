use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use tokio::time::timeout;

use super::respond;
use crate::http::Door;

/// How long the database may take to give a sign of life.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the process runs.
pub(super) async fn live() -> Response<Body> {
    status(StatusCode::OK, "live")
}

/// Whether requests can be answered.
pub(super) async fn ready(State(door): State<Arc<Door>>) -> Response<Body> {
    match timeout(PATIENCE, door.engine.database().ping()).await {
        Ok(Ok(())) => status(StatusCode::OK, "ready"),
        failed => {
            tracing::warn!(?failed, "the database gives no sign of life");
            status(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
    }
}

fn status(status: StatusCode, word: &str) -> Response<Body> {
    let body = serde_json::json!({ "status": word }).to_string();
    respond::bytes(status, respond::JSON, body.into_bytes())
}
