use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::router::Door;
use super::{idempotency, origin, request_id};
use crate::error::ApiError;

/// Lets pages of other origins call the API and read its answers, where they are
/// listed. Which headers they send does not matter then.
pub(super) fn layer(door: Arc<Door>) -> CorsLayer {
    CorsLayer::new()
        .allow_credentials(door.auth.cookies)
        .allow_origin(AllowOrigin::predicate(move |origin, request| {
            tell(refusal(&door, &request.method, &request.headers).as_ref());
            door.cors_origins.contains(origin)
        }))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            HeaderName::from_static(request_id::HEADER),
            idempotency::REPLAYED,
            header::RETRY_AFTER,
        ])
        .max_age(Duration::from_hours(1))
}

/// Answers a browser that asks for a page where none is listed.
pub(super) fn answer(door: &Door, method: &Method, headers: &HeaderMap) -> Option<ApiError> {
    let refusal = refusal(door, method, headers);
    tell(refusal.as_ref());
    refusal
}

/// Says in the log what browsers keep to themselves.
fn tell(refusal: Option<&ApiError>) {
    if let Some(refusal) = refusal {
        tracing::info!("{}", refusal.message());
    }
}

/// Why a page may not call the API, where that is what a browser asks (Fetch,
/// section 3.3.5, CORS-preflight request).
fn refusal(door: &Door, method: &Method, headers: &HeaderMap) -> Option<ApiError> {
    if method != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let origin = headers.get(header::ORIGIN)?;
    (!door.cors_origins.contains(origin)).then(|| origin::refusal(door, Some(origin)))
}
