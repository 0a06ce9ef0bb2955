use entity::user::Entity;
use sea_orm::EntityTrait as _;

use super::sign_in::{access_token, address, count, pair};
use super::user::{By, end_sessions, password_message, signed_in, store_hash};
use crate::access::Role;
use crate::audit;
use crate::auth::attempts::{PASSWORDS, SIGN_INS};
use crate::auth::password::{self, Verified};
use crate::auth::session;
use crate::error::ApiError;
use crate::graphql::{Call, GiftKind, Outcome, Shape, UserErrorKind, Verb};

pub(super) fn verb() -> Verb {
    Verb::new(
        "changePassword",
        "Changes your password and ends all your other sessions. The access token of this one is \
         refused from now on as well; a new one comes with the answer.",
        |call| Box::pin(change_password(call)),
    )
    .least(Role::Customer)
    .takes("currentPassword", Shape::Text, "The password until now.")
    .takes(
        "newPassword",
        Shape::Text,
        "10 to 128 characters, of any kind, but none of the most common passwords.",
    )
    .gives("user", GiftKind::Row("User"), "You.")
    .gives(
        "accessToken",
        GiftKind::Text,
        "Goes into the header `Authorization: Bearer …` of further requests.",
    )
    .gives(
        "expiresAt",
        GiftKind::DateTime,
        "When the access token expires. Refresh the session before.",
    )
}

async fn change_password(call: Call) -> Result<Outcome, ApiError> {
    let id = signed_in(&call)?;
    let user = Entity::find_by_id(id)
        .one(&call.transaction.reading())
        .await?
        .ok_or_else(|| ApiError::internal(&"a user without a row"))?;
    let pair = pair(&call, &user.email);
    let counted = [(SIGN_INS, address(&call)), (PASSWORDS, pair.clone())];
    if let Err(outcome) = count(&call, &counted).await {
        return Ok(outcome);
    }
    let current = call.text("currentPassword").unwrap_or_default();
    let verified = call
        .auth
        .passwords
        .verify(current, user.password_hash.as_deref())
        .await?;
    if verified == Verified::Wrong {
        let entry = audit::Entry {
            action: "changePasswordFailed",
            request_id: call.client.request_id.clone(),
            ..audit::Entry::of_user(id, Some(id))
        };
        let (auth, now) = (call.auth.clone(), call.now);
        return Ok(Outcome::because(
            UserErrorKind::InvalidCredentials,
            "This is not your password.",
            "currentPassword",
        )
        .in_any_case(async move { auth.record(entry, now).await }));
    }
    let new = call.text("newPassword").unwrap_or_default();
    let local = user.email.split('@').next().unwrap_or_default();
    let names = [user.email.as_str(), local, &user.display_name, current];
    if let Some(fault) = password::fault(new, &names) {
        let message = password_message(fault);
        return Ok(Outcome::because(
            UserErrorKind::Validation,
            message,
            "newPassword",
        ));
    }
    let hash = call.auth.passwords.hash(new).await?;
    // That took a while: the account may have changed meanwhile.
    let db = call.transaction.writing().await?;
    let locked = session::lock(db, id).await?;
    let Some(user) = locked.filter(|locked| locked.password_hash == user.password_hash) else {
        return Ok(Outcome::because(
            UserErrorKind::InvalidCredentials,
            "This is not your password.",
            "currentPassword",
        ));
    };
    store_hash(db, id, hash, call.now).await?;
    let session = call.identity.session;
    let by = By::request(&call);
    let revoked = end_sessions(db, id, session, "changePassword", &by).await?;
    let outcome = access_token(&call, &user, session).await?;
    let auth = call.auth.clone();
    Ok(outcome.with_row("user", id).when_committed(async move {
        auth.note(revoked);
        auth.attempts.forgive(PASSWORDS, &pair).await;
    }))
}
