//! What customers think of products.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "reviews",
    comment = "One user's opinion of one product; there is at most one per user and product."
)]
pub struct Model {
    #[sea_orm(
        primary_key,
        auto_increment = false,
        comment = "Identifies the review; later ones have greater ids."
    )]
    pub id: Uuid,
    #[sea_orm(
        indexed,
        unique_key = "product_author",
        comment = "The product under review."
    )]
    pub product_id: Uuid,
    #[sea_orm(
        indexed,
        unique_key = "product_author",
        comment = "The user who wrote the review."
    )]
    pub author_id: Uuid,
    #[sea_orm(indexed, comment = "The number of stars, from 1 (worst) to 5 (best).")]
    pub rating: i32,
    #[sea_orm(
        column_type = "String(StringLen::N(200))",
        comment = "A headline; null when the author gave none."
    )]
    pub title: Option<String>,
    #[sea_orm(
        column_type = "String(StringLen::N(5000))",
        comment = "The text; null when the author gave only stars."
    )]
    pub body: Option<String>,
    #[sea_orm(
        comment = "Counts the updates of this row, starting at 1; name it to refuse a stale update."
    )]
    pub version: i64,
    #[sea_orm(indexed, comment = "When the review was written.")]
    pub created_at: DateTimeUtc,
    #[sea_orm(comment = "When the review was last changed.")]
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, relation_enum = "Product", from = "product_id", to = "id")]
    pub product: BelongsTo<super::product::Entity>,
    #[sea_orm(belongs_to, relation_enum = "Author", from = "author_id", to = "id")]
    pub author: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
