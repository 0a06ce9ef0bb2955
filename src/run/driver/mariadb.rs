use std::time::Duration;

use sqlx::Connection as _;
use sqlx::mysql::{MySqlArguments, MySqlDatabaseError};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, MySql, MySqlConnection, MySqlPool, Row as _, query_scalar, raw_sql};

use super::{Driver, PREPARED_STATEMENTS, json, unicode, words_of};
use crate::plan::{SearchWord, Value};
use crate::run::caseless::{BRACED, pattern};
use crate::run::held::Length;

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
            // A LIMIT keeps it from being computed twice. It stands on the statement
            // itself: where one derived table has another as a whole, subqueries
            // beside aggregates over no rows are null from the second run on.
            Length::Large | Length::Largest => format!(
                "WITH answer(json) AS ({sql} LIMIT 1) \
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
