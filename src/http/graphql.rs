use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use chrono::Utc;
use tokio::time::timeout;

use super::accept::Media;
use super::client::client;
use super::load::Load;
use super::operation::{Operation, write};
use super::request::{Parameters, check_asked_for, check_content_type};
use super::respond::{self, Answered};
use super::room::{self, Room};
use super::{batch, events, idempotency, socket};
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
    answer(&door, &parts, parameters, None, Room::default()).await
}

/// GraphQL over POST.
pub(super) async fn post(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    if let Err(error) = check_content_type(&parts.headers) {
        return respond::refuse(&error);
    }
    let (body, room) = match receive(&door, &parts.headers, body).await {
        Ok(received) => received,
        Err(error) => return respond::refuse(&error),
    };
    match batch::read(&body, door.batch) {
        Some(Ok(requests)) => batch::answer(&door, &parts, requests, room).await,
        Some(Err(error)) => respond::refuse(&error),
        None => {
            let parameters = Parameters::from_body(&body);
            answer(&door, &parts, parameters, Some(&body), room).await
        }
    }
}

/// A body, and the room of what it says.
async fn receive(door: &Door, headers: &HeaderMap, body: Body) -> Result<(Bytes, Room), ApiError> {
    let most = door.max_body_bytes;
    let too_large = || {
        ApiError::new(
            Code::PayloadTooLarge,
            format!("The body is larger than {most} bytes."),
        )
    };
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let Load { rooms, limits, .. } = &door.load;
    let room = timeout(limits.body, rooms.for_body(declared.unwrap_or(most)));
    let _room = room.await.map_err(|_| room::none())?;
    let late = |_| {
        let seconds = limits.body.as_secs();
        let message = format!("The body took longer than {seconds} seconds.");
        ApiError::new(Code::RequestTimeout, message)
    };
    let body = timeout(limits.body, to_bytes(body, most)).await;
    let body = body.map_err(late)?.map_err(|_| too_large())?;
    let room = timeout(limits.body, rooms.for_values(&body)).await;
    Ok((body, room.map_err(|_| room::none())??))
}

async fn answer(
    door: &Arc<Door>,
    parts: &Parts,
    parameters: Result<Parameters<'_>, ApiError>,
    body: Option<&[u8]>,
    room: Room,
) -> Response<Body> {
    let Caller {
        media,
        client,
        identity,
    } = match Caller::of(door, parts).await {
        Ok(caller) => caller,
        Err(error) => return respond::refuse(&error),
    };
    let operation = match operation(door, &parts.headers, parameters, body) {
        Ok(operation) => operation,
        Err(error) => return respond::refuse(&error),
    };
    let place = match door.load.place(room) {
        Ok(place) => place,
        Err(error) => return respond::refuse(&error),
    };
    let mut response = if media == Media::EventStream {
        events::answer(
            door.clone(),
            place,
            operation.into_owned(),
            identity,
            client,
        )
    } else {
        let client = Arc::new(client);
        let answer = place.answer(operation.answer(door, identity, &client));
        match answer.await {
            Ok(answer) => respond(door, media, answer),
            Err(error) => return respond::refuse(&error),
        }
    };
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// Who asks, and how answers are to come.
pub(super) struct Caller {
    pub media: Media,
    pub client: Client,
    pub identity: Identity,
}

impl Caller {
    /// The sender of a request.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`] where no answer would be taken, and where the
    /// token is not good.
    pub async fn of(door: &Door, parts: &Parts) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let media = Media::negotiate(headers).ok_or_else(|| {
            ApiError::new(
                Code::NotAcceptable,
                "Answers come as application/graphql-response+json, application/json or \
                 text/event-stream.",
            )
        })?;
        let client = client(door, headers, &parts.extensions);
        let identity = identity(door, headers, &client).await?;
        Ok(Self {
            media,
            client,
            identity,
        })
    }
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

fn respond(door: &Door, media: Media, mut answer: Answer) -> Response<Body> {
    let status = status(media, &answer);
    let replayed = answer.replayed;
    let mut answered = Answered {
        body: Vec::new(),
        cookies: std::mem::take(&mut answer.cookies),
        changed: answer.changed,
    };
    write(answer, &mut answered.body);
    let mut response = respond::answered(door, status, media, answered);
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
