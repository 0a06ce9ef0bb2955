//! Operations that apply once however often they are sent: the key that a
//! client sent, and what it was answered (IETF draft
//! `draft-ietf-httpapi-idempotency-key-header`). Both are stored in the
//! transaction of the operation itself.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::idempotency_key::{ActiveModel, Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, Set};
use uuid::Uuid;

use super::constraint::{Violation, ViolationKind};
use super::error::RunError;
use super::tidy::delete;
use super::transaction::Transaction;

/// By what a client knows an operation again, and what the operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose key it is.
    pub scope: String,
    /// What the client sent.
    pub key: String,
    /// The SHA-256 of what was asked, in hexadecimal digits.
    pub request_hash: String,
    /// For how long the answer is kept.
    pub kept: Duration,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: it is this operation's now, and whoever else comes with it
    /// waits until it is over.
    New,
    /// The operation was done, and this was its answer.
    Answered(String),
    /// It came with another operation.
    Another,
}

/// Takes a key for an operation.
///
/// # Errors
/// [`RunError`] where the database gives no answer.
pub async fn claim(
    transaction: &Transaction,
    key: &Key,
    now: DateTime<Utc>,
) -> Result<Claim, RunError> {
    let db = transaction.writing().await?;
    let expires_at = now + chrono::TimeDelta::from_std(key.kept).unwrap_or_default();
    let row = ActiveModel {
        id: Set(Uuid::now_v7()),
        scope: Set(key.scope.clone()),
        key: Set(key.key.clone()),
        request_hash: Set(key.request_hash.clone()),
        response: Set(None),
        expires_at: Set(expires_at),
        created_at: Set(now),
        updated_at: Set(now),
    };
    db.execute_unprepared("SAVEPOINT claimed").await?;
    let Err(error) = Entity::insert(row).exec_without_returning(db).await else {
        return Ok(Claim::New);
    };
    match Violation::of(&error) {
        Some(violation) if violation.kind == ViolationKind::Unique => {}
        _ => return Err(error.into()),
    }
    db.execute_unprepared("ROLLBACK TO SAVEPOINT claimed")
        .await?;
    let known = Entity::find()
        .filter(Column::Scope.eq(&key.scope))
        .filter(Column::Key.eq(&key.key))
        .one(db)
        .await?;
    match known {
        Some(known) if known.expires_at <= now => {
            let renewed = ActiveModel {
                request_hash: Set(key.request_hash.clone()),
                response: Set(None),
                expires_at: Set(expires_at),
                updated_at: Set(now),
                ..ActiveModel::default()
            };
            let renewed = Entity::update_many()
                .set(renewed)
                .filter(Column::Id.eq(known.id))
                .filter(Column::ExpiresAt.eq(known.expires_at))
                .exec(db)
                .await?;
            one(renewed.rows_affected)?;
            Ok(Claim::New)
        }
        Some(known) if known.request_hash != key.request_hash => Ok(Claim::Another),
        Some(known) => match known.response {
            Some(response) => Ok(Claim::Answered(response)),
            None => Err(RunError::Failed("a key without an answer".to_owned())),
        },
        // It was deleted meanwhile.
        None => Err(RunError::Contended(error.to_string())),
    }
}

/// Stores what the operation of a key is answered.
///
/// # Errors
/// [`RunError`] where it cannot be stored.
pub async fn answer(
    transaction: &Transaction,
    key: &Key,
    data: &[u8],
    now: DateTime<Utc>,
) -> Result<(), RunError> {
    let db = transaction.writing().await?;
    let text = String::from_utf8_lossy(data).into_owned();
    let stored = Entity::update_many()
        .col_expr(Column::Response, Expr::value(text))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Scope.eq(&key.scope))
        .filter(Column::Key.eq(&key.key))
        .exec(db)
        .await?;
    one(stored.rows_affected)
}

/// Whether the row of the key is still the one that was read.
fn one(rows: u64) -> Result<(), RunError> {
    match rows {
        1 => Ok(()),
        _ => Err(RunError::Contended("another has taken the key".to_owned())),
    }
}

/// Deletes the keys that have expired.
///
/// # Errors
/// [`DbErr`] where they cannot be deleted.
pub async fn tidy(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<(), DbErr> {
    let expired = Entity::find().filter(Column::ExpiresAt.lte(now));
    delete(db, expired, Column::Id).await
}
