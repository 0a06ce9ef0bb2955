//! The tree that products are filed in.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "categories",
    comment = "A node of the tree that products are filed in."
)]
pub struct Model {
    #[sea_orm(
        primary_key,
        auto_increment = false,
        comment = "Identifies the category; later ones have greater ids."
    )]
    pub id: Uuid,
    #[sea_orm(
        indexed,
        comment = "The category above this one; null at the top of the tree."
    )]
    pub parent_id: Option<Uuid>,
    #[sea_orm(
        indexed,
        column_type = "String(StringLen::N(100))",
        comment = "The name shown in menus."
    )]
    pub name: String,
    #[sea_orm(
        unique,
        column_type = "String(StringLen::N(120))",
        comment = "The name used in addresses: lower-case letters, digits and hyphens; unique."
    )]
    pub slug: String,
    #[sea_orm(comment = "The place among the categories of the same parent, starting at 0.")]
    pub position: i32,
    #[sea_orm(
        comment = "Counts the updates of this row, starting at 1; name it to refuse a stale update."
    )]
    pub version: i64,
    #[sea_orm(indexed, comment = "When the category was created.")]
    pub created_at: DateTimeUtc,
    #[sea_orm(comment = "When the category was last changed.")]
    pub updated_at: DateTimeUtc,
    #[sea_orm(
        self_ref,
        relation_enum = "Parent",
        relation_reverse = "Children",
        from = "parent_id",
        to = "id"
    )]
    pub parent: BelongsTo<Option<Entity>>,
    #[sea_orm(self_ref, relation_enum = "Children", relation_reverse = "Parent")]
    pub children: HasMany<Entity>,
    #[sea_orm(has_many, relation_enum = "Products", via_rel = "Category")]
    pub products: HasMany<super::product::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
