use std::fmt;
use std::time::Duration;

use sea_orm::{DatabaseConnection, SqlxMySqlConnector, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, MySqlPool, PgPool, Row as _, SqlitePool,
};

use super::bind;
use super::url::DatabaseUrl;
use crate::plan::Param;
use crate::sql::{Dialect, Statement};

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a write waits for the writer before it, on `SQLite`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How many statements each connection keeps prepared.
const PREPARED_STATEMENTS: usize = 256;

/// A database: a pool that reads, and a connection for everything else.
#[derive(Clone)]
pub struct Database {
    readers: Pool,
    orm: DatabaseConnection,
}

/// The connections that read.
#[derive(Clone)]
pub enum Pool {
    /// To an `SQLite` file. They refuse to write.
    Sqlite(SqlitePool),
    /// To a `PostgreSQL` server.
    Postgres(PgPool),
    /// To a `MariaDB` server.
    Mariadb(MySqlPool),
}

/// Why a statement gave no answer. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The database cannot be reached, or has no connection to spare.
    #[error("{0}")]
    Unavailable(String),
    /// It refused the statement.
    #[error("{0}")]
    Failed(String),
}

impl From<sqlx::Error> for RunError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl Database {
    /// Connects. An `SQLite` file is made if it is not there.
    ///
    /// # Errors
    /// [`RunError`] where the database cannot be reached or opened.
    pub async fn connect(url: &DatabaseUrl, connections: u32) -> Result<Self, RunError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let options = sqlite_options().filename(path);
                // One writer: SQLite has no more, and waiting for it here is
                // fairer than its busy handler.
                let writer = SqlitePoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(BUSY_TIMEOUT)
                    .connect_with(options.clone().create_if_missing(true))
                    .await?;
                let readers = SqlitePoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .test_before_acquire(false)
                    .connect_with(options.pragma("query_only", "ON"))
                    .await?;
                Ok(Self {
                    readers: Pool::Sqlite(readers),
                    orm: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
                })
            }
            DatabaseUrl::Postgres(options) => {
                let pool = PgPoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .test_before_acquire(false)
                    .after_connect(|connection, _| {
                        Box::pin(async move {
                            // The cost of nested JSON is overestimated, and
                            // compiling takes longer than these statements.
                            connection.execute("SET jit = off").await.map(|_| ())
                        })
                    })
                    .connect_with(postgres_options(options))
                    .await?;
                Ok(Self {
                    orm: SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()),
                    readers: Pool::Postgres(pool),
                })
            }
            DatabaseUrl::Mariadb(options) => {
                let pool = MySqlPoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .test_before_acquire(false)
                    .after_connect(|connection, _| {
                        Box::pin(async move {
                            // The first bounds JSON_ARRAYAGG as well, the
                            // second how much of a text decides its place:
                            // what is longer would be cut off in silence.
                            connection
                                .execute(
                                    "SET SESSION group_concat_max_len = 4294967295, \
                                     max_sort_length = 65535",
                                )
                                .await
                                .map(|_| ())
                        })
                    })
                    .connect_with(mariadb_options(options))
                    .await?;
                Ok(Self {
                    orm: SqlxMySqlConnector::from_sqlx_mysql_pool(pool.clone()),
                    readers: Pool::Mariadb(pool),
                })
            }
        }
    }

    /// Which SQL it speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.readers {
            Pool::Sqlite(_) => Dialect::Sqlite,
            Pool::Postgres(_) => Dialect::Postgres,
            Pool::Mariadb(_) => Dialect::Mariadb,
        }
    }

    /// The connections that read, for statements that the engine does not
    /// write. They pass no rule.
    #[must_use]
    pub fn readers(&self) -> &Pool {
        &self.readers
    }

    /// The connection for `SeaORM`: migrations, seeds, accounts. On `SQLite` it
    /// is the one writer.
    #[must_use]
    pub fn orm(&self) -> &DatabaseConnection {
        &self.orm
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`RunError`] where there is none.
    pub async fn ping(&self) -> Result<(), RunError> {
        match &self.readers {
            Pool::Sqlite(pool) => pool.execute("SELECT 1").await.map(|_| ()),
            Pool::Postgres(pool) => pool.execute("SELECT 1").await.map(|_| ()),
            Pool::Mariadb(pool) => pool.execute("SELECT 1").await.map(|_| ()),
        }
        .map_err(RunError::from)
    }

    /// Runs a reading statement and returns the JSON it shaped, byte for byte;
    /// `null` where it found no row.
    ///
    /// # Errors
    /// [`RunError`] where the statement gave no answer.
    pub async fn fetch(
        &self,
        statement: &Statement,
        params: &[Param],
    ) -> Result<Vec<u8>, RunError> {
        tracing::debug!(target: "purser::sql", sql = %statement.sql, "statement");
        let values = statement
            .binds
            .iter()
            .filter_map(|bind| params.get(bind.0))
            .map(|param| &param.value);
        // The text holds names of the catalogue and placeholders, no values;
        // see `sql`.
        let sql = AssertSqlSafe(statement.sql.clone());
        // A row without a value is an error: no statement shapes null.
        let json = match &self.readers {
            Pool::Sqlite(pool) => {
                let query = values.fold(sqlx::query(sql), bind::sqlite);
                let row = query.fetch_optional(pool).await?;
                row.map(|row| row.try_get::<&[u8], _>(0).map(<[u8]>::to_vec))
                    .transpose()?
            }
            Pool::Postgres(pool) => {
                let query = values.fold(sqlx::query(sql), bind::postgres);
                let row = query.fetch_optional(pool).await?;
                // The binary form of `json` is its text.
                row.map(|row| match row.try_get_raw(0)?.as_bytes() {
                    Ok(bytes) => Ok(bytes.to_vec()),
                    Err(error) => Err(RunError::Failed(error.to_string())),
                })
                .transpose()?
            }
            Pool::Mariadb(pool) => {
                let query = values.fold(sqlx::query(sql), bind::mariadb);
                let row = query.fetch_optional(pool).await?;
                row.map(|row| row.try_get_unchecked::<&[u8], _>(0).map(<[u8]>::to_vec))
                    .transpose()?
            }
        };
        Ok(json.unwrap_or_else(|| b"null".to_vec()))
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        match &self.readers {
            Pool::Sqlite(pool) => {
                pool.close().await;
                self.orm.get_sqlite_connection_pool().close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
            Pool::Mariadb(pool) => pool.close().await,
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.dialect()).finish()
    }
}

fn sqlite_options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(PREPARED_STATEMENTS)
        // Bytes mapped, and kibibytes cached where that is negative.
        .pragma("mmap_size", "268435456")
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}

fn postgres_options(options: &PgConnectOptions) -> PgConnectOptions {
    options
        .clone()
        .application_name("purser")
        .statement_cache_capacity(PREPARED_STATEMENTS)
        .disable_statement_logging()
}

fn mariadb_options(options: &MySqlConnectOptions) -> MySqlConnectOptions {
    options
        .clone()
        .charset("utf8mb4")
        // The collation of the shop's columns: texts compare byte by byte and
        // blanks at the end count.
        .collation("utf8mb4_nopad_bin")
        .statement_cache_capacity(PREPARED_STATEMENTS)
        .disable_statement_logging()
}
