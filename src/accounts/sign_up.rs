use entity::user::Role;
use uuid::Uuid;

use super::sign_in::{self, address, count, giving};
use super::user::{changed, display_name, password_message, record_apart};
use crate::auth::account::{self, NewUser};
use crate::auth::attempts::SIGN_UPS;
use crate::auth::{email, password};
use crate::error::ApiError;
use crate::graphql::{Call, Outcome, Prepared, Shape, UserError, UserErrorKind, Verb};
use crate::run::Kept;

pub(super) fn verb() -> Verb {
    let verb = Verb::prepared("signUp", "Makes an account and signs in.", |call| {
        Box::pin(prepare(call))
    });
    giving(
        verb.takes("email", Shape::Text, "The e-mail address to sign in with.")
            .takes(
                "password",
                Shape::Text,
                "10 to 128 characters, of any kind, but none of the most common passwords.",
            )
            .takes(
                "displayName",
                Shape::Text,
                "The name shown to everyone, for example beside a review.",
            ),
    )
}

async fn prepare(call: Call) -> Result<Prepared, ApiError> {
    let mut errors = Vec::new();
    let mut refuse = |name: &str, message: &str| {
        let path = ["input", name];
        errors.push(UserError::new(UserErrorKind::Validation, message, &path));
    };
    let email = email::normal(call.text("email").unwrap_or_default());
    if email.is_none() {
        refuse("email", "This is no e-mail address, as in ada@example.com.");
    }
    let email = email.unwrap_or_default();
    let name = match display_name(call.text("displayName").unwrap_or_default()) {
        Ok(name) => name,
        Err(message) => {
            refuse("displayName", message);
            String::new()
        }
    };
    let password = call.text("password").unwrap_or_default();
    let local = email.split('@').next().unwrap_or_default();
    if let Some(fault) = password::fault(password, &[&email, local, &name]) {
        refuse("password", password_message(fault));
    }
    if !errors.is_empty() {
        return Ok(Prepared::Refused(Outcome::refused_for(errors)));
    }
    call.auth.passwords.check_free()?;
    if let Err(outcome) = count(&call, "signUp", &[(SIGN_UPS, address(&call))]).await {
        return Ok(Prepared::Refused(outcome));
    }
    let known = account::find(&call.transaction.reading(), &email).await?;
    let known = known.map(|user| user.id);
    let new = NewUser {
        email,
        display_name: name,
        role: Role::Customer,
        password_hash: Some(call.auth.passwords.hash(password).await?),
    };
    Ok(Prepared::ready(move |call| {
        sign_up(call, new.clone(), known)
    }))
}

/// `known` is who had the address before.
async fn sign_up(call: Call, new: NewUser, known: Option<Uuid>) -> Result<Outcome, ApiError> {
    let db = call.transaction.writing().await?;
    if let Some(user) = account::create(db, new, call.now).await? {
        let begun = sign_in::begin(&call, &user, "signUp").await?;
        return Ok(begun.with_changes([changed(user.id, Kept::Created)]));
    }
    // Whoever asked knows now that there is one.
    let refused = record_apart(&call, "signUpRefused", known);
    let taken = Outcome::because(
        UserErrorKind::Conflict,
        "There is an account with this e-mail address already. Log in instead.",
        "email",
    );
    Ok(taken.in_any_case(refused))
}
