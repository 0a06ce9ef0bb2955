//! The one writer of audit entries: who did what to which row, and when.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use entity::audit_entry::ActiveModel;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _, Set};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::run::Changed;

/// What is to be recorded.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who did it; none where nobody was signed in.
    pub actor: Option<Uuid>,
    /// The kind of thing it was done to, such as `User`.
    pub entity: Cow<'static, str>,
    /// Its global id.
    pub entity_id: String,
    /// What was done.
    pub action: &'static str,
    /// What is different now. Never a secret.
    pub changes: Value,
    /// The request, as in the log.
    pub request_id: Option<String>,
}

impl Entry {
    /// Something that was done to a user.
    #[must_use]
    pub fn of_user(user: Uuid, actor: Option<Uuid>) -> Self {
        Self {
            actor,
            entity: Cow::Borrowed("User"),
            entity_id: format!("user_{}", user.simple()),
            action: "",
            changes: json!({}),
            request_id: None,
        }
    }

    /// A row that is different now.
    #[must_use]
    pub fn of_change(change: &Changed, actor: Option<Uuid>, request_id: Option<String>) -> Self {
        Self {
            actor,
            entity: Cow::Owned(change.entity.clone()),
            entity_id: change.id.clone(),
            action: change.action.unwrap_or(change.kept.word()),
            changes: Value::Object(change.fields.clone()),
            request_id,
        }
    }

    /// Something that was tried on a user who does not exist.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self {
            actor: None,
            entity: Cow::Borrowed("User"),
            entity_id: "none".to_owned(),
            action: "",
            changes: json!({}),
            request_id: None,
        }
    }
}

/// Adds an entry.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn record(
    db: &impl ConnectionTrait,
    entry: Entry,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    record_all(db, vec![entry], now).await
}

/// Adds entries.
///
/// # Errors
/// [`DbErr`] where they cannot be stored.
pub async fn record_all(
    db: &impl ConnectionTrait,
    mut entries: Vec<Entry>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    while !entries.is_empty() {
        let rest = entries.split_off(entries.len().min(ENTRIES_AT_A_TIME));
        let rows = entries.into_iter().map(|entry| ActiveModel {
            id: Set(Uuid::now_v7()),
            actor_id: Set(entry.actor),
            entity: Set(entry.entity.into_owned()),
            entity_id: Set(entry.entity_id),
            action: Set(entry.action.to_owned()),
            changes: Set(entity::json::canonical(entry.changes)),
            request_id: Set(entry.request_id),
            at: Set(now),
            created_at: Set(now),
            updated_at: Set(now),
        });
        entity::audit_entry::Entity::insert_many(rows)
            .exec_without_returning(db)
            .await?;
        entries = rest;
    }
    Ok(())
}

/// How many entries one statement adds at most.
const ENTRIES_AT_A_TIME: usize = 100;
