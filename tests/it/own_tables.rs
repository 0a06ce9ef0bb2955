//! Tables of a database that was there before: their keys are called otherwise,
//! and rows refer to others by numbers.

use std::sync::Arc;

use entity::audit_entry;
use migration::search::SearchIndex;
use purser::access::{everyone, rows, through};
use purser::catalog::{Catalog, expose, input};
use purser::graphql::Limits;
use purser::sql::Dialect;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use crate::app::{TestApp, answer};

mod shelf {
    use entity::metadata::DescribedEnum;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shelves", comment = "Where volumes stand.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub uid: Uuid,
        #[sea_orm(unique, default_value = 0)]
        pub number: i64,
        #[sea_orm(
            unique,
            column_type = "String(StringLen::N(16))",
            comment = "What is written on it."
        )]
        pub code: String,
        #[sea_orm(comment = "Whether everyone may go there.")]
        pub access: Access,
        #[sea_orm(has_many, relation_enum = "Volumes", via_rel = "Shelf")]
        pub volumes: HasMany<super::volume::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    #[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
    pub enum Access {
        #[sea_orm(string_value = "open")]
        Open,
        #[sea_orm(string_value = "closed")]
        Closed,
    }

    impl DescribedEnum for Access {
        const DESCRIPTION: &'static str = "Whether everyone may go there.";

        fn description(&self) -> &'static str {
            match self {
                Self::Open => "Everyone may.",
                Self::Closed => "Nobody may.",
            }
        }
    }
}

mod volume {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "volumes", comment = "Something to read.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub uid: Uuid,
        #[sea_orm(indexed)]
        pub shelf_number: i64,
        #[sea_orm(indexed, column_type = "String(StringLen::N(16))")]
        pub last_seen: Option<String>,
        #[sea_orm(
            unique,
            column_type = "String(StringLen::N(100))",
            comment = "What is on its back."
        )]
        pub title: String,
        #[sea_orm(
            belongs_to,
            relation_enum = "Shelf",
            from = "shelf_number",
            to = "number"
        )]
        pub shelf: BelongsTo<super::shelf::Entity>,
        #[sea_orm(belongs_to, relation_enum = "Seen", from = "last_seen", to = "code")]
        pub seen: BelongsTo<Option<super::shelf::Entity>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Of the same table, as if its numbers were just numbers.
mod numbered {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "volumes", comment = "Something to read.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub uid: Uuid,
        #[sea_orm(comment = "The number of the shelf.")]
        pub shelf_number: i64,
        #[sea_orm(indexed, column_type = "String(StringLen::N(16))")]
        pub last_seen: Option<String>,
        #[sea_orm(
            unique,
            column_type = "String(StringLen::N(100))",
            comment = "What is on its back."
        )]
        pub title: String,
        #[sea_orm(belongs_to, relation_enum = "Seen", from = "last_seen", to = "code")]
        pub seen: BelongsTo<Option<super::shelf::Entity>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn catalog() -> Catalog {
    let shelves = expose::<shelf::Entity>("Shelf")
        .read(rows(shelf::Column::Access, [shelf::Access::Open]))
        .fields([
            shelf::Column::Uid,
            shelf::Column::Code,
            shelf::Column::Access,
        ])
        .enumeration::<shelf::Access>(shelf::Column::Access, "ShelfAccess")
        .lookup([shelf::Column::Code])
        .relations([shelf::Relation::Volumes])
        .create(everyone())
        .update(everyone())
        .inputs([
            input(shelf::Column::Code),
            input(shelf::Column::Access).default("open"),
        ]);
    let volumes = expose::<volume::Entity>("Volume")
        .read(through(volume::Relation::Shelf))
        .fields([volume::Column::Uid, volume::Column::Title])
        .lookup([volume::Column::Title])
        .relations([volume::Relation::Shelf, volume::Relation::Seen])
        .create(everyone())
        .update(everyone())
        .inputs([
            input(volume::Column::Title),
            input(volume::Column::ShelfNumber),
            input(volume::Column::LastSeen),
        ]);
    Catalog::new(vec![shelves.done(), volumes.done()]).unwrap()
}

/// The tables, with a shelf that is open and one that is not, and a volume on
/// each.
async fn made(app: &TestApp) {
    let dialect = app.database().dialect();
    let (key, text, number, end) = match dialect {
        Dialect::Sqlite => ("BLOB", "TEXT", "INTEGER PRIMARY KEY", "STRICT"),
        Dialect::Postgres => (
            "uuid",
            "varchar(100) COLLATE \"C\"",
            "bigserial PRIMARY KEY",
            "",
        ),
        Dialect::Mariadb => (
            "BINARY(16)",
            "VARCHAR(100)",
            "BIGINT AUTO_INCREMENT PRIMARY KEY",
            "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
        ),
    };
    let integer = if dialect == Dialect::Sqlite {
        "INTEGER"
    } else {
        "BIGINT"
    };
    let id = |number: u8| match dialect {
        Dialect::Postgres => format!("'{number:032x}'"),
        _ => format!("X'{number:032x}'"),
    };
    let statements = [
        format!(
            "CREATE TABLE shelves (uid {key} NOT NULL UNIQUE, number {number}, \
             code {text} NOT NULL UNIQUE, access {text} NOT NULL) {end}"
        ),
        format!(
            "CREATE TABLE volumes (uid {key} NOT NULL UNIQUE, shelf_number {integer} NOT NULL, \
             last_seen {text}, title {text} NOT NULL UNIQUE, \
             FOREIGN KEY (shelf_number) REFERENCES shelves (number), \
             FOREIGN KEY (last_seen) REFERENCES shelves (code)) {end}"
        ),
        format!(
            "INSERT INTO shelves (uid, number, code, access) VALUES \
             ({}, 7, 'A', 'open'), ({}, 8, 'B', 'closed')",
            id(1),
            id(2)
        ),
        format!(
            "INSERT INTO volumes (uid, shelf_number, last_seen, title) VALUES \
             ({}, 7, 'B', 'Atlas'), ({}, 8, NULL, 'Secrets')",
            id(3),
            id(4)
        ),
    ];
    for statement in statements {
        let done = app.database().orm().execute_unprepared(&statement).await;
        done.unwrap_or_else(|error| panic!("{dialect}: {statement}: {error}"));
    }
    if dialect == Dialect::Postgres {
        let statement = "SELECT setval('shelves_number_seq', 8)";
        app.database()
            .orm()
            .execute_unprepared(statement)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn rows_that_refer_by_numbers_are_read_as_far_as_they_may() {
    for app in TestApp::on_every_database().await {
        made(&app).await;
        let engine = app.engine(Arc::new(catalog()), Limits::default());
        let found = answer(
            &engine,
            "{ volumes { totalCount nodes { id title shelf { id code } seen { code } } }
               shelfs { nodes { code volumes { nodes { title } } volumeAggregate { count } } }
               filtered: volumes(filter: { shelf: { code: { eq: \"A\" } } }) { totalCount }
               groups: volumeGroups(by: [{ shelf: { code: VALUE } }]) {
                 nodes { key { shelf { code } } count }
               } }",
        )
        .await;
        assert_eq!(
            found,
            json!({
                "volumes": { "totalCount": 1, "nodes": [{
                    "id": format!("volume_{:032x}", 3), "title": "Atlas",
                    "shelf": { "id": format!("shelf_{:032x}", 1), "code": "A" },
                    // Which is closed.
                    "seen": null,
                }] },
                "shelfs": { "nodes": [{
                    "code": "A", "volumes": { "nodes": [{ "title": "Atlas" }] },
                    "volumeAggregate": { "count": 1 },
                }] },
                "filtered": { "totalCount": 1 },
                "groups": { "nodes": [{ "key": { "shelf": { "code": "A" } }, "count": 1 }] },
            })
        );
        app.remove().await;
    }
}

#[tokio::test]
async fn rows_that_refer_by_numbers_and_texts_are_written_by_what_they_refer_to() {
    for app in TestApp::on_every_database().await {
        made(&app).await;
        let engine = app.engine(Arc::new(catalog()), Limits::default());
        let shelf = answer(
            &engine,
            "mutation { createShelf(input: { code: \"C\" }) {
               shelf { code access } userErrors { code path } } }",
        )
        .await;
        let made = json!({ "shelf": { "code": "C", "access": "OPEN" }, "userErrors": [] });
        assert_eq!(shelf["createShelf"], made);

        let mutation = format!(
            "mutation {{
               one: createVolume(input: {{ title: \"Maps\", shelf: {{ code: \"C\" }}, seen: {{ id: \"shelf_{:032x}\" }} }}) {{
                 volume {{ title shelf {{ code }} seen {{ code }} }} userErrors {{ code path }} }}
               two: updateVolume(by: {{ title: \"Atlas\" }}, patch: {{ shelf: {{ code: \"C\" }}, seen: null }}) {{
                 volume {{ shelf {{ code }} seen {{ code }} }} userErrors {{ code path }} }}
             }}",
            1
        );
        let written = answer(&engine, &mutation).await;
        assert_eq!(
            written,
            json!({
                "one": {
                    "volume": { "title": "Maps", "shelf": { "code": "C" }, "seen": { "code": "A" } },
                    "userErrors": [],
                },
                "two": {
                    "volume": { "shelf": { "code": "C" }, "seen": null },
                    "userErrors": [],
                },
            })
        );

        // What cannot be seen cannot be named.
        let hidden = answer(
            &engine,
            "mutation { createVolume(input: { title: \"More\", shelf: { code: \"B\" } }) {
               volume { title } userErrors { code path } } }",
        )
        .await;
        assert_eq!(
            hidden["createVolume"],
            json!({
                "volume": null,
                "userErrors": [{ "code": "NOT_FOUND", "path": ["input", "shelf"] }],
            })
        );
        app.remove().await;
    }
}

#[tokio::test]
async fn what_others_refer_to_stays_as_it_is() {
    for app in TestApp::on_every_database().await {
        made(&app).await;
        let engine = app.engine(Arc::new(catalog()), Limits::default());
        let renamed = async |from: &str, to: &str| {
            let mutation = format!(
                "mutation {{ updateShelf(by: {{ code: \"{from}\" }}, patch: {{ code: \"{to}\" }}) {{
                   shelf {{ code }} userErrors {{ code message path }} }} }}"
            );
            answer(&engine, &mutation).await["updateShelf"].clone()
        };
        let free = renamed("A", "Z").await;
        assert_eq!(free, json!({ "shelf": { "code": "Z" }, "userErrors": [] }));
        let seen =
            "mutation { updateVolume(by: { title: \"Atlas\" }, patch: { seen: { code: \"Z\" } }) {
                      userErrors { code } } }";
        answer(&engine, seen).await;
        let refused = |message: &str| {
            json!({ "shelf": null, "userErrors": [{
                "code": "CONFLICT", "message": message, "path": ["patch", "code"],
            }] })
        };
        assert_eq!(
            renamed("Z", "A").await,
            refused(
                "Other rows still refer to it. Delete these first, or let them refer to another one."
            ),
            "{:?}",
            app.database()
        );
        // Whatever a database notices first.
        assert_eq!(
            renamed("Z", "B").await,
            refused("Another shelf has this code already."),
            "{:?}",
            app.database()
        );
        app.remove().await;
    }
}

#[tokio::test]
async fn what_is_recorded_of_such_references_is_what_stands_in_the_row() {
    for app in TestApp::on_every_database().await {
        made(&app).await;
        let engine = app.engine(Arc::new(catalog()), Limits::default());
        for code in ["A", "A"] {
            let seen = format!(
                "mutation {{ updateVolume(by: {{ title: \"Atlas\" }}, patch: {{ seen: {{ code: \"{code}\" }} }}) {{
                   userErrors {{ code }} }} }}"
            );
            answer(&engine, &seen).await;
        }
        let recorded = audit_entry::Entity::find()
            .filter(audit_entry::Column::Entity.eq("Volume"))
            .all(app.database().orm())
            .await
            .unwrap();
        let recorded: Vec<_> = recorded.into_iter().map(|entry| entry.changes).collect();
        assert_eq!(
            recorded,
            [json!({ "seen": ["B", "A"] })],
            "{:?}",
            app.database()
        );
        app.remove().await;
    }
}

#[tokio::test]
async fn a_number_that_refers_to_nothing_is_not_one_that_is_taken() {
    let shelves = expose::<shelf::Entity>("Shelf")
        .read(everyone())
        .fields([shelf::Column::Uid, shelf::Column::Code])
        .lookup([shelf::Column::Code]);
    let volumes = expose::<numbered::Entity>("Volume")
        .read(everyone())
        .fields([
            numbered::Column::Uid,
            numbered::Column::ShelfNumber,
            numbered::Column::Title,
        ])
        .lookup([numbered::Column::Title])
        .relations([numbered::Relation::Seen])
        .create(everyone())
        .update(everyone())
        .inputs([
            input(numbered::Column::ShelfNumber),
            input(numbered::Column::LastSeen),
            input(numbered::Column::Title),
        ]);
    let catalog = Arc::new(Catalog::new(vec![shelves.done(), volumes.done()]).unwrap());
    for app in TestApp::on_every_database().await {
        made(&app).await;
        let engine = app.engine(catalog.clone(), Limits::default());
        for (argument, values) in [
            ("input", ""),
            ("input", "seen: { code: \"A\" }"),
            ("patch", ""),
            ("patch", "seen: { code: \"A\" }"),
            ("patch", "title: \"Maps\""),
            ("patch", "title: \"Maps\", seen: { code: \"A\" }"),
        ] {
            let field = match argument {
                "input" => {
                    format!("createVolume(input: {{ title: \"Maps\", shelfNumber: 99, {values} }})")
                }
                _ => format!(
                    "updateVolume(by: {{ title: \"Atlas\" }}, patch: {{ shelfNumber: 99, {values} }})"
                ),
            };
            let mutation = format!("mutation {{ it: {field} {{ userErrors {{ code path }} }} }}");
            let told = answer(&engine, &mutation).await;
            // SQLite does not say which it is.
            let path = match app.database().dialect() {
                Dialect::Sqlite => json!([argument]),
                _ => json!([argument, "shelfNumber"]),
            };
            let refused =
                json!({ "it": { "userErrors": [{ "code": "VALIDATION_FAILED", "path": path }] } });
            assert_eq!(told, refused, "{:?}: {mutation}", app.database());
        }
        app.remove().await;
    }
}

#[tokio::test]
async fn rows_whose_key_is_called_otherwise_are_searched() {
    let shelves = expose::<shelf::Entity>("Shelf")
        .read(everyone())
        .fields([shelf::Column::Uid, shelf::Column::Code])
        .search([shelf::Column::Code]);
    let catalog = Arc::new(Catalog::new(vec![shelves.done()]).unwrap());
    for app in TestApp::on_every_database().await {
        made(&app).await;
        let db = app.database().orm();
        let index = SearchIndex::new("shelves", ["code"]).key("uid");
        for statement in index.statements(db.get_database_backend()) {
            db.execute_unprepared(&statement).await.unwrap();
        }
        db.execute_unprepared("UPDATE shelves SET code = 'C' WHERE code = 'A'")
            .await
            .unwrap();
        let engine = app.engine(catalog.clone(), Limits::default());
        let found = answer(
            &engine,
            "{ old: shelfs(search: \"b\") { nodes { code } }
               new: shelfs(search: \"c\") { nodes { code } }
               gone: shelfs(search: \"a\") { nodes { code } } }",
        )
        .await;
        assert_eq!(
            found,
            json!({
                "old": { "nodes": [{ "code": "B" }] },
                "new": { "nodes": [{ "code": "C" }] },
                "gone": { "nodes": [] },
            }),
            "{:?}",
            app.database()
        );
        app.remove().await;
    }
}
