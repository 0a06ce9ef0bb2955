use entity::session::Entity;
use sea_orm::EntityTrait as _;
use serde_json::json;

use super::user::{not_found, signed_in};
use crate::access::Role;
use crate::audit;
use crate::auth::{revoke, session};
use crate::error::ApiError;
use crate::graphql::{Call, GiftKind, Outcome, Shape, Verb};

pub(super) fn verb() -> Verb {
    Verb::new(
        "revokeSession",
        "Ends a session of yours, or for admins anyone's, with all that it was renewed to. Its \
         tokens are refused from now on.",
        |call| Box::pin(revoke_session(call)),
    )
    .least(Role::Customer)
    .takes("session", Shape::Id("Session"), "Which session is meant.")
    .gives("session", GiftKind::Row("Session"), "The session.")
}

async fn revoke_session(call: Call) -> Result<Outcome, ApiError> {
    let requester = signed_in(&call)?;
    let id = call.id("session").unwrap_or_default();
    let db = call.transaction.writing().await?;
    let is_admin = call.identity.requester.role() == Role::Admin;
    let known = Entity::find_by_id(id).one(db).await?;
    let Some(known) = known.filter(|known| is_admin || known.user_id == requester) else {
        return Ok(not_found("session"));
    };
    session::end_family(db, known.family_id, call.now).await?;
    let revoked = revoke(db, known.family_id, call.now).await?;
    let entry = audit::Entry {
        action: "revokeSession",
        changes: json!({ "family": known.family_id }),
        request_id: call.client.request_id.clone(),
        ..audit::Entry::of_user(known.user_id, Some(requester))
    };
    audit::record(db, entry, call.now).await?;
    let auth = call.auth.clone();
    Ok(Outcome::done()
        .with_row("session", id)
        .when_committed(async move { auth.note(revoked) }))
}
