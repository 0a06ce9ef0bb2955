use std::fmt;
use std::time::Duration;

use sea_orm::{DatabaseConnection, SqlxMySqlConnector, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::database::HasStatementCache;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, IntoArguments, MySql,
    MySqlPool, PgPool, Postgres, Sqlite, SqlitePool,
};

use super::driver::{Driver, PREPARED_STATEMENTS};
use super::held::Held;
use super::url::DatabaseUrl;
use crate::plan::Param;
use crate::sql::{Dialect, Statement};

/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a write waits for the writer before it, on `SQLite`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How many connections a server gets for everything but reading.
const ORM_CONNECTIONS: u32 = 4;
/// How many statements a connection to `SQLite` keeps prepared, in our own
/// memory.
const PREPARED_BY_SQLITE: usize = 50;

/// A database: connections that read, and others for everything else.
#[derive(Clone)]
pub struct Database {
    readers: Readers,
    orm: DatabaseConnection,
}

#[derive(Clone)]
enum Readers {
    Sqlite(Held<Sqlite>),
    Postgres(Held<Postgres>),
    Mariadb(Held<MySql>),
}

/// The pool of the connections that read.
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
    /// It gave the statement up for taking too long.
    #[error("{0}")]
    TimedOut(String),
    /// The statement is more than it takes.
    #[error("{0}")]
    TooComplex(String),
    /// It refused the statement.
    #[error("{0}")]
    Failed(String),
}

impl From<sqlx::Error> for RunError {
    fn from(error: sqlx::Error) -> Self {
        let unavailable = is_broken(&error)
            || matches!(
                error,
                sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
            );
        if unavailable {
            Self::Unavailable(error.to_string())
        } else if is_timeout(&error) {
            Self::TimedOut(error.to_string())
        } else if is_too_complex(&error) {
            Self::TooComplex(error.to_string())
        } else {
            Self::Failed(error.to_string())
        }
    }
}

/// Whether the connection is gone rather than the statement wrong: the server
/// ended it (`SQLSTATE` 57P01 to 57P03), took no more of them (53300), or it
/// broke (class 08).
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("57P0") || code.starts_with("08") || code == "53300"
        }),
        _ => false,
    }
}

/// Whether the server gave a statement up for taking too long: `PostgreSQL`'s
/// 57014, `MariaDB`'s error 1969 (70100).
fn is_timeout(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error)
        if error.code().is_some_and(|code| code == "57014" || code == "70100"))
}

/// Whether the statement nests deeper than the database goes: bounds that
/// `SQLite` is built with, `PostgreSQL`'s 54001, `MariaDB`'s error 1436
/// (HY000).
fn is_too_complex(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    let message = error.message();
    error.code().is_some_and(|code| code == "54001")
        || message.starts_with("Expression tree is too large")
        || message.starts_with("parser stack overflow")
        || message.starts_with("Thread stack overrun")
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
                    .connect_with(options.pragma("query_only", "ON").with_regexp())
                    .await?;
                Ok(Self {
                    readers: Readers::Sqlite(Held::new(readers, connections)),
                    orm: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
                })
            }
            DatabaseUrl::Postgres(options) => {
                let readers = {
                    PgPoolOptions::new()
                        .max_connections(connections)
                        .acquire_timeout(ACQUIRE_TIMEOUT)
                        .test_before_acquire(false)
                        .after_connect(|connection, _| {
                            Box::pin(async move {
                                // The cost of nested JSON is overestimated, and
                                // compiling takes longer than these statements.
                                // What an API reads is mostly in memory, where
                                // an index costs little more than a scan.
                                connection
                                    .execute(
                                        "SET jit = off; SET random_page_cost = 1.1; \
                                         SET statement_timeout = '30s'",
                                    )
                                    .await
                                    .map(|_| ())
                            })
                        })
                };
                let options = postgres_options(options);
                reach(&options).await?;
                let orm = PgPoolOptions::new()
                    .max_connections(ORM_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_lazy_with(options.clone());
                let readers = readers.connect_lazy_with(options);
                Ok(Self {
                    readers: Readers::Postgres(Held::new(readers, connections)),
                    orm: SqlxPostgresConnector::from_sqlx_postgres_pool(orm),
                })
            }
            DatabaseUrl::Mariadb(options) => {
                let readers = {
                    MySqlPoolOptions::new()
                        .max_connections(connections)
                        .acquire_timeout(ACQUIRE_TIMEOUT)
                        .test_before_acquire(false)
                        .after_connect(|connection, _| {
                            Box::pin(async move {
                                // The first bounds JSON_ARRAYAGG as well, the
                                // second how much of a text decides its place:
                                // what is longer would be cut off in silence.
                                // The third holds a few rows of such keys. The
                                // last keeps a row rule from being joined
                                // first, and all that it admits sorted.
                                connection
                                    .execute(
                                        "SET SESSION group_concat_max_len = 4294967295, \
                                         max_sort_length = 65535, \
                                         sort_buffer_size = 33554432, \
                                         max_statement_time = 30, \
                                         optimizer_switch = 'exists_to_in=off'",
                                    )
                                    .await
                                    .map(|_| ())
                            })
                        })
                };
                let options = mariadb_options(options);
                reach(&options).await?;
                let orm = MySqlPoolOptions::new()
                    .max_connections(ORM_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_lazy_with(options.clone());
                let readers = readers.connect_lazy_with(options);
                Ok(Self {
                    readers: Readers::Mariadb(Held::new(readers, connections)),
                    orm: SqlxMySqlConnector::from_sqlx_mysql_pool(orm),
                })
            }
        }
    }

    /// Which SQL it speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.readers {
            Readers::Sqlite(_) => Dialect::Sqlite,
            Readers::Postgres(_) => Dialect::Postgres,
            Readers::Mariadb(_) => Dialect::Mariadb,
        }
    }

    /// The pool of the connections that read, for statements that the engine
    /// does not write. They pass no rule.
    #[must_use]
    pub fn readers(&self) -> Pool {
        match &self.readers {
            Readers::Sqlite(held) => Pool::Sqlite(held.pool().clone()),
            Readers::Postgres(held) => Pool::Postgres(held.pool().clone()),
            Readers::Mariadb(held) => Pool::Mariadb(held.pool().clone()),
        }
    }

    /// The connections for `SeaORM`: migrations, seeds, accounts. On `SQLite`
    /// it is the one writer.
    #[must_use]
    pub fn orm(&self) -> &DatabaseConnection {
        &self.orm
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`RunError`] where there is none.
    pub async fn ping(&self) -> Result<(), RunError> {
        let select = "SELECT 1";
        match &self.readers {
            Readers::Sqlite(held) => {
                let mut lease = held.lease().await?;
                lease.connection()?.execute(select).await?;
                lease.keep();
            }
            Readers::Postgres(held) => {
                let mut lease = held.lease().await?;
                lease.connection()?.execute(select).await?;
                lease.keep();
            }
            Readers::Mariadb(held) => {
                let mut lease = held.lease().await?;
                lease.connection()?.execute(select).await?;
                lease.keep();
            }
        }
        Ok(())
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
        // A row without a value is an error: no statement shapes null.
        let json = match &self.readers {
            Readers::Sqlite(held) => first(held, statement, params).await?,
            Readers::Postgres(held) => first(held, statement, params).await?,
            Readers::Mariadb(held) => first(held, statement, params).await?,
        };
        Ok(json.unwrap_or_else(|| b"null".to_vec()))
    }

    /// How the database would run a reading statement, in its own words, line
    /// by line.
    ///
    /// # Errors
    /// [`RunError`] where it gave no answer.
    pub async fn explain(
        &self,
        statement: &Statement,
        params: &[Param],
    ) -> Result<Vec<String>, RunError> {
        match &self.readers {
            Readers::Sqlite(held) => lines(held, statement, params).await,
            Readers::Postgres(held) => lines(held, statement, params).await,
            Readers::Mariadb(held) => lines(held, statement, params).await,
        }
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        match &self.readers {
            Readers::Sqlite(held) => {
                held.close().await;
                self.orm.get_sqlite_connection_pool().close().await;
            }
            Readers::Postgres(held) => {
                held.close().await;
                self.orm.get_postgres_connection_pool().close().await;
            }
            Readers::Mariadb(held) => {
                held.close().await;
                self.orm.get_mysql_connection_pool().close().await;
            }
        }
    }
}

/// Runs a statement on a connection at hand and reads its first row, if it has
/// one. Where a connection broke while nobody used it, the next one is tried:
/// reading twice does no harm.
async fn first<DB: Driver>(
    held: &Held<DB>,
    statement: &Statement,
    params: &[Param],
) -> Result<Option<Vec<u8>>, RunError>
where
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
{
    loop {
        let mut lease = held.lease().await?;
        let query = query::<DB>(statement.sql.clone(), statement, params);
        let row = query.fetch_optional(lease.connection()?);
        match tokio::time::timeout(DB::PATIENCE, row).await {
            Ok(Ok(row)) => {
                if DB::tidy(lease.connection()?).await.is_ok() {
                    lease.keep();
                }
                return Ok(row.as_ref().map(DB::json).transpose()?);
            }
            Ok(Err(error)) if lease.idle && is_broken(&error) => {}
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => {
                let seconds = DB::PATIENCE.as_secs();
                return Err(RunError::TimedOut(format!(
                    "no answer in {seconds} seconds"
                )));
            }
        }
    }
}

/// Asks how a statement would be run.
async fn lines<DB: Driver + HasStatementCache>(
    held: &Held<DB>,
    statement: &Statement,
    params: &[Param],
) -> Result<Vec<String>, RunError>
where
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
{
    let mut lease = held.lease().await?;
    let sql = format!("{}{}", DB::EXPLAIN, statement.sql);
    let query = query::<DB>(sql, statement, params).persistent(false);
    let rows = query.fetch_all(lease.connection()?).await?;
    lease.keep();
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        lines.extend(DB::line(row)?.lines().map(str::to_owned));
    }
    Ok(lines)
}

/// The text holds names of the catalogue and placeholders, no values; see
/// `sql`.
fn query<DB: Driver>(
    sql: String,
    statement: &Statement,
    params: &[Param],
) -> Query<'static, DB, DB::Arguments>
where
    DB::Arguments: IntoArguments<DB>,
{
    let binds = statement.binds.iter();
    binds
        .filter_map(|bind| params.get(bind.0))
        .fold(sqlx::query(AssertSqlSafe(sql)), |query, param| {
            DB::bind(query, &param.value)
        })
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.dialect()).finish()
    }
}

/// Connects once, outside any pool, which would only say that it took too
/// long.
async fn reach<O>(options: &O) -> Result<(), RunError>
where
    O: sqlx::ConnectOptions<Connection: Sized>,
{
    let connected = tokio::time::timeout(ACQUIRE_TIMEOUT, options.connect());
    match connected.await {
        Ok(Ok(connection)) => Ok(connection.close().await?),
        Ok(Err(error)) => Err(RunError::Unavailable(error.to_string())),
        Err(_) => Err(RunError::Unavailable(format!(
            "no answer within {} seconds",
            ACQUIRE_TIMEOUT.as_secs()
        ))),
    }
}

fn sqlite_options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(PREPARED_BY_SQLITE)
        // Bytes mapped, and kibibytes cached where that is negative: what is
        // mapped needs no cache.
        .pragma("mmap_size", "268435456")
        .pragma("cache_size", "-2048")
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
