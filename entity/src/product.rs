//! What the shop sells.

use crate::metadata::DescribedEnum;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "products", comment = "Something the shop sells.")]
pub struct Model {
    #[sea_orm(
        primary_key,
        auto_increment = false,
        comment = "Identifies the product; later ones have greater ids."
    )]
    pub id: Uuid,
    #[sea_orm(indexed, comment = "The category the product is filed in.")]
    pub category_id: Uuid,
    #[sea_orm(
        unique,
        column_type = "String(StringLen::N(64))",
        comment = "The stock-keeping unit, as printed on labels; unique."
    )]
    pub sku: String,
    #[sea_orm(
        unique,
        column_type = "String(StringLen::N(160))",
        comment = "The name used in addresses: lower-case letters, digits and hyphens; unique."
    )]
    pub slug: String,
    #[sea_orm(
        indexed,
        column_type = "String(StringLen::N(200))",
        comment = "The name shown to customers."
    )]
    pub name: String,
    #[sea_orm(
        column_type = "String(StringLen::N(8000))",
        comment = "A longer text about the product; null when nobody has written one."
    )]
    pub description: Option<String>,
    #[sea_orm(
        indexed,
        comment = "The price of one piece, in minor units of the currency."
    )]
    pub price_cents: i64,
    #[sea_orm(comment = "What one piece costs the shop, in minor units of the currency.")]
    pub cost_cents: i64,
    #[sea_orm(
        column_type = "String(StringLen::N(3))",
        comment = "The currency of the price: three capital letters of ISO 4217."
    )]
    pub currency: String,
    #[sea_orm(indexed, comment = "How many pieces can be ordered right now.")]
    pub stock: i32,
    #[sea_orm(
        indexed,
        comment = "Whether the product is being prepared, on sale or withdrawn."
    )]
    pub status: Status,
    #[sea_orm(
        comment = "Properties that only some products have, as a JSON object: colour, weight, memory, tags."
    )]
    pub attributes: Json,
    #[sea_orm(
        comment = "Counts the updates of this row, starting at 1; name it to refuse a stale update."
    )]
    pub version: i64,
    #[sea_orm(indexed, comment = "When the product was created.")]
    pub created_at: DateTimeUtc,
    #[sea_orm(comment = "When the product was last changed.")]
    pub updated_at: DateTimeUtc,
    #[sea_orm(
        belongs_to,
        relation_enum = "Category",
        from = "category_id",
        to = "id"
    )]
    pub category: BelongsTo<super::category::Entity>,
    #[sea_orm(has_many, relation_enum = "Reviews", via_rel = "Product")]
    pub reviews: HasMany<super::review::Entity>,
    #[sea_orm(has_many, relation_enum = "OrderItems", via_rel = "Product")]
    pub order_items: HasMany<super::order_item::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Where a product is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum Status {
    #[sea_orm(string_value = "draft")]
    Draft,
    #[sea_orm(string_value = "active")]
    Active,
    #[sea_orm(string_value = "archived")]
    Archived,
}

impl DescribedEnum for Status {
    const DESCRIPTION: &'static str = "Where a product is in its life.";

    fn description(&self) -> &'static str {
        match self {
            Self::Draft => "Being prepared; only staff see it.",
            Self::Active => "On sale; everyone sees it.",
            Self::Archived => "No longer sold; only staff see it.",
        }
    }
}
