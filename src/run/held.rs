use std::sync::{Arc, Mutex, PoisonError};

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Connections that are kept at hand instead of going back to their pool after
/// each statement, where every one would be asked for a sign of life. That is
/// another round trip to the server, or to the thread that serves an `SQLite`
/// connection.
pub(super) struct Held<DB: Database> {
    pool: Pool<DB>,
    at_hand: Arc<Mutex<Vec<PoolConnection<DB>>>>,
    permits: Arc<Semaphore>,
}

impl<DB: Database> Clone for Held<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            at_hand: self.at_hand.clone(),
            permits: self.permits.clone(),
        }
    }
}

/// A connection and the right to use it.
pub(super) struct Lease<'h, DB: Database> {
    pub connection: PoolConnection<DB>,
    /// Whether it has been used before, so that it may have broken since.
    pub used: bool,
    held: &'h Held<DB>,
    _permit: SemaphorePermit<'h>,
}

impl<DB: Database> Held<DB> {
    /// Keeps up to `most` connections of a pool at hand.
    pub fn new(pool: Pool<DB>, most: u32) -> Self {
        Self {
            pool,
            at_hand: Arc::new(Mutex::new(Vec::new())),
            permits: Arc::new(Semaphore::new(most as usize)),
        }
    }

    /// The pool they come from.
    pub fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// Waits for a connection: the one that was used last, if there is any.
    pub async fn lease(&self) -> Result<Lease<'_, DB>, sqlx::Error> {
        let waited = tokio::time::timeout(
            self.pool.options().get_acquire_timeout(),
            self.permits.acquire(),
        );
        let permit = waited
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let at_hand = self.stack().pop();
        let used = at_hand.is_some();
        let connection = match at_hand {
            Some(connection) => connection,
            None => self.pool.acquire().await?,
        };
        Ok(Lease {
            connection,
            used,
            held: self,
            _permit: permit,
        })
    }

    /// Gives every connection back and closes the pool.
    pub async fn close(&self) {
        self.permits.close();
        let at_hand = std::mem::take(&mut *self.stack());
        drop(at_hand);
        self.pool.close().await;
    }

    fn stack(&self) -> std::sync::MutexGuard<'_, Vec<PoolConnection<DB>>> {
        // The stack is whole whenever the lock is free.
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: Database> Lease<'_, DB> {
    /// Puts a connection that works back at hand. One whose statement failed
    /// or was abandoned is not put back, and closes.
    pub fn keep(self) {
        if !self.held.permits.is_closed() {
            self.held.stack().push(self.connection);
        }
    }
}
