//! How databases are connected to, and what is set for each connection.

use std::path::Path;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, Executor as _, MySql, Pool, Postgres, Sqlite,
};
use tokio::time::timeout;

use super::driver::{Brake, Driver, PREPARED_STATEMENTS};
use super::error::RunError;

/// How much of a database requests may take.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// How many connections read at once.
    pub connections: u32,
    /// How long a statement may take that reads, within a transaction that
    /// writes as well.
    pub statement: Duration,
    /// How long a statement may take that writes, on a server; as long as it
    /// needs unless said.
    pub writing: Option<Duration>,
    /// How many bytes the answer of a statement has at most. On `SQLite` and
    /// `MariaDB`, one that is not expected to be large may have more, up to
    /// bounds of their own.
    pub answer: usize,
}

impl ReadLimits {
    /// So many connections, whose statements may take half a minute.
    #[must_use]
    pub const fn of(connections: u32) -> Self {
        Self {
            connections,
            statement: Duration::from_secs(30),
            writing: None,
            answer: 4 * 1024 * 1024,
        }
    }

    /// How many of the connections one request may have, and statements that may
    /// take long together: half, so that others need not wait for them.
    pub(super) fn share(&self) -> usize {
        (self.connections as usize / 2).max(1)
    }

    /// How long a server is waited for that writes: it gives statements up by
    /// itself, unless it is gone without a word.
    pub(super) fn silence<DB: Driver>(&self) -> Duration {
        self.writing.unwrap_or(self.statement) + DB::GRACE
    }
}

/// How long a request waits for a connection.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a write waits for the writer before it, on `SQLite`.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How many connections to a server write for requests.
pub(super) const WRITERS: u32 = 8;
/// How many statements a connection to `SQLite` keeps prepared, in our own
/// memory.
const PREPARED_BY_SQLITE: usize = 24;

/// What every connection to `PostgreSQL` is told. The cost of nested JSON is
/// overestimated, and compiling takes longer than these statements. What an API
/// reads is mostly in memory, where an index costs little more than a scan.
const POSTGRES_SESSION: &str = "SET jit = off; SET random_page_cost = 1.1";

/// What every connection to `MariaDB` is told. The first bounds
/// `JSON_ARRAYAGG` as well, the second how much of a text decides its place:
/// what is longer would be cut off in silence. The third holds a few rows of
/// such keys. The fourth keeps small what is set aside for each table within a
/// statement, of which there may be hundreds. The fifth keeps a row rule from
/// being joined first, and all that it admits sorted; and groups from being
/// made for one row at a time, which makes one group of several where they are
/// sorted as texts; and conditions from being moved into derived tables, where
/// those with OR fail or lose groups.
const MARIADB_SESSION: &str = "SET SESSION group_concat_max_len = 4294967295, \
     max_sort_length = 65535, sort_buffer_size = 33554432, tmp_memory_table_size = 2097152, \
     optimizer_switch = 'exists_to_in=off,split_materialized=off,\
     condition_pushdown_for_derived=off'";

/// What every connection to `MariaDB` is told as well: as on `PostgreSQL`, each
/// statement sees what others have committed before it. By the server's own
/// default, whoever has waited for a lock would go on with what was there
/// before the wait.
const MARIADB_ISOLATION: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// The connections to a database, by what they are for.
pub(super) struct Pools<DB: sqlx::Database> {
    /// Those that read.
    pub readers: Pool<DB>,
    /// Those that write for requests, each in a pool of its own; none where all
    /// have but one to write by.
    pub writers: Vec<Pool<DB>>,
    /// Those that look something up before anything is written.
    pub lookups: Pool<DB>,
    /// Those for everything else.
    pub others: Pool<DB>,
    /// One that is never waited for long, however many requests there are.
    pub spare: Pool<DB>,
    /// One that stops what those that read run and nobody waits for, where that
    /// takes another connection.
    pub stopping: Option<Pool<DB>>,
}

impl<DB: Driver> Pools<DB>
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
{
    /// Those to a server, connected to by `told`, with how long their statements
    /// may take.
    fn of_server(
        limits: ReadLimits,
        told: impl Fn(PoolOptions<DB>, Option<Duration>) -> Pool<DB>,
    ) -> Self {
        Self {
            readers: told(readers(limits.connections), Some(limits.statement)),
            writers: (0..WRITERS)
                .map(|_| told(settled(few(1), limits.silence::<DB>()), limits.writing))
                .collect(),
            lookups: told(settled(few(2), DB::GRACE), Some(limits.statement)),
            others: told(settled(few(2), limits.silence::<DB>()), limits.writing),
            spare: told(settled(few(1), DB::GRACE), Some(limits.statement)),
            stopping: Some(told(settled(stopping(), DB::GRACE), Some(limits.statement))),
        }
    }
}

/// Connections that are closed when they do not answer within a time of being
/// given back. The pool itself would wait for ever: for a statement that was
/// abandoned, and for a server that is gone without a word.
fn settled<DB: Driver>(pool: PoolOptions<DB>, within: Duration) -> PoolOptions<DB>
where
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
{
    pool.after_release(move |connection, _| {
        Box::pin(async move {
            let settled = timeout(within, connection.execute(DB::SETTLES)).await;
            match settled {
                Ok(settled) => settled.map(|_| true),
                Err(late) => Err(sqlx::Error::Io(late.into())),
            }
        })
    })
}

/// Connections to an `SQLite` file, of which one writes, and what stops what
/// that one reads. The file is made if it is not there.
pub(super) async fn sqlite(
    path: &Path,
    connections: u32,
) -> Result<(Pools<Sqlite>, Brake), RunError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // What is told to be kept is kept when the power fails as well.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(PREPARED_BY_SQLITE)
        // Bytes mapped, and kibibytes cached where that is negative: what is
        // mapped needs no cache.
        .pragma("mmap_size", "268435456")
        .pragma("cache_size", "-2048")
        // What is sorted and grouped beyond a cache goes to files, so that
        // memory does not grow with the rows.
        .pragma("temp_store", "FILE")
        .with_regexp()
        .disable_statement_logging();
    // One writer: SQLite has no more, and waiting for it here is fairer than
    // its busy handler.
    let brake = Brake::default();
    let (installed, released) = (brake.clone(), brake.clone());
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(BUSY_TIMEOUT)
        // What was stopped before is over, whichever connection comes next.
        .after_connect(move |connection, _| {
            let brake = installed.clone();
            brake.release();
            Box::pin(async move { brake.install(connection).await })
        })
        .before_acquire(move |_, _| {
            released.release();
            Box::pin(async { Ok(true) })
        })
        .connect_with(options.clone().create_if_missing(true))
        .await?;
    check_build(&writer).await?;
    let reading = options.pragma("query_only", "ON");
    let pools = Pools {
        readers: readers(connections).connect_with(reading.clone()).await?,
        writers: Vec::new(),
        others: writer,
        lookups: few(2).connect_lazy_with(reading.clone()),
        spare: few(1).connect_lazy_with(reading),
        stopping: None,
    };
    Ok((pools, brake))
}

/// Refuses an `SQLite` that was built without what statistics and the bounds of
/// answers need.
async fn check_build(pool: &Pool<Sqlite>) -> Result<(), RunError> {
    let all = "SELECT min(sqlite_compileoption_used(value)) FROM json_each('[\
               \"ENABLE_MATH_FUNCTIONS\",\"ENABLE_PERCENTILE\",\"MAX_LENGTH=16777216\"]')";
    let is_whole: bool = sqlx::query_scalar(all).fetch_one(pool).await?;
    if is_whole {
        return Ok(());
    }
    let lacks = "this program was built without functions of SQLite that it needs; build it within \
                 its own directory, where .cargo/config.toml says LIBSQLITE3_FLAGS";
    Err(RunError::Failed(lacks.to_owned()))
}

/// Connections to a `PostgreSQL` server.
pub(super) async fn postgres(
    options: &PgConnectOptions,
    limits: ReadLimits,
) -> Result<Pools<Postgres>, RunError> {
    let options = options
        .clone()
        .application_name("purser")
        .statement_cache_capacity(PREPARED_STATEMENTS)
        .disable_statement_logging();
    reach(&options).await?;
    let told = |pool: PgPoolOptions, limit: Option<Duration>| {
        let limit = limit.unwrap_or_default().as_millis();
        let session = format!("{POSTGRES_SESSION}; SET statement_timeout = {limit}");
        let pool = pool.after_connect(move |connection, _| {
            let session = AssertSqlSafe(session.clone());
            Box::pin(async move { connection.execute(session).await.map(|_| ()) })
        });
        pool.connect_lazy_with(options.clone())
    };
    Ok(Pools::of_server(limits, told))
}

/// Connections to a `MariaDB` server.
pub(super) async fn mariadb(
    options: &MySqlConnectOptions,
    limits: ReadLimits,
) -> Result<Pools<MySql>, RunError> {
    let options = options
        .clone()
        .charset("utf8mb4")
        // The collation of the shop's columns: texts compare byte by byte and
        // blanks at the end count.
        .collation("utf8mb4_nopad_bin")
        .statement_cache_capacity(PREPARED_STATEMENTS)
        .disable_statement_logging();
    reach(&options).await?;
    let told = |pool: MySqlPoolOptions, limit: Option<Duration>| {
        let limit = limit.unwrap_or_default().as_secs_f64();
        let session =
            format!("{MARIADB_SESSION}, max_statement_time = {limit}; {MARIADB_ISOLATION}");
        let pool = pool.after_connect(move |connection, _| {
            let session = AssertSqlSafe(session.clone());
            Box::pin(async move { connection.execute(session).await.map(|_| ()) })
        });
        pool.connect_lazy_with(options.clone())
    };
    Ok(Pools::of_server(limits, told))
}

fn readers<DB: sqlx::Database>(connections: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
}

fn few<DB: sqlx::Database>(connections: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
}

/// What lies between may forget in silence who says nothing for minutes.
fn stopping<DB: sqlx::Database>() -> PoolOptions<DB> {
    few(1).idle_timeout(Duration::from_mins(1))
}

/// Connects once, outside any pool, which would only say that it took too
/// long.
async fn reach<O>(options: &O) -> Result<(), RunError>
where
    O: ConnectOptions<Connection: Sized>,
{
    let connected = timeout(ACQUIRE_TIMEOUT, options.connect());
    match connected.await {
        Ok(Ok(connection)) => Ok(connection.close().await?),
        Ok(Err(error)) => Err(RunError::Unavailable(error.to_string())),
        Err(_) => Err(RunError::Unavailable(format!(
            "no answer within {} seconds",
            ACQUIRE_TIMEOUT.as_secs()
        ))),
    }
}
