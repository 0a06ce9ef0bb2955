use axum::http::{HeaderMap, HeaderName, header};

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
    Err(ApiError::new(
        Code::Forbidden,
        "Pages of this origin may not call the API. CORS_ORIGINS lists those that may.",
    ))
}
