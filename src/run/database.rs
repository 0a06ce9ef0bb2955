use std::fmt;
use std::pin::pin;
use std::time::Duration;

use sea_orm::{
    ConnAcquireErr, DatabaseConnection, DbErr, IsolationLevel, SqliteTransactionMode,
    SqlxMySqlConnector, SqlxPostgresConnector, SqlxSqliteConnector, TransactionOptions,
    TransactionTrait as _,
};
use sqlx::database::HasStatementCache;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, IntoArguments, MySql, MySqlPool, PgPool, Postgres, Sqlite, SqlitePool};
use tracing::Instrument as _;

use super::connect::{self, ReadLimits};
use super::driver::{Brake, Driver, LONGEST_KEPT};
use super::error::{RunError, is_broken};
use super::held::{Held, Length};
use super::transaction::Transaction;
use super::url::DatabaseUrl;
use super::writers::{Begun, Writers};
use crate::plan::Param;
use crate::sql::{Dialect, Statement};

/// How far a transaction is from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what others have committed; who depends on rows locks
    /// them.
    Usual,
    /// As if there were no others: for what depends on rows that are not known
    /// beforehand. Where others are in the way, one of them is tried again.
    Alone,
}

/// A database: connections that read, and others for everything else.
#[derive(Clone)]
pub struct Database {
    readers: Readers,
    /// None where there is one connection that writes, which is that of `orm`.
    writers: Option<Writers>,
    orm: DatabaseConnection,
    lookups: DatabaseConnection,
    spare: DatabaseConnection,
    /// What stops what the writer of `SQLite` reads.
    brake: Brake,
    patience: Duration,
    /// How long a server is waited for that may be gone without a word.
    silence: Option<Duration>,
    share: usize,
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

impl Database {
    /// Connects. An `SQLite` file is made if it is not there.
    ///
    /// # Errors
    /// [`RunError`] where the database cannot be reached or opened.
    pub async fn connect(url: &DatabaseUrl, limits: ReadLimits) -> Result<Self, RunError> {
        let (mut brake, mut silence) = (Brake::default(), None);
        let (readers, writers, orm, lookups, spare) = match url {
            DatabaseUrl::Sqlite(path) => {
                let pools;
                (pools, brake) = connect::sqlite(path, limits.connections).await?;
                (
                    Readers::Sqlite(Held::new(pools.readers, pools.stopping, limits)),
                    None,
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(pools.others),
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(pools.lookups),
                    SqlxSqliteConnector::from_sqlx_sqlite_pool(pools.spare),
                )
            }
            DatabaseUrl::Postgres(options) => {
                let pools = connect::postgres(options, limits).await?;
                let orm = SqlxPostgresConnector::from_sqlx_postgres_pool;
                silence = Some(limits.silence::<Postgres>());
                (
                    Readers::Postgres(Held::new(pools.readers, pools.stopping, limits)),
                    Some(Writers::new(pools.writers.into_iter().map(orm))),
                    orm(pools.others),
                    orm(pools.lookups),
                    orm(pools.spare),
                )
            }
            DatabaseUrl::Mariadb(options) => {
                let pools = connect::mariadb(options, limits).await?;
                let orm = SqlxMySqlConnector::from_sqlx_mysql_pool;
                silence = Some(limits.silence::<MySql>());
                (
                    Readers::Mariadb(Held::new(pools.readers, pools.stopping, limits)),
                    Some(Writers::new(pools.writers.into_iter().map(orm))),
                    orm(pools.others),
                    orm(pools.lookups),
                    orm(pools.spare),
                )
            }
        };
        Ok(Self {
            readers,
            writers,
            orm,
            lookups,
            spare,
            share: limits.share(),
            brake,
            patience: limits.statement,
            silence,
        })
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

    /// How many bytes an answer has at most.
    #[must_use]
    pub fn largest(&self) -> usize {
        match &self.readers {
            Readers::Sqlite(held) => held.largest(),
            Readers::Postgres(held) => held.largest(),
            Readers::Mariadb(held) => held.largest(),
        }
    }

    /// How many statements one request may run at once.
    #[must_use]
    pub fn share(&self) -> usize {
        self.share
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

    /// Connections for `SeaORM`: migrations, seeds, and what must not be lost,
    /// however many transactions there are. On `SQLite` it is the one writer.
    #[must_use]
    pub fn orm(&self) -> &DatabaseConnection {
        &self.orm
    }

    /// Connections for `SeaORM` that look something up before anything is
    /// written: nobody waits there for those who write.
    #[must_use]
    pub fn lookups(&self) -> &DatabaseConnection {
        &self.lookups
    }

    /// One connection that reads and is free whatever requests do, for what
    /// must be known in time.
    #[must_use]
    pub fn spare(&self) -> &DatabaseConnection {
        &self.spare
    }

    /// Waits for what is asked on any of these connections: for ever only where
    /// there is no server, which may be gone without a word.
    ///
    /// # Errors
    /// [`DbErr`] of what is asked, or that nothing was said.
    pub async fn unless_silent<T>(
        &self,
        asked: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let Some(silence) = self.silence else {
            return asked.await;
        };
        let said = tokio::time::timeout(silence, asked).await;
        said.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    /// Begins a transaction of whoever is going to write.
    ///
    /// It begins apart from whoever waits for it: of a BEGIN that is given up
    /// halfway nobody knows whether the server has done it, and its connection
    /// would go on to others with a transaction open that none of them ends.
    ///
    /// # Errors
    /// [`DbErr`] where it cannot begin.
    pub async fn begin(&self) -> Result<Begun, DbErr> {
        self.begin_isolated(Isolation::Usual).await
    }

    pub(super) async fn begin_isolated(&self, isolation: Isolation) -> Result<Begun, DbErr> {
        // The one writer of SQLite is alone anyway.
        let alone = isolation == Isolation::Alone && self.dialect() != Dialect::Sqlite;
        let options = TransactionOptions {
            isolation_level: alone.then_some(IsolationLevel::Serializable),
            // Whoever is going to write waits for its turn before it reads.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let database = self.clone();
        let begun = async move {
            let begun = async {
                let taken = match &database.writers {
                    Some(writers) => Some(writers.take().await?),
                    None => None,
                };
                let connection = taken.as_ref().map_or(&database.orm, |one| &one.connection);
                let transaction = connection.begin_with_options(options).await?;
                Ok(Begun::on(taken, transaction))
            };
            database.unless_silent(begun).await
        };
        let begun = tokio::spawn(begun.in_current_span()).await;
        begun.map_err(|error| DbErr::Custom(error.to_string()))?
    }

    /// A transaction that begins when something is first to be written.
    #[must_use]
    pub fn transaction(&self) -> Transaction {
        self.transaction_isolated(Isolation::Usual, Length::Short)
    }

    /// The same, as far from others as it has to be, with how long statements may
    /// take that tell what was written.
    #[must_use]
    pub fn transaction_isolated(&self, isolation: Isolation, length: Length) -> Transaction {
        Transaction::new(self.clone(), isolation, length)
    }

    /// Waits for something that is read on a connection that writes, for as
    /// long as it may take. Servers give it up by themselves.
    pub(super) async fn in_time<T>(
        &self,
        read: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, RunError> {
        if self.dialect() != Dialect::Sqlite {
            return Ok(self.unless_silent(read).await?);
        }
        let mut read = pin!(read);
        let mut abandoned = Abandoned(Some(&self.brake));
        let done = tokio::time::timeout(self.patience, &mut read).await;
        let done = if let Ok(done) = done {
            done.map_err(RunError::from)
        } else {
            self.brake.pull();
            read.await.map_err(|_| given_up(self.patience))
        };
        abandoned.0 = None;
        self.brake.release();
        done
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`RunError`] where there is none.
    pub async fn ping(&self) -> Result<(), RunError> {
        // Not on one of those that requests may all have.
        Ok(self.spare.ping().await?)
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
        length: Length,
    ) -> Result<Vec<u8>, RunError> {
        tracing::debug!(target: "purser::sql", sql = %statement.sql, "statement");
        let json = match &self.readers {
            Readers::Sqlite(held) => first(held, statement, params, length).await?,
            Readers::Postgres(held) => first(held, statement, params, length).await?,
            Readers::Mariadb(held) => first(held, statement, params, length).await?,
        };
        Ok(json.unwrap_or_else(|| b"null".to_vec()))
    }

    /// A reading statement that gives null instead of too large an answer.
    pub(super) fn bounded(&self, statement: &Statement, length: Length) -> Statement {
        let sql = &statement.sql;
        Statement {
            sql: match &self.readers {
                Readers::Sqlite(held) => Sqlite::bounded(sql, held.largest(), length),
                Readers::Postgres(held) => Postgres::bounded(sql, held.largest(), length),
                Readers::Mariadb(held) => MySql::bounded(sql, held.largest(), length),
            },
            binds: statement.binds.clone(),
        }
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
            Readers::Sqlite(held) => held.close().await,
            Readers::Postgres(held) => held.close().await,
            Readers::Mariadb(held) => held.close().await,
        }
        if let Some(writers) = &self.writers
            && let Err(error) = writers.close().await
        {
            tracing::warn!(%error, "connections were not closed");
        }
        for others in [&self.orm, &self.lookups, &self.spare] {
            if let Err(error) = others.close_by_ref().await {
                tracing::warn!(%error, "connections were not closed");
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
    length: Length,
) -> Result<Option<Vec<u8>>, RunError>
where
    DB::Arguments: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
{
    loop {
        let mut lease = held.lease(length).await?;
        let sql = DB::bounded(&statement.sql, held.largest(), length);
        let query = query::<DB>(sql, statement, params);
        let row = query.fetch_optional(lease.connection()?);
        match tokio::time::timeout(held.patience(), row).await {
            Ok(Ok(row)) => {
                if DB::tidy(lease.connection()?).await.is_ok() {
                    lease.keep();
                }
                return match row.as_ref().map(DB::json).transpose()? {
                    Some(None) => Err(too_large()),
                    json => Ok(json.flatten()),
                };
            }
            Ok(Err(error)) => {
                let again = lease.idle && is_broken(&error);
                lease.give_up();
                if !again {
                    return Err(error.into());
                }
            }
            Err(_) => return Err(given_up(held.patience())),
        }
    }
}

/// Stops what nobody waits for any more.
struct Abandoned<'b>(Option<&'b Brake>);

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        if let Some(brake) = self.0 {
            brake.pull();
        }
    }
}

/// That an answer was not sent, for its size.
pub(super) fn too_large() -> RunError {
    RunError::TooLarge("more than an answer may have".to_owned())
}

fn given_up(patience: Duration) -> RunError {
    RunError::TimedOut(format!("no answer in {} seconds", patience.as_secs()))
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
    let mut lease = held.lease(Length::Short).await?;
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
    let kept = sql.len() <= LONGEST_KEPT;
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(kept);
    let binds = statement.binds.iter();
    binds
        .filter_map(|bind| params.get(bind.0))
        .fold(query, |query, param| DB::bind(query, &param.value))
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.dialect()).finish()
    }
}
