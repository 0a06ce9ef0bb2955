use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::router::Door;
use crate::error::{ApiError, Code};

/// Where browsers say which page made the request (Fetch Metadata).
pub(super) const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request is one of our own page, of one that may call the API, or
/// of no page at all, as far as browsers tell.
pub(super) fn is_allowed(door: &Door, headers: &HeaderMap) -> bool {
    // No page can set this one, and no proxy changes it.
    if let Some(site) = headers.get(FETCH_SITE)
        && (site == "same-origin" || site == "none")
    {
        return true;
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return !headers.contains_key(FETCH_SITE);
    };
    let own = || {
        let (_, origin) = origin.to_str().ok()?.split_once("://")?;
        Some(headers.get(header::HOST)?.to_str().ok()? == origin)
    };
    let is_elsewhere = headers.contains_key(FETCH_SITE);
    door.cors_origins.contains(origin) || (!is_elsewhere && own() == Some(true))
}

/// Refuses requests of other pages.
///
/// # Errors
/// [`Code::Forbidden`] for those.
pub(super) fn check(door: &Door, headers: &HeaderMap) -> Result<(), ApiError> {
    if is_allowed(door, headers) {
        return Ok(());
    }
    Err(refusal(door, headers.get(header::ORIGIN)))
}

/// Says that pages of an origin may not call the API, and who can let them.
/// Whoever asks may write anything there, so what is no origin is not told.
pub(super) fn refusal(door: &Door, origin: Option<&HeaderValue>) -> ApiError {
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || ".-_:/[]".contains(sign);
    let is_origin =
        |origin: &&str| origin.contains("://") && origin.len() < 200 && origin.chars().all(is_part);
    let origin = origin.and_then(|origin| origin.to_str().ok());
    let message = match origin.filter(is_origin) {
        Some(origin) if door.cors_origins.is_empty() => format!(
            "Pages of {origin} may not call this API. Whoever runs it can allow them by \
             CORS_ORIGINS={origin}."
        ),
        Some(origin) => format!(
            "Pages of {origin} may not call this API. Whoever runs it can add {origin} to \
             CORS_ORIGINS."
        ),
        None => "Pages of this origin may not call this API. CORS_ORIGINS lists those that may."
            .to_owned(),
    };
    ApiError::new(Code::Forbidden, message)
}
