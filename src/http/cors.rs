use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::router::Door;
use super::{idempotency, origin, request_id};
use crate::error::{ApiError, Code};

/// Lets pages of other origins call the API and read its answers, where they are
/// listed. Which headers they send does not matter then.
pub(super) fn layer(door: Arc<Door>) -> CorsLayer {
    CorsLayer::new()
        .allow_credentials(door.auth.cookies)
        .allow_origin(AllowOrigin::predicate(move |origin, request| {
            // Browsers say no more than that it was refused.
            let _ = refusal(&door, &request.method, &request.headers);
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

/// Why a page may not call the API, where that is what a browser asks (Fetch,
/// section 3.3.5, CORS-preflight request).
pub(super) fn refusal(door: &Door, method: &Method, headers: &HeaderMap) -> Option<ApiError> {
    if method != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let origin = headers.get(header::ORIGIN)?;
    if door.cors_origins.contains(origin) {
        return None;
    }
    let message = origin::refusal(origin);
    tracing::warn!("{message}");
    Some(ApiError::new(Code::Forbidden, message))
}
