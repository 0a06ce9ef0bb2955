use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use chrono::Utc;

use super::accept::Media;
use super::client::client;
use super::request::{Parameters, aside, check_asked_for, check_content_type};
use super::{idempotency, request_id, respond};
use crate::auth::{Client, Identity, TokenError};
use crate::error::{ApiError, Code};
use crate::graphql::{Answer, GraphqlRequest};
use crate::http::Door;

/// GraphQL over GET: queries only.
pub(super) async fn get(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let (parts, _) = request.into_parts();
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
    door: &Door,
    parts: &Parts,
    parameters: Result<Parameters<'_>, ApiError>,
    body: Option<&[u8]>,
) -> Response<Body> {
    let headers = &parts.headers;
    let Some(media) = Media::negotiate(headers) else {
        return respond::refuse(&ApiError::new(
            Code::NotAcceptable,
            "Answers come as application/graphql-response+json or application/json.",
        ));
    };
    let client: Arc<Client> = Arc::new(client(door, headers, &parts.extensions));
    let identity = match identity(door, headers, &client).await {
        Ok(identity) => identity,
        Err(error) => return respond::refuse(&error.into()),
    };
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(error) => return respond::refuse(&error),
    };
    let query = parameters.query;
    let id = parameters.document_id.as_deref();
    let text = match door
        .documents
        .find(query, id, parameters.extensions.as_ref())
    {
        Ok(text) => text,
        Err(error) if error.code() == Code::BadRequest => return respond::refuse(&error),
        Err(error) => return refuse(media, error),
    };
    let aside = match aside(parameters.extensions.as_ref()) {
        Ok(aside) => aside,
        Err(error) => return respond::refuse(&error),
    };
    let kept = door.idempotency_kept;
    let idempotency = match idempotency::key(headers, body.unwrap_or_default(), kept) {
        Ok(key) => key,
        Err(error) => return respond::refuse(&error),
    };
    let request = GraphqlRequest {
        query: text.as_ref(),
        operation_name: parameters.operation_name.as_deref(),
        variables: parameters.variables.unwrap_or_default(),
        only_queries: body.is_none(),
        aside,
        idempotency,
    };
    let mut answer = door.engine.answer(request, identity, &client).await;
    let status = status(media, &answer);
    let cookies = std::mem::take(&mut answer.cookies);
    let replayed = answer.replayed;
    let mut response = respond::bytes(status, media.content_type(), write(answer));
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
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// Who sent a request.
pub(super) async fn identity(
    door: &Door,
    headers: &HeaderMap,
    client: &Client,
) -> Result<Identity, TokenError> {
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    match (authorization.next(), authorization.next()) {
        // A proxy may have looked at the other one.
        (_, Some(_)) => Err(TokenError::Malformed),
        (header, None) => {
            let header = header.map(HeaderValue::as_bytes);
            let request_id = client.request_id.as_deref();
            door.auth.identity(header, request_id, Utc::now()).await
        }
    }
}

/// Refuses a request that is well-formed.
fn refuse(media: Media, error: ApiError) -> Response<Body> {
    let answer = Answer {
        data: None,
        errors: vec![error],
        extensions: serde_json::Map::new(),
        cookies: Vec::new(),
        replayed: false,
    };
    respond::bytes(status(media, &answer), media.content_type(), write(answer))
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
        (Media::Json, _) | (Media::GraphqlResponse, Some(_)) => StatusCode::OK,
    }
}

/// Writes the response of a request. The bytes of the data are copied, never
/// parsed.
fn write(answer: Answer) -> Vec<u8> {
    let data = answer.data.unwrap_or_default();
    let mut body = Vec::with_capacity(data.len() + 10);
    body.push(b'{');
    if !answer.errors.is_empty() {
        let id = request_id::current();
        let errors = answer
            .errors
            .iter()
            .map(|error| error.to_json(id.as_deref()));
        let errors = serde_json::Value::Array(errors.collect());
        body.extend_from_slice(b"\"errors\":");
        body.extend_from_slice(errors.to_string().as_bytes());
    }
    if !data.is_empty() {
        if !answer.errors.is_empty() {
            body.push(b',');
        }
        body.extend_from_slice(b"\"data\":");
        body.extend_from_slice(&data);
    }
    if !answer.extensions.is_empty() {
        let extensions = serde_json::Value::Object(answer.extensions);
        body.extend_from_slice(b",\"extensions\":");
        body.extend_from_slice(extensions.to_string().as_bytes());
    }
    body.push(b'}');
    body
}
