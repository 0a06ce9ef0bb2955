//! Values that the catalogue admits and the columns of a server do not.

use std::sync::Arc;

use purser::access::everyone;
use purser::catalog::{Catalog, expose, input};
use purser::graphql::Limits;
use purser::sql::Dialect;
use sea_orm::ConnectionTrait as _;
use serde_json::json;

use super::app::answer;
use super::connections::on_servers;

mod note {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notes", comment = "A note.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(column_type = "Text", comment = "What it says.")]
        pub body: String,
        #[sea_orm(indexed, column_type = "Text", comment = "What it is called.")]
        pub title: String,
        #[sea_orm(comment = "How often it was read.")]
        pub times: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Letters of which no part comes twice, so that they cannot be compressed.
fn letters(count: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let letters = (0..count).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + u8::try_from(state % 26).unwrap())
    });
    letters.collect()
}

#[tokio::test]
async fn what_does_not_fit_a_column_is_not_taken() {
    let notes = expose::<note::Entity>("Note")
        .read(everyone())
        .fields([
            note::Column::Id,
            note::Column::Body,
            note::Column::Title,
            note::Column::Times,
        ])
        .create(everyone())
        .update(everyone())
        .inputs([
            input(note::Column::Body),
            input(note::Column::Title),
            input(note::Column::Times),
        ]);
    let catalog = Arc::new(Catalog::new(vec![notes.done()]).unwrap());
    for app in on_servers().await {
        let dialect = app.database().dialect();
        let columns = match dialect {
            // A text of any length can be in an index only while it is short.
            Dialect::Postgres => {
                "id uuid PRIMARY KEY, body varchar(9), title text NOT NULL, times integer"
            }
            _ => "id BINARY(16) PRIMARY KEY, body VARCHAR(9), title VARCHAR(9) NOT NULL, times INT",
        };
        let key = match dialect {
            Dialect::Postgres => format!("'{:032x}'", 1),
            _ => format!("X'{:032x}'", 1),
        };
        for statement in [
            format!("CREATE TABLE notes ({columns})"),
            "CREATE INDEX notes_title_idx ON notes (title)".to_owned(),
            format!("INSERT INTO notes VALUES ({key}, 'b', 't', 1)"),
        ] {
            let done = app.database().orm().execute_unprepared(&statement).await;
            done.unwrap_or_else(|error| panic!("{dialect}: {statement}: {error}"));
        }
        let engine = app.engine(catalog.clone(), Limits::default());
        let long = letters(5000);
        for (name, values) in [
            (
                "body",
                "body: \"ten letters\", title: \"t\", times: 1".to_owned(),
            ),
            ("title", format!("body: \"b\", title: \"{long}\", times: 1")),
            (
                "times",
                "body: \"b\", title: \"t\", times: 5000000000".to_owned(),
            ),
        ] {
            let mutation = format!(
                "mutation {{
                   create: createNote(input: {{ {values} }}) {{ userErrors {{ code path }} }}
                 }}"
            );
            let created = answer(&engine, &mutation).await;
            let mutation = format!(
                "mutation {{
                   update: updateNote(by: {{ id: \"note_{:032x}\" }}, patch: {{ {values} }}) {{ userErrors {{ code path }} }}
                 }}",
                1
            );
            let updated = answer(&engine, &mutation).await;
            for (told, argument) in [(&created["create"], "input"), (&updated["update"], "patch")] {
                // PostgreSQL names no column, but for an index.
                let path = if dialect == Dialect::Postgres && name != "title" {
                    json!([argument])
                } else {
                    json!([argument, name])
                };
                let refused =
                    json!({ "userErrors": [{ "code": "VALIDATION_FAILED", "path": path }] });
                assert_eq!(*told, refused, "{dialect}: {name}");
            }
        }
        app.remove().await;
    }
}
