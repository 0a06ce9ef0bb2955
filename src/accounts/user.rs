//! Changes of accounts, whether a mutation or a command asks for them.

use chrono::{DateTime, Utc};
use entity::user::{Column, Entity, Model, Role};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, Iterable as _,
    QueryFilter as _,
};
use serde_json::{Map, json};
use uuid::Uuid;

use crate::audit;
use crate::auth::account::LONGEST_NAME;
use crate::auth::password::PasswordFault;
use crate::auth::{Revoked, revoke, session};
use crate::error::{ApiError, Code};
use crate::graphql::{Call, Outcome, UserErrorKind};
use crate::run::{Changed, Kept};

/// Who makes a change, and when.
#[derive(Clone, Debug)]
pub struct By {
    actor: Option<Uuid>,
    request_id: Option<String>,
    now: DateTime<Utc>,
}

impl By {
    /// Whoever asks.
    #[must_use]
    pub fn request(call: &Call) -> Self {
        Self {
            actor: call.identity.requester.user(),
            request_id: call.client.request_id.clone(),
            now: call.now,
        }
    }

    /// When it is made.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// A command.
    #[must_use]
    pub fn command(now: DateTime<Utc>) -> Self {
        Self {
            actor: None,
            request_id: None,
            now,
        }
    }
}

/// That a user is different now, for those who listen. The record of it is made
/// apart, in words of its own.
#[must_use]
pub fn changed(user: Uuid, kept: Kept) -> Changed {
    Changed::by("", "User", "user", user, kept, Map::new())
}

/// Stores the hash of a user's password.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn store_hash(
    db: &impl ConnectionTrait,
    user: Uuid,
    hash: String,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    change(db, user, Column::PasswordHash, Expr::value(hash), now)
        .await
        .map(drop)
}

/// Gives a user another role; none where there is no such user.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn set_role(
    db: &impl ConnectionTrait,
    user: Uuid,
    role: Role,
    by: &By,
) -> Result<Option<Revoked>, DbErr> {
    let Some(known) = Entity::find_by_id(user).one(db).await? else {
        return Ok(None);
    };
    change(db, user, Column::Role, Expr::value(role.to_value()), by.now).await?;
    let changes = json!({ "role": [known.role.to_value(), role.to_value()] });
    record(db, user, "setUserRole", changes, by).await?;
    revoke(db, user, by.now).await.map(Some)
}

/// Keeps a user out, or lets one in again; none where there is no such user.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn set_disabled(
    db: &impl ConnectionTrait,
    user: Uuid,
    disabled: bool,
    by: &By,
) -> Result<Option<Revoked>, DbErr> {
    let at = disabled.then_some(by.now);
    let changed = change(db, user, Column::DisabledAt, Expr::value(at), by.now).await?;
    if !changed {
        return Ok(None);
    }
    let action = if disabled {
        "disableUser"
    } else {
        "enableUser"
    };
    end_sessions(db, user, None, action, by).await.map(Some)
}

/// Ends the sessions of a user but for one sign-in, and revokes the access
/// tokens of all.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn end_sessions(
    db: &impl ConnectionTrait,
    user: Uuid,
    spared: Option<Uuid>,
    action: &'static str,
    by: &By,
) -> Result<Revoked, DbErr> {
    session::end_all(db, user, spared, by.now).await?;
    record(db, user, action, json!({}), by).await?;
    revoke(db, user, by.now).await
}

async fn change(
    db: &impl ConnectionTrait,
    user: Uuid,
    column: Column,
    value: Expr,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let changed = Entity::update_many()
        .col_expr(column, value)
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(user))
        .exec(db)
        .await?;
    Ok(changed.rows_affected > 0)
}

/// Records a change of a user.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn record(
    db: &impl ConnectionTrait,
    user: Uuid,
    action: &'static str,
    changes: serde_json::Value,
    by: &By,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        action,
        changes,
        request_id: by.request_id.clone(),
        ..audit::Entry::of_user(user, by.actor)
    };
    audit::record(db, entry, by.now).await
}

/// Records something about a user, or about nobody, apart from the operation:
/// to be done once that is over.
pub(super) fn record_apart(
    call: &Call,
    action: &'static str,
    user: Option<Uuid>,
) -> impl Future<Output = ()> + Send + 'static {
    let actor = call.identity.requester.user();
    let entry = audit::Entry {
        action,
        request_id: call.client.request_id.clone(),
        ..match user {
            Some(user) => audit::Entry::of_user(user, actor),
            None => audit::Entry::of_nobody(),
        }
    };
    let (auth, now) = (call.auth.clone(), call.now);
    async move { auth.record(entry, now).await }
}

/// Whether the password that was verified of a user is still the one of the user
/// that is locked since. Its hash may have been made anew meanwhile, which alone
/// leaves the version as it is ([`Auth::renew_hash`](crate::auth::Auth)).
pub(super) fn has_same_password(verified: &Model, locked: &Model) -> bool {
    let is_same_version = locked.version == verified.version && locked.password_hash.is_some();
    is_same_version || locked.password_hash == verified.password_hash
}

/// Nobody knows whether the password is right of a user that has changed since it
/// was verified: that is done before the transaction, so the transaction alone is
/// not tried again.
pub(super) fn changed_meanwhile() -> ApiError {
    ApiError::new(
        Code::ServiceUnavailable,
        "The account changed meanwhile. Try again.",
    )
}

/// The role of that stored name.
#[must_use]
pub fn role_named(name: &str) -> Option<Role> {
    Role::iter().find(|role| role.to_value() == name)
}

/// The user who asks, where the schema says that there is one.
pub(super) fn signed_in(call: &Call) -> Result<Uuid, ApiError> {
    let user = call.identity.requester.user();
    user.ok_or_else(|| ApiError::internal(&"a mutation for users without one"))
}

/// What is answered where an argument names nothing.
pub(super) fn not_found(argument: &str) -> Outcome {
    Outcome::because(
        UserErrorKind::NotFound,
        "There is no such thing, or none that you may see.",
        argument,
    )
}

/// A name as it is stored, without blanks around it.
///
/// # Errors
/// What is wrong with it, for people.
pub fn display_name(given: &str) -> Result<String, &'static str> {
    let name = given.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        Err("A name has 1 to 100 characters.")
    } else if name.chars().any(char::is_control) {
        Err("A name has no line breaks, tabs or other control characters.")
    } else {
        Ok(name.to_owned())
    }
}

/// What is wrong with a password, for people.
#[must_use]
pub fn password_message(fault: PasswordFault) -> &'static str {
    match fault {
        PasswordFault::TooShort => "A password has at least 10 characters.",
        PasswordFault::TooLong => "A password has at most 128 characters.",
        PasswordFault::Common => {
            "This password is among the first that are guessed. Choose one that nobody else has."
        }
    }
}
