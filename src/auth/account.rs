//! How an account is made, whoever makes it.

use chrono::{DateTime, Utc};
use entity::user::{ActiveModel, Column, Entity, Model, Role};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _,
    QueryFilter as _, Set, SqlErr,
};
use uuid::Uuid;

/// The longest name of a user, in characters.
pub const LONGEST_NAME: usize = 100;

/// An account to be made.
#[derive(Clone)]
pub struct NewUser {
    /// The e-mail address to sign in with, as [`super::email::normal`] writes it.
    pub email: String,
    /// The name shown to everyone.
    pub display_name: String,
    /// What the user may do.
    pub role: Role,
    /// The hash of the password; none where another issuer knows the user.
    pub password_hash: Option<String>,
}

/// The user with an e-mail address, as [`super::email::normal`] writes it.
///
/// # Errors
/// [`DbErr`] where it cannot be read.
pub async fn find(db: &impl ConnectionTrait, email: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Email.eq(email)).one(db).await
}

/// Makes an account; none where there is one with that address already. On
/// `PostgreSQL` the transaction is of no use then.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn create(
    db: &impl ConnectionTrait,
    new: NewUser,
    now: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    let user = ActiveModel {
        id: Set(Uuid::now_v7()),
        email: Set(new.email),
        display_name: Set(new.display_name),
        role: Set(new.role),
        password_hash: Set(new.password_hash),
        disabled_at: Set(None),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    match user.insert(db).await {
        Ok(user) => Ok(Some(user)),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
