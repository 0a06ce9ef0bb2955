//! What customers bought.

use crate::metadata::DescribedEnum;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "orders",
    comment = "A customer's purchase; its total is the sum of its items."
)]
pub struct Model {
    #[sea_orm(
        primary_key,
        auto_increment = false,
        comment = "Identifies the order; later ones have greater ids."
    )]
    pub id: Uuid,
    #[sea_orm(
        unique,
        column_type = "String(StringLen::N(32))",
        comment = "The number printed on invoices and quoted on the telephone; unique."
    )]
    pub number: String,
    #[sea_orm(indexed, comment = "The user who placed the order.")]
    pub customer_id: Uuid,
    #[sea_orm(indexed, comment = "How far the order has come.")]
    pub status: Status,
    #[sea_orm(
        column_type = "String(StringLen::N(3))",
        comment = "The currency of all amounts of the order: three capital letters of ISO 4217."
    )]
    pub currency: String,
    #[sea_orm(
        indexed,
        comment = "The sum of the line totals, in minor units of the currency."
    )]
    pub total_cents: i64,
    #[sea_orm(indexed, comment = "When the customer placed the order.")]
    pub placed_at: DateTimeUtc,
    #[sea_orm(
        comment = "Where the goods go, as it was when the order was placed, as a JSON object."
    )]
    pub shipping_address: Json,
    #[sea_orm(
        column_type = "String(StringLen::N(2000))",
        comment = "What the customer wrote to the shop; null when nothing."
    )]
    pub note: Option<String>,
    #[sea_orm(
        comment = "Counts the updates of this row, starting at 1; name it to refuse a stale update."
    )]
    pub version: i64,
    #[sea_orm(indexed, comment = "When the order was entered.")]
    pub created_at: DateTimeUtc,
    #[sea_orm(comment = "When the order was last changed.")]
    pub updated_at: DateTimeUtc,
    #[sea_orm(
        belongs_to,
        relation_enum = "Customer",
        from = "customer_id",
        to = "id"
    )]
    pub customer: BelongsTo<super::user::Entity>,
    #[sea_orm(has_many, relation_enum = "Items", via_rel = "Order")]
    pub items: HasMany<super::order_item::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Status {
    #[sea_orm(string_value = "pending")]
    Pending,
    #[sea_orm(string_value = "paid")]
    Paid,
    #[sea_orm(string_value = "shipped")]
    Shipped,
    #[sea_orm(string_value = "delivered")]
    Delivered,
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
    #[sea_orm(string_value = "refunded")]
    Refunded,
}

impl DescribedEnum for Status {
    const DESCRIPTION: &'static str = "How far an order has come.";

    fn description(&self) -> &'static str {
        match self {
            Self::Pending => "Placed, not yet paid.",
            Self::Paid => "Paid, not yet shipped.",
            Self::Shipped => "On its way to the customer.",
            Self::Delivered => "Received by the customer.",
            Self::Cancelled => "Called off before it was shipped; the stock was returned.",
            Self::Refunded => "The money was paid back.",
        }
    }
}
