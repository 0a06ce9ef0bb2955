use uuid::Uuid;

use super::view::View;
use crate::catalog::Entity;
use crate::error::ApiError;

/// Reads a global id: type prefix, underscore, key in lower-case hex
/// (`product_0192f0c47b1e7c3d9a5e8f0011223344`).
pub(super) fn parse<'c>(view: View<'c>, text: &str) -> Result<(&'c Entity, Uuid), ApiError> {
    let parsed = text.rsplit_once('_').and_then(|(prefix, key)| {
        let legible = key.len() == 32
            && key
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let key = legible.then(|| Uuid::try_parse(key).ok())??;
        Some((view.by_id_prefix(prefix)?, key))
    });
    parsed.ok_or_else(|| {
        ApiError::input("This is not an id. Ids are opaque: send one as this API returned it.")
    })
}

/// Reads the global id of a row of `entity`.
pub(super) fn parse_for(view: View<'_>, entity: &Entity, text: &str) -> Result<Uuid, ApiError> {
    let (found, key) = parse(view, text)?;
    if found.name == entity.name {
        Ok(key)
    } else {
        Err(ApiError::input(format!(
            "This id names a row of type {}; one of type {} is needed here.",
            found.name, entity.name
        )))
    }
}
