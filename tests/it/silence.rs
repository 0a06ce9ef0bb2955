//! Servers that are gone without a word: nobody is told that it is so.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use purser::run::{Database, ReadLimits, RunError};
use purser::sql::Dialect;
use sea_orm::{ConnectionTrait as _, DatabaseConnection};

use super::app::{TestApp, Variant};
use super::between::Between;
use super::connections::on_servers;

/// How many connections write.
const WRITING: usize = 8;

/// A mutation that is told by what it leaves.
const CHANGES: &str = "mutation { updateCategory(by: { slug: \"electronics\" }, patch: { position: 777 }) \
                       { category { position } userErrors { code } } }";
const POSITION: &str = "{ category(by: { slug: \"electronics\" }) { position } }";

/// All connections but those that read.
fn others(database: &Database) -> Vec<&DatabaseConnection> {
    let (lookups, orm) = (database.lookups(), database.orm());
    vec![lookups, lookups, orm, orm, database.spare()]
}

/// Whether every connection is there to be used at once.
async fn are_all_there(database: &Database) -> bool {
    let transactions = (0..WRITING).map(|_| database.begin());
    let transactions = join_all(transactions).await;
    let others = others(database).into_iter();
    let others = join_all(others.map(|other| other.execute_unprepared("SELECT 1"))).await;
    transactions.iter().all(Result::is_ok) && others.iter().all(Result::is_ok)
}

async fn connections_come_back(app: TestApp) {
    let between = Between::of(&app).await;
    let limits = ReadLimits {
        statement: Duration::from_secs(1),
        ..ReadLimits::of(2)
    };
    let database = between.connect(limits).await;
    assert!(are_all_there(&database).await);
    let transactions = (0..WRITING).map(|_| async {
        let transaction = database.transaction();
        transaction.writing().await.unwrap();
        transaction
    });
    let transactions = join_all(transactions).await;
    let sleeps = match database.dialect() {
        Dialect::Mariadb => "SELECT SLEEP(0.5)",
        _ => "SELECT pg_sleep(0.5)",
    };
    let others = others(&database).into_iter();
    let others = join_all(others.map(|other| other.execute_unprepared(sleeps)));
    let abandoned = tokio::time::timeout(Duration::from_millis(200), others).await;
    assert!(abandoned.is_err());
    between.fall_silent();
    let begun = Instant::now();
    let ended = transactions
        .into_iter()
        .map(purser::run::Transaction::commit);
    for ended in join_all(ended).await {
        assert!(matches!(ended, Err(RunError::Uncertain(_))), "{ended:?}");
    }
    while !are_all_there(&database).await {
        assert!(begun.elapsed() < Duration::from_secs(40), "some are lost");
    }
    database.ping().await.unwrap();
    database.close().await;
    drop(between);
    app.remove().await;
}

#[tokio::test]
async fn connections_that_fall_silent_are_replaced() {
    join_all(on_servers().await.into_iter().map(connections_come_back)).await;
}

/// The server has kept what is changed, and its answer does not come.
#[tokio::test]
async fn of_changes_whose_commit_is_lost_it_is_not_told_that_they_are_undone() {
    for app in on_servers().await {
        let between = Between::of(&app).await;
        let database = between.connect(ReadLimits::of(2)).await;
        let node = TestApp::node_on(database, Variant::default()).await;
        let staff = node.staff().await;
        for staff in [staff, node.staff().await.with_key("a-commit-that-is-lost")] {
            between.lose_commit();
            let lost = staff.query(CHANGES).await.json();
            let error = &lost["errors"][0];
            assert_eq!(
                error["extensions"]["code"], "SERVICE_UNAVAILABLE",
                "{lost:#}"
            );
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("is not known"), "{message}");
            let kept = app.anonymous().query(POSITION).await.data();
            assert_eq!(kept["category"]["position"], 777);
            // With the same key it is told what was answered then.
            staff.query(CHANGES).await.data();
        }
        node.database().close().await;
        drop(between);
        app.remove().await;
    }
}
