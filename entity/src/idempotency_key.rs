//! Requests that must apply once: the key a client sent and the answer it got. Not exposed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "idempotency_keys",
    comment = "A request that must apply once, with the answer to replay."
)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who sent the request, so that nobody can replay another's answer.
    #[sea_orm(unique_key = "scope_key", column_type = "String(StringLen::N(64))")]
    pub scope: String,
    /// The `Idempotency-Key` header.
    #[sea_orm(unique_key = "scope_key", column_type = "String(StringLen::N(255))")]
    pub key: String,
    /// The SHA-256 of the request body in lower-case hex: the same key with another body conflicts.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub request_hash: String,
    /// The stored answer; null only inside the transaction that is about to write it.
    #[sea_orm(column_type = "Text")]
    pub response: Option<String>,
    #[sea_orm(indexed)]
    pub expires_at: DateTimeUtc,
    #[sea_orm(indexed)]
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
