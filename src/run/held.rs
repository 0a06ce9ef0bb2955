use std::sync::{Arc, Mutex, PoisonError};

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
pub(super) struct Lease<DB: Database> {
    taken: Option<(PoolConnection<DB>, OwnedSemaphorePermit)>,
    /// Whether it has been idle before, so that it may have broken since.
    pub idle: bool,
    held: Held<DB>,
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
    pub async fn lease(&self) -> Result<Lease<DB>, sqlx::Error> {
        let waited = tokio::time::timeout(
            self.pool.options().get_acquire_timeout(),
            self.permits.clone().acquire_owned(),
        );
        let permit = waited
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let at_hand = self.stack().pop();
        let idle = at_hand.is_some() || self.pool.num_idle() > 0;
        let connection = match at_hand {
            Some(connection) => connection,
            None => self.pool.acquire().await?,
        };
        Ok(Lease {
            taken: Some((connection, permit)),
            idle,
            held: self.clone(),
        })
    }

    /// Gives every connection back and closes the pool.
    pub async fn close(&self) {
        let at_hand = {
            let mut stack = self.stack();
            self.permits.close();
            std::mem::take(&mut *stack)
        };
        drop(at_hand);
        self.pool.close().await;
    }

    fn stack(&self) -> std::sync::MutexGuard<'_, Vec<PoolConnection<DB>>> {
        // The stack is whole whenever the lock is free.
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: Database> Lease<DB> {
    /// The connection.
    pub fn connection(&mut self) -> Result<&mut DB::Connection, sqlx::Error> {
        match &mut self.taken {
            Some((connection, _)) => Ok(connection),
            None => Err(sqlx::Error::PoolClosed),
        }
    }

    /// Puts a connection that works back at hand.
    pub fn keep(mut self) {
        if let Some((connection, permit)) = self.taken.take() {
            let mut stack = self.held.stack();
            if !self.held.permits.is_closed() {
                stack.push(connection);
            }
            drop(stack);
            drop(permit);
        }
    }
}

impl<DB: Database> Drop for Lease<DB> {
    /// Closes a connection whose statement failed or was abandoned. Only once
    /// it is closed may another take its place, or clients who hang up could
    /// pile statements up.
    fn drop(&mut self) {
        if let (Some((connection, permit)), Ok(runtime)) =
            (self.taken.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(async move {
                let _ = connection.close().await;
                drop(permit);
            });
        }
    }
}
