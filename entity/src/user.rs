//! People with an account: customers, staff and administrators.

use crate::metadata::DescribedEnum;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "users",
    comment = "A person with an account: a customer, a member of staff or an administrator."
)]
pub struct Model {
    #[sea_orm(
        primary_key,
        auto_increment = false,
        comment = "Identifies the user; later accounts have greater ids."
    )]
    pub id: Uuid,
    #[sea_orm(
        unique,
        column_type = "String(StringLen::N(254))",
        comment = "The e-mail address the user signs in with, in lower case; unique."
    )]
    pub email: String,
    #[sea_orm(
        indexed,
        column_type = "String(StringLen::N(100))",
        comment = "The name shown to everyone, for example beside a review."
    )]
    pub display_name: String,
    #[sea_orm(indexed, comment = "What the user may do in the shop.")]
    pub role: Role,
    /// An Argon2id hash in PHC form; null until a password is set. Never exposed.
    #[sea_orm(column_type = "String(StringLen::N(255))")]
    pub password_hash: Option<String>,
    #[sea_orm(comment = "When the account was disabled; null while it is in use.")]
    pub disabled_at: Option<DateTimeUtc>,
    #[sea_orm(
        comment = "Counts the updates of this row, starting at 1; name it to refuse a stale update."
    )]
    pub version: i64,
    #[sea_orm(indexed, comment = "When the account was created.")]
    pub created_at: DateTimeUtc,
    #[sea_orm(comment = "When the account was last changed.")]
    pub updated_at: DateTimeUtc,
    #[sea_orm(has_many, relation_enum = "Reviews", via_rel = "Author")]
    pub reviews: HasMany<super::review::Entity>,
    #[sea_orm(has_many, relation_enum = "Orders", via_rel = "Customer")]
    pub orders: HasMany<super::order::Entity>,
    #[sea_orm(has_many, relation_enum = "Sessions", via_rel = "User")]
    pub sessions: HasMany<super::session::Entity>,
    #[sea_orm(has_many, relation_enum = "AuditEntries", via_rel = "Actor")]
    pub audit_entries: HasMany<super::audit_entry::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// What a user may do; each role includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Role {
    #[sea_orm(string_value = "customer")]
    Customer,
    #[sea_orm(string_value = "staff")]
    Staff,
    #[sea_orm(string_value = "admin")]
    Admin,
}

impl DescribedEnum for Role {
    const DESCRIPTION: &'static str = "What a user may do; each role includes the ones before it.";

    fn description(&self) -> &'static str {
        match self {
            Self::Customer => "Buys and reviews, and sees their own orders.",
            Self::Staff => "Runs the shop: catalogue, stock and everyone's orders.",
            Self::Admin => "Administers accounts and reads the audit trail.",
        }
    }
}
