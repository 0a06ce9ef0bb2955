use std::time::Duration;

use sea_orm::sea_query::ArrayType;
use sea_orm::{
    ConnectionTrait as _, DatabaseExecutor, DatabaseTransaction, DbErr, QueryResult,
    Statement as OrmStatement, Value as OrmValue,
};
use sqlx::{MySql, Postgres, Sqlite};
use tokio::sync::OnceCell;

use super::database::{Database, Isolation, too_large};
use super::driver::Driver;
use super::error::RunError;
use super::held::Length;
use super::writers::Begun;
use crate::catalog::Kind;
use crate::plan::{Param, Value};
use crate::sql::{Dialect, Statement};

/// How long a transaction of an operation may take: others wait for what it
/// has changed, and on `SQLite` for the one connection that writes.
pub const LONGEST: Duration = Duration::from_secs(10);

/// All that one operation writes, or nothing of it. It begins when something
/// is first to be written: until then no connection is taken.
pub struct Transaction {
    database: Database,
    isolation: Isolation,
    /// How long statements may take that tell what was written.
    length: Length,
    begun: OnceCell<Begun>,
}

impl Transaction {
    pub(super) fn new(database: Database, isolation: Isolation, length: Length) -> Self {
        Self {
            database,
            isolation,
            length,
            begun: OnceCell::new(),
        }
    }

    /// What to read by before anything is to be written: the transaction if it
    /// has begun, and any connection otherwise.
    #[must_use]
    pub fn reading(&self) -> DatabaseExecutor<'_> {
        match self.begun.get() {
            Some(begun) => (&**begun).into(),
            None => self.database.lookups().into(),
        }
    }

    /// What to write by.
    ///
    /// # Errors
    /// [`DbErr`] where the transaction cannot begin.
    pub async fn writing(&self) -> Result<&DatabaseTransaction, DbErr> {
        let begin = || self.database.begin_isolated(self.isolation);
        Ok(self.begun.get_or_try_init(begin).await?)
    }

    /// Whether it has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.initialized()
    }

    /// Reads what a statement of the engine tells, in what has been written so
    /// far. No row reads as null.
    ///
    /// # Errors
    /// [`RunError`] where the database gives no answer.
    pub async fn fetch(
        &self,
        statement: &Statement,
        params: &[Param],
    ) -> Result<Vec<u8>, RunError> {
        let Some(begun) = self.begun.get() else {
            return self.database.fetch(statement, params, self.length).await;
        };
        let bounded = self.database.bounded(statement, self.length);
        let row = begun.query_one_raw(self.reading_by(&bounded, params));
        match self.database.in_time(row).await? {
            Some(row) => json(&row),
            None => Ok(b"null".to_vec()),
        }
    }

    /// Reads what a statement of the engine tells of each row, and begins to
    /// write: rows may be locked.
    ///
    /// # Errors
    /// [`RunError`] where the database gives no answer.
    pub async fn fetch_each(
        &self,
        statement: &Statement,
        params: &[Param],
    ) -> Result<Vec<Vec<u8>>, RunError> {
        let begun = self.writing().await?;
        let rows = begun.query_all_raw(self.reading_by(statement, params));
        let rows = self.database.in_time(rows).await?;
        rows.iter().map(json).collect()
    }

    /// Runs a statement that writes, and binds what it writes; tells how many
    /// rows it wrote.
    ///
    /// # Errors
    /// [`DbErr`] where it wrote nothing, be it that a constraint was violated.
    pub async fn execute<'v>(
        &self,
        sql: String,
        values: impl Iterator<Item = &'v Value>,
    ) -> Result<u64, DbErr> {
        let begun = self.writing().await?;
        tracing::debug!(target: "purser::sql", %sql, "statement");
        let values: Vec<OrmValue> = values.map(self.binder()).collect();
        let backend = begun.get_database_backend();
        let statement = OrmStatement::from_sql_and_values(backend, sql, values);
        let done = begun.execute_raw(statement).await?;
        Ok(done.rows_affected())
    }

    /// A statement of the engine as `SeaORM` takes it.
    fn reading_by(&self, statement: &Statement, params: &[Param]) -> OrmStatement {
        tracing::debug!(target: "purser::sql", sql = %statement.sql, "statement");
        let bound = self.binder();
        let binds = statement.binds.iter();
        let values = binds.filter_map(|bind| params.get(bind.0));
        let values: Vec<OrmValue> = values.map(|param| bound(&param.value)).collect();
        let backend = self.database.orm().get_database_backend();
        OrmStatement::from_sql_and_values(backend, &statement.sql, values)
    }

    fn binder(&self) -> fn(&Value) -> OrmValue {
        match self.database.dialect() {
            Dialect::Sqlite => bound::<Sqlite>,
            Dialect::Postgres => bound::<Postgres>,
            Dialect::Mariadb => bound::<MySql>,
        }
    }

    /// How long statements may take that tell what was written.
    #[must_use]
    pub fn length(&self) -> Length {
        self.length
    }

    /// Which SQL the database speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// Keeps what was written.
    ///
    /// # Errors
    /// [`RunError`] where it cannot be kept, and then none of it is, but where
    /// that is [`RunError::Uncertain`].
    pub async fn commit(self) -> Result<(), RunError> {
        let Some(begun) = self.begun.into_inner() else {
            return Ok(());
        };
        let kept = self.database.unless_silent(begun.commit()).await;
        kept.map_err(|error| match RunError::from(error) {
            RunError::Unavailable(detail) => RunError::Uncertain(detail),
            error => error,
        })
    }

    /// Undoes what was written.
    ///
    /// # Errors
    /// [`DbErr`] where the database cannot be told; it undoes it by itself then.
    pub async fn rollback(self) -> Result<(), DbErr> {
        match self.begun.into_inner() {
            Some(begun) => self.database.unless_silent(begun.rollback()).await,
            None => Ok(()),
        }
    }
}

/// The bytes of the one value of a row.
fn json(row: &QueryResult) -> Result<Vec<u8>, RunError> {
    let bytes = if let Some(row) = row.try_as_sqlite_row() {
        Sqlite::json(row)
    } else if let Some(row) = row.try_as_pg_row() {
        Postgres::json(row)
    } else if let Some(row) = row.try_as_mysql_row() {
        MySql::json(row)
    } else {
        return Err(RunError::Failed("a row of no known database".to_owned()));
    };
    bytes?.ok_or_else(too_large)
}

/// A value as `SeaORM` binds it.
fn bound<DB: Driver>(value: &Value) -> OrmValue {
    match value {
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Boolean(truth) => (*truth).into(),
        Value::Uuid(key) => (*key).into(),
        Value::DateTime(moment) if DB::MOMENTS_ARE_NAIVE => moment.naive_utc().into(),
        Value::DateTime(moment) => (*moment).into(),
        Value::Date(day) => (*day).into(),
        Value::List(kind, values) if DB::HAS_ARRAYS => {
            let items = values.iter().map(bound::<DB>).collect();
            OrmValue::Array(array_of(kind), Some(Box::new(items)))
        }
        Value::Null(kind) => null::<DB>(kind),
        Value::Text(_)
        | Value::Json(_)
        | Value::Caseless(..)
        | Value::Search(_)
        | Value::RareSearch(_)
        | Value::List(..) => DB::text(value).into(),
    }
}

/// Nothing, as `SeaORM` binds it for a column of that kind.
fn null<DB: Driver>(kind: &Kind) -> OrmValue {
    match kind {
        Kind::Text | Kind::Enum(_) | Kind::Json => OrmValue::String(None),
        Kind::BigInt | Kind::Int => OrmValue::BigInt(None),
        Kind::Float => OrmValue::Double(None),
        Kind::Boolean => OrmValue::Bool(None),
        Kind::Uuid => OrmValue::Uuid(None),
        Kind::DateTime if DB::MOMENTS_ARE_NAIVE => OrmValue::ChronoDateTime(None),
        Kind::DateTime => OrmValue::ChronoDateTimeUtc(None),
        Kind::Date => OrmValue::ChronoDate(None),
    }
}

fn array_of(kind: &Kind) -> ArrayType {
    match kind {
        Kind::Text | Kind::Enum(_) | Kind::Json => ArrayType::String,
        Kind::BigInt | Kind::Int => ArrayType::BigInt,
        Kind::Float => ArrayType::Double,
        Kind::Boolean => ArrayType::Bool,
        Kind::Uuid => ArrayType::Uuid,
        Kind::DateTime => ArrayType::ChronoDateTimeUtc,
        Kind::Date => ArrayType::ChronoDate,
    }
}
