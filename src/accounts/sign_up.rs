use entity::user::{ActiveModel, Role};
use sea_orm::{ActiveModelTrait as _, Set, SqlErr};
use uuid::Uuid;

use super::sign_in::{self, address, count, giving};
use super::user::{display_name, password_message};
use crate::auth::attempts::SIGN_UPS;
use crate::auth::{email, password};
use crate::error::ApiError;
use crate::graphql::{Call, Outcome, Shape, UserError, UserErrorKind, Verb};

pub(super) fn verb() -> Verb {
    let verb = Verb::new("signUp", "Makes an account and signs in.", |call| {
        Box::pin(sign_up(call))
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

async fn sign_up(call: Call) -> Result<Outcome, ApiError> {
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
        return Ok(Outcome::refused_for(errors));
    }
    if let Err(outcome) = count(&call, &[(SIGN_UPS, address(&call))]).await {
        return Ok(outcome);
    }
    let hash = call.auth.passwords.hash(password).await?;
    let user = ActiveModel {
        id: Set(Uuid::now_v7()),
        email: Set(email),
        display_name: Set(name),
        role: Set(Role::Customer),
        password_hash: Set(Some(hash)),
        disabled_at: Set(None),
        version: Set(1),
        created_at: Set(call.now),
        updated_at: Set(call.now),
    };
    let made = user.insert(call.transaction.writing().await?).await;
    match made {
        Ok(user) => sign_in::begin(&call, &user, "signUp").await,
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Ok(Outcome::because(
                UserErrorKind::Conflict,
                "There is an account with this e-mail address already. Log in instead.",
                "email",
            ))
        }
        Err(error) => Err(error.into()),
    }
}
