use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use serde_json::value::RawValue;

use super::accept::Media;
use super::graphql::Caller;
use super::idempotency;
use super::operation::{Operation, write};
use super::request::Parameters;
use super::respond::{self, Answered};
use super::room::Room;
use crate::auth::{Client, Identity};
use crate::error::{ApiError, Code};
use crate::graphql::Answer;
use crate::http::Door;

/// The requests of a body that is a list of them, at most so many; nothing where
/// it is none, or where there may be none.
///
/// # Errors
/// [`Code::BadRequest`] where it cannot be read, or has too many or none.
pub(super) fn read(body: &[u8], most: usize) -> Option<Result<Vec<&RawValue>, ApiError>> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if most == 0 || first != Some(&b'[') {
        return None;
    }
    let refuse = |message: String| Some(Err(ApiError::new(Code::BadRequest, message)));
    match serde_json::from_slice::<Vec<&RawValue>>(body) {
        Err(_) => refuse("The body is not JSON.".to_owned()),
        Ok(requests) if (1..=most).contains(&requests.len()) => Some(Ok(requests)),
        Ok(requests) => refuse(format!(
            "A batch has 1 to {most} requests; {} are given.",
            requests.len()
        )),
    }
}

/// Answers requests one after the other, in a list. Each is an operation of its
/// own, with its own limits, cost and errors.
pub(super) async fn answer(
    door: &Arc<Door>,
    parts: &Parts,
    requests: Vec<&RawValue>,
    room: Room,
) -> Response<Body> {
    let caller = match Caller::of(door, parts).await {
        Ok(caller) => caller,
        Err(error) => return respond::refuse(&error),
    };
    if let Err(error) = check(parts, caller.media) {
        return respond::refuse(&error);
    }
    let client = Arc::new(caller.client);
    let mut answered = Answered {
        body: b"[".to_vec(),
        cookies: Vec::new(),
        changed: false,
    };
    for request in requests {
        let answer = one(door, request, &client, &caller.identity).await;
        let mut answer = answer.unwrap_or_else(|error| Answer::refused(vec![error]));
        answered.cookies.append(&mut answer.cookies);
        answered.changed |= answer.changed;
        if answered.body.len() > 1 {
            answered.body.push(b',');
        }
        write(answer, &mut answered.body);
    }
    answered.body.push(b']');
    drop(room);
    respond::answered(door, StatusCode::OK, caller.media, answered)
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
    request: &RawValue,
    client: &Arc<Client>,
    identity: &Identity,
) -> Result<Answer, ApiError> {
    let parameters = Parameters::from_body(request.get().as_bytes())?;
    let operation = Operation::new(parameters, &door.documents)?;
    let place = door.load.place(Room::default())?;
    place
        .answer(operation.answer(door, *identity, client))
        .await
}
