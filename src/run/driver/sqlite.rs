use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use chrono::SecondsFormat;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Row as _, Sqlite, SqliteConnection, SqlitePool};

use super::{Driver, json, unicode, words_of};
use crate::plan::Value;
use crate::run::caseless::{BRACED, pattern};
use crate::run::held::Length;

/// Stops the statement that a connection runs.
#[derive(Clone, Default)]
pub(in crate::run) struct Brake(Arc<AtomicBool>);

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
