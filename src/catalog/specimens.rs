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
        #[sea_orm(unique, default_value = 0, comment = "Their number.")]
        pub number: i64,
        #[sea_orm(comment = "How they are called.")]
        pub name: String,
        pub note: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Something that others refer to in many ways.
pub(super) mod pallet {
    use entity::metadata::DescribedEnum;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "pallets", comment = "What chests stand on.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(
            unique,
            comment = "What is written on it.",
            column_type = "String(StringLen::N(16))"
        )]
        pub code: String,
        #[sea_orm(unique, column_type = "String(StringLen::N(16))")]
        pub alias: Option<String>,
        #[sea_orm(unique)]
        pub number: i64,
        #[sea_orm(unique, comment = "How it is.")]
        pub state: State,
        #[sea_orm(unique)]
        pub day: Date,
        #[sea_orm(unique)]
        pub heavy: bool,
        pub owner_id: Uuid,
        #[sea_orm(has_many, relation_enum = "Chests", via_rel = "Pallet")]
        pub chests: HasMany<super::chest::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    #[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
    pub enum State {
        #[sea_orm(string_value = "whole")]
        Whole,
    }

    impl DescribedEnum for State {
        const DESCRIPTION: &'static str = "How it is.";

        fn description(&self) -> &'static str {
            "Nothing is missing."
        }
    }
}

/// What refers to it, and to its own kind.
pub(super) mod chest {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "chests", comment = "What stands on pallets.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(unique, column_type = "String(StringLen::N(16))")]
        pub code: String,
        #[sea_orm(column_type = "String(StringLen::N(16))")]
        pub within_code: Option<String>,
        #[sea_orm(
            unique,
            comment = "Where it stands.",
            column_type = "String(StringLen::N(16))"
        )]
        pub pallet_code: String,
        #[sea_orm(column_type = "String(StringLen::N(8))")]
        pub pallet_short: String,
        #[sea_orm(column_type = "String(StringLen::N(16))")]
        pub pallet_alias: Option<String>,
        pub pallet_small: i32,
        #[sea_orm(comment = "On which day it came.")]
        pub pallet_day: Date,
        pub heavy: bool,
        pub owner_id: Uuid,
        #[sea_orm(
            belongs_to,
            relation_enum = "Pallet",
            from = "pallet_code",
            to = "code"
        )]
        pub pallet: BelongsTo<super::pallet::Entity>,
        #[sea_orm(
            belongs_to,
            relation_enum = "ByShort",
            from = "pallet_short",
            to = "code"
        )]
        pub by_short: BelongsTo<super::pallet::Entity>,
        #[sea_orm(
            belongs_to,
            relation_enum = "ByAlias",
            from = "pallet_alias",
            to = "alias"
        )]
        pub by_alias: BelongsTo<Option<super::pallet::Entity>>,
        #[sea_orm(
            belongs_to,
            relation_enum = "BySmall",
            from = "pallet_small",
            to = "number"
        )]
        pub by_small: BelongsTo<super::pallet::Entity>,
        #[sea_orm(
            belongs_to,
            relation_enum = "ByNumber",
            from = "pallet_code",
            to = "number"
        )]
        pub by_number: BelongsTo<super::pallet::Entity>,
        #[sea_orm(
            belongs_to,
            relation_enum = "ByState",
            from = "pallet_code",
            to = "state"
        )]
        pub by_state: BelongsTo<super::pallet::Entity>,
        #[sea_orm(belongs_to, relation_enum = "ByDay", from = "pallet_day", to = "day")]
        pub by_day: BelongsTo<super::pallet::Entity>,
        #[sea_orm(belongs_to, relation_enum = "ByWeight", from = "heavy", to = "heavy")]
        pub by_weight: BelongsTo<super::pallet::Entity>,
        #[sea_orm(
            self_ref,
            relation_enum = "Within",
            relation_reverse = "Inner",
            from = "within_code",
            to = "code"
        )]
        pub within: BelongsTo<Option<Entity>>,
        #[sea_orm(self_ref, relation_enum = "Inner", relation_reverse = "Within")]
        pub inner: HasMany<Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What hangs on them, with relations that leave out some of the rows.
pub(super) mod tag {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tags", comment = "What hangs on chests.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        pub chest_id: Uuid,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::chest::Entity",
            from = "Column::ChestId",
            to = "super::chest::Column::Id",
            on_condition = r#"super::chest::Column::Heavy.eq(false)"#
        )]
        LightChest,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// In a schema of its own, where it has the name of another table.
pub(super) mod clerk {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(
        schema_name = "hr",
        table_name = "users",
        comment = "Whoever works there."
    )]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies them.")]
        pub id: Uuid,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Of a table that has the name of one of the program's.
pub(super) mod guest {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users", comment = "Whoever comes.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies them.")]
        pub id: Uuid,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What refers to a table in another schema.
pub(super) mod visit {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "visits", comment = "That somebody came.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        pub clerk_id: Uuid,
        #[sea_orm(comment = "What it was about.")]
        pub subject: Option<String>,
        #[sea_orm(belongs_to, relation_enum = "Clerk", from = "clerk_id", to = "id")]
        pub clerk: BelongsTo<super::clerk::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is written, with columns of many kinds.
pub(super) mod parcel {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "parcels", comment = "What is sent.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(
            unique,
            comment = "What is written on it.",
            column_type = "String(StringLen::N(16))"
        )]
        pub label: Option<String>,
        #[sea_orm(comment = "What it weighs.")]
        pub weight: Option<f64>,
        #[sea_orm(comment = "How many pieces there are.")]
        pub pieces: Option<i32>,
        #[sea_orm(comment = "On which day it was sent.")]
        pub day: Option<Date>,
        #[sea_orm(comment = "What is in it.")]
        pub contents: Option<Json>,
        #[sea_orm(comment = "Counts changes.")]
        pub version: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// With unique keys whose names are much alike, or none at all.
pub(super) mod place {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "places", comment = "Where something stands.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(unique_key = "both", comment = "On which shelf.")]
        pub shelf: i32,
        #[sea_orm(unique_key = "both", comment = "Where on it.")]
        pub place: i32,
        #[sea_orm(unique, comment = "Both in one.")]
        pub shelf_place: String,
        #[sea_orm(unique_key = "made", comment = "On which day it was made.")]
        pub day: Date,
        #[sea_orm(unique_key = "made", column_name = "gemacht_für")]
        pub made_for: Uuid,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// With a key beside an older one, and relations by what does not name a row.
pub(super) mod card {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "cards", comment = "What a member has.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub uid: Uuid,
        #[sea_orm(comment = "Identified it.")]
        pub id: i64,
        #[sea_orm(comment = "What is printed on it.")]
        pub number: i64,
        #[sea_orm(column_type = "Decimal(Some((10, 2)))")]
        pub price: f64,
        #[sea_orm(column_type = "Decimal(Some((10, 2)))", default_value = 0)]
        pub discount: f64,
        #[sea_orm(column_type = "Decimal(Some((10, 2)))", nullable)]
        pub refund: Option<f64>,
        pub owner_id: Uuid,
        pub code: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::pallet::Entity",
            from = "Column::OwnerId",
            to = "super::pallet::Column::OwnerId"
        )]
        Owned,
        #[sea_orm(
            belongs_to = "super::pallet::Entity",
            from = "(Column::OwnerId, Column::Code)",
            to = "(super::pallet::Column::OwnerId, super::pallet::Column::Code)"
        )]
        Both,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
