//! Tables that are made with the words of `columns` and `table`, whatever they are called.

// Says to the linter that helpers are test code as well.
#![cfg(test)]

mod common;

use common::{facts, on_each_database};
use migration::columns::{day, double, text, truth};
use migration::table::{Table, add_reference};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DatabaseConnection, DbBackend,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use sea_orm_migration::SchemaManager;
use uuid::Uuid;

mod find {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "finds")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub weight: f64,
        pub whole: bool,
        pub found_on: Option<Date>,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn finds() -> Table {
    Table::new(
        "finds",
        [double("weight"), truth("whole"), day("found_on").nullable()],
    )
    .index(["found_on", "id"])
}

fn a_find(weight: f64, whole: bool, found_on: Option<&str>) -> find::Model {
    let time = "2025-01-01T00:00:00Z".parse().expect("a time");
    find::Model {
        id: Uuid::now_v7(),
        weight,
        whole,
        found_on: found_on.map(|day| day.parse().expect("a day")),
        created_at: time,
        updated_at: time,
    }
}

#[tokio::test]
async fn doubles_truths_and_days_read_back_as_they_were_written() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let made = finds().create(&SchemaManager::new(&db)).await;
        made.expect("a table");
        let rows = [
            a_find(f64::MIN, false, Some("0001-01-01")),
            a_find(-0.1, true, Some("2024-02-29")),
            a_find(5e-300, false, Some("2025-11-22")),
            a_find(f64::MAX, true, Some("9999-12-31")),
        ];
        for row in rows.iter().rev() {
            let row = row.clone().into_active_model();
            row.insert(&db).await.expect("a row");
        }
        for sorted in [find::Column::Weight, find::Column::FoundOn] {
            let query = find::Entity::find().order_by_asc(sorted);
            assert_eq!(query.all(&db).await.expect("reads"), rows);
        }
        let whole = find::Entity::find().filter(find::Column::Whole.eq(true));
        let whole = whole.order_by_asc(find::Column::Weight).all(&db).await;
        assert_eq!(
            whole.expect("reads"),
            [rows[1].clone(), rows[3].clone()],
            "whole"
        );
        let unknown = a_find(0.0, true, None);
        let inserted = unknown.clone().into_active_model().insert(&db).await;
        assert_eq!(inserted.expect("a row"), unknown);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_double_no_truth_and_no_day_is_refused() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let made = finds().create(&SchemaManager::new(&db)).await;
        made.expect("a table");
        let row = a_find(1.5, true, Some("2025-11-22"));
        row.into_active_model().insert(&db).await.expect("a row");
        for value in [
            "weight = 9e999",
            "weight = 'NaN'",
            "weight = '-Infinity'",
            "whole = 2",
            "whole = NULL",
            "found_on = '2025-02-30'",
            "found_on = '0000-12-31'",
            "found_on = '10000-01-01'",
            "found_on = 'infinity'",
            "found_on = 'someday'",
        ] {
            let statement = format!("UPDATE finds SET {value}");
            let answer = db.execute_unprepared(&statement).await;
            assert!(
                answer.is_err(),
                "{:?} takes {value}",
                db.get_database_backend()
            );
        }
        let changed = db.execute_unprepared("UPDATE finds SET found_on = '2024-02-29'");
        assert_eq!(changed.await.expect("a day").rows_affected(), 1);
    })
    .await;
}

/// The names of constraints and indexes of a table.
async fn indexes_of(db: &DatabaseConnection, table: &str) -> Vec<Vec<String>> {
    let table = match db.get_database_backend() {
        DbBackend::Postgres => format!("\"{table}\""),
        _ => table.to_owned(),
    };
    facts::indexes(db, &table).await
}

#[tokio::test]
async fn tables_columns_and_references_may_be_called_by_any_word_and_at_length() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let manager = SchemaManager::new(&db);
        for (table, column, other) in [
            ("rows", "keys_id", "keys"),
            ("user", "order", "order"),
            ("Offers", "vendorId", "Vendors"),
            ("größen", "maß", "maße"),
            (
                "customer_support_ticket_attachments",
                "customer_support_ticket_message_id",
                "customer_support_ticket_messages",
            ),
        ] {
            let added = "customer_support_ticket_message_author_id";
            let backend = db.get_database_backend();
            let place = format!("{backend:?}: {table}.{column}");
            let makes =
                |made: Result<(), _>| made.unwrap_or_else(|error| panic!("{place}: {error}"));
            makes(
                Table::new(other, [text("group", 20)])
                    .unique(["group"])
                    .create(&manager)
                    .await,
            );
            makes(Table::new(table, []).create(&manager).await);
            makes(add_reference(&manager, table, column, other).await);
            makes(add_reference(&manager, table, added, other).await);
            let indexes = indexes_of(&db, table).await;
            for column in [column, added] {
                let index = [column, "created_at", "id"].map(str::to_owned);
                assert!(indexes.contains(&index.into()), "{place}: {indexes:?}");
            }
            refers(&db, table, column, other).await;
        }
    })
    .await;
}

/// A row that refers to no other is refused.
async fn refers(db: &DatabaseConnection, table: &'static str, column: &'static str, other: &str) {
    use sea_orm::sea_query::{Query, Value};

    let backend = db.get_database_backend();
    let time: sea_orm::prelude::DateTimeUtc = "2025-01-01T00:00:00Z".parse().expect("a time");
    let time: Value = match backend {
        DbBackend::MySql => time.naive_utc().into(),
        _ => time.into(),
    };
    let row = Query::insert()
        .into_table(table)
        .columns(["id", "created_at", "updated_at", column])
        .values_panic([
            Uuid::now_v7().into(),
            time.clone().into(),
            time.into(),
            Uuid::now_v7().into(),
        ])
        .take();
    let error = db.execute(&row).await.expect_err("refers to nothing");
    let text = error.to_string().to_lowercase();
    assert!(
        text.contains("foreign key"),
        "{backend:?}: {table}.{column} to {other}: {error}"
    );
}
