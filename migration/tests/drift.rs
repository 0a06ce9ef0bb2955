//! Entities and migrations say the same: on every database, after migrating from nothing.

// Says to the linter that helpers are test code as well.
#![cfg(test)]

mod common;

use common::{facts, on_each_database};
use entity::{
    audit_entry, category, idempotency_key, identity, metadata, order, order_item, outbox, product,
    review, revocation, session, user,
};
use sea_orm::prelude::*;
use sea_orm::sea_query::{ColumnType, StringLen};
use sea_orm::{Iterable as _, QuerySelect as _};
use std::collections::BTreeSet;
use std::path::Path;

/// Calls one generic function with every entity.
macro_rules! for_each_entity {
    ($check:ident($db:expr)) => {
        $check::<user::Entity>($db).await;
        $check::<category::Entity>($db).await;
        $check::<product::Entity>($db).await;
        $check::<review::Entity>($db).await;
        $check::<order::Entity>($db).await;
        $check::<order_item::Entity>($db).await;
        $check::<session::Entity>($db).await;
        $check::<audit_entry::Entity>($db).await;
        $check::<idempotency_key::Entity>($db).await;
        $check::<outbox::Entity>($db).await;
        $check::<identity::Entity>($db).await;
        $check::<revocation::Entity>($db).await;
    };
}

#[tokio::test]
async fn every_entity_is_held_to_its_table() {
    let mut listed = BTreeSet::new();
    for_each_entity!(lists(&mut listed));
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../entity/src");
    for file in std::fs::read_dir(directory).expect("the entities") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        let name = path.file_stem().expect("a name").to_string_lossy();
        let tables = text.split("table_name = \"").skip(1);
        for table in tables.filter_map(|rest| rest.split('"').next()) {
            assert!(
                listed.contains(table),
                "nothing holds the table {table} to entity/src/{name}.rs; add \
                 $check::<{name}::Entity> to for_each_entity in migration/tests/drift.rs"
            );
        }
    }
}

async fn lists<E: EntityTrait>(listed: &mut BTreeSet<&'static str>) {
    listed.insert(table::<E>());
}

#[tokio::test]
async fn every_entity_can_be_selected() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        migration::run(&db).await.expect("migrates");
        for_each_entity!(selects(&db));
    })
    .await;
}

async fn selects<E: EntityTrait>(db: &DatabaseConnection)
where
    E::Model: Sync,
{
    E::find()
        .limit(0)
        .all(db)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", table::<E>()));
}

#[tokio::test]
async fn columns_agree_in_name_nullability_length_and_collation() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        migration::run(&db).await.expect("migrates");
        for_each_entity!(columns_agree(&db));
    })
    .await;
}

async fn columns_agree<E: EntityTrait>(db: &DatabaseConnection) {
    let backend = db.get_database_backend();
    let table = table::<E>();
    let actual = facts::columns(db, table).await;
    // The database fills this one by itself; no entity reads it.
    let names: BTreeSet<&str> = actual
        .keys()
        .map(String::as_str)
        .filter(|name| *name != migration::search::COLUMN)
        .collect();
    let expected: BTreeSet<&'static str> =
        E::Column::iter().map(|column| column.as_str()).collect();
    assert_eq!(names, expected, "{backend:?}: columns of {table}");
    for column in E::Column::iter() {
        let place = format!("{backend:?}: {table}.{}", column.as_str());
        let definition = column.def();
        let fact = &actual[column.as_str()];
        assert_eq!(fact.nullable, definition.is_null(), "{place}: nullable");
        let is_text = matches!(
            definition.get_column_type(),
            ColumnType::String(_) | ColumnType::Text
        );
        let (length, collation) = match backend {
            sea_orm::DbBackend::Sqlite => continue,
            sea_orm::DbBackend::MySql => (max_length(&definition), "utf8mb4_nopad_bin"),
            _ => (max_length(&definition), "C"),
        };
        assert_eq!(fact.max_length, length, "{place}: length");
        assert_eq!(
            fact.collation.as_deref(),
            is_text.then_some(collation),
            "{place}: collation"
        );
    }
}

fn max_length(definition: &ColumnDef) -> Option<u32> {
    match definition.get_column_type() {
        ColumnType::String(StringLen::N(length)) => Some(*length),
        _ => None,
    }
}

#[tokio::test]
async fn every_reference_every_listing_and_every_declared_index_is_indexed() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        migration::run(&db).await.expect("migrates");
        for_each_entity!(is_indexed(&db));
    })
    .await;
}

async fn is_indexed<E: EntityTrait>(db: &DatabaseConnection) {
    let table = table::<E>();
    let indexes = facts::indexes(db, table).await;
    let covered = |columns: &[&str]| {
        indexes.iter().any(|index| {
            index.len() >= columns.len() && index.iter().zip(columns).all(|(a, b)| a == b)
        })
    };
    let backend = db.get_database_backend();
    assert!(
        covered(&["created_at", "id"]),
        "{backend:?}: {table} by age: {indexes:?}"
    );
    for relation in E::Relation::iter() {
        let relation = relation.def();
        if !relation.is_owner {
            let column = relation
                .from_col
                .into_iter()
                .next()
                .expect("a column")
                .to_string();
            assert!(
                covered(&[&column, "created_at", "id"]),
                "{backend:?}: {table}.{column} refers to a row: {indexes:?}"
            );
        }
    }
    for column in E::Column::iter() {
        let declared = metadata::is_indexed::<E>(column);
        let column = column.as_str();
        let actual = covered(&[column]);
        assert_eq!(
            declared, actual,
            "{backend:?}: index of {table}.{column}: {indexes:?}"
        );
    }
}

fn table<E: EntityTrait>() -> &'static str {
    E::default().table_name()
}
