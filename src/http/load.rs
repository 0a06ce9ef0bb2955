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
    /// How many bytes one answer has at most: a sixth of what is there for
    /// answers.
    #[must_use]
    pub const fn largest_answer(&self) -> usize {
        self.bytes / 8 * 3 / 6
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
        let permit = self.places.take(client, 1).ok_or_else(|| {
            ApiError::new(
                Code::ServiceUnavailable,
                "So much is asked just now that nothing more is taken. Try again in a moment.",
            )
        })?;
        Ok(Place {
            within: self.limits.answer,
            until: Instant::now() + self.limits.answer,
            permit,
            _values: values,
        })
    }
}

/// The place of what is answered.
pub(super) struct Place {
    within: Duration,
    until: Instant,
    permit: Portion,
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
        room.start();
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

    /// The place alone, once what was asked is answered: its values are gone.
    pub fn answered(self) -> Portion {
        self.permit
    }

    fn late(&self, next: &str) -> ApiError {
        let seconds = self.within.as_secs();
        let message = format!("The answer took longer than {seconds} seconds. {next}");
        ApiError::new(Code::Timeout, message)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::graphql::Watch as _;

    fn load(answer: Duration) -> Load {
        Load::new(LoadLimits {
            at_once: 4,
            answer,
            ..LoadLimits::default()
        })
    }

    #[tokio::test]
    async fn what_was_kept_for_one_request_gives_no_time_to_the_next() {
        let load = load(Duration::from_millis(20));
        let client = Arc::new(Client::default());
        let place = load.place(&client, Portion::default()).unwrap();
        let room = load.room_to_answer(&client);
        let keeping = async {
            room.commits();
            tokio::time::sleep(Duration::from_millis(50)).await;
            Answer::refused(Vec::new())
        };
        assert!(place.answer(&room, keeping).await.is_ok());
        let next = timeout(Duration::from_secs(5), place.answer(&room, pending()));
        let late = next.await.unwrap().err().unwrap();
        assert_eq!(late.code(), Code::Timeout);
    }

    #[tokio::test]
    async fn values_have_room_until_they_are_answered_and_not_until_that_is_sent() {
        let load = load(Duration::from_mins(1));
        let client = Arc::new(Client::default());
        let json = format!("[{}0]", "0,".repeat(80_000)).into_bytes();
        let values = || load.rooms.for_values_now(&client, &[&json]);
        let place = load.place(&client, values().unwrap()).unwrap();
        let room = load.room_to_answer(&client);
        let answer = ready(Answer::refused(Vec::new()));
        assert!(place.answer(&room, answer).await.is_ok());
        assert!(values().is_err());
        let sent_later = place.answered();
        let other = load.place(&client, values().unwrap()).unwrap();
        let third = load.place(&client, Portion::default());
        assert_eq!(third.err().unwrap().code(), Code::ServiceUnavailable);
        drop(sent_later);
        assert!(load.place(&client, Portion::default()).is_ok());
        drop(other);
    }
}
