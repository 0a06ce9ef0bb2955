//! What happens to connections: clients hang up, servers restart.

use std::collections::HashSet;
use std::pin::pin;
use std::time::{Duration, Instant};

use chrono::Utc;
use entity::audit_entry;
use futures_util::future::{Either, join_all, select};
use purser::audit;
use purser::run::{Database, Length, ReadLimits, RunError};
use purser::sql::{Dialect, Statement};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, Statement as OrmStatement, TransactionTrait as _,
};

use super::app::{TestApp, not_covered};
use super::between::Between;

const PRODUCTS: &str = "{ products(first: 1) { nodes { name } } }";
const CATEGORIES: &str = "{ categories(first: 1) { nodes { name } } }";

/// The shop on each server that the environment names, with few connections.
pub async fn on_servers() -> Vec<TestApp> {
    let mut apps = Vec::new();
    for variable in ["TEST_POSTGRES_URL", "TEST_MARIADB_URL"] {
        match std::env::var(variable) {
            Ok(url) => apps.push(TestApp::on_server(&url, 2).await),
            Err(_) => not_covered(variable),
        }
    }
    apps
}

#[tokio::test]
async fn clients_who_hang_up_do_not_stop_others() {
    for app in on_servers().await {
        let (lock, unlock) = match app.database().dialect() {
            Dialect::Mariadb => ("LOCK TABLES products WRITE", "UNLOCK TABLES"),
            _ => ("LOCK TABLE products IN ACCESS EXCLUSIVE MODE", "SELECT 1"),
        };
        let transaction = app.database().orm().begin().await.unwrap();
        transaction.execute_unprepared(lock).await.unwrap();
        for _ in 0..5 {
            // Nobody can read products now, so each of these is abandoned.
            let actor = app.anonymous();
            let hangs = tokio::time::timeout(Duration::from_millis(100), actor.query(PRODUCTS));
            assert!(hangs.await.is_err());
        }
        app.anonymous().query(CATEGORIES).await.data();
        transaction.execute_unprepared(unlock).await.unwrap();
        transaction.rollback().await.unwrap();
        app.anonymous().query(PRODUCTS).await.data();
        app.remove().await;
    }
}

#[tokio::test]
async fn connections_that_the_server_ended_are_replaced() {
    for app in on_servers().await {
        app.anonymous().query(PRODUCTS).await.data();
        // There has been something to stop before.
        hung_up(app.database()).await;
        none_runs(app.database()).await;
        let orm = app.database().orm();
        let ended = if app.database().dialect() == Dialect::Mariadb {
            "BEGIN NOT ATOMIC
               FOR row IN (SELECT id FROM information_schema.PROCESSLIST
                           WHERE db = DATABASE() AND id <> CONNECTION_ID()) DO
                 EXECUTE IMMEDIATE CONCAT('KILL ', row.id);
               END FOR;
             END"
        } else {
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()"
        };
        orm.execute_unprepared(ended).await.unwrap();
        app.anonymous().query(PRODUCTS).await.data();
        app.remove().await;
    }
}

/// Polls something for so long, and then hangs up. Timers are too coarse for
/// what takes a fraction of a millisecond.
async fn abandoned(future: impl Future, after: Duration) {
    let begun = Instant::now();
    let mut future = pin!(future);
    while futures_util::poll!(&mut future).is_pending() && begun.elapsed() < after {
        tokio::task::yield_now().await;
    }
}

/// A number that a statement counts.
async fn counted(database: &Database, statement: &str) -> i64 {
    let backend = database.orm().get_database_backend();
    let statement = OrmStatement::from_string(backend, statement);
    let row = database.orm().query_one_raw(statement).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

/// Sees that no session of the database stays with a transaction open in which
/// it does nothing.
async fn none_is_open(database: &Database) {
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
                state LIKE 'idle in transaction%'";
    for _ in 0..1000 {
        if counted(database, open).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a transaction is open that nobody ends");
}

/// How many connections write.
const WRITING: u64 = 8;

/// Writes an audit entry on each of them.
async fn write_entries(database: &Database) {
    let entries = (0..WRITING).map(|_| async {
        let entry = audit::Entry {
            action: "written",
            ..audit::Entry::of_nobody()
        };
        let transaction = database.begin().await.unwrap();
        let written = audit::record(&*transaction, entry, Utc::now()).await;
        written.unwrap();
        transaction.commit().await.unwrap();
    });
    join_all(entries).await;
}

#[tokio::test]
async fn who_hangs_up_while_a_transaction_begins_leaves_none_open() {
    for app in TestApp::on_every_database().await {
        let database = app.database();
        let url = app.address().await.parse().unwrap();
        let elsewhere = Database::connect(&url, ReadLimits::of(1)).await.unwrap();
        // Connections that are there already.
        write_entries(database).await;
        let begun = Instant::now();
        let whole = database.transaction();
        whole.writing().await.unwrap();
        let longest = begun.elapsed();
        whole.rollback().await.unwrap();
        for round in 1..=60 {
            let transaction = database.transaction();
            abandoned(transaction.writing(), longest * (20 + round) / 66).await;
            drop(transaction);
            // The connection goes back for others to write on.
            tokio::time::sleep(Duration::from_millis(5)).await;
            if database.dialect() == Dialect::Postgres {
                none_is_open(&elsewhere).await;
            }
            write_entries(database).await;
            let kept = audit_entry::Entity::find()
                .filter(audit_entry::Column::Action.eq("written"))
                .count(elsewhere.orm())
                .await;
            assert_eq!(
                kept.unwrap(),
                WRITING * u64::from(round + 1),
                "{database:?}"
            );
        }
        elsewhere.close().await;
        app.remove().await;
    }
}

fn one() -> Statement {
    Statement {
        sql: "SELECT '1'".to_owned(),
        binds: Vec::new(),
    }
}

/// Counts for hours.
fn endless() -> Statement {
    Statement {
        sql: "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000) \
              SELECT sum(a.x * b.x - d.x * e.x) FROM c a, c b, c d, c e"
            .to_owned(),
        binds: Vec::new(),
    }
}

#[tokio::test]
async fn statements_that_take_too_long_are_given_up() {
    for app in TestApp::on_every_database().await {
        let limits = ReadLimits {
            statement: Duration::from_millis(200),
            writing: Some(Duration::from_secs(2)),
            ..ReadLimits::of(1)
        };
        let url = app.address().await.parse().unwrap();
        let database = Database::connect(&url, limits).await.unwrap();
        let given_up = database.fetch(&endless(), &[], Length::Short).await;
        assert!(
            matches!(given_up, Err(RunError::TimedOut(_))),
            "{database:?}: {given_up:?}"
        );
        // The one connection there is goes on to others.
        database.ping().await.unwrap();
        // Within a transaction that has written something too.
        for _ in 0..2 {
            let transaction = database.transaction();
            let db = transaction.writing().await.unwrap();
            db.execute_unprepared("UPDATE users SET version = version + 1")
                .await
                .unwrap();
            let given_up = transaction.fetch(&endless(), &[]).await;
            assert!(
                matches!(given_up, Err(RunError::TimedOut(_))),
                "{database:?}: {given_up:?}"
            );
            transaction.rollback().await.unwrap();
        }
        database.close().await;
        app.remove().await;
    }
}

#[tokio::test]
async fn what_is_short_does_not_wait_for_what_takes_long() {
    for app in TestApp::on_every_database().await {
        let url = app.address().await.parse().unwrap();
        let database = Database::connect(&url, ReadLimits::of(2)).await.unwrap();
        let (endless, short) = (endless(), one());
        let long = join_all((0..3).map(|_| database.fetch(&endless, &[], Length::Long)));
        let short = pin!(database.fetch(&short, &[], Length::Short));
        match select(long, short).await {
            Either::Right((Ok(answer), _)) => assert_eq!(answer, b"1"),
            Either::Right((Err(error), _)) => panic!("{database:?}: {error}"),
            Either::Left(_) => panic!("{database:?}: what is endless ended"),
        }
        database.close().await;
        app.remove().await;
    }
}

/// Asks for what is endless, and hangs up.
async fn hung_up(database: &Database) {
    let endless = endless();
    let hangs = database.fetch(&endless, &[], Length::Short);
    let waited = tokio::time::timeout(Duration::from_millis(100), hangs).await;
    assert!(waited.is_err());
}

/// How many statements run in a database, besides this one.
async fn running(database: &Database) -> i64 {
    let count = match database.dialect() {
        Dialect::Sqlite => return 0,
        Dialect::Postgres => {
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
             state = 'active' AND pid <> pg_backend_pid()"
        }
        Dialect::Mariadb => {
            "SELECT count(*) FROM information_schema.PROCESSLIST WHERE db = DATABASE() AND \
             command <> 'Sleep' AND id <> CONNECTION_ID()"
        }
    };
    counted(database, count).await
}

/// Sees that every statement ends soon: servers stop one when they come to it.
async fn none_runs(database: &Database) {
    let mut left = running(database).await;
    for _ in 0..100 {
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        left = running(database).await;
    }
    assert_eq!(left, 0, "{database:?}");
}

#[tokio::test]
async fn statements_that_nobody_waits_for_are_stopped() {
    for app in TestApp::on_every_database().await {
        let limits = ReadLimits {
            statement: Duration::from_hours(1),
            ..ReadLimits::of(2)
        };
        let url = app.address().await.parse().unwrap();
        let database = Database::connect(&url, limits).await.unwrap();
        // More than there are connections.
        for _ in 0..6 {
            hung_up(&database).await;
        }
        let answer = database.fetch(&one(), &[], Length::Short).await.unwrap();
        assert_eq!(answer, b"1");
        none_runs(&database).await;
        database.close().await;
        app.remove().await;
    }
}

/// Says a word.
fn word(word: String) -> Statement {
    Statement {
        sql: format!("SELECT '{word}'"),
        binds: Vec::new(),
    }
}

/// The session that answers, and how many statements it keeps prepared.
async fn session(database: &Database) -> (String, i64) {
    let statement = Statement {
        sql: "SELECT concat(pg_backend_pid(), ' ', count(*)) FROM pg_prepared_statements"
            .to_owned(),
        binds: Vec::new(),
    };
    let answer = database.fetch(&statement, &[], Length::Short).await;
    let answer = String::from_utf8(answer.unwrap()).unwrap();
    let (session, prepared) = answer.split_once(' ').unwrap();
    (session.to_owned(), prepared.parse().unwrap())
}

#[tokio::test]
async fn who_hangs_up_gets_nobody_else_a_wrong_answer() {
    for app in TestApp::on_every_database().await {
        let url = app.address().await.parse().unwrap();
        let database = Database::connect(&url, ReadLimits::of(1)).await.unwrap();
        database.fetch(&one(), &[], Length::Short).await.unwrap();
        let begun = Instant::now();
        let first = word("first".to_owned());
        database.fetch(&first, &[], Length::Short).await.unwrap();
        let longest = begun.elapsed();
        let mut sessions = HashSet::new();
        for round in 0..200 {
            // Every other time it has to be prepared.
            let lost = word(format!("lost {}", if round % 2 == 0 { round } else { 0 }));
            let hangs = database.fetch(&lost, &[], Length::Short);
            abandoned(hangs, longest * (round % 40) / 60).await;
            let told = word(format!("told {round}"));
            let answer = database.fetch(&told, &[], Length::Short).await.unwrap();
            let answer = String::from_utf8(answer).unwrap();
            assert_eq!(answer, format!("told {round}"), "{database:?}");
            if database.dialect() == Dialect::Postgres {
                let (session, prepared) = session(&database).await;
                assert!(prepared <= 256, "{prepared} statements");
                sessions.insert(session);
            }
        }
        assert!(sessions.len() < 20, "{} sessions", sessions.len());
        none_runs(app.database()).await;
        database.close().await;
        app.remove().await;
    }
}

#[tokio::test]
async fn what_cannot_be_stopped_does_not_keep_its_place() {
    for app in on_servers().await {
        let between = Between::of(&app).await;
        let limits = ReadLimits {
            statement: Duration::from_secs(5),
            ..ReadLimits::of(1)
        };
        let database = between.connect(limits).await;
        hung_up(&database).await;
        none_runs(app.database()).await;
        between.fall_silent();
        // On a connection that is new, and so is not the one that stops it.
        hung_up(&database).await;
        let answer = database.fetch(&one(), &[], Length::Short).await.unwrap();
        assert_eq!(answer, b"1");
        none_runs(app.database()).await;
        database.close().await;
        drop(between);
        app.remove().await;
    }
}

#[tokio::test]
async fn what_is_read_of_a_write_that_nobody_waits_for_is_stopped() {
    let app = TestApp::sqlite().await;
    let transaction = app.database().transaction();
    transaction.writing().await.unwrap();
    let hangs = async move { transaction.fetch(&endless(), &[]).await };
    let waited = tokio::time::timeout(Duration::from_millis(100), hangs).await;
    assert!(waited.is_err());
    // The one connection that writes goes on to others.
    let next = app.database().transaction();
    next.writing().await.unwrap();
    next.commit().await.unwrap();
}
