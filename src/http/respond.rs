use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use super::accept::Media;
use super::request_id;
use crate::error::{ApiError, Code};

/// `application/json`, with its encoding.
pub(super) const JSON: &str = "application/json; charset=utf-8";

/// An answer without data, under the status that its error calls for.
pub(super) fn refuse(error: &ApiError) -> Response<Body> {
    refuse_as(Media::Json, error)
}

/// The same in a media type; in events nothing is refused.
pub(super) fn refuse_as(media: Media, error: &ApiError) -> Response<Body> {
    let media_type = match media {
        Media::Json | Media::EventStream => JSON,
        Media::GraphqlResponse => media.content_type(),
    };
    let id = request_id::current();
    let body = json!({ "errors": [error.to_json(id.as_deref())] }).to_string();
    let mut response = bytes(status(error.code()), media_type, body.into_bytes());
    set_retry_after(&mut response, error);
    if error.code() == Code::Unauthenticated {
        // RFC 6750, section 3.
        response.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer error=\"invalid_token\""),
        );
    }
    response
}

/// An answer of bytes.
pub(super) fn bytes(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Body> {
    let mut response = Response::new(Body::from(body.into()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Tells the client when to try again, where that is known.
pub(super) fn set_retry_after(response: &mut Response<Body>, error: &ApiError) {
    let soon = (error.code() == Code::ServiceUnavailable).then_some(1);
    if let Some(seconds) = error.retry_after().or(soon) {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
}

/// Has the client keep cookies.
pub(super) fn set_cookies(response: &mut Response<Body>, cookies: Vec<String>) {
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

/// The status of an answer that has nothing but an error of this code.
#[must_use]
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::BadRequest
        | Code::GraphqlParseFailed
        | Code::GraphqlValidationFailed
        | Code::OperationResolutionFailure
        | Code::BadUserInput
        | Code::InvalidCursor
        | Code::QueryTooComplex
        | Code::PersistedQueryNotFound
        | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden | Code::DocumentNotTrusted => StatusCode::FORBIDDEN,
        Code::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        Code::RateLimited | Code::TooManyOperations => StatusCode::TOO_MANY_REQUESTS,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Code::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
