use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::Pool;
use sqlx::pool::PoolConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connect::ReadLimits;
use super::driver::{Brake, Driver};
use super::error::RunError;

/// Connections that are kept at hand instead of going back to their pool after
/// each statement, where every one would be asked for a sign of life. That is
/// another round trip to the server, or to the thread that serves an `SQLite`
/// connection.
pub(super) struct Held<DB: Driver> {
    pool: Pool<DB>,
    patience: Duration,
    at_hand: Arc<Mutex<Vec<Kept<DB>>>>,
    permits: Arc<Semaphore>,
}

impl<DB: Driver> Clone for Held<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            patience: self.patience,
            at_hand: self.at_hand.clone(),
            permits: self.permits.clone(),
        }
    }
}

/// A connection, and what stops the statement that it runs.
struct Kept<DB: Driver> {
    connection: PoolConnection<DB>,
    brake: Brake,
}

/// A connection and the right to use it.
pub(super) struct Lease<DB: Driver> {
    taken: Option<(Kept<DB>, OwnedSemaphorePermit)>,
    /// Whether it has been idle before, so that it may have broken since.
    pub idle: bool,
    held: Held<DB>,
}

impl<DB: Driver> Held<DB> {
    /// Keeps connections of a pool at hand.
    pub fn new(pool: Pool<DB>, limits: ReadLimits) -> Self {
        Self {
            pool,
            patience: limits.statement + DB::GRACE,
            at_hand: Arc::new(Mutex::new(Vec::new())),
            permits: Arc::new(Semaphore::new(limits.connections as usize)),
        }
    }

    /// The pool they come from.
    pub fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// How long a statement is waited for.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Waits for a connection: the one that was used last, if there is any.
    ///
    /// # Errors
    /// [`RunError`] where there is none to be had in time.
    pub async fn lease(&self) -> Result<Lease<DB>, RunError> {
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
        let kept = match at_hand {
            Some(kept) => kept,
            // In a box, for what connects is large to be moved about.
            None => Box::pin(self.another())
                .await
                .map_err(|error| RunError::without_connection(&error))?,
        };
        Ok(Lease {
            taken: Some((kept, permit)),
            idle,
            held: self.clone(),
        })
    }

    /// Takes another connection out of the pool.
    async fn another(&self) -> Result<Kept<DB>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let brake = DB::brake(&mut connection).await?;
        Ok(Kept { connection, brake })
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

    fn stack(&self) -> std::sync::MutexGuard<'_, Vec<Kept<DB>>> {
        // The stack is whole whenever the lock is free.
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: Driver> Lease<DB> {
    /// The connection.
    pub fn connection(&mut self) -> Result<&mut DB::Connection, sqlx::Error> {
        match &mut self.taken {
            Some((kept, _)) => Ok(&mut kept.connection),
            None => Err(sqlx::Error::PoolClosed),
        }
    }

    /// Puts a connection that works back at hand.
    pub fn keep(mut self) {
        if let Some((kept, permit)) = self.taken.take() {
            let mut stack = self.held.stack();
            if !self.held.permits.is_closed() {
                stack.push(kept);
            }
            drop(stack);
            drop(permit);
        }
    }
}

impl<DB: Driver> Drop for Lease<DB> {
    /// Stops and closes a connection whose statement failed or was abandoned.
    /// Only once it is closed may another take its place, or clients who hang
    /// up could pile statements up.
    fn drop(&mut self) {
        let Some((Kept { connection, brake }, permit)) = self.taken.take() else {
            return;
        };
        brake.pull();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = connection.close().await;
                drop(permit);
            });
        }
    }
}
