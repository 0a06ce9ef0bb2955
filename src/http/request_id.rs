use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

/// The header that names a request, in both directions.
pub(super) const HEADER: &str = "x-request-id";

/// The longest id that is taken over from a client, in characters.
const LONGEST: usize = 64;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that is being answered.
pub(super) fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Goes on with the request that is being answered, wherever that is polled.
pub(super) fn going_on<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let id = current().unwrap_or_else(next_id);
    CURRENT.scope(id, future).instrument(Span::current())
}

/// Answers one of the requests that come over a socket, within a span of its
/// name and of the socket's.
pub(super) fn within_socket<F: Future>(
    socket: &str,
    id: String,
    future: F,
) -> impl Future<Output = F::Output> + use<F> {
    let span = tracing::info_span!(parent: None, "request", %id, socket);
    CURRENT.scope(id, future).instrument(span)
}

/// Names the request, answers it within a span of that name, and logs how it
/// went.
pub(super) async fn trace(request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(next_id);
    let mut outcome = Outcome {
        // Errors are to be found by it, also where nothing else is logged.
        span: tracing::error_span!("request", %id),
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        begun: Instant::now(),
        status: None,
    };
    let mut response = CURRENT
        .scope(id.clone(), next.run(request))
        .instrument(outcome.span.clone())
        .await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    outcome.status = Some(response.status());
    response
}

/// How a request went, which is logged in the end, also where it is given up
/// because its client is gone.
struct Outcome {
    span: Span,
    method: Method,
    path: String,
    begun: Instant,
    status: Option<StatusCode>,
}

impl Drop for Outcome {
    fn drop(&mut self) {
        let Self {
            span, method, path, ..
        } = &*self;
        let milliseconds = self.begun.elapsed().as_secs_f64() * 1000.0;
        if let Some(status) = self.status {
            let status = status.as_u16();
            tracing::info!(parent: span, %method, path, status, milliseconds, "answered");
        } else {
            tracing::info!(parent: span, %method, path, milliseconds, "the client hung up");
        }
    }
}

/// An id that no other process gives, and this one only once.
pub(super) fn next_id() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| Uuid::new_v4().as_u64_pair().1);
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{:016x}{number:016x}", *PROCESS)
}

/// The id that the client sent, if it is harmless in a log.
fn given(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let harmless = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    (harmless && !id.is_empty() && id.len() <= LONGEST).then(|| id.to_owned())
}
