//! Columns of every kind that is not the shop's: made with the words of
//! migrations, they hold and tell the same on every database.

use std::sync::Arc;

use migration::columns::{day, double, text, timestamp, truth};
use migration::table::Table;
use purser::access::everyone;
use purser::catalog::{Catalog, expose, input};
use purser::graphql::Limits;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::alike::alike;
use crate::app::{TestApp, answer};

mod find {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "finds", comment = "Something that was dug up.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(
            unique,
            column_type = "String(StringLen::N(20))",
            comment = "What is written on it."
        )]
        pub label: String,
        #[sea_orm(comment = "What it weighs.")]
        pub weight: f64,
        #[sea_orm(comment = "Whether nothing is missing.")]
        pub whole: bool,
        #[sea_orm(comment = "On which day it was found.")]
        pub found_on: Option<Date>,
        #[sea_orm(unique, comment = "The day whose only find it is.")]
        pub told_on: Date,
        #[sea_orm(unique, comment = "When it was put into its box.")]
        pub boxed_at: DateTimeUtc,
        #[sea_orm(indexed, comment = "When it was entered.")]
        pub created_at: DateTimeUtc,
        #[sea_orm(comment = "When it was changed.")]
        pub updated_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn catalog() -> Catalog {
    use find::{Column, Entity};

    let finds = expose::<Entity>("Find")
        .read(everyone())
        .fields([
            Column::Id,
            Column::Label,
            Column::Weight,
            Column::Whole,
            Column::FoundOn,
            Column::ToldOn,
            Column::BoxedAt,
        ])
        .lookup([Column::Label, Column::ToldOn, Column::BoxedAt])
        .create(everyone())
        .update(everyone())
        .inputs([
            input(Column::Label),
            input(Column::Weight).range(-1..=2000).default(1),
            input(Column::Whole).default(false),
            input(Column::FoundOn),
            input(Column::ToldOn),
            input(Column::BoxedAt),
        ])
        .timestamps(Column::CreatedAt, Column::UpdatedAt);
    Catalog::new(vec![finds.done()]).unwrap()
}

/// What is asked, and what comes of it.
fn examples() -> Vec<(&'static str, Value)> {
    vec![
        (
            "mutation {
               a: createFind(input: { label: \"axe\", toldOn: \"2024-05-01\", boxedAt: \"2024-05-01T10:00:00Z\", weight: 1250.75, whole: true, foundOn: \"2024-02-29\" }) {
                 find { weight whole foundOn } }
               b: createFind(input: { label: \"bead\", toldOn: \"2024-05-02\", boxedAt: \"2024-05-01T10:00:00.000001Z\", weight: 0.1, whole: true, foundOn: \"2024-03-01\" }) {
                 find { weight whole foundOn } }
               c: createFind(input: { label: \"coin\", toldOn: \"0001-01-01\", boxedAt: \"1969-12-31T23:59:59.999999Z\", weight: -2.5e-7, foundOn: \"0001-01-01\" }) {
                 find { weight whole foundOn } }
               d: createFind(input: { label: \"dust\", toldOn: \"9999-12-30\", boxedAt: \"2024-05-01T12:00:00.5+02:00\" }) { find { weight whole foundOn } } }",
            json!({
                "a": { "find": { "weight": 1250.75, "whole": true, "foundOn": "2024-02-29" } },
                "b": { "find": { "weight": 0.1, "whole": true, "foundOn": "2024-03-01" } },
                "c": { "find": { "weight": -2.5e-7, "whole": false, "foundOn": "0001-01-01" } },
                "d": { "find": { "weight": 1.0, "whole": false, "foundOn": null } },
            }),
        ),
        (
            "mutation { updateFind(by: { label: \"dust\" }, patch: { foundOn: \"9999-12-31\", whole: true }) {
               find { whole foundOn } userErrors { message } } }",
            json!({ "updateFind": {
                "find": { "whole": true, "foundOn": "9999-12-31" }, "userErrors": [],
            } }),
        ),
        (
            "mutation { createFind(input: { label: \"edge\", toldOn: \"2024-05-03\", boxedAt: \"2024-05-03T10:00:00Z\", foundOn: \"2025-02-29\" }) {
               userErrors { code path } } }",
            json!({ "createFind": { "userErrors": [
                { "code": "VALIDATION_FAILED", "path": ["input", "foundOn"] },
            ] } }),
        ),
        (
            "{ day: find(by: { toldOn: \"0001-01-01\" }) { label toldOn boxedAt }
               moment: find(by: { boxedAt: \"2024-05-01T12:00:00.000001+02:00\" }) { label boxedAt }
               half: find(by: { boxedAt: \"2024-05-01T10:00:00.500Z\" }) { label boxedAt }
               none: find(by: { boxedAt: \"2024-05-01T10:00:00.000002Z\" }) { label } }",
            json!({
                "day": { "label": "coin", "toldOn": "0001-01-01", "boxedAt": "1969-12-31T23:59:59.999999Z" },
                "moment": { "label": "bead", "boxedAt": "2024-05-01T10:00:00.000001Z" },
                "half": { "label": "dust", "boxedAt": "2024-05-01T10:00:00.500000Z" },
                "none": null,
            }),
        ),
        (
            "{ byWeight: finds(orderBy: [{ weight: DESC }]) { nodes { label } }
               byDay: finds(orderBy: [{ whole: ASC }, { foundOn: ASC }]) { nodes { label } }
               light: finds(filter: { weight: { lte: 0.1 } }) { totalCount }
               early: finds(filter: { foundOn: { lt: \"2024-03-01\" }, whole: { eq: true } }) {
                 nodes { label } }
               one: finds(filter: { foundOn: { in: [\"2024-02-29\"] }, weight: { in: [1250.75] } }) {
                 nodes { label } } }",
            json!({
                "byWeight": { "nodes": [
                    { "label": "axe" }, { "label": "dust" }, { "label": "bead" }, { "label": "coin" },
                ] },
                "byDay": { "nodes": [
                    { "label": "coin" }, { "label": "axe" }, { "label": "bead" }, { "label": "dust" },
                ] },
                "light": { "totalCount": 2 },
                "early": { "nodes": [{ "label": "axe" }] },
                "one": { "nodes": [{ "label": "axe" }] },
            }),
        ),
        (
            "{ findAggregate(filter: { foundOn: { lt: \"9000-01-01\" } }) {
                 weight { sum max } foundOn { min max } whole { countFalse countTrue } }
               findGroups(by: [{ foundOn: { unit: MONTH } }, { whole: VALUE }],
                          filter: { foundOn: { gte: \"2024-01-01\", lt: \"9000-01-01\" } }) {
                 nodes { key { foundOn { start } whole } count } } }",
            json!({
                "findAggregate": {
                    "weight": { "sum": 1_250.849_999_75, "max": 1250.75 },
                    "foundOn": { "min": "0001-01-01", "max": "2024-03-01" },
                    "whole": { "countFalse": 1, "countTrue": 2 },
                },
                "findGroups": { "nodes": [
                    { "key": { "foundOn": { "start": "2024-02-01" }, "whole": true }, "count": 1 },
                    { "key": { "foundOn": { "start": "2024-03-01" }, "whole": true }, "count": 1 },
                ] },
            }),
        ),
    ]
}

/// What is given of numbers, and what comes of it.
fn ranges() -> Vec<(&'static str, Value)> {
    vec![
        (
            "mutation {
               a: createFind(input: { label: \"mill\", toldOn: \"2024-05-04\", boxedAt: \"2024-05-04T10:00:00Z\", weight: 2000.5 }) {
                 userErrors { message path } }
               b: updateFind(by: { label: \"dust\" }, patch: { weight: -1.000001 }) {
                 userErrors { message path } } }",
            json!({
                "a": { "userErrors": [
                    { "message": "Give a number from -1 to 2000.", "path": ["input", "weight"] },
                ] },
                "b": { "userErrors": [
                    { "message": "Give a number from -1 to 2000.", "path": ["patch", "weight"] },
                ] },
            }),
        ),
        (
            "mutation {
               c: updateFind(by: { label: \"dust\" }, patch: { weight: -1 }) { find { weight } }
               d: updateFind(by: { label: \"dust\" }, patch: { weight: 2000 }) { find { weight } } }",
            json!({
                "c": { "find": { "weight": -1.0 } },
                "d": { "find": { "weight": 2000.0 } },
            }),
        ),
    ]
}

#[tokio::test]
async fn doubles_truths_and_days_are_the_same_on_every_database() {
    for app in TestApp::on_every_database().await {
        let finds = Table::new(
            "finds",
            [
                text("label", 20),
                double("weight"),
                truth("whole"),
                day("found_on").nullable(),
                day("told_on"),
                timestamp("boxed_at"),
            ],
        );
        let db = app.database().orm();
        for statement in finds
            .unique(["label"])
            .unique(["told_on"])
            .unique(["boxed_at"])
            .statements(db.get_database_backend())
        {
            db.execute_raw(statement).await.unwrap();
        }
        let engine = app.engine(Arc::new(catalog()), Limits::default());
        for (query, expected) in examples().into_iter().chain(ranges()) {
            let told = answer(&engine, query).await;
            assert!(
                alike(&told, &expected),
                "{:?}: {query}: {told:#}",
                app.database()
            );
        }
        app.remove().await;
    }
}
