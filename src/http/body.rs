use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout, timeout_at};

use super::load::Load;
use super::room::{SMALL, none};
use super::shares::Portion;
use crate::auth::Client;
use crate::error::{ApiError, Code};

/// Receives a body of at most so many bytes from that client, which has room once it
/// is known to be large, and the room of the values that it has.
///
/// # Errors
/// [`ApiError`] where it is too large, too slow or broken, or there is no room.
pub(super) async fn receive(
    load: &Load,
    client: &Client,
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<(Vec<u8>, Portion), ApiError> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    let within = load.limits.body;
    let mut until = Instant::now() + within;
    let mut parts = body.into_data_stream();
    let (mut bytes, mut room) = (Vec::new(), None);
    while let Some(part) = timeout_at(until, parts.next())
        .await
        .map_err(|_| late(within))?
    {
        let part = part
            .map_err(|_| ApiError::new(Code::BadRequest, "The body ends before it is complete."))?;
        let length = bytes.len() + part.len();
        if length > most {
            return Err(too_large(most));
        }
        if length > SMALL && room.is_none() {
            // All that it may need: bodies that have begun would wait for each
            // other otherwise.
            let needed = declared.unwrap_or(most);
            let asked = Instant::now();
            let waited = timeout(within, load.rooms.for_body(client, needed)).await;
            room = Some(waited.map_err(|_| none())?);
            until += asked.elapsed();
            bytes.reserve_exact(needed.max(length) - bytes.len());
        }
        bytes.extend_from_slice(&part);
    }
    let values = timeout(within, load.rooms.for_values(client, &bytes)).await;
    Ok((bytes, values.map_err(|_| none())??))
}

fn late(within: Duration) -> ApiError {
    let seconds = within.as_secs();
    let message = format!("The body took longer than {seconds} seconds.");
    ApiError::new(Code::RequestTimeout, message)
}

fn too_large(most: usize) -> ApiError {
    ApiError::new(
        Code::PayloadTooLarge,
        format!("The body is larger than {most} bytes. Send less at once."),
    )
}
