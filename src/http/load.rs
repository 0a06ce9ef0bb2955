use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, header};
use axum::middleware::Next;
use tokio::sync::Semaphore;

use super::respond;
use crate::error::{ApiError, Code};
use crate::http::Door;

/// How much is answered at once, and how long an answer may take.
pub struct Load {
    places: Semaphore,
    within: Duration,
    /// How long a client may take to send a body.
    pub(super) body_within: Duration,
}

impl Load {
    /// So many requests at once, each within a time, its body within another.
    #[must_use]
    pub fn new(at_once: usize, within: Duration, body_within: Duration) -> Self {
        Self {
            places: Semaphore::new(at_once),
            within,
            body_within,
        }
    }
}

/// Answers while there is room, and gives up what takes too long: a statement
/// that runs for it is stopped.
pub(super) async fn bound(
    State(door): State<Arc<Door>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let load = &door.load;
    let Ok(_place) = load.places.try_acquire() else {
        let mut response = respond::refuse(&ApiError::new(
            Code::ServiceUnavailable,
            "So much is asked just now that nothing more is taken. Try again in a moment.",
        ));
        let soon = HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, soon);
        return response;
    };
    match tokio::time::timeout(load.within, next.run(request)).await {
        Ok(response) => response,
        Err(_) => respond::refuse(&ApiError::new(
            Code::Timeout,
            format!(
                "The answer took longer than {} seconds. Ask for less at a time.",
                load.within.as_secs()
            ),
        )),
    }
}
