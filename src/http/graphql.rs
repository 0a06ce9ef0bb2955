use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use chrono::Utc;

use super::accept::Media;
use super::client::client;
use super::operation::{Operation, write};
use super::request::{Parameters, check_asked_for, check_content_type};
use super::{events, idempotency, respond, socket};
use crate::auth::{Client, Identity, TokenError};
use crate::error::{ApiError, Code};
use crate::graphql::Answer;
use crate::http::Door;

/// GraphQL over GET: queries only, unless the connection is to become a
/// WebSocket.
pub(super) async fn get(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let (parts, _) = request.into_parts();
    if socket::is_wanted(&parts.headers) {
        return socket::open(door, parts).await;
    }
    if let Err(error) = check_asked_for(&parts.headers) {
        return respond::refuse(&error);
    }
    let query = parts.uri.query().unwrap_or_default();
    let parameters = Parameters::from_query(query);
    answer(&door, &parts, parameters, None).await
}

/// GraphQL over POST.
pub(super) async fn post(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if let Err(error) = check_content_type(&parts.headers) {
        return respond::refuse(&error);
    }
    let declared = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = || {
        respond::refuse(&ApiError::new(
            Code::PayloadTooLarge,
            format!("The body is larger than {} bytes.", door.max_body_bytes),
        ))
    };
    if declared.is_some_and(|length| length > door.max_body_bytes) {
        return too_large();
    }
    let body = to_bytes(body, door.max_body_bytes);
    let body = match tokio::time::timeout(door.load.body_within, body).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return too_large(),
        Err(_) => {
            return respond::refuse(&ApiError::new(
                Code::RequestTimeout,
                format!(
                    "The body took longer than {} seconds.",
                    door.load.body_within.as_secs()
                ),
            ));
        }
    };
    let parameters = Parameters::from_body(&body);
    answer(&door, &parts, parameters, Some(&body)).await
}

async fn answer(
    door: &Arc<Door>,
    parts: &Parts,
    parameters: Result<Parameters<'_>, ApiError>,
    body: Option<&[u8]>,
) -> Response<Body> {
    let headers = &parts.headers;
    let Some(media) = Media::negotiate(headers) else {
        return respond::refuse(&ApiError::new(
            Code::NotAcceptable,
            "Answers come as application/graphql-response+json, application/json or \
             text/event-stream.",
        ));
    };
    let client = client(door, headers, &parts.extensions);
    let identity = match identity(door, headers, &client).await {
        Ok(identity) => identity,
        Err(error) => return respond::refuse(&error.into()),
    };
    let operation = match operation(door, headers, parameters, body) {
        Ok(operation) => operation,
        Err(error) => return respond::refuse(&error),
    };
    let mut response = if media == Media::EventStream {
        events::answer(door.clone(), operation.into_owned(), identity, client)
    } else {
        let answer = operation.answer(door, identity, &Arc::new(client)).await;
        respond(media, answer)
    };
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("accept"));
    response
}

fn operation<'b>(
    door: &Door,
    headers: &HeaderMap,
    parameters: Result<Parameters<'b>, ApiError>,
    body: Option<&[u8]>,
) -> Result<Operation<'b>, ApiError> {
    let operation = Operation::new(parameters?, &door.documents)?;
    let kept = door.idempotency_kept;
    let key = idempotency::key(headers, body.unwrap_or_default(), kept)?;
    let operation = operation.known_by(key);
    Ok(match body {
        Some(_) => operation,
        None => operation.only_queries(),
    })
}

/// Who sent a request.
pub(super) async fn identity(
    door: &Door,
    headers: &HeaderMap,
    client: &Client,
) -> Result<Identity, TokenError> {
    let header = authorization(headers)?.map(HeaderValue::as_bytes);
    let request_id = client.request_id.as_deref();
    door.auth.identity(header, request_id, Utc::now()).await
}

/// The one header that says who asks, if there is one.
pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<&HeaderValue>, TokenError> {
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    match (authorization.next(), authorization.next()) {
        // A proxy may have looked at the other one.
        (_, Some(_)) => Err(TokenError::Malformed),
        (header, None) => Ok(header),
    }
}

fn respond(media: Media, mut answer: Answer) -> Response<Body> {
    let status = status(media, &answer);
    let cookies = std::mem::take(&mut answer.cookies);
    let replayed = answer.replayed;
    let mut body = Vec::new();
    write(answer, &mut body);
    let mut response = respond::bytes(status, media.content_type(), body);
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    if replayed {
        let value = HeaderValue::from_static("true");
        response.headers_mut().insert(idempotency::REPLAYED, value);
    }
    response
}

/// The status of an answer (GraphQL over HTTP, section 6.4).
fn status(media: Media, answer: &Answer) -> StatusCode {
    let Some(error) = answer.errors.first() else {
        return StatusCode::OK;
    };
    match (media, &answer.data) {
        (_, None) if error.code() == Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        (Media::GraphqlResponse, None) => respond::status(error.code()),
        // The request was understood; `errors` tells the rest.
        (Media::Json | Media::EventStream, _) | (Media::GraphqlResponse, Some(_)) => StatusCode::OK,
    }
}
