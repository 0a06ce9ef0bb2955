mod mariadb;
mod postgres;
mod sqlite;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use sqlx::Pool;
use sqlx::database::HasStatementCache;
use sqlx::query::Query;

use super::held::Length;
use crate::plan::{SearchWord, Value};

pub(super) use sqlite::Brake;

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

    /// What a connection to a server is told when it is given back: whatever was
    /// begun on it is over. It says nothing where nothing was.
    const SETTLES: &'static str = "ROLLBACK";

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
