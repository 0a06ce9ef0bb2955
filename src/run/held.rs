use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{Connection as _, Pool};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connect::ReadLimits;
use super::driver::{Driver, PREPARED_STATEMENTS};
use super::error::{RunError, is_broken};

/// How long is waited for a statement to stop, and for its connection to be
/// closed: a server may be gone without a word.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Connections that are kept at hand instead of going back to their pool after
/// each statement, where every one would be asked for a sign of life. That is
/// another round trip to the server, or to the thread that serves an `SQLite`
/// connection.
///
/// Statements that may take long have some of the connections only: what is
/// short does not wait for them.
pub(super) struct Held<DB: Driver> {
    pool: Pool<DB>,
    stopping: Option<Pool<DB>>,
    most: u32,
    patience: Duration,
    largest: usize,
    at_hand: Arc<Mutex<VecDeque<Kept<DB>>>>,
    permits: Arc<Semaphore>,
    long: Arc<Semaphore>,
    large: Arc<Semaphore>,
    /// How many places those with the largest answers take.
    largest_places: u32,
}

/// How long a statement may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// It looks at some rows.
    Short,
    /// It may look at every row of a table.
    Long,
    /// Its answer may have megabytes as well.
    Large,
    /// Its answer may have many.
    Largest,
}

impl<DB: Driver> Clone for Held<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            stopping: self.stopping.clone(),
            most: self.most,
            patience: self.patience,
            largest: self.largest,
            at_hand: self.at_hand.clone(),
            permits: self.permits.clone(),
            long: self.long.clone(),
            large: self.large.clone(),
            largest_places: self.largest_places,
        }
    }
}

/// A connection, and what stops the statement that it runs. It never goes back
/// to its pool, which would wait for a sign of life for however long it takes.
struct Kept<DB: Driver> {
    connection: DB::Connection,
    brake: DB::Brake,
    /// How many of its statements were abandoned. Each may have stayed prepared,
    /// in the server's memory, and the driver does not know.
    abandoned: usize,
}

/// A connection and the right to use it.
pub(super) struct Lease<DB: Driver> {
    taken: Option<(Kept<DB>, Place)>,
    /// Whether it has been idle before, so that it may have broken since.
    pub idle: bool,
    /// How long its statement may take.
    length: Length,
    /// Whether its statement is known to have ended.
    ended: bool,
    held: Held<DB>,
}

/// The right to use a connection.
struct Place {
    _one: OwnedSemaphorePermit,
    _long: Option<OwnedSemaphorePermit>,
    _large: Option<OwnedSemaphorePermit>,
}

impl<DB: Driver> Held<DB> {
    /// Keeps connections of a pool at hand. What nobody waits for is stopped on
    /// one of another pool, if there is any.
    pub fn new(pool: Pool<DB>, stopping: Option<Pool<DB>>, limits: ReadLimits) -> Self {
        let large = limits.share().min(DB::most_large());
        let alone = u32::try_from(large).unwrap_or(u32::MAX);
        Self {
            pool,
            stopping,
            most: limits.connections,
            patience: limits.statement + DB::GRACE,
            largest: limits.answer,
            at_hand: Arc::new(Mutex::new(VecDeque::new())),
            permits: Arc::new(Semaphore::new(limits.connections as usize)),
            long: Arc::new(Semaphore::new(limits.share())),
            large: Arc::new(Semaphore::new(large)),
            largest_places: if DB::LARGEST_ALONE { alone } else { 1 },
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

    /// How many bytes an answer has at most.
    pub fn largest(&self) -> usize {
        self.largest
    }

    /// Waits for a connection for a statement: the one that was used last, if
    /// there is any.
    ///
    /// # Errors
    /// [`RunError`] where there is none to be had in time.
    pub async fn lease(&self, length: Length) -> Result<Lease<DB>, RunError> {
        let patience = self.pool.options().get_acquire_timeout();
        let place = timeout(patience, self.place(length))
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        // Large answers are always read on the same few: what that took is kept,
        // in their buffers and in the memory of their threads.
        let at_hand = match length {
            Length::Large | Length::Largest => self.stack().pop_front(),
            Length::Short | Length::Long => self.stack().pop_back(),
        };
        let idle = at_hand.is_some();
        let kept = match at_hand {
            Some(kept) => kept,
            // In a box, for what connects is large to be moved about.
            None => Box::pin(timeout(patience, self.another()))
                .await
                .unwrap_or(Err(sqlx::Error::PoolTimedOut))
                .map_err(|error| RunError::without_connection(&error))?,
        };
        Ok(Lease {
            taken: Some((kept, place)),
            idle,
            length,
            ended: false,
            held: self.clone(),
        })
    }

    async fn place(&self, length: Length) -> Result<Place, AcquireError> {
        let large = match length {
            Length::Short | Length::Long => None,
            Length::Large => Some(self.large.clone().acquire_owned().await?),
            Length::Largest => {
                let places = self.largest_places;
                Some(self.large.clone().acquire_many_owned(places).await?)
            }
        };
        let long = match length {
            Length::Short => None,
            _ => Some(self.long.clone().acquire_owned().await?),
        };
        Ok(Place {
            _large: large,
            _long: long,
            _one: self.permits.clone().acquire_owned().await?,
        })
    }

    /// Takes another connection out of the pool, for good. Others may have left
    /// some there that have broken since.
    async fn another(&self) -> Result<Kept<DB>, sqlx::Error> {
        loop {
            let idle = self.pool.num_idle() > 0;
            let mut connection = self.pool.acquire().await?.detach();
            match DB::brake(&mut connection).await {
                Ok(brake) => {
                    return Ok(Kept {
                        connection,
                        brake,
                        abandoned: 0,
                    });
                }
                Err(error) if idle && is_broken(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Puts a connection at hand, and then gives its place to another.
    fn put_back(&self, kept: Kept<DB>, length: Length, place: Place) {
        let mut stack = self.stack();
        if !self.permits.is_closed() {
            match length {
                Length::Large | Length::Largest => stack.push_front(kept),
                Length::Short | Length::Long => stack.push_back(kept),
            }
        }
        drop(stack);
        drop(place);
    }

    /// Stops what a connection runs and nobody waits for.
    async fn stop(&self, brake: &DB::Brake) {
        let stopped = timeout(STOP_TIMEOUT, DB::stop(brake, self.stopping.as_ref())).await;
        if let Err(error) = stopped.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            tracing::warn!(%error, "a statement that nobody waits for was not stopped");
        }
    }

    /// Waits for what runs, and closes every connection.
    pub async fn close(&self) {
        let all = self.permits.acquire_many(self.most).await;
        let at_hand = {
            let mut stack = self.stack();
            self.permits.close();
            self.long.close();
            self.large.close();
            std::mem::take(&mut *stack)
        };
        drop(all);
        join_all(at_hand.into_iter().map(Kept::close)).await;
        self.pool.close().await;
        if let Some(stopping) = &self.stopping {
            stopping.close().await;
        }
    }

    fn stack(&self) -> std::sync::MutexGuard<'_, VecDeque<Kept<DB>>> {
        // The stack is whole whenever the lock is free.
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: Driver> Kept<DB> {
    /// Whether another may use it after an abandoned statement.
    async fn recovers(&mut self) -> bool {
        self.abandoned += 1;
        self.abandoned < PREPARED_STATEMENTS && DB::recovers(&mut self.connection).await
    }

    async fn close(self) {
        // Whoever does not hear of it finds the connection gone.
        let _ = timeout(STOP_TIMEOUT, self.connection.close()).await;
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
        if let Some((kept, place)) = self.taken.take() {
            self.held.put_back(kept, self.length, place);
        }
    }

    /// Gives up a connection whose statement failed.
    pub fn give_up(mut self) {
        self.ended = true;
    }
}

impl<DB: Driver> Drop for Lease<DB> {
    /// Stops and closes a connection whose statement failed or was abandoned,
    /// unless that is over in a moment: it costs less than to connect again. Only
    /// then may another take its place, or clients who hang up could pile
    /// statements up.
    fn drop(&mut self) {
        let Some((mut kept, place)) = self.taken.take() else {
            return;
        };
        let (held, length, ended) = (self.held.clone(), self.length, self.ended);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if !ended {
                    if length == Length::Short && kept.recovers().await {
                        return held.put_back(kept, length, place);
                    }
                    held.stop(&kept.brake).await;
                }
                kept.close().await;
                drop(place);
            });
        }
    }
}
