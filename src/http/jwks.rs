use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::respond;
use super::router::Door;

/// How long others may keep the keys. The next key is published for as long
/// before it is used.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The keys that our tokens are verified by (RFC 7517, section 5).
pub(super) async fn keys(State(door): State<Arc<Door>>) -> Response<Body> {
    let keys = door.auth.tokens.keys().published();
    match serde_json::to_vec(&keys) {
        Ok(body) => {
            let mut response = respond::bytes(StatusCode::OK, "application/jwk-set+json", body);
            response.headers_mut().insert(header::CACHE_CONTROL, CACHE);
            response
        }
        Err(error) => respond::refuse(&crate::error::ApiError::internal(&error)),
    }
}
