//! One isolated database per test and kind: a SQLite file always, PostgreSQL and MariaDB when
//! `TEST_POSTGRES_URL` and `TEST_MARIADB_URL` name servers (see `.ci/databases`).

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod facts;

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use std::{env, fs, future::Future, path::PathBuf};
use uuid::Uuid;

#[derive(Clone, Debug)]
pub struct TestDatabase {
    url: String,
    server: Server,
}

#[derive(Clone, Debug)]
enum Server {
    File(PathBuf),
    Remote { url: String, database: String },
}

/// Runs `test` on a fresh database of every kind, and removes the databases even when it panics.
pub async fn on_each_database<F, Fut>(test: F)
where
    F: Fn(TestDatabase) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let servers = ["TEST_POSTGRES_URL", "TEST_MARIADB_URL"].map(|variable| env::var(variable).ok());
    for server in std::iter::once(None).chain(servers.into_iter().flatten().map(Some)) {
        let database = match server {
            None => TestDatabase::file(),
            Some(url) => TestDatabase::remote(&url).await,
        };
        let outcome = tokio::spawn(test(database.clone())).await;
        database.remove().await;
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic.into_panic());
        }
    }
}

impl TestDatabase {
    fn file() -> Self {
        let path = env::temp_dir().join(format!("purser_test_{}.db", Uuid::now_v7().simple()));
        Self {
            url: format!("sqlite://{}?mode=rwc", path.display()),
            server: Server::File(path),
        }
    }

    async fn remote(server: &str) -> Self {
        let database = format!("purser_test_{}", Uuid::now_v7().simple());
        let (base, _) = server
            .rsplit_once('/')
            .expect("a server address ends in /database");
        let this = Self {
            url: format!("{base}/{database}"),
            server: Server::Remote {
                url: server.to_owned(),
                database,
            },
        };
        this.on_server("CREATE DATABASE").await;
        this
    }

    pub async fn connect(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(3).sqlx_logging(false);
        Database::connect(options)
            .await
            .expect("the database accepts connections")
    }

    async fn remove(&self) {
        match &self.server {
            Server::File(path) => {
                for suffix in ["", "-wal", "-shm", "-journal"] {
                    let _ = fs::remove_file(format!("{}{suffix}", path.display()));
                }
            }
            Server::Remote { .. } => self.on_server("DROP DATABASE").await,
        }
    }

    async fn on_server(&self, verb: &str) {
        let Server::Remote { url, database } = &self.server else {
            return;
        };
        let server = Database::connect(url)
            .await
            .expect("the server accepts connections");
        let force = if verb.starts_with("DROP") && url.starts_with("postgres") {
            " WITH (FORCE)"
        } else {
            ""
        };
        server
            .execute_unprepared(&format!("{verb} {database}{force}"))
            .await
            .expect("the account may create and drop databases");
        server.close().await.expect("closes");
    }
}
