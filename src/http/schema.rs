use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};

use super::client::client;
use super::{graphql, respond};
use crate::error::{ApiError, Code};
use crate::http::Door;

/// The schema of whoever asks, in GraphQL's schema definition language.
pub(super) async fn page(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let headers: &HeaderMap = request.headers();
    let client = client(&door, headers, request.extensions());
    let identity = match graphql::identity(&door, headers, &client).await {
        Ok(identity) => identity,
        Err(error) => return respond::refuse(&error.into()),
    };
    let role = identity.requester.role();
    let Some(schema) = door.engine.operations().printed(role) else {
        return respond::refuse(&ApiError::new(
            Code::Forbidden,
            "Schemas are not told here. Ask who runs the service for yours.",
        ));
    };
    let text = "text/plain; charset=utf-8";
    let mut response = respond::bytes(StatusCode::OK, text, Bytes::from_owner(schema));
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    response
}
