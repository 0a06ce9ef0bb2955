use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value as Json;
use sqlx::database::HasStatementCache;
use sqlx::mysql::{MySqlArguments, MySqlDatabaseError};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{
    AssertSqlSafe, Connection as _, MySql, MySqlConnection, MySqlPool, PgConnection, PgPool, Pool,
    Postgres, Row as _, Sqlite, SqliteConnection, SqlitePool, ValueRef as _, query, query_as,
    query_scalar, raw_sql,
};

use super::caseless::{BRACED, EIGHT_DIGITS, pattern};
use super::held::Length;
use crate::catalog::Kind;
use crate::plan::{SearchWord, Value};

/// Stops the statement that a connection runs.
#[derive(Clone, Default)]
pub(super) struct Brake(Arc<AtomicBool>);

impl Brake {
    /// Stops it soon.
    pub fn pull(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Lets the next one run.
    pub fn release(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Makes it stop what a connection to `SQLite` runs.
    pub async fn install(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let Self(pulled) = self.clone();
        let goes_on = move || !pulled.load(Ordering::Relaxed);
        let mut handle = connection.lock_handle().await?;
        handle.set_progress_handler(STEPS, goes_on);
        Ok(())
    }
}

/// How many steps of its machine `SQLite` takes before it asks again whether
/// to go on: well under a millisecond.
const STEPS: i32 = 20_000;

/// How long an abandoned statement may go on before it is stopped.
const MOMENT: Duration = Duration::from_millis(100);

/// How many statements a connection to a server keeps prepared, in the
/// server's memory.
pub(super) const PREPARED_STATEMENTS: usize = 128;

/// How long the text of a statement is at most, in bytes, that is kept
/// prepared. It takes many times its text, on `MariaDB` by its square.
pub(super) const LONGEST_KEPT: usize = 8192;

/// What the drivers of the databases do each in its own way.
pub(super) trait Driver: sqlx::Database + HasStatementCache {
    /// What stands before a statement to ask how the database would run it.
    const EXPLAIN: &'static str;
    /// How much longer than it may take a statement is waited for. Servers
    /// give it up by themselves.
    const GRACE: Duration;

    /// How many statements with large answers run at once at most.
    fn most_large() -> usize {
        usize::MAX
    }

    /// Whether those with the largest run beside no other one.
    const LARGEST_ALONE: bool = false;

    /// What a connection is stopped by.
    type Brake: Send + Sync + 'static;

    /// What stops statements of a connection.
    fn brake(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<Self::Brake, sqlx::Error>> + Send;

    /// Stops the statement that a connection runs, for good. Servers go on with
    /// it when the connection is closed, until another one tells them.
    fn stop(
        brake: &Self::Brake,
        others: Option<&Pool<Self>>,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Whether a connection whose statement was abandoned is ready for another
    /// within a moment.
    fn recovers(connection: &mut Self::Connection) -> impl Future<Output = bool> + Send {
        let _ = connection;
        std::future::ready(false)
    }

    /// What a connection that has run a statement does before the next one.
    fn tidy(
        connection: &mut Self::Connection,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send {
        let _ = connection;
        std::future::ready(Ok(()))
    }

    /// Whether moments are bound without a zone.
    const MOMENTS_ARE_NAIVE: bool = false;
    /// Whether lists are bound as arrays, rather than as JSON.
    const HAS_ARRAYS: bool = false;

    /// Binds a value to the next placeholder.
    fn bind<'q>(
        query: Query<'q, Self, Self::Arguments>,
        value: &Value,
    ) -> Query<'q, Self, Self::Arguments>;

    /// What is bound of a value that is not of a column's own type but a text,
    /// be it a pattern, words or a list.
    fn text(value: &Value) -> String;

    /// A statement that gives null instead of an answer of more than so many
    /// bytes. Where that takes time, only what is large is asked so: there are
    /// other bounds, `SQLITE_MAX_LENGTH` and `max_allowed_packet`.
    fn bounded(sql: &str, most: usize, length: Length) -> String;

    /// The bytes of the one value of a row. Null is an answer that is too large:
    /// no statement shapes it otherwise.
    fn json(row: &Self::Row) -> Result<Option<Vec<u8>>, sqlx::Error>;

    /// A line of what the database says to [`EXPLAIN`](Self::EXPLAIN).
    fn line(row: &Self::Row) -> Result<String, sqlx::Error>;
}

impl Driver for Sqlite {
    const EXPLAIN: &'static str = "EXPLAIN QUERY PLAN ";
    const GRACE: Duration = Duration::ZERO;
    type Brake = Brake;
    const LARGEST_ALONE: bool = true;

    /// They run in this process, and each takes several times its answer.
    fn most_large() -> usize {
        available_parallelism().map_or(1, NonZero::get)
    }

    async fn brake(connection: &mut SqliteConnection) -> Result<Brake, sqlx::Error> {
        let brake = Brake::default();
        brake.install(connection).await?;
        Ok(brake)
    }

    async fn stop(brake: &Brake, _: Option<&SqlitePool>) -> Result<(), sqlx::Error> {
        brake.pull();
        Ok(())
    }

    fn bounded(sql: &str, most: usize, length: Length) -> String {
        match length {
            Length::Short | Length::Long => sql.to_owned(),
            Length::Large | Length::Largest => format!(
                "WITH answer(json) AS MATERIALIZED ({sql}) \
                 SELECT CASE WHEN octet_length(json) <= {most} THEN json END FROM answer"
            ),
        }
    }

    fn bind<'q>(
        query: Query<'q, Self, SqliteArguments>,
        value: &Value,
    ) -> Query<'q, Self, SqliteArguments> {
        match value {
            Value::Int(number) => query.bind(*number),
            Value::Float(number) => query.bind(*number),
            Value::Boolean(truth) => query.bind(*truth),
            Value::Uuid(key) => query.bind(*key),
            Value::DateTime(moment) => query.bind(*moment),
            Value::Date(day) => query.bind(*day),
            value => query.bind(Self::text(value)),
        }
    }

    fn text(value: &Value) -> String {
        match value {
            Value::Text(text) | Value::Json(text) => text.clone(),
            Value::Caseless(place, text) => pattern(*place, text, &BRACED),
            Value::Search(words) | Value::RareSearch(words) => {
                words_of(words, "\"", "\"", "*", " AND ")
            }
            Value::List(_, values) => json(values, |moment| {
                // As the driver writes a moment itself.
                moment.to_rfc3339_opts(SecondsFormat::AutoSi, false)
            }),
            _ => String::new(),
        }
    }

    fn json(row: &Self::Row) -> Result<Option<Vec<u8>>, sqlx::Error> {
        let json: Option<&[u8]> = row.try_get(0)?;
        json.map(unicode).transpose()
    }

    fn line(row: &Self::Row) -> Result<String, sqlx::Error> {
        row.try_get(3)
    }
}

impl Driver for Postgres {
    const EXPLAIN: &'static str = "EXPLAIN ";
    const GRACE: Duration = Duration::from_secs(5);
    const HAS_ARRAYS: bool = true;
    /// The process that serves the session, and since when it does: another may
    /// have its number later.
    type Brake = (i32, DateTime<Utc>);

    async fn brake(connection: &mut PgConnection) -> Result<Self::Brake, sqlx::Error> {
        let session = "SELECT pid, backend_start FROM pg_stat_activity \
                       WHERE pid = pg_backend_pid()";
        query_as(session)
            .persistent(false)
            .fetch_one(connection)
            .await
    }

    async fn stop(
        (process, since): &Self::Brake,
        others: Option<&PgPool>,
    ) -> Result<(), sqlx::Error> {
        let others = others.ok_or(sqlx::Error::PoolClosed)?;
        let stop = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE pid = $1 AND backend_start = $2";
        let stop = query(stop).bind(process).bind(since);
        stop.execute(others).await.map(drop)
    }

    /// The driver knows how much of its answer is still to come, and skips that.
    async fn recovers(connection: &mut PgConnection) -> bool {
        let ready = tokio::time::timeout(MOMENT, connection.ping()).await;
        matches!(ready, Ok(Ok(())))
    }

    fn bind<'q>(
        query: Query<'q, Self, PgArguments>,
        value: &Value,
    ) -> Query<'q, Self, PgArguments> {
        match value {
            Value::Int(number) => query.bind(*number),
            Value::Float(number) => query.bind(*number),
            Value::Boolean(truth) => query.bind(*truth),
            Value::Uuid(key) => query.bind(*key),
            Value::DateTime(moment) => query.bind(*moment),
            Value::Date(day) => query.bind(*day),
            Value::List(kind, values) => array(query, kind, values),
            value => query.bind(Self::text(value)),
        }
    }

    fn text(value: &Value) -> String {
        match value {
            Value::Text(text) | Value::Json(text) => text.clone(),
            Value::Caseless(place, text) => pattern(*place, text, &EIGHT_DIGITS),
            Value::Search(words) | Value::RareSearch(words) => {
                words_of(words, "'", "'", ":*", " & ")
            }
            _ => String::new(),
        }
    }

    fn bounded(sql: &str, most: usize, _: Length) -> String {
        // An OFFSET keeps it from being computed twice, and, unlike what is
        // MATERIALIZED, it is not written to a file where it is large.
        format!(
            "SELECT CASE WHEN pg_column_size(json) <= {most} THEN json END \
             FROM (SELECT * FROM ({sql}) a OFFSET 0) answer(json)"
        )
    }

    fn json(row: &Self::Row) -> Result<Option<Vec<u8>>, sqlx::Error> {
        // The binary form of `json` is its text.
        let value = row.try_get_raw(0)?;
        if value.is_null() {
            return Ok(None);
        }
        unicode(value.as_bytes().map_err(sqlx::Error::Decode)?).map(Some)
    }

    fn line(row: &Self::Row) -> Result<String, sqlx::Error> {
        row.try_get(0)
    }
}

impl Driver for MySql {
    const EXPLAIN: &'static str = "EXPLAIN FORMAT=JSON ";
    const GRACE: Duration = Duration::from_secs(5);
    // As a DATETIME: a TIMESTAMP holds the years from 1970 to 2038 only.
    const MOMENTS_ARE_NAIVE: bool = true;
    /// The number of the session.
    type Brake = u64;

    async fn brake(connection: &mut MySqlConnection) -> Result<u64, sqlx::Error> {
        query_scalar("SELECT CONNECTION_ID()")
            .persistent(false)
            .fetch_one(connection)
            .await
    }

    async fn stop(session: &u64, others: Option<&MySqlPool>) -> Result<(), sqlx::Error> {
        let others = others.ok_or(sqlx::Error::PoolClosed)?;
        let stop = raw_sql(AssertSqlSafe(format!("KILL {session}")));
        match stop.execute(others).await {
            Err(error) if is_gone(&error) => Ok(()),
            stopped => stopped.map(drop),
        }
    }

    fn bounded(sql: &str, most: usize, length: Length) -> String {
        match length {
            Length::Short | Length::Long => sql.to_owned(),
            // A LIMIT keeps it from being computed twice.
            Length::Large | Length::Largest => format!(
                "WITH answer(json) AS (SELECT * FROM ({sql}) a LIMIT 1) \
                 SELECT IF(OCTET_LENGTH(json) <= {most}, json, NULL) FROM answer"
            ),
        }
    }

    // None recovers: the driver does not know of answers to PREPARE that are still to come.

    /// The driver tells the server of each statement that it drops, a message
    /// without an answer, and `sqlx` 0.9 does not set `TCP_NODELAY`: what it
    /// sends next waits until the server acknowledges that, which takes 40
    /// milliseconds (<https://github.com/transact-rs/sqlx/issues/4335>). So
    /// statements are not dropped one by one, but all at a time.
    async fn tidy(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
        if connection.cached_statements_size() >= PREPARED_STATEMENTS {
            Box::pin(connection.clear_cached_statements()).await?;
        }
        Ok(())
    }

    fn bind<'q>(
        query: Query<'q, Self, MySqlArguments>,
        value: &Value,
    ) -> Query<'q, Self, MySqlArguments> {
        match value {
            Value::Int(number) => query.bind(*number),
            Value::Float(number) => query.bind(*number),
            Value::Boolean(truth) => query.bind(*truth),
            Value::Uuid(key) => query.bind(*key),
            Value::DateTime(moment) => query.bind(moment.naive_utc()),
            Value::Date(day) => query.bind(*day),
            value => query.bind(Self::text(value)),
        }
    }

    fn text(value: &Value) -> String {
        match value {
            Value::Text(text) | Value::Json(text) => text.clone(),
            Value::Caseless(place, text) => pattern(*place, text, &BRACED),
            // Words stand in the index behind two letters; see
            // `migration::search`.
            Value::Search(words) => words_of(words, "+zz", "", "*", " "),
            // A regular expression over the same column, behind whose last word
            // a blank is put.
            Value::RareSearch(words) => {
                let mut pattern = String::from("\\A");
                for SearchWord { word, prefix } in words {
                    let end = if *prefix { "" } else { " " };
                    pattern.extend(["(?=.* zz", word, end, ")"]);
                }
                pattern
            }
            Value::List(_, values) => json(values, |moment| {
                moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
            }),
            _ => String::new(),
        }
    }

    fn json(row: &Self::Row) -> Result<Option<Vec<u8>>, sqlx::Error> {
        let json: Option<&[u8]> = row.try_get_unchecked(0)?;
        json.map(unicode).transpose()
    }

    fn line(row: &Self::Row) -> Result<String, sqlx::Error> {
        // Values of binary columns stand in it as they are.
        let bytes = row.try_get_unchecked::<&[u8], _>(0)?;
        Ok(String::from_utf8_lossy(bytes)
            .chars()
            .map(|character| match character {
                '\n' => '\n',
                character if character.is_control() => '.',
                character => character,
            })
            .collect())
    }
}

/// Whether `MariaDB` knows no session of that number (`ER_NO_SUCH_THREAD`).
fn is_gone(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error
        .and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>())
        .is_some_and(|error| error.number() == 1094)
}

/// Binds a list as an array of the column's kind.
fn array<'q>(
    query: Query<'q, Postgres, PgArguments>,
    kind: &Kind,
    values: &[Value],
) -> Query<'q, Postgres, PgArguments> {
    macro_rules! of {
        ($variant:ident) => {
            query.bind(
                values
                    .iter()
                    .filter_map(|value| match value {
                        Value::$variant(value) => Some(value.clone()),
                        _ => None,
                    })
                    .collect::<Vec<_>>(),
            )
        };
    }
    match kind {
        Kind::Text | Kind::Enum(_) | Kind::Json => of!(Text),
        Kind::BigInt | Kind::Int => of!(Int),
        Kind::Float => of!(Float),
        Kind::Boolean => of!(Boolean),
        Kind::Uuid => of!(Uuid),
        Kind::DateTime => of!(DateTime),
        Kind::Date => of!(Date),
    }
}

/// Words of a search that an index has, in a database's own language. They
/// are letters and digits, so nothing in them means anything there.
fn words_of(
    words: &[SearchWord],
    before: &str,
    after: &str,
    prefix: &str,
    between: &str,
) -> String {
    words
        .iter()
        .map(|SearchWord { word, prefix: open }| {
            let open = if *open { prefix } else { "" };
            format!("{before}{word}{after}{open}")
        })
        .collect::<Vec<_>>()
        .join(between)
}

/// The bytes of a text. Not every database has seen to it that they are one,
/// and a client would have to refuse an answer in which they are not.
fn unicode(bytes: &[u8]) -> Result<Vec<u8>, sqlx::Error> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(bytes.to_vec()),
        Err(error) => Err(sqlx::Error::Decode(error.into())),
    }
}

/// A list as JSON, for databases without arrays.
fn json(values: &[Value], moment: impl Fn(&DateTime<Utc>) -> String) -> String {
    let items = values
        .iter()
        .map(|value| match value {
            Value::Text(text) => Json::from(text.as_str()),
            Value::Int(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Boolean(truth) => Json::from(i32::from(*truth)),
            Value::Uuid(key) => Json::from(key.simple().to_string()),
            Value::DateTime(value) => Json::from(moment(value)),
            Value::Date(day) => Json::from(day.to_string()),
            // Lists hold none of these.
            Value::Json(_)
            | Value::Null(_)
            | Value::Caseless(..)
            | Value::Search(_)
            | Value::RareSearch(_)
            | Value::List(..) => Json::Null,
        })
        .collect();
    Json::Array(items).to_string()
}
