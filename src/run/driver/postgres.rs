use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Row as _, ValueRef as _, query, query_as,
};

use super::{Driver, unicode, words_of};
use crate::catalog::Kind;
use crate::plan::Value;
use crate::run::caseless::{EIGHT_DIGITS, pattern};
use crate::run::held::Length;

/// How long an abandoned statement may go on before it is stopped.
const MOMENT: Duration = Duration::from_millis(100);

impl Driver for Postgres {
    const EXPLAIN: &'static str = "EXPLAIN ";
    const GRACE: Duration = Duration::from_secs(5);
    const SETTLES: &'static str = "BEGIN; ROLLBACK";
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
