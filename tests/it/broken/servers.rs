//! Servers that keep the service waiting, cut it off or let nobody in.

use std::time::Duration;

use futures_util::future::join;
use purser::sql::Dialect;
use sea_orm::{ConnectionTrait as _, TransactionTrait as _};

use super::{LOG_IN, PASSWORD, PRODUCTS, Service, WRITE, Who, node, run};

/// What the service answers while something is in its way, and whether what
/// comes is well again once that is gone.
async fn held_up(
    service: &Service,
    probe: (Who, &str),
    lock: &str,
    meanwhile: impl AsyncFnOnce(),
    unlock: &str,
) -> Option<String> {
    let place = format!("{:?}, {lock}", service.dialect());
    service.assert_well(&place, probe).await;
    let transaction = service.owner.database().orm().begin().await.unwrap();
    transaction.execute_unprepared(lock).await.unwrap();
    let (code, ()) = join(service.ask(probe), meanwhile()).await;
    transaction.execute_unprepared(unlock).await.unwrap();
    transaction.rollback().await.unwrap();
    service.assert_well(&place, probe).await;
    code
}

/// How products are locked so that nobody reads or writes them, and unlocked.
fn locked(dialect: Dialect) -> (&'static str, &'static str) {
    match dialect {
        Dialect::Sqlite => ("BEGIN EXCLUSIVE", "ROLLBACK"),
        Dialect::Postgres => ("LOCK TABLE products IN ACCESS EXCLUSIVE MODE", "SELECT 1"),
        Dialect::Mariadb => ("LOCK TABLES products WRITE", "UNLOCK TABLES"),
    }
}

/// The service on each server that the environment names.
async fn on_servers() -> impl Iterator<Item = Service> {
    let services = Service::on_every_database().await.into_iter();
    services.filter(|service| service.dialect() != Dialect::Sqlite)
}

#[tokio::test]
async fn who_waits_for_others_is_told_so() {
    for service in on_servers().await {
        let (lock, unlock) = locked(service.dialect());
        for probe in [(Who::Anonymous, PRODUCTS), (Who::Staff, WRITE)] {
            let code = held_up(&service, probe, lock, async || {}, unlock).await;
            assert_eq!(code.as_deref(), Some("TIMEOUT"), "{:?}", service.dialect());
        }
        service.remove().await;
    }
}

#[tokio::test]
async fn who_is_cut_off_midway_is_told_so() {
    for service in on_servers().await {
        let (lock, unlock) = locked(service.dialect());
        // Who only reads is not told of the first time, but asked once more.
        let cut = async || {
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_millis(300)).await;
                service.hang_up().await;
            }
        };
        for probe in [(Who::Anonymous, PRODUCTS), (Who::Staff, WRITE)] {
            let code = held_up(&service, probe, lock, cut, unlock).await;
            let place = format!("{:?}: {code:?}", service.dialect());
            assert_eq!(code.as_deref(), Some("SERVICE_UNAVAILABLE"), "{place}");
        }
        service.remove().await;
    }
}

#[tokio::test]
async fn a_server_that_lets_nobody_in_is_unavailable() {
    for service in on_servers().await {
        let account = &service.account;
        let (changed, back, closed, open) = match service.dialect() {
            Dialect::Mariadb => (
                format!("SET PASSWORD FOR '{account}'@'%' = PASSWORD('another')"),
                format!("SET PASSWORD FOR '{account}'@'%' = PASSWORD('{PASSWORD}')"),
                format!("ALTER USER '{account}'@'%' ACCOUNT LOCK"),
                format!("ALTER USER '{account}'@'%' ACCOUNT UNLOCK"),
            ),
            _ => (
                format!("ALTER ROLE {account} PASSWORD 'another'"),
                format!("ALTER ROLE {account} PASSWORD '{PASSWORD}'"),
                format!("ALTER ROLE {account} CONNECTION LIMIT 0"),
                format!("ALTER ROLE {account} CONNECTION LIMIT -1"),
            ),
        };
        let probes = [
            (Who::Anonymous, PRODUCTS),
            (Who::Staff, WRITE),
            (Who::Anonymous, LOG_IN),
        ];
        for (breaks, mends) in [(changed, back), (closed, open)] {
            run(&service.owner, &breaks).await;
            service.hang_up().await;
            for probe in probes {
                let code = service.ask(probe).await;
                assert_eq!(code.as_deref(), Some("SERVICE_UNAVAILABLE"), "{breaks}");
            }
            run(&service.owner, &mends).await;
            for probe in probes {
                service.assert_well(&breaks, probe).await;
            }
        }
        service.remove().await;
    }
}

#[tokio::test]
async fn a_service_without_a_connection_to_spare_is_unavailable() {
    for mut service in on_servers().await {
        // Its one connection takes longer than anybody waits for it.
        service.node = node(&service.address, 1, Duration::from_secs(30)).await;
        let (lock, unlock) = locked(service.dialect());
        let transaction = service.owner.database().orm().begin().await.unwrap();
        transaction.execute_unprepared(lock).await.unwrap();
        let others = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let categories = "{ categories(first: 1) { nodes { name } } }";
            let code = service.ask((Who::Anonymous, categories)).await;
            assert_eq!(code.as_deref(), Some("SERVICE_UNAVAILABLE"));
            transaction.execute_unprepared(unlock).await.unwrap();
            transaction.rollback().await.unwrap();
        };
        let (code, ()) = join(service.ask((Who::Anonymous, PRODUCTS)), others).await;
        assert_eq!(code, None, "{:?}", service.dialect());
        service.remove().await;
    }
}
