use chrono::{DateTime, Utc};
use entity::outbox::{ActiveModel, Column, Entity};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, Set};
use serde_json::{Value, json};
use uuid::Uuid;

use super::tidy::delete;
use super::write::Changed;

/// Stores which rows a transaction changes, to be published once it is
/// committed: `[[entity, id, what became of it], …]`.
///
/// # Errors
/// [`DbErr`] where it cannot be stored.
pub async fn publish(
    db: &impl ConnectionTrait,
    changes: &[Changed],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        id: Set(Uuid::now_v7()),
        payload: Set(entity::json::canonical(payload(changes))),
        published_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Deletes what was stored before a moment, told or not.
///
/// # Errors
/// [`DbErr`] where it cannot be deleted.
pub(super) async fn tidy(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<(), DbErr> {
    let old = Entity::find().filter(Column::CreatedAt.lt(before));
    delete(db, old, Column::Id).await
}

fn payload(changes: &[Changed]) -> Value {
    let changes = changes.iter();
    changes
        .map(|change| json!([change.entity, change.id, change.kept.word()]))
        .collect()
}
