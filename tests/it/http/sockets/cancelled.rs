//! What clients do not wait for any more.

use std::time::{Duration, Instant};

use purser::sql::Dialect;
use sea_orm::{ConnectionTrait as _, Statement, TransactionTrait as _};
use serde_json::json;

use super::Served;
use crate::app::{TestApp, not_covered};

/// The shop on each server that the environment names, with few connections.
async fn on_servers() -> Vec<Served> {
    let mut all = Vec::new();
    for variable in ["TEST_POSTGRES_URL", "TEST_MARIADB_URL"] {
        match std::env::var(variable) {
            Ok(url) => all.push(Served::new(TestApp::on_server(&url, 2).await).await),
            Err(_) => not_covered(variable),
        }
    }
    all
}

/// What statements may wait for.
#[derive(Clone, Copy)]
enum Lock {
    Table,
    Row,
}

/// Waits until so many statements of the database wait for a lock.
async fn waiting(app: &TestApp, lock: Lock, expected: i64) {
    let orm = app.database().orm();
    let count = match (app.database().dialect(), lock) {
        (Dialect::Postgres, _) => {
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
             wait_event_type = 'Lock'"
        }
        (_, Lock::Table) => {
            "SELECT count(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND \
             STATE LIKE 'Waiting for table%'"
        }
        (_, Lock::Row) => {
            "SELECT count(*) FROM information_schema.INNODB_TRX JOIN information_schema.PROCESSLIST \
             ON trx_mysql_thread_id = ID WHERE trx_state = 'LOCK WAIT' AND DB = DATABASE()"
        }
    };
    let count = Statement::from_string(orm.get_database_backend(), count);
    let begun = Instant::now();
    loop {
        let row = orm.query_one_raw(count.clone()).await.unwrap().unwrap();
        let found: i64 = row.try_get_by_index(0).unwrap();
        if found == expected {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "{found} statements wait"
        );
        // MariaDB looks anew only where nobody has looked for a tenth of a second.
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

#[tokio::test]
async fn the_statement_of_an_operation_that_is_given_up_is_stopped() {
    for served in on_servers().await {
        let (lock, unlock) = match served.app.database().dialect() {
            Dialect::Mariadb => ("LOCK TABLES products WRITE", "UNLOCK TABLES"),
            _ => ("LOCK TABLE products IN ACCESS EXCLUSIVE MODE", "SELECT 1"),
        };
        let transaction = served.app.database().orm().begin().await.unwrap();
        transaction.execute_unprepared(lock).await.unwrap();
        let products = "{ products(first: 1) { nodes { name } } }";
        let mut socket = served.anonymous().await;
        // Nobody can read products now. There are two connections, so the third
        // waits for one of those before it.
        for id in ["1", "2", "3"] {
            socket.subscribe(id, products).await;
        }
        waiting(&served.app, Lock::Table, 2).await;
        for id in ["1", "2", "3"] {
            socket.say(json!({ "id": id, "type": "complete" })).await;
        }
        waiting(&served.app, Lock::Table, 0).await;
        // Nothing more is told of them, and their ids are free.
        let categories = "{ categories(first: 1) { nodes { name } } }";
        socket.data("1", categories).await;
        // So it is where the client closes the socket.
        socket.subscribe("1", products).await;
        waiting(&served.app, Lock::Table, 1).await;
        drop(socket);
        waiting(&served.app, Lock::Table, 0).await;
        transaction.execute_unprepared(unlock).await.unwrap();
        transaction.rollback().await.unwrap();
        let mut socket = served.anonymous().await;
        socket.data("1", products).await;
        served.app.remove().await;
    }
}

#[tokio::test]
async fn a_mutation_that_is_given_up_is_not_half_done() {
    for app in TestApp::on_every_database().await {
        let served = Served::new(app).await;
        let mut socket = served.socket_of("staff").await;
        let versions = "{ products(first: 2, orderBy: [{ sku: ASC }]) { nodes { sku version } } }";
        let before = socket.data("1", versions).await;
        let [first, second] = [0, 1].map(|place| {
            let product = &before["products"]["nodes"][place];
            product["sku"].as_str().unwrap().to_owned()
        });
        // The second row is somebody else's meanwhile.
        let writer = served.app.database().begin().await.unwrap();
        let touch = format!("UPDATE products SET stock = stock WHERE sku = '{second}'");
        writer.execute_unprepared(&touch).await.unwrap();
        let update = |alias: &str, sku: &str| {
            format!(
                "{alias}: updateProduct(by: {{sku: \"{sku}\"}}, patch: {{stock: 7}}) {{ userErrors {{ code }} }}"
            )
        };
        let both = format!(
            "mutation {{ {} {} }}",
            update("a", &first),
            update("b", &second)
        );
        socket.subscribe("2", &both).await;
        if served.app.database().dialect() != Dialect::Sqlite {
            waiting(&served.app, Lock::Row, 1).await;
        }
        socket.say(json!({ "id": "2", "type": "complete" })).await;
        socket.is_heard().await;
        writer.rollback().await.unwrap();
        // Whoever comes next is not kept waiting, and finds all as it was.
        assert_eq!(socket.data("2", versions).await, before);
        let again = socket.data("2", &both).await;
        assert_eq!(
            again,
            json!({ "a": { "userErrors": [] }, "b": { "userErrors": [] } })
        );
        served.app.remove().await;
    }
}
