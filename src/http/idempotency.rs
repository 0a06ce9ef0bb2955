use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};

use crate::auth::fingerprint;
use crate::error::{ApiError, Code};
use crate::graphql::IdempotencyKey;

/// The header by which a client knows a request again (IETF draft
/// `draft-ietf-httpapi-idempotency-key-header`).
pub(super) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer that was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How many characters a key has at most.
const LONGEST: usize = 255;

/// Reads the key of a request, a text in quotes or without.
pub(super) fn key(
    headers: &HeaderMap,
    body: &[u8],
    kept: Duration,
) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut given = headers.get_all(HEADER).iter();
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let legible = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    if text.is_empty() || text.len() > LONGEST || !legible || given.next().is_some() {
        return Err(ApiError::new(
            Code::BadRequest,
            "Idempotency-Key must be one text of 1 to 255 visible ASCII characters without quotes \
             or backslashes, such as a UUID.",
        ));
    }
    Ok(Some(IdempotencyKey {
        key: text.to_owned(),
        request_hash: fingerprint(body),
        kept,
    }))
}
