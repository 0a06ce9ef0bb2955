//! What signing in takes: how renewals of a session follow on each other, accounts at other
//! issuers, and whose tokens are good no longer.

use crate::columns::{big_integer, id, text, timestamp};
use crate::table::{Table, add_columns};
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            text("successor_salt", 64).nullable(),
            timestamp("ends_at").nullable(),
        ];
        add_columns(manager, "sessions", &columns).await?;
        for table in [identities(), revocations()] {
            table.create(manager).await?;
        }
        Ok(())
    }
}

fn identities() -> Table {
    Table::new(
        "identities",
        [id("user_id"), text("issuer", 255), text("subject", 255)],
    )
    .belongs_to("user_id", "users")
    .unique(["issuer", "subject"])
}

/// A row has the id of the user or of the sign-in that it is about.
fn revocations() -> Table {
    Table::new("revocations", [big_integer("epoch")]).index(["updated_at", "id"])
}
