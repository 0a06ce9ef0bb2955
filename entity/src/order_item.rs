//! The lines of an order. They are written once with the order and never changed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "order_items",
    comment = "A line of an order: one product at the price of that day."
)]
pub struct Model {
    #[sea_orm(
        primary_key,
        auto_increment = false,
        comment = "Identifies the line; later ones have greater ids."
    )]
    pub id: Uuid,
    #[sea_orm(indexed, comment = "The order the line belongs to.")]
    pub order_id: Uuid,
    #[sea_orm(indexed, comment = "The product that was bought.")]
    pub product_id: Uuid,
    #[sea_orm(comment = "How many pieces were bought; at least 1.")]
    pub quantity: i32,
    #[sea_orm(
        comment = "The price of one piece when the order was placed, in minor units of the order's currency."
    )]
    pub unit_price_cents: i64,
    #[sea_orm(
        comment = "What one piece cost the shop when the order was placed, in minor units of the order's currency."
    )]
    pub unit_cost_cents: i64,
    #[sea_orm(comment = "Quantity times unit price, in minor units of the order's currency.")]
    pub line_total_cents: i64,
    #[sea_orm(indexed, comment = "When the line was entered.")]
    pub created_at: DateTimeUtc,
    #[sea_orm(
        comment = "When the line was last changed; lines never change, so this is when it was entered."
    )]
    pub updated_at: DateTimeUtc,
    #[sea_orm(
        belongs_to,
        relation_enum = "Order",
        from = "order_id",
        to = "id",
        on_delete = "Cascade"
    )]
    pub order: BelongsTo<super::order::Entity>,
    #[sea_orm(belongs_to, relation_enum = "Product", from = "product_id", to = "id")]
    pub product: BelongsTo<super::product::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
