//! Rows with moments, in a table of their own.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use purser::access::everyone;
use purser::auth::Identity;
use purser::catalog::{Catalog, expose};
use purser::graphql::{Engine, GraphqlRequest, Limits};
use purser::sql::Dialect;
use sea_orm::{ConnectionTrait as _, EntityTrait as _, Set};
use serde_json::Value;
use uuid::Uuid;

use crate::alike::alike;
use crate::app::TestApp;

mod tick {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "ticks", comment = "A tick of a clock.")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false, comment = "Identifies it.")]
        pub id: Uuid,
        #[sea_orm(comment = "When it was.")]
        pub at: DateTimeUtc,
        #[sea_orm(comment = "On which day it was, in UTC.")]
        pub day: Date,
        #[sea_orm(
            column_type = "String(StringLen::N(10))",
            comment = "What it is one of."
        )]
        pub series: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Series {
    /// One every ten minutes.
    Dense,
    /// Some of these.
    Sparse,
}

impl Series {
    pub fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Sparse => "sparse",
        }
    }
}

/// Ticks for three days around every switch, on one database.
pub struct Ticks {
    app: TestApp,
    engine: Engine,
    all: Vec<(Series, DateTime<Utc>)>,
}

pub async fn on_every_database(switches: &[DateTime<Utc>]) -> Vec<Ticks> {
    let mut all = Vec::new();
    for app in TestApp::on_every_database().await {
        all.push(Ticks::new(app, switches).await);
    }
    all
}

fn moments(switches: &[DateTime<Utc>]) -> Vec<(Series, DateTime<Utc>)> {
    let around = switches.iter().flat_map(|switch| {
        let every_ten_minutes = (-216..216).map(|place| *switch + TimeDelta::minutes(10 * place));
        // The last moment before it, which must not be rounded.
        every_ten_minutes.chain([*switch - TimeDelta::microseconds(1)])
    });
    let dense: Vec<_> = around.collect();
    let mut all: Vec<_> = dense.iter().map(|at| (Series::Dense, *at)).collect();
    let some = dense.iter().enumerate();
    let some = some.filter(|(place, _)| place * 7919 % 101 < 8);
    all.extend(some.map(|(_, at)| (Series::Sparse, *at)));
    all
}

/// The table, as migrations would make it.
fn table(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "CREATE TABLE ticks (id BLOB NOT NULL PRIMARY KEY, at TEXT NOT NULL, \
             day TEXT NOT NULL, series TEXT NOT NULL) STRICT"
        }
        Dialect::Postgres => {
            "CREATE TABLE ticks (id uuid PRIMARY KEY, at timestamptz NOT NULL, \
             day date NOT NULL, series varchar(10) COLLATE \"C\" NOT NULL)"
        }
        Dialect::Mariadb => {
            "CREATE TABLE ticks (id BINARY(16) PRIMARY KEY, at DATETIME(6) NOT NULL, \
             day DATE NOT NULL, series VARCHAR(10) COLLATE utf8mb4_nopad_bin NOT NULL)"
        }
    }
}

impl Ticks {
    async fn new(app: TestApp, switches: &[DateTime<Utc>]) -> Self {
        let all = moments(switches);
        let orm = app.database().orm();
        let dialect = app.database().dialect();
        orm.execute_unprepared(table(dialect)).await.unwrap();
        for some in all.chunks(500) {
            let rows = some.iter().map(|(series, at)| tick::ActiveModel {
                id: Set(Uuid::now_v7()),
                at: Set(*at),
                day: Set(at.date_naive()),
                series: Set(series.name().to_owned()),
            });
            tick::Entity::insert_many(rows).exec(orm).await.unwrap();
        }
        let declaration = expose::<tick::Entity>("Tick")
            .read(everyone())
            .fields([
                tick::Column::Id,
                tick::Column::At,
                tick::Column::Day,
                tick::Column::Series,
            ])
            .done();
        let catalog = Arc::new(Catalog::new(vec![declaration]).unwrap());
        let engine = app.engine(catalog, Limits::default());
        Self { app, engine, all }
    }

    pub async fn remove(self) {
        self.app.remove().await;
    }

    pub fn moments(&self, series: Series) -> impl Iterator<Item = DateTime<Utc>> {
        let all = self.all.iter();
        all.filter(move |(own, _)| *own == series)
            .map(|(_, at)| *at)
    }

    /// Checks the groups that a query asks for.
    pub async fn assert_groups(&self, query: &str, expected: &[Value]) {
        let request = GraphqlRequest {
            query,
            ..GraphqlRequest::default()
        };
        let answer = self
            .engine
            .answer(request, Identity::ANONYMOUS, &Arc::default())
            .await;
        let errors: Vec<_> = answer.errors.iter().map(|one| one.to_json(None)).collect();
        let dialect = self.app.database().dialect();
        assert!(errors.is_empty(), "{dialect}: {query}: {errors:#?}");
        let data: Value = serde_json::from_slice(&answer.data.unwrap()).unwrap();
        let groups = data["tickGroups"]["nodes"].as_array().unwrap();
        for (group, expected) in groups.iter().zip(expected) {
            assert!(
                alike(group, expected),
                "{dialect}: {query}: expected {expected}, not {group}"
            );
        }
        assert_eq!(groups.len(), expected.len(), "{dialect}: {query}");
    }
}

/// Which part of all some are.
#[expect(clippy::cast_precision_loss, reason = "there are few of them")]
pub fn part(some: usize, all: usize) -> f64 {
    some as f64 / all as f64
}
