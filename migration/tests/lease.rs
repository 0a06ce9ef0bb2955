//! Several nodes that migrate at once, and nodes that die while they do.

// Says to the linter that helpers are test code as well.
#![cfg(test)]

mod common;

use common::on_each_database;
use migration::{LeaseTerms, MigrationError, run_list};
use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use sea_orm_migration::prelude::*;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

const TERMS: LeaseTerms = LeaseTerms {
    duration: Duration::from_secs(2),
    wait: Duration::from_secs(30),
};

/// Counts how often it is applied, slowly enough for others to come in between.
struct Counting {
    name: &'static str,
    applied: Arc<AtomicUsize>,
    takes: Duration,
}

impl MigrationName for Counting {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Counting {
    async fn up(&self, _: &SchemaManager) -> Result<(), DbErr> {
        self.applied.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(self.takes).await;
        Ok(())
    }
}

fn two_steps(applied: &Arc<AtomicUsize>, takes: Duration) -> Vec<Box<dyn MigrationTrait>> {
    let step = |name| -> Box<dyn MigrationTrait> {
        let applied = Arc::clone(applied);
        Box::new(Counting {
            name,
            applied,
            takes,
        })
    };
    vec![step("first"), step("second")]
}

async fn seize_lease(db: &DatabaseConnection, seconds: i64) -> Result<(), DbErr> {
    let now = match db.get_database_backend() {
        sea_orm::DbBackend::Sqlite => "unixepoch()",
        sea_orm::DbBackend::MySql => "UNIX_TIMESTAMP()",
        _ => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)",
    };
    let sql = format!(
        "UPDATE migration_lease SET holder = 'a dead node', expires_at = {now} + {seconds}"
    );
    db.execute_unprepared(&sql).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_apply_each_migration_once() {
    on_each_database(|database| async move {
        let applied = Arc::new(AtomicUsize::new(0));
        let nodes: Vec<_> = (0..6)
            .map(|_| {
                let (database, applied) = (database.clone(), Arc::clone(&applied));
                tokio::spawn(async move {
                    let db = database.connect().await;
                    let list = two_steps(&applied, Duration::from_millis(200));
                    run_list(&db, &list, TERMS)
                        .await
                        .expect("migrates or finds it done")
                        .applied
                })
            })
            .collect();
        let mut reports = Vec::new();
        for node in nodes {
            reports.push(node.await.expect("does not panic"));
        }
        assert_eq!(applied.load(Ordering::SeqCst), 2);
        reports.retain(|report| !report.is_empty());
        assert_eq!(reports, [["first", "second"]], "one node did all the work");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_build_the_shop_once() {
    on_each_database(|database| async move {
        let nodes: Vec<_> = (0..4)
            .map(|_| {
                let database = database.clone();
                tokio::spawn(async move {
                    migration::run(&database.connect().await)
                        .await
                        .expect("migrates")
                        .applied
                        .len()
                })
            })
            .collect();
        let mut applied = 0;
        for node in nodes {
            applied += node.await.expect("does not panic");
        }
        let db = database.connect().await;
        assert_eq!(applied, migration::migrations().len());
        assert_eq!(
            migration::pending(&db).await.expect("reads"),
            Vec::<String>::new()
        );
    })
    .await;
}

#[tokio::test]
async fn a_migration_may_take_longer_than_the_lease() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let applied = Arc::new(AtomicUsize::new(0));
        let list = two_steps(&applied, Duration::from_secs(3));
        let report = run_list(&db, &list, TERMS).await.expect("keeps its lease");
        assert_eq!(report.applied, ["first", "second"]);
    })
    .await;
}

#[tokio::test]
async fn a_dead_holder_blocks_only_until_its_lease_ends() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let applied = Arc::new(AtomicUsize::new(0));
        run_list(&db, &two_steps(&applied, Duration::ZERO)[..1], TERMS)
            .await
            .expect("migrates");
        seize_lease(&db, 2).await.expect("seizes it");
        let report = run_list(&db, &two_steps(&applied, Duration::ZERO), TERMS).await;
        assert_eq!(report.expect("takes over").applied, ["second"]);
    })
    .await;
}

#[tokio::test]
async fn waiting_ends_with_the_holder_and_the_next_step() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let applied = Arc::new(AtomicUsize::new(0));
        run_list(&db, &two_steps(&applied, Duration::ZERO)[..1], TERMS)
            .await
            .expect("migrates");
        seize_lease(&db, 1000).await.expect("seizes it");
        let terms = LeaseTerms {
            wait: Duration::from_millis(200),
            ..TERMS
        };
        let error = run_list(&db, &two_steps(&applied, Duration::ZERO), terms).await;
        let error = error.expect_err("another node holds the lease");
        assert!(
            matches!(error, MigrationError::LeaseHeld { .. }),
            "{error:?}"
        );
        let message = error.to_string();
        assert!(
            message.contains("lease holder a dead node") && message.contains("start again in"),
            "{message}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_node_that_lost_its_lease_stops() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let applied = Arc::new(AtomicUsize::new(0));
        let list = two_steps(&applied, Duration::from_secs(3));
        let thief = database.connect().await;
        if thief.get_database_backend() == sea_orm::DbBackend::Sqlite {
            // It must not wait for the gap between two migrations.
            let at_once = thief.execute_unprepared("PRAGMA busy_timeout = 0").await;
            at_once.expect("waits for nobody");
        }
        let theft = async {
            while applied.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            seize_lease(&thief, 1000).await
        };
        let (result, theft) = tokio::join!(run_list(&db, &list, TERMS), theft);
        if db.get_database_backend() == sea_orm::DbBackend::Sqlite {
            theft.expect_err("SQLite lets nobody else write during a migration");
            result.expect("migrates undisturbed");
            return;
        }
        theft.expect("seizes it");
        let error = result.expect_err("the lease is gone");
        assert!(
            matches!(error, MigrationError::LeaseLost { .. }),
            "{error:?}"
        );
        assert_eq!(
            applied.load(Ordering::SeqCst),
            1,
            "the second step never started"
        );
    })
    .await;
}

#[tokio::test]
async fn a_migration_of_a_newer_release_is_reported_and_left_alone() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let applied = Arc::new(AtomicUsize::new(0));
        let list = two_steps(&applied, Duration::ZERO);
        run_list(&db, &list, TERMS)
            .await
            .expect("the newer release migrates");
        let report = run_list(&db, &list[..1], TERMS)
            .await
            .expect("the older one still starts");
        assert_eq!(
            (report.applied.len(), report.unknown),
            (0, vec!["second".to_owned()])
        );
    })
    .await;
}
