//! Entities to make mistakes with.

pub(super) mod category {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "categories", comment = "A node of a tree.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(indexed, comment = "The one above.")]
        pub parent_id: Option<Uuid>,
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
}

pub(super) mod product {
    use entity::metadata::DescribedEnum;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "products", comment = "Something that is sold.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(indexed, comment = "Where it is filed.")]
        pub category_id: Uuid,
        #[sea_orm(unique, comment = "As printed on labels.")]
        pub sku: String,
        #[sea_orm(indexed, comment = "As shown.")]
        pub name: String,
        #[sea_orm(indexed, comment = "What it costs to buy.")]
        pub price_cents: i64,
        #[sea_orm(comment = "What it costs to make.")]
        pub cost_cents: i64,
        #[sea_orm(indexed, comment = "How many there are.")]
        pub stock: i32,
        #[sea_orm(indexed, comment = "Whether it is sold.")]
        pub status: Status,
        #[sea_orm(
            belongs_to,
            relation_enum = "Category",
            from = "category_id",
            to = "id"
        )]
        pub category: BelongsTo<super::category::Entity>,
        #[sea_orm(has_many, relation_enum = "Reviews", via_rel = "Product")]
        pub reviews: HasMany<super::review::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    #[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
    pub enum Status {
        #[sea_orm(string_value = "draft")]
        Draft,
        #[sea_orm(string_value = "active")]
        Active,
    }

    impl DescribedEnum for Status {
        const DESCRIPTION: &'static str = "Whether it is sold.";

        fn description(&self) -> &'static str {
            match self {
                Self::Draft => "Not yet.",
                Self::Active => "It is.",
            }
        }
    }
}

pub(super) mod review {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reviews", comment = "What somebody thinks of it.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(indexed, unique_key = "product_author", comment = "What it is about.")]
        pub product_id: Uuid,
        #[sea_orm(indexed, unique_key = "product_author", comment = "Whose it is.")]
        pub author_id: Uuid,
        #[sea_orm(comment = "Stars.")]
        pub rating: i32,
        #[sea_orm(comment = "A headline.")]
        pub title: Option<String>,
        #[sea_orm(comment = "A text.")]
        pub body: Option<String>,
        #[sea_orm(comment = "Counts changes.")]
        pub version: i64,
        #[sea_orm(indexed, comment = "When it was made.")]
        pub created_at: DateTimeUtc,
        #[sea_orm(comment = "When it was changed.")]
        pub updated_at: DateTimeUtc,
        #[sea_orm(belongs_to, relation_enum = "Product", from = "product_id", to = "id")]
        pub product: BelongsTo<super::product::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Of a database that knew nothing of this program.
pub(super) mod book {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "books", comment = "A book.")]
    pub struct Model {
        #[sea_orm(primary_key, comment = "Identifies it.")]
        pub id: i64,
        #[sea_orm(
            column_type = "Decimal(Some((10, 2)))",
            comment = "What it costs to buy."
        )]
        pub price: f64,
        #[sea_orm(comment = "When it was bought.")]
        pub bought_at: DateTime,
        #[sea_orm(comment = "When the library opens.")]
        pub opens: Time,
        pub kind: Kind,
    }

    impl ActiveModelBehavior for ActiveModel {}

    #[derive(Clone, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "Enum", db_type = "Enum", enum_name = "kind")]
    pub enum Kind {
        #[sea_orm(string_value = "novel")]
        Novel,
    }
}

/// Likewise, with a key of two columns.
pub(super) mod loan {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loans", comment = "A book that somebody has.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub book_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub member_id: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Likewise, with a key that was added.
pub(super) mod author {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "authors", comment = "Who writes books.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies them.")]
        pub uid: Uuid,
        #[sea_orm(unique, default_value = 0)]
        pub id: i64,
        #[sea_orm(comment = "How they are called.")]
        pub name: String,
        pub note: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
