use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::answers::AnswerRoom;
use super::room::Rooms;
use super::shares::{Portion, Shares};
use super::turns::Turns;
use crate::auth::Client;
use crate::error::{ApiError, Code};
use crate::graphql::Answer;

/// How much longer it is waited for changes to be kept, once that has begun.
const COMMIT_WITHIN: Duration = Duration::from_secs(30);

/// How much is answered at once, and how long things may take.
#[derive(Clone, Copy, Debug)]
pub struct LoadLimits {
    /// How many operations are answered at once, whichever way they came.
    pub at_once: usize,
    /// How long an answer may take.
    pub answer: Duration,
    /// How long a client may take to send a body.
    pub body: Duration,
    /// How much memory what is large may take together, in bytes.
    pub bytes: usize,
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self {
            at_once: 1000,
            answer: Duration::from_mins(1),
            body: Duration::from_secs(30),
            bytes: 64 * 1024 * 1024,
        }
    }
}

impl LoadLimits {
    /// How many bytes one answer has at most: a quarter of what is there for
    /// answers.
    #[must_use]
    pub const fn largest_answer(&self) -> usize {
        self.bytes / 8 * 3 / 4
    }
}

/// What is answered just now, within its limits.
pub struct Load {
    pub(super) limits: LoadLimits,
    places: Shares,
    pub(super) rooms: Rooms,
    pub(super) turns: Turns,
}

impl Load {
    /// Nothing is answered yet.
    #[must_use]
    pub fn new(limits: LoadLimits) -> Self {
        Self {
            limits,
            places: Shares::new(limits.at_once),
            rooms: Rooms::new(limits.bytes),
            turns: Turns::new(),
        }
    }

    /// No room yet, for an answer to that client.
    pub(super) fn room_to_answer(&self, client: &Arc<Client>) -> AnswerRoom {
        AnswerRoom::new(self.rooms.answers.clone(), client.clone())
    }

    /// A place for a request of that client, whose values have room.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] where as many are answered as may be, of that
    /// client or of all.
    pub(super) fn place(&self, client: &Client, values: Portion) -> Result<Place, ApiError> {
        let place = self.places.take(client, 1).ok_or_else(|| {
            ApiError::new(
                Code::ServiceUnavailable,
                "So much is asked just now that nothing more is taken. Try again in a moment.",
            )
        })?;
        Ok(Place {
            within: self.limits.answer,
            until: Instant::now() + self.limits.answer,
            _place: place,
            _values: values,
        })
    }
}

/// The place of what is answered.
pub(super) struct Place {
    within: Duration,
    until: Instant,
    _place: Portion,
    _values: Portion,
}

impl Place {
    /// Gives up what takes too long.
    ///
    /// # Errors
    /// [`Code::Timeout`] where it did.
    pub async fn within<T>(&self, waiting: impl Future<Output = T>) -> Result<T, ApiError> {
        let done = timeout_at(self.until, waiting).await;
        done.map_err(|_| self.late("Ask for less at a time."))
    }

    /// Gives up an answer that takes too long: a statement that runs for it is
    /// stopped. Once changes are being kept, that is waited for.
    ///
    /// # Errors
    /// [`Code::Timeout`] where it did.
    pub async fn answer(
        &self,
        room: &AnswerRoom,
        answering: impl Future<Output = Answer>,
    ) -> Result<Answer, ApiError> {
        room.begin();
        let mut answering = pin!(answering);
        match self.within(answering.as_mut()).await {
            Err(_) if room.is_committing() => {
                let answered = timeout(COMMIT_WITHIN, answering).await;
                answered.map_err(|_| {
                    self.late(
                        "Whether its changes are kept is not known: look, or send it again with the \
                         same Idempotency-Key.",
                    )
                })
            }
            answered => answered,
        }
    }

    fn late(&self, next: &str) -> ApiError {
        let seconds = self.within.as_secs();
        let message = format!("The answer took longer than {seconds} seconds. {next}");
        ApiError::new(Code::Timeout, message)
    }
}
