//! The words of products.

use crate::search::SearchIndex;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        SearchIndex::new("products", ["name", "description"])
            .create(manager)
            .await
    }
}
