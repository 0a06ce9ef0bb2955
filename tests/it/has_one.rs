//! Relations to the one row that refers to a row, of which the shop has none.

use std::sync::Arc;

use purser::access::{Role, everyone};
use purser::auth::Requester;
use purser::catalog::{Catalog, expose};
use purser::graphql::{Extensions, GraphqlRequest, Limits, Operations, Printed};
use purser::sql::Dialect;

mod person {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "people", comment = "A person.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(has_one, relation_enum = "Profile", via_rel = "Person")]
        pub profile: HasOne<super::profile::Entity>,
        #[sea_orm(has_one, relation_enum = "Badge", via_rel = "Person")]
        pub badge: HasOne<super::badge::Entity>,
        #[sea_orm(has_one, relation_enum = "Desk", via_rel = "Person")]
        pub desk: HasOne<super::desk::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod profile {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "profiles", comment = "What a person says of itself.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(unique, indexed, comment = "Whose it is.")]
        pub person_id: Uuid,
        #[sea_orm(comment = "When it was made.")]
        pub made_at: DateTimeUtc,
        #[sea_orm(belongs_to, relation_enum = "Person", from = "person_id", to = "id")]
        pub person: BelongsTo<super::person::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Has the same key as the person whose it is.
mod badge {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "badges", comment = "What a person wears.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Whose it is.")]
        pub id: Uuid,
        #[sea_orm(comment = "When it was made.")]
        pub made_at: DateTimeUtc,
        #[sea_orm(belongs_to, relation_enum = "Person", from = "id", to = "id")]
        pub person: BelongsTo<super::person::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// So has this one.
mod desk {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "desks", comment = "Where a person sits.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Whose it is.")]
        pub id: Uuid,
        #[sea_orm(comment = "When it was made.")]
        pub made_at: DateTimeUtc,
        #[sea_orm(belongs_to, relation_enum = "Person", from = "id", to = "id")]
        pub person: BelongsTo<super::person::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn catalog() -> Catalog {
    let declarations = vec![
        expose::<person::Entity>("Person")
            .read(everyone())
            .fields([person::Column::Id])
            .relations([
                person::Relation::Profile,
                person::Relation::Badge,
                person::Relation::Desk,
            ])
            .done(),
        expose::<profile::Entity>("Profile")
            .read(everyone())
            .fields([profile::Column::Id, profile::Column::MadeAt])
            .relations([profile::Relation::Person])
            .done(),
        expose::<badge::Entity>("Badge")
            .read(everyone())
            .fields([badge::Column::Id, badge::Column::MadeAt])
            .relations([badge::Relation::Person])
            .done(),
        expose::<desk::Entity>("Desk")
            .read(everyone())
            .fields([desk::Column::Id, desk::Column::MadeAt])
            .relations([desk::Relation::Person])
            .done(),
    ];
    Catalog::new(declarations).unwrap()
}

#[test]
fn the_row_that_refers_to_another_may_not_be_there() {
    let Printed(schema) = Printed::new(&catalog(), &[], Role::Anonymous).unwrap();
    for field in [
        "profile: Profile\n",
        "badge: Badge\n",
        "person: Person!\n",
        "The profile that refers to the person.",
    ] {
        assert!(schema.contains(field), "{field} is not in {schema}");
    }
}

#[test]
fn keys_of_several_rows_that_refer_to_one_are_told_apart() {
    let operations = Operations::new(
        Arc::new(catalog()),
        Extensions::default(),
        Limits::default(),
    )
    .unwrap();
    let cursor_of = |first: &str, second: &str| {
        let query = format!(
            "{{ persons(orderBy: [{{ {first}: {{ madeAt: ASC }} }}, {{ {second}: {{ madeAt: ASC }} }}]) \
             {{ edges {{ cursor }} }} }}"
        );
        let request = GraphqlRequest {
            query: &query,
            ..GraphqlRequest::default()
        };
        let explained = operations
            .explain(&request, Requester::Anonymous, Dialect::Sqlite)
            .unwrap();
        let sql = super::app::read(explained).remove(0).sql;
        assert_eq!(sql.matches("IS NULL THEN '-'").count(), 2, "{sql}");
        let (_, after) = sql.split_once("'cursor',('").unwrap();
        after.split_once('.').unwrap().0.to_owned()
    };
    for (one, other) in [("profile", "badge"), ("badge", "desk"), ("desk", "profile")] {
        assert_ne!(cursor_of(one, other), cursor_of(other, one));
    }
}
