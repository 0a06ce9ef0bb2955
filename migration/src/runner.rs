//! Applies migrations: each once, in order, by one node at a time.
//!
//! SeaORM's own runner is not used because it fails on a migration it does not know, which is what
//! a node of the release before finds during a rolling deployment. The record of what was applied
//! is SeaORM's, so its command line tool reads it.

use crate::lease::{Lease, LeaseTerms};
use sea_orm_migration::sea_orm::{
    ActiveValue::Set, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait as _,
    TransactionTrait as _,
};
use sea_orm_migration::sea_orm::{DatabaseExecutor, Schema};
use sea_orm_migration::{MigrationTrait, SchemaManager, seaql_migrations};
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The migrations that this run applied, in order; empty when another node was faster.
    pub applied: Vec<String>,
    /// Migrations that the database has and this release does not know: a newer release made them.
    pub unknown: Vec<String>,
}

/// Which migrations a database has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Known and applied, in order.
    pub applied: Vec<String>,
    /// Known and not yet applied, in order.
    pub pending: Vec<String>,
    /// Applied by a newer release and not known to this one.
    pub unknown: Vec<String>,
}

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The state of the database could not be read.
    #[error("cannot read which migrations the database has: {0}")]
    Status(#[source] DbErr),
    /// The lease row could not be created or written.
    #[error(
        "cannot take the migration lease: {0}; the database account needs the right to create tables"
    )]
    Lease(#[source] DbErr),
    /// Another node held the lease for too long.
    #[error(
        "waited {waited} s for another node to migrate the database; look for lease holder {holder} \
         in the logs of the other nodes; if none is migrating, start again in {remaining} s, when its lease ends"
    )]
    LeaseHeld {
        /// The id that the holder logged when it took the lease.
        holder: String,
        /// How long this node waited, in seconds.
        waited: u64,
        /// How long the lease lasts unless it is renewed, in seconds.
        remaining: i64,
    },
    /// This node did not renew its lease in time, and another may have taken over.
    #[error(
        "stopped at migration {migration}: the migration lease was lost because this node or the database \
         did not respond for too long; start again"
    )]
    LeaseLost {
        /// The migration that was being applied.
        migration: String,
    },
    /// A migration was refused.
    #[error(
        "migration {migration} failed: {source}; the ones before it are kept, so correct the cause and start again"
    )]
    Failed {
        /// The migration that failed.
        migration: String,
        /// What the database answered.
        source: DbErr,
    },
}

/// Brings the database up to date. Safe to call from several nodes at once, and again after a crash.
///
/// # Errors
/// See [`MigrationError`]. What was applied before an error stays applied and is recorded.
pub async fn run(db: &DatabaseConnection) -> Result<Report, MigrationError> {
    run_list(db, &crate::migrations(), LeaseTerms::default()).await
}

/// [`run`] with another list of migrations or other terms.
///
/// # Errors
/// See [`MigrationError`].
pub async fn run_list(
    db: &DatabaseConnection,
    list: &[Box<dyn MigrationTrait>],
    terms: LeaseTerms,
) -> Result<Report, MigrationError> {
    let before = status_of(db, list).await?;
    if before.pending.is_empty() {
        return Ok(Report {
            applied: Vec::new(),
            unknown: before.unknown,
        });
    }
    let lease = Lease::acquire(db, terms).await?;
    tracing::info!(holder = lease.holder(), "took the migration lease");
    let result = apply_pending(db, list, &lease).await;
    lease.release().await;
    result
}

/// Which migrations this release knows and which of them the database has; writes nothing.
///
/// # Errors
/// [`MigrationError::Status`] when the database cannot be read.
pub async fn status(db: &DatabaseConnection) -> Result<Status, MigrationError> {
    status_of(db, &crate::migrations()).await
}

/// The names of the migrations that [`run`] would apply; writes nothing.
///
/// # Errors
/// [`MigrationError::Status`] when the database cannot be read.
pub async fn pending(db: &DatabaseConnection) -> Result<Vec<String>, MigrationError> {
    Ok(status(db).await?.pending)
}

async fn status_of(
    db: &DatabaseConnection,
    list: &[Box<dyn MigrationTrait>],
) -> Result<Status, MigrationError> {
    let mut recorded = recorded(db).await.map_err(MigrationError::Status)?;
    let names = list.iter().map(|migration| migration.name().to_owned());
    let (applied, pending) = names.partition(|name| recorded.remove(name));
    Ok(Status {
        applied,
        pending,
        unknown: recorded.into_iter().collect(),
    })
}

async fn recorded(db: &DatabaseConnection) -> Result<BTreeSet<String>, DbErr> {
    // An account that may only read must be able to ask, so the table is not created here.
    if !SchemaManager::new(db).has_table("seaql_migrations").await? {
        return Ok(BTreeSet::new());
    }
    let rows = seaql_migrations::Entity::find().all(db).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

async fn apply_pending(
    db: &DatabaseConnection,
    list: &[Box<dyn MigrationTrait>],
    lease: &Lease<'_>,
) -> Result<Report, MigrationError> {
    create_record(db).await.map_err(MigrationError::Status)?;
    // Read again: another node may have finished while this one waited.
    let status = status_of(db, list).await?;
    let mut applied = Vec::new();
    for migration in list {
        let name = migration.name().to_owned();
        if !status.pending.contains(&name) {
            continue;
        }
        apply(db, migration.as_ref(), lease).await?;
        tracing::info!(migration = name, "applied a migration");
        applied.push(name);
    }
    Ok(Report {
        applied,
        unknown: status.unknown,
    })
}

async fn create_record(db: &DatabaseConnection) -> Result<(), DbErr> {
    let mut table =
        Schema::new(db.get_database_backend()).create_table_from_entity(seaql_migrations::Entity);
    db.execute(table.if_not_exists()).await?;
    Ok(())
}

async fn apply(
    db: &DatabaseConnection,
    migration: &dyn MigrationTrait,
    lease: &Lease<'_>,
) -> Result<(), MigrationError> {
    let lost = || MigrationError::LeaseLost {
        migration: migration.name().to_owned(),
    };
    let failed = |source| MigrationError::Failed {
        migration: migration.name().to_owned(),
        source,
    };
    let transactional = migration
        .use_transaction()
        .unwrap_or(db.get_database_backend() != DbBackend::MySql);
    if transactional && db.get_database_backend() == DbBackend::Sqlite {
        // The renewal makes this transaction SQLite's only writer, so the lease cannot be lost before
        // it ends, and a heartbeat would only wait for it.
        let transaction = db.begin().await.map_err(failed)?;
        if !lease.renew(&transaction).await.map_err(failed)? {
            return Err(lost());
        }
        up(migration, &transaction).await.map_err(failed)?;
        return transaction.commit().await.map_err(failed);
    }
    if !lease.renew(db).await.map_err(failed)? {
        return Err(lost());
    }
    let work = async {
        if !transactional {
            return up(migration, db).await;
        }
        let transaction = db.begin().await?;
        up(migration, &transaction).await?;
        transaction.commit().await
    };
    tokio::select! {
        result = work => result.map_err(failed),
        () = lease.keep() => Err(lost()),
    }
}

async fn up<'c, C>(migration: &dyn MigrationTrait, db: &'c C) -> Result<(), DbErr>
where
    C: ConnectionTrait,
    &'c C: Into<DatabaseExecutor<'c>>,
{
    migration.up(&SchemaManager::new(db.into())).await?;
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    seaql_migrations::Entity::insert(seaql_migrations::ActiveModel {
        version: Set(migration.name().to_owned()),
        applied_at: Set(i64::try_from(seconds).unwrap_or(i64::MAX)),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}
