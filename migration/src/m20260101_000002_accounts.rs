//! Sign-ins, and the record of who changed what.

use crate::columns::{id, json, text, timestamp};
use crate::table::Table;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [sessions(), audit_entries()] {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn sessions() -> Table {
    Table::new(
        "sessions",
        [
            id("user_id"),
            text("refresh_token_hash", 64),
            id("family_id"),
            text("user_agent", 512).nullable(),
            timestamp("expires_at"),
            timestamp("rotated_at").nullable(),
            timestamp("revoked_at").nullable(),
        ],
    )
    .belongs_to("user_id", "users")
    .unique(["refresh_token_hash"])
    .index(["family_id"])
    .index(["expires_at", "id"])
}

/// An account that did something is disabled, not deleted, so the record keeps its actor.
fn audit_entries() -> Table {
    Table::new(
        "audit_entries",
        [
            id("actor_id").nullable(),
            text("entity", 64),
            text("entity_id", 128),
            text("action", 64),
            json("changes"),
            text("request_id", 64).nullable(),
            timestamp("at"),
        ],
    )
    .references("actor_id", "users")
    .index(["at", "id"])
    .index(["entity", "entity_id", "at", "id"])
    .index(["request_id"])
}
