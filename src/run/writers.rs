use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use sea_orm::{ConnAcquireErr, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::connect::{ACQUIRE_TIMEOUT, WRITERS};

/// How long until it is looked again whether what was abandoned on a connection
/// is over.
const UNTIL_SETTLED: Duration = Duration::from_millis(5);

/// Connections to a server that write. The one that was used last is taken
/// first: the server has at hand there what it prepared, and memory. `PgBouncer`
/// does the same, unless told `server_round_robin`. Pools take theirs in turns,
/// so each connection has a pool of its own.
#[derive(Clone)]
pub(super) struct Writers {
    at_hand: Arc<Mutex<Vec<DatabaseConnection>>>,
    permits: Arc<Semaphore>,
}

/// A transaction, on a connection of its own.
pub struct Begun {
    // It ends before its connection is given to others.
    transaction: DatabaseTransaction,
    taken: Option<Taken>,
}

/// A connection that nobody else has.
pub(super) struct Taken {
    pub connection: DatabaseConnection,
    writers: Writers,
    _permit: OwnedSemaphorePermit,
}

impl Writers {
    /// Those of so many pools as there may be [`WRITERS`], which have a connection
    /// each.
    pub fn new(pools: impl Iterator<Item = DatabaseConnection>) -> Self {
        Self {
            at_hand: Arc::new(Mutex::new(pools.collect())),
            permits: Arc::new(Semaphore::new(WRITERS as usize)),
        }
    }

    /// Takes a connection.
    ///
    /// # Errors
    /// [`DbErr`] where others have all of them for too long.
    pub async fn take(&self) -> Result<Taken, DbErr> {
        timeout(ACQUIRE_TIMEOUT, self.wait())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))
    }

    async fn wait(&self) -> Result<Taken, AcquireError> {
        let permit = self.permits.clone().acquire_owned().await?;
        loop {
            if let Some(connection) = self.last_used() {
                return Ok(Taken {
                    connection,
                    writers: self.clone(),
                    _permit: permit,
                });
            }
            sleep(UNTIL_SETTLED).await;
        }
    }

    /// The one that was used last, of those on which nothing runs any more.
    fn last_used(&self) -> Option<DatabaseConnection> {
        let mut at_hand = self.stack();
        let last = at_hand.iter().rposition(is_settled)?;
        Some(at_hand.remove(last))
    }

    /// Waits for transactions, and closes every connection.
    ///
    /// # Errors
    /// [`DbErr`] where one cannot be closed.
    pub async fn close(&self) -> Result<(), DbErr> {
        let all = self.permits.acquire_many(WRITERS).await;
        self.permits.close();
        drop(all);
        let at_hand = std::mem::take(&mut *self.stack());
        let closed = at_hand.iter().map(DatabaseConnection::close_by_ref);
        join_all(closed).await.into_iter().collect()
    }

    fn stack(&self) -> std::sync::MutexGuard<'_, Vec<DatabaseConnection>> {
        // The stack is whole whenever the lock is free.
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let connection = self.connection.clone();
        self.writers.stack().push(connection);
    }
}

impl Begun {
    /// A transaction on a connection that was taken, or on one of a pool.
    pub(super) fn on(taken: Option<Taken>, transaction: DatabaseTransaction) -> Self {
        Self { transaction, taken }
    }

    /// Keeps what was written.
    ///
    /// # Errors
    /// [`DbErr`] where the database did not say that it is kept.
    pub async fn commit(self) -> Result<(), DbErr> {
        let Self { transaction, taken } = self;
        let kept = transaction.commit().await;
        drop(taken);
        kept
    }

    /// Undoes what was written.
    ///
    /// # Errors
    /// [`DbErr`] where the database cannot be told; it undoes it by itself then.
    pub async fn rollback(self) -> Result<(), DbErr> {
        let Self { transaction, taken } = self;
        let undone = transaction.rollback().await;
        drop(taken);
        undone
    }
}

impl Deref for Begun {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

/// Whether nothing runs on the connection of a pool any more, not even what was
/// abandoned, or there is none.
fn is_settled(pool: &DatabaseConnection) -> bool {
    let (connections, idle) = match pool.get_database_backend() {
        DbBackend::Postgres => {
            let pool = pool.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        }
        DbBackend::MySql => {
            let pool = pool.get_mysql_connection_pool();
            (pool.size(), pool.num_idle())
        }
        _ => (0, 0),
    };
    connections == 0 || idle > 0
}
