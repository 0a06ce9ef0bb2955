//! Entities of every kind, and with names of every kind.

use super::{Catalog, expose, input};
use crate::access::everyone;

/// With a column of each kind.
pub(crate) mod sample {
    use entity::metadata::DescribedEnum;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "samples", comment = "What was found.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(unique, comment = "What is written on it.")]
        pub label: String,
        #[sea_orm(comment = "Of which kind it is.")]
        pub kind: Kind,
        #[sea_orm(comment = "How many pieces there are.")]
        pub pieces: i32,
        #[sea_orm(comment = "How many cells there are.")]
        pub cells: i64,
        #[sea_orm(comment = "What it weighs.")]
        pub weight: f64,
        #[sea_orm(comment = "Whether it is whole.")]
        pub whole: bool,
        #[sea_orm(comment = "On which day it was found.")]
        pub found_on: Date,
        #[sea_orm(comment = "When it was looked at.")]
        pub seen_at: DateTimeUtc,
        #[sea_orm(comment = "What else is known.")]
        pub notes: Json,
        #[sea_orm(indexed)]
        pub part_of: Option<Uuid>,
        #[sea_orm(
            self_ref,
            relation_enum = "Piece",
            relation_reverse = "Parts",
            from = "part_of",
            to = "id"
        )]
        pub of: BelongsTo<Option<Entity>>,
        #[sea_orm(self_ref, relation_enum = "Parts", relation_reverse = "Piece")]
        pub parts: HasMany<Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    #[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
    pub enum Kind {
        #[sea_orm(string_value = "stone")]
        Stone,
        #[sea_orm(string_value = "bone")]
        Bone,
    }

    impl DescribedEnum for Kind {
        const DESCRIPTION: &'static str = "Of which kind it is.";

        fn description(&self) -> &'static str {
            match self {
                Self::Stone => "Of stone.",
                Self::Bone => "Of bone.",
            }
        }
    }
}

/// A catalogue whose schema has a type for everything there is.
pub(crate) fn every_kind() -> Catalog {
    use sample::{Column, Entity, Kind, Relation};

    let samples = expose::<Entity>("Sample")
        .read(everyone())
        .fields([
            Column::Id,
            Column::Label,
            Column::Kind,
            Column::Pieces,
            Column::Cells,
            Column::Weight,
            Column::Whole,
            Column::FoundOn,
            Column::SeenAt,
            Column::Notes,
        ])
        .enumeration::<Kind>(Column::Kind, "SampleKind")
        .lookup([Column::Label])
        .relations([Relation::Piece, Relation::Parts])
        .create(everyone())
        .update(everyone())
        .delete(everyone())
        .inputs([
            input(Column::Label),
            input(Column::Kind),
            input(Column::Pieces),
            input(Column::Cells),
            input(Column::Weight),
            input(Column::Whole),
            input(Column::FoundOn),
            input(Column::SeenAt),
            input(Column::Notes),
            input(Column::PartOf),
        ]);
    Catalog::new(vec![samples.done()]).expect("it is declared well")
}

/// With names that GraphQL has no way to write.
pub(crate) mod misnomer {
    use entity::metadata::DescribedEnum;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "misnomers", comment = "Something badly named.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(comment = "Its size.", column_name = "größe")]
        pub size: String,
        #[sea_orm(comment = "The second.", column_name = "2nd")]
        pub second: String,
        #[sea_orm(comment = "With a blank.", column_name = "with space")]
        pub space: String,
        #[sea_orm(comment = "With an apostrophe.", column_name = "it's")]
        pub quote: String,
        #[sea_orm(comment = "Of nothing.", column_name = "_")]
        pub underscore: String,
        #[sea_orm(comment = "Like one of GraphQL's own.", column_name = "__typename")]
        pub type_name: String,
        #[sea_orm(comment = "Like the number of a group.")]
        pub count: i32,
        #[sea_orm(comment = "Like a statistic.")]
        pub sum_aggregate: i32,
        #[sea_orm(comment = "Like what is above in a tree.")]
        pub ancestors: i32,
        #[sea_orm(comment = "Of which kind it is.")]
        pub kind: Kind,
        #[sea_orm(indexed)]
        pub above: Option<Uuid>,
        #[sea_orm(
            self_ref,
            relation_enum = "Übergeordnet",
            relation_reverse = "Unter",
            from = "above",
            to = "id"
        )]
        pub parent: BelongsTo<Option<Entity>>,
        #[sea_orm(self_ref, relation_enum = "Unter", relation_reverse = "Übergeordnet")]
        pub children: HasMany<Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    #[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
    pub enum Kind {
        #[sea_orm(string_value = "1st")]
        First,
        #[sea_orm(string_value = "_")]
        Underscore,
        #[sea_orm(string_value = "true")]
        True,
    }

    impl DescribedEnum for Kind {
        const DESCRIPTION: &'static str = "Of which kind it is.";

        fn description(&self) -> &'static str {
            match self {
                Self::First => "The first.",
                Self::Underscore => "No name at all.",
                Self::True => "A name that only looks bad.",
            }
        }
    }
}

/// That others like, of which little is given.
pub(crate) mod post {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "posts", comment = "What somebody says.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(comment = "What it says.")]
        pub body: Option<String>,
        #[sea_orm(has_many, relation_enum = "Likes", via_rel = "Post")]
        pub likes: HasMany<super::like::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// That somebody likes it.
pub(crate) mod like {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "likes", comment = "That somebody likes it.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(indexed)]
        pub post_id: Uuid,
        #[sea_orm(comment = "Why.")]
        pub reason: Option<String>,
        #[sea_orm(belongs_to, relation_enum = "Post", from = "post_id", to = "id")]
        pub post: BelongsTo<super::post::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// With relations whose rows would be told of by fields of one name.
pub(crate) mod club {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "clubs", comment = "What people come together in.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(unique, comment = "How it is called.")]
        pub name: String,
        #[sea_orm(comment = "Whom it is for.")]
        pub target_groups: Option<String>,
        #[sea_orm(comment = "Like groups of its sections.")]
        pub section_groups: Option<String>,
        #[sea_orm(comment = "Like statistics over its sections.")]
        pub section_aggregate: Option<i32>,
        #[sea_orm(indexed)]
        pub within_id: Option<Uuid>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "Entity")]
        Section,
        #[sea_orm(has_many = "Entity")]
        Sections,
        #[sea_orm(has_many = "Entity")]
        SectionGroups,
        #[sea_orm(has_many = "Entity")]
        AgeGroups,
    }

    impl Related<Entity> for Entity {
        fn to() -> RelationDef {
            let within = Entity::belongs_to(Entity);
            within.from(Column::WithinId).to(Column::Id).into()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// With comments full of quotes.
pub(crate) mod quotation {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "quotations", comment = "What \"somebody\" said \\")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(comment = "Ends with \"\"")]
        pub two: Option<String>,
        #[sea_orm(comment = "Has \"\"\" in it.")]
        pub three: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
