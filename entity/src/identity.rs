//! Accounts at other issuers, and whose they are here. Not exposed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "identities",
    comment = "An account at another issuer of tokens, and the user it belongs to."
)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(indexed)]
    pub user_id: Uuid,
    /// The `iss` claim of its tokens.
    #[sea_orm(unique_key = "subject", column_type = "String(StringLen::N(255))")]
    pub issuer: String,
    /// What names the account there, the `sub` claim unless configured otherwise.
    #[sea_orm(unique_key = "subject", column_type = "String(StringLen::N(255))")]
    pub subject: String,
    #[sea_orm(indexed)]
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    #[sea_orm(
        belongs_to,
        relation_enum = "User",
        from = "user_id",
        to = "id",
        on_delete = "Cascade"
    )]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
