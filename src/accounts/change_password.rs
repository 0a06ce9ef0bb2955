use entity::user::{Entity, Model};
use sea_orm::EntityTrait as _;

use super::sign_in::{access_token, address, count, giving_access};
use super::user::{
    By, changed, changed_meanwhile, end_sessions, has_same_password, password_message,
    record_apart, signed_in, store_hash,
};
use crate::access::Role;
use crate::auth::attempts::{PASSWORDS, SIGN_INS, Subject};
use crate::auth::password::{self, Verified};
use crate::auth::session;
use crate::error::ApiError;
use crate::graphql::{Call, GiftKind, Outcome, Prepared, Shape, UserErrorKind, Verb};
use crate::run::Kept;

pub(super) fn verb() -> Verb {
    let verb = Verb::prepared(
        "changePassword",
        "Changes your password and ends all your other sessions. The access token of this one is \
         refused from now on as well; a new one comes with the answer.",
        |call| Box::pin(prepare(call)),
    );
    let verb = verb
        .least(Role::Customer)
        .takes("currentPassword", Shape::Text, "The password until now.")
        .takes(
            "newPassword",
            Shape::Text,
            "10 to 128 characters, of any kind, but none of the most common passwords.",
        )
        .gives("user", GiftKind::Row("User"), "You.");
    giving_access(verb)
}

async fn prepare(call: Call) -> Result<Prepared, ApiError> {
    let id = signed_in(&call)?;
    let user = Entity::find_by_id(id)
        .one(&call.transaction.reading())
        .await?
        .ok_or_else(|| ApiError::internal(&"a user without a row"))?;
    let current = call.text("currentPassword").unwrap_or_default();
    let new = call.text("newPassword").unwrap_or_default();
    let local = user.email.split('@').next().unwrap_or_default();
    let names = [user.email.as_str(), local, &user.display_name, current];
    if let Some(fault) = password::fault(new, &names) {
        let message = password_message(fault);
        return Ok(Prepared::Refused(Outcome::because(
            UserErrorKind::Validation,
            message,
            "newPassword",
        )));
    }
    call.auth.passwords.check_free()?;
    // Only who has a token of the user can use these up, from any address.
    let tried = Subject::of(&["user", &id.to_string()]);
    let counted = [(SIGN_INS, address(&call)), (PASSWORDS, tried.clone())];
    if let Err(outcome) = count(&call, "changePassword", &counted).await {
        return Ok(Prepared::Refused(outcome));
    }
    // First, so that nothing is waited for once it is known that the password
    // is right: who hangs up then would leave no record.
    let hash = call.auth.passwords.hash(new).await?;
    let verified = call
        .auth
        .passwords
        .verify(current, user.password_hash.as_deref())
        .await?;
    if verified == Verified::Wrong {
        let failed = record_apart(&call, "changePasswordFailed", Some(id));
        return Ok(Prepared::Refused(not_yours().in_any_case(failed)));
    }
    // Whoever sees that only another part of the operation failed knows that
    // the password is right.
    let undone = record_apart(&call, "changePasswordUndone", Some(id));
    let prepared = Prepared::ready(move |call| {
        change_password(call, user.clone(), hash.clone(), tried.clone())
    });
    Ok(prepared.unless_committed(undone))
}

async fn change_password(
    call: Call,
    user: Model,
    hash: String,
    tried: Subject,
) -> Result<Outcome, ApiError> {
    // To verify took a while: the account may have changed meanwhile.
    let db = call.transaction.writing().await?;
    let Some(locked) = session::lock(db, user.id).await? else {
        return Ok(not_yours());
    };
    if !has_same_password(&user, &locked) {
        return Err(changed_meanwhile());
    }
    store_hash(db, user.id, hash, call.now).await?;
    let session = call.identity.session;
    let by = By::request(&call);
    let revoked = end_sessions(db, user.id, session, "changePassword", &by).await?;
    let outcome = access_token(&call, &locked, session).await?;
    let auth = call.auth.clone();
    let outcome = outcome
        .with_row("user", user.id)
        .with_changes([changed(user.id, Kept::Updated)]);
    Ok(outcome.when_committed(async move {
        auth.note(revoked);
        auth.attempts.forgive(PASSWORDS, &tried).await;
    }))
}

fn not_yours() -> Outcome {
    Outcome::because(
        UserErrorKind::InvalidCredentials,
        "This is not your password.",
        "currentPassword",
    )
}
