use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::value::RawValue;

use super::accept::Media;
use super::answers::AnswerRoom;
use super::graphql::Caller;
use super::load::Place;
use super::operation::{Operation, write};
use super::request::{Parameters, not_json};
use super::shares::Portion;
use super::{graphql, idempotency, respond};
use crate::auth::Client;
use crate::error::{ApiError, Code};
use crate::graphql::Answer;
use crate::http::Door;

/// The requests of a body that is a list of them, at most so many; nothing where
/// it is none.
///
/// # Errors
/// [`Code::BadRequest`] where it cannot be read, or has too many or none.
pub(super) fn read(body: &[u8], most: usize) -> Result<Option<Vec<&RawValue>>, ApiError> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'[') {
        return Ok(None);
    }
    let refuse = |message: String| Err(ApiError::new(Code::BadRequest, message));
    if most == 0 {
        return refuse(
            "The body must be one JSON object, as in {\"query\": \"{ __typename }\"}. Batches are \
             not taken."
                .to_owned(),
        );
    }
    match serde_json::from_slice::<Vec<&RawValue>>(body) {
        Err(error) => Err(not_json(body, &error)),
        Ok(requests) if (1..=most).contains(&requests.len()) => Ok(Some(requests)),
        Ok(requests) => refuse(format!(
            "A batch has 1 to {most} requests; {} are given.",
            requests.len()
        )),
    }
}

/// Answers requests one after the other, in a list. Each is an operation of its
/// own, with its own identity, limits, cost and errors; they have one place and the time
/// of one request.
pub(super) async fn answer(
    door: &Arc<Door>,
    parts: &Parts,
    client: Client,
    requests: Vec<&RawValue>,
    values: Portion,
) -> Result<Response<Body>, ApiError> {
    let place = door.load.place(&client, values)?;
    let caller = Caller::of(door, parts, &client);
    let Caller { media, .. } = place.within(caller).await??;
    check(parts, media)?;
    let client = Arc::new(client);
    let room = door.load.room_to_answer(&client);
    let (mut body, mut cookies) = (b"[".to_vec(), Vec::new());
    for request in requests {
        let answer = one(door, &place, request, &parts.headers, &client, &room).await;
        let mut answer = answer.unwrap_or_else(Answer::from);
        cookies.append(&mut answer.cookies);
        if body.len() > 1 {
            body.push(b',');
        }
        let (begin, is_told) = (body.len(), answer.changed || answer.is_refusal());
        write(answer, &mut body);
        if let Err(error) = room.grow_for(body.len(), is_told) {
            body.truncate(begin);
            write(error.into(), &mut body);
        }
    }
    body.push(b']');
    let body = room.keep(body);
    let mut response = respond::bytes(StatusCode::OK, media.content_type(), body);
    respond::set_cookies(&mut response, cookies);
    Ok(response)
}

/// Refuses what a batch cannot have: there is one key, and one stream of events,
/// for each operation.
fn check(parts: &Parts, media: Media) -> Result<(), ApiError> {
    if media == Media::EventStream {
        let message = "A batch is not answered as events. Accept application/json.";
        return Err(ApiError::new(Code::NotAcceptable, message));
    }
    if parts.headers.contains_key(idempotency::HEADER) {
        let message = "A batch has no Idempotency-Key. Send what has one by itself.";
        return Err(ApiError::new(Code::BadRequest, message));
    }
    Ok(())
}

async fn one(
    door: &Door,
    place: &Place,
    request: &RawValue,
    headers: &HeaderMap,
    client: &Arc<Client>,
    room: &AnswerRoom,
) -> Result<Answer, ApiError> {
    // The token may be one that a request before has revoked.
    let identity = place
        .within(graphql::identity(door, headers, client))
        .await??;
    let text = request.get();
    let turn = place.within(door.load.turns.of(client, text.len())).await?;
    let parameters = Parameters::from_body(text.as_bytes())?;
    drop(turn);
    let operation = Operation::new(parameters, text.len(), &door.documents)?;
    let answering = operation.answer_always(door, identity, client, room);
    place.answer(room, answering).await
}
