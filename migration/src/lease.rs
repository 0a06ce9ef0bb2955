//! One node migrates at a time: whoever holds the single row of `migration_lease`.
//!
//! A row with an expiry instead of an advisory lock, because those are missing in `CockroachDB` and
//! (as `GET_LOCK`) do not span the nodes of a Galera cluster. Expiry is computed by the database's
//! clock, never by the caller's: nodes disagree about the time, and a fast clock would take a lease
//! that is still alive. A holder that dies stops renewing, and its lease runs out.

use crate::runner::MigrationError;
use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult,
};
use sea_orm_migration::sea_query::{
    ColumnDef, Expr, ExprTrait as _, OnConflict, Query, SimpleExpr, Table,
};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

const TABLE: &str = "migration_lease";
const ROW: i32 = 1;

/// How many failures in a row are put down to a busy database before they are reported.
const PATIENCE: u32 = 5;

/// How long a lease lasts and how long others wait for it.
#[derive(Clone, Copy, Debug)]
pub struct LeaseTerms {
    /// The lease runs out this long after its last renewal; whole seconds, at least one.
    pub duration: Duration,
    /// A node that cannot take the lease gives up after this long.
    pub wait: Duration,
}

impl Default for LeaseTerms {
    /// A dead holder blocks for half a minute at most; a live one is waited for five minutes.
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(30),
            wait: Duration::from_mins(5),
        }
    }
}

/// The right to migrate, until it is released or runs out.
pub(crate) struct Lease<'db> {
    db: &'db DatabaseConnection,
    holder: String,
    duration: Duration,
}

impl<'db> Lease<'db> {
    /// Takes the lease, waiting with growing pauses while another node holds it.
    pub(crate) async fn acquire(
        db: &'db DatabaseConnection,
        terms: LeaseTerms,
    ) -> Result<Self, MigrationError> {
        let lease = Self {
            db,
            holder: Uuid::now_v7().to_string(),
            duration: terms.duration,
        };
        let start = Instant::now();
        let mut pause = Duration::from_millis(50);
        let mut failures = 0;
        loop {
            match lease.take().await {
                Ok(true) => return Ok(lease),
                Ok(false) => failures = 0,
                Err(error) if failures == PATIENCE => return Err(MigrationError::Lease(error)),
                // Nodes that start together collide while creating the table and while writing its
                // row, which every database reports in its own way; a moment later they do not.
                Err(_) => failures += 1,
            }
            if start.elapsed() >= terms.wait {
                return Err(lease.held_by_another(terms.wait).await);
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// Names this node in the log and in the errors of the nodes that wait for it.
    pub(crate) fn holder(&self) -> &str {
        &self.holder
    }

    /// Extends the lease; `false` when another node has taken it over.
    pub(crate) async fn renew(&self, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let held = Expr::col("holder").eq(self.holder.as_str());
        let result = self.write(db, self.expiry(db), held).await?;
        Ok(result.rows_affected() == 1)
    }

    /// Keeps renewing, and returns only when the lease is lost.
    pub(crate) async fn keep(&self) {
        let mut renewed = Instant::now();
        while renewed.elapsed() < self.duration {
            sleep(self.duration / 3).await;
            match self.renew(self.db).await {
                Ok(true) => renewed = Instant::now(),
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, "could not renew the migration lease"),
            }
        }
    }

    /// Lets the next node in at once. A failure is only logged, since the lease runs out anyway.
    pub(crate) async fn release(self) {
        let held = Expr::col("holder").eq(self.holder.as_str());
        if let Err(error) = self.write(self.db, Expr::value(0_i64), held).await {
            tracing::warn!(%error, "could not release the migration lease");
        }
    }

    async fn take(&self) -> Result<bool, DbErr> {
        self.create_row().await?;
        let expired = Expr::col("expires_at").lte(now(self.db));
        let result = self.write(self.db, self.expiry(self.db), expired).await?;
        Ok(result.rows_affected() == 1)
    }

    /// Creates the table and its row where they are missing; the new row is an expired lease.
    async fn create_row(&self) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .if_not_exists()
            .col(ColumnDef::new("id").integer().not_null().primary_key())
            .col(ColumnDef::new("holder").string_len(36).not_null())
            .col(ColumnDef::new("expires_at").big_integer().not_null())
            .take();
        self.db.execute(&table).await?;
        let row = Query::insert()
            .into_table(TABLE)
            .columns(["id", "holder", "expires_at"])
            .values_panic([ROW.into(), "".into(), 0_i64.into()])
            .on_conflict(OnConflict::column("id").do_nothing_on(["id"]).to_owned())
            .take();
        self.db.execute(&row).await?;
        Ok(())
    }

    async fn write(
        &self,
        db: &impl ConnectionTrait,
        expires_at: SimpleExpr,
        condition: SimpleExpr,
    ) -> Result<ExecResult, DbErr> {
        let update = Query::update()
            .table(TABLE)
            .value("holder", self.holder.as_str())
            .value("expires_at", expires_at)
            .and_where(Expr::col("id").eq(ROW))
            .and_where(condition)
            .take();
        db.execute(&update).await
    }

    fn expiry(&self, db: &impl ConnectionTrait) -> SimpleExpr {
        let seconds = i64::try_from(Ord::max(self.duration.as_secs(), 1)).unwrap_or(i64::MAX);
        now(db).add(seconds)
    }

    async fn held_by_another(&self, waited: Duration) -> MigrationError {
        let query = Query::select()
            .column("holder")
            .expr_as(Expr::col("expires_at").sub(now(self.db)), "remaining")
            .from(TABLE)
            .and_where(Expr::col("id").eq(ROW))
            .take();
        let row = match self.db.query_one(&query).await {
            Ok(row) => row,
            Err(error) => return MigrationError::Lease(error),
        };
        let read = row.map(|row| {
            let holder: Result<String, DbErr> = row.try_get("", "holder");
            let remaining: Result<i64, DbErr> = row.try_get("", "remaining");
            (holder.unwrap_or_default(), remaining.unwrap_or_default())
        });
        let (holder, remaining) = read.unwrap_or_default();
        MigrationError::LeaseHeld {
            holder,
            waited: waited.as_secs(),
            remaining: Ord::max(remaining, 0),
        }
    }
}

/// The database's clock in whole seconds since 1970.
fn now(db: &impl ConnectionTrait) -> SimpleExpr {
    Expr::cust(match db.get_database_backend() {
        DbBackend::Sqlite => "unixepoch()",
        DbBackend::MySql => "UNIX_TIMESTAMP()",
        // `now()` would be the start of the transaction.
        _ => "CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp())) AS BIGINT)",
    })
}
