//! The one writer of audit entries: who did what to which row, and when.

use chrono::{DateTime, Utc};
use entity::audit_entry::ActiveModel;
use sea_orm::{ActiveModelTrait as _, ConnectionTrait, DbErr, Set};
use serde_json::{Value, json};
use uuid::Uuid;

/// What is to be recorded.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who did it; none where nobody was signed in.
    pub actor: Option<Uuid>,
    /// The kind of thing it was done to, such as `User`.
    pub entity: &'static str,
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
            entity: "User",
            entity_id: format!("user_{}", user.simple()),
            action: "",
            changes: json!({}),
            request_id: None,
        }
    }

    /// Something that was tried on a user who does not exist.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self {
            actor: None,
            entity: "User",
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
    let row = ActiveModel {
        id: Set(Uuid::now_v7()),
        actor_id: Set(entry.actor),
        entity: Set(entry.entity.to_owned()),
        entity_id: Set(entry.entity_id),
        action: Set(entry.action.to_owned()),
        changes: Set(entity::json::canonical(entry.changes)),
        request_id: Set(entry.request_id),
        at: Set(now),
        created_at: Set(now),
        updated_at: Set(now),
    };
    row.insert(db).await.map(drop)
}
