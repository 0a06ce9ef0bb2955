//! Accounts as commands change them.

use chrono::Utc;
use entity::user::{self, Role};
use sea_orm::ConnectionTrait;

use super::AppError;
use crate::accounts::user::{
    By, display_name, end_sessions, password_message, record, set_disabled as disable,
    set_role as give_role, store_hash,
};
use crate::auth::account::{self, NewUser};
use crate::auth::{Passwords, email as address, password};
use crate::run::{Begun, Database};

/// An account to be made.
#[derive(Clone, Copy)]
pub struct New<'n> {
    /// The e-mail address to sign in with.
    pub email: &'n str,
    /// The name shown to everyone.
    pub name: &'n str,
    /// What the user may do.
    pub role: Role,
    /// The password to sign in with.
    pub password: &'n str,
}

/// Makes an account.
///
/// # Errors
/// [`AppError`] where something about it is not possible.
pub async fn create(
    database: &Database,
    passwords: &Passwords,
    new: New<'_>,
) -> Result<(), AppError> {
    let refuse = |message: &str| AppError::Account(message.to_owned());
    let email = address::normal(new.email);
    let email = email.ok_or_else(|| refuse("this is no e-mail address, as in ada@example.com"))?;
    let name = display_name(new.name).map_err(refuse)?;
    check(new.password, &email, &name)?;
    let hash = passwords.hash(new.password).await?;
    let (transaction, by) = begin(database).await?;
    let taken = format!("there is an account of {email} already");
    let new = NewUser {
        email,
        display_name: name,
        role: new.role,
        password_hash: Some(hash),
    };
    let user = account::create(&*transaction, new, by.now()).await?;
    let user = user.ok_or(AppError::Account(taken))?;
    record(
        &*transaction,
        user.id,
        "createUser",
        serde_json::json!({}),
        &by,
    )
    .await?;
    Ok(transaction.commit().await?)
}

/// Gives a user another role.
///
/// # Errors
/// [`AppError`] where there is no such user, or the database fails.
pub async fn set_role(database: &Database, email: &str, role: Role) -> Result<(), AppError> {
    let (transaction, by) = begin(database).await?;
    let user = find(&*transaction, email).await?;
    // Servers notice within two seconds.
    let _ = give_role(&*transaction, user.id, role, &by).await?;
    Ok(transaction.commit().await?)
}

/// Keeps a user out, or lets one in again.
///
/// # Errors
/// [`AppError`] where there is no such user, or the database fails.
pub async fn set_disabled(
    database: &Database,
    email: &str,
    disabled: bool,
) -> Result<(), AppError> {
    let (transaction, by) = begin(database).await?;
    let user = find(&*transaction, email).await?;
    let _ = disable(&*transaction, user.id, disabled, &by).await?;
    Ok(transaction.commit().await?)
}

/// Gives a user another password, and ends all sessions.
///
/// # Errors
/// [`AppError`] where there is no such user, or the password is not possible.
pub async fn reset_password(
    database: &Database,
    passwords: &Passwords,
    email: &str,
    password: &str,
) -> Result<(), AppError> {
    let user = find(database.orm(), email).await?;
    check(password, &user.email, &user.display_name)?;
    let hash = passwords.hash(password).await?;
    let (transaction, by) = begin(database).await?;
    store_hash(&*transaction, user.id, hash, by.now()).await?;
    let _ = end_sessions(&*transaction, user.id, None, "resetPassword", &by).await?;
    Ok(transaction.commit().await?)
}

/// Begins a command's transaction, and takes the moment: whatever was read or
/// hashed before, tokens of until now are refused.
async fn begin(database: &Database) -> Result<(Begun, By), AppError> {
    let transaction = database.begin().await?;
    Ok((transaction, By::command(Utc::now())))
}

/// The user with an e-mail address.
///
/// # Errors
/// [`AppError::NoUser`] where there is none.
pub async fn find(db: &impl ConnectionTrait, email: &str) -> Result<user::Model, AppError> {
    let normal = address::normal(email).unwrap_or_default();
    account::find(db, &normal)
        .await?
        .ok_or_else(|| AppError::NoUser(email.to_owned()))
}

fn check(given: &str, email: &str, name: &str) -> Result<(), AppError> {
    let local = email.split('@').next().unwrap_or_default();
    match password::fault(given, &[email, local, name]) {
        Some(fault) => Err(AppError::Account(password_message(fault).to_owned())),
        None => Ok(()),
    }
}
