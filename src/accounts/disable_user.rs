use super::user::{self, not_found, signed_in};
use crate::access::Role;
use crate::error::ApiError;
use crate::graphql::{Call, GiftKind, Outcome, Shape, UserErrorKind, Verb};
use crate::run::Kept;

pub(super) fn disable() -> Verb {
    Verb::new(
        "disableUser",
        "Keeps a user out: sessions end, tokens are refused from now on, and nobody can sign in.",
        |call| Box::pin(set_disabled(call, true)),
    )
    .least(Role::Admin)
    .takes("user", Shape::Id("User"), "Who is meant.")
    .gives("user", GiftKind::Row("User"), "The user.")
}

pub(super) fn enable() -> Verb {
    Verb::new(
        "enableUser",
        "Lets a user who was disabled sign in again.",
        |call| Box::pin(set_disabled(call, false)),
    )
    .least(Role::Admin)
    .takes("user", Shape::Id("User"), "Who is meant.")
    .gives("user", GiftKind::Row("User"), "The user.")
}

async fn set_disabled(call: Call, disabled: bool) -> Result<Outcome, ApiError> {
    let id = call.id("user").unwrap_or_default();
    if id == signed_in(&call)? {
        return Ok(Outcome::because(
            UserErrorKind::Validation,
            "Nobody keeps themselves out. Ask another admin.",
            "user",
        ));
    }
    let db = call.transaction.writing().await?;
    let by = user::By::request(&call);
    let Some(revoked) = user::set_disabled(db, id, disabled, &by).await? else {
        return Ok(not_found("user"));
    };
    let auth = call.auth.clone();
    Ok(Outcome::done()
        .with_row("user", id)
        .with_changes([user::changed(id, Kept::Updated)])
        .when_committed(async move { auth.note(revoked) }))
}
