use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::load::Load;
use super::room::{self, Room, Rooms};
use crate::error::{ApiError, Code};

/// Receives a body of at most so many bytes, which takes room as it comes, and
/// the room of the values that it has.
///
/// # Errors
/// [`ApiError`] where it is too large, too slow or broken, or there is no room.
pub(super) async fn receive(
    load: &Load,
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<(Vec<u8>, Room), ApiError> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    let within = load.limits.body;
    let late = |_| {
        let seconds = within.as_secs();
        let message = format!("The body took longer than {seconds} seconds.");
        ApiError::new(Code::RequestTimeout, message)
    };
    let gathered = gather(&load.rooms, body, declared.unwrap_or_default(), most);
    let gathered = timeout(within, gathered).await;
    let (bytes, _room) = gathered.map_err(late)??;
    let values = timeout(within, load.rooms.for_values(&bytes)).await;
    Ok((bytes, values.map_err(|_| room::none())??))
}

async fn gather(
    rooms: &Rooms,
    body: Body,
    declared: usize,
    most: usize,
) -> Result<(Vec<u8>, Room), ApiError> {
    let mut parts = body.into_data_stream();
    let (mut bytes, mut room) = (Vec::new(), Room::default());
    while let Some(part) = parts.next().await {
        let part = part
            .map_err(|_| ApiError::new(Code::BadRequest, "The body ends before it is complete."))?;
        let length = bytes.len() + part.len();
        if length > most {
            return Err(too_large(most));
        }
        rooms.for_more_of_body(&mut room, length).await?;
        if bytes.len() < declared && length > bytes.capacity() {
            // Once, rather than again and again to twice as much.
            bytes.reserve_exact(declared - bytes.len());
        }
        bytes.extend_from_slice(&part);
    }
    Ok((bytes, room))
}

fn too_large(most: usize) -> ApiError {
    ApiError::new(
        Code::PayloadTooLarge,
        format!("The body is larger than {most} bytes."),
    )
}
