//! Which connections transactions get.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use purser::run::{Begun, Database, ReadLimits};
use purser::sql::Dialect;
use sea_orm::{ConnectionTrait as _, Statement};

use super::connections::on_servers;

/// How many there are.
const WRITING: usize = 8;

/// What a server calls the connection of a transaction.
async fn connection(begun: &Begun, dialect: Dialect) -> i64 {
    let name = match dialect {
        Dialect::Mariadb => "SELECT CAST(CONNECTION_ID() AS SIGNED)",
        _ => "SELECT pg_backend_pid()::bigint",
    };
    let name = Statement::from_string(begun.get_database_backend(), name);
    let row = begun.query_one_raw(name).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn one_after_another_they_get_few() {
    for app in on_servers().await {
        let database = app.database();
        let all = join_all((0..WRITING).map(|_| database.begin())).await;
        let mut connections = HashSet::new();
        for begun in all {
            let begun = begun.unwrap();
            connections.insert(connection(&begun, database.dialect()).await);
            begun.commit().await.unwrap();
        }
        assert_eq!(connections.len(), WRITING);
        let mut used = HashSet::new();
        for _ in 0..5 * WRITING {
            // What was given back is at hand a moment later.
            tokio::time::sleep(Duration::from_millis(5)).await;
            let begun = database.begin().await.unwrap();
            used.insert(connection(&begun, database.dialect()).await);
            begun.rollback().await.unwrap();
        }
        assert!(used.len() < WRITING, "{database:?}: {}", used.len());
        assert!(used.is_subset(&connections));
        app.remove().await;
    }
}

#[tokio::test]
async fn none_gets_one_on_which_an_abandoned_statement_runs() {
    for app in on_servers().await {
        let limits = ReadLimits {
            writing: Some(Duration::from_secs(4)),
            ..ReadLimits::of(1)
        };
        let url = app.address().await.parse().unwrap();
        let database = Database::connect(&url, limits).await.unwrap();
        let dialect = database.dialect();
        let abandoned = database.begin().await.unwrap();
        let busy = connection(&abandoned, dialect).await;
        let sleeps = match dialect {
            Dialect::Mariadb => "SELECT SLEEP(60)",
            _ => "SELECT pg_sleep(60)",
        };
        let sleeps = abandoned.execute_unprepared(sleeps);
        let waited = tokio::time::timeout(Duration::from_millis(100), sleeps).await;
        assert!(waited.is_err());
        drop(abandoned);
        let others = join_all((1..WRITING).map(|_| database.begin())).await;
        for other in &others {
            let other = connection(other.as_ref().unwrap(), dialect).await;
            assert_ne!(other, busy, "{database:?}");
        }
        // The last one is there once the server has given its statement up.
        let last = database.begin().await.unwrap();
        last.rollback().await.unwrap();
        drop(others);
        database.close().await;
        app.remove().await;
    }
}
