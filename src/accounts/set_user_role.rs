use super::user::{self, not_found, signed_in};
use crate::access::Role;
use crate::error::ApiError;
use crate::graphql::{Call, GiftKind, Outcome, Shape, UserErrorKind, Verb};
use crate::run::Kept;

pub(super) fn verb() -> Verb {
    Verb::new(
        "setUserRole",
        "Gives a user another role. Access tokens with the old one are refused from now on; the \
         user's sessions go on, and get the new one when they are refreshed.",
        |call| Box::pin(set_user_role(call)),
    )
    .least(Role::Admin)
    .takes("user", Shape::Id("User"), "Who is meant.")
    .takes(
        "role",
        Shape::Choice("User", "role"),
        "What the user may do.",
    )
    .gives("user", GiftKind::Row("User"), "The user.")
}

async fn set_user_role(call: Call) -> Result<Outcome, ApiError> {
    let id = call.id("user").unwrap_or_default();
    if id == signed_in(&call)? {
        return Ok(Outcome::because(
            UserErrorKind::Validation,
            "Nobody changes their own role. Ask another admin.",
            "user",
        ));
    }
    let role = call.text("role").and_then(user::role_named);
    let role = role.ok_or_else(|| ApiError::internal(&"a role without a name"))?;
    let db = call.transaction.writing().await?;
    let Some(revoked) = user::set_role(db, id, role, &user::By::request(&call)).await? else {
        return Ok(not_found("user"));
    };
    let auth = call.auth.clone();
    Ok(Outcome::done()
        .with_row("user", id)
        .with_changes([user::changed(id, Kept::Updated)])
        .when_committed(async move { auth.note(revoked) }))
}
