use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use chrono::Utc;

use super::accept::Media;
use super::answers::AnswerRoom;
use super::body::receive;
use super::client::client;
use super::load::Place;
use super::operation::{Operation, write};
use super::request::{Parameters, check_asked_for, check_content_type};
use super::shares::Portion;
use super::{batch, events, idempotency, respond, socket};
use crate::auth::{Client, Identity, TokenError};
use crate::error::{ApiError, Code};
use crate::graphql::Answer;
use crate::http::Door;

/// GraphQL over GET: queries only, unless the connection is to become a
/// WebSocket.
pub(super) async fn get(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let (parts, _) = request.into_parts();
    if socket::is_wanted(&parts.headers) {
        return socket::open(door, parts);
    }
    let response = by_get(&door, &parts).await;
    told(&parts.headers, response)
}

async fn by_get(door: &Arc<Door>, parts: &Parts) -> Result<Response<Body>, ApiError> {
    check_asked_for(door, &parts.headers)?;
    let query = parts.uri.query().unwrap_or_default();
    let client = client(door, &parts.headers, &parts.extensions);
    let (parameters, values) = match Parameters::from_query(query, &door.load.rooms, &client) {
        Ok((parameters, values)) => (Ok(parameters), values),
        Err(error) => (Err(error), Portion::default()),
    };
    let place = door.load.place(&client, values)?;
    answer(door, parts, client, parameters, None, place).await
}

/// GraphQL over POST.
pub(super) async fn post(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let response = by_post(&door, &parts, body).await;
    told(&parts.headers, response)
}

async fn by_post(door: &Arc<Door>, parts: &Parts, body: Body) -> Result<Response<Body>, ApiError> {
    check_content_type(&parts.headers)?;
    let client = client(door, &parts.headers, &parts.extensions);
    let most = door.max_body_bytes;
    let (body, values) = receive(&door.load, &client, &parts.headers, body, most).await?;
    if let Some(requests) = batch::read(&body, door.batch)? {
        return batch::answer(door, parts, client, requests, values).await;
    }
    let place = door.load.place(&client, values)?;
    let turn = place
        .within(door.load.turns.of(&client, body.len()))
        .await?;
    let parameters = Parameters::from_body(&body);
    drop(turn);
    answer(door, parts, client, parameters, Some(&body), place).await
}

/// A response, or why there is none, in the media type that the client likes
/// best.
fn told(headers: &HeaderMap, response: Result<Response<Body>, ApiError>) -> Response<Body> {
    let mut response = response.unwrap_or_else(|error| {
        let media = Media::negotiate(headers).unwrap_or(Media::Json);
        respond::refuse_as(media, &error)
    });
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("accept"));
    response
}

async fn answer(
    door: &Arc<Door>,
    parts: &Parts,
    client: Client,
    parameters: Result<Parameters<'_>, ApiError>,
    body: Option<&[u8]>,
    place: Place,
) -> Result<Response<Body>, ApiError> {
    let caller = Caller::of(door, parts, &client);
    let Caller { media, identity } = place.within(caller).await??;
    let operation = operation(door, parts, parameters, body)?;
    if media == Media::EventStream {
        let operation = operation.into_owned();
        let door = door.clone();
        return Ok(events::answer(door, place, operation, identity, client));
    }
    let client = Arc::new(client);
    let room = door.load.room_to_answer(&client);
    let answering = operation.answer(door, identity, &client, &room);
    let answer = place.answer(&room, answering).await?;
    respond(media, answer, room)
}

/// Who asks, and how answers are to come.
pub(super) struct Caller {
    pub media: Media,
    pub identity: Identity,
}

impl Caller {
    /// The sender of a request.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`] where no answer would be taken, and where the
    /// token is not good.
    pub async fn of(door: &Door, parts: &Parts, client: &Client) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let media = Media::negotiate(headers).ok_or_else(|| {
            ApiError::new(
                Code::NotAcceptable,
                "Answers come as application/graphql-response+json, application/json or \
                 text/event-stream.",
            )
        })?;
        let identity = identity(door, headers, client).await?;
        Ok(Self { media, identity })
    }
}

fn operation<'b>(
    door: &Door,
    parts: &Parts,
    parameters: Result<Parameters<'b>, ApiError>,
    body: Option<&[u8]>,
) -> Result<Operation<'b>, ApiError> {
    let query = parts.uri.query().unwrap_or_default();
    let bytes = body.map_or(query.len(), <[u8]>::len);
    let operation = Operation::new(parameters?, bytes, &door.documents)?;
    let kept = door.idempotency_kept;
    let key = idempotency::key(&parts.headers, body.unwrap_or_default(), kept)?;
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

fn respond(media: Media, mut answer: Answer, room: AnswerRoom) -> Result<Response<Body>, ApiError> {
    if answer.data.is_none()
        && let Some(error) = answer.errors.first()
        && error.code() == Code::ServiceUnavailable
    {
        return Err(error.clone());
    }
    let status = status(media, &answer);
    let (replayed, changed) = (answer.replayed, answer.changed);
    let error = answer.errors.first().cloned();
    let cookies = std::mem::take(&mut answer.cookies);
    let mut body = Vec::new();
    write(answer, &mut body);
    room.grow_for(body.len(), changed)?;
    let mut response = respond::bytes(status, media.content_type(), room.keep(body));
    respond::set_cookies(&mut response, cookies);
    if let Some(error) = error {
        respond::set_retry_after(&mut response, &error);
    }
    let headers = response.headers_mut();
    if replayed {
        headers.insert(idempotency::REPLAYED, HeaderValue::from_static("true"));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    Ok(response)
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
