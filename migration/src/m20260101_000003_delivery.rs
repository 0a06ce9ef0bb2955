//! Requests that apply once, and change events on their way to live queries.

use crate::columns::{json, long_text, text, timestamp};
use crate::table::Table;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [idempotency_keys(), outbox()] {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn idempotency_keys() -> Table {
    Table::new(
        "idempotency_keys",
        [
            text("scope", 64),
            text("key", 255),
            text("request_hash", 64),
            long_text("response").nullable(),
            timestamp("expires_at"),
        ],
    )
    .unique(["scope", "key"])
    .index(["expires_at", "id"])
}

/// Publishers ask for the oldest unpublished rows.
fn outbox() -> Table {
    Table::new(
        "outbox",
        [json("payload"), timestamp("published_at").nullable()],
    )
    .index(["published_at", "id"])
}
