use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;

use super::room::{all_units, none, units};
use super::shares::{Portion, Shares};
use crate::auth::Client;
use crate::error::ApiError;
use crate::graphql::Watch;

/// The memory of large answers, from when their first part is there until they
/// are sent, and of large operations until they are answered. One answer is a
/// sixth of it at most.
pub(super) struct Answers {
    shares: Shares,
    /// The most bytes of one answer.
    largest: usize,
}

/// The room of an answer that comes part by part, or of several in a row, given
/// back when it is dropped.
pub(super) struct AnswerRoom {
    answers: Arc<Answers>,
    client: Arc<Client>,
    so_far: Mutex<SoFar>,
    commits: AtomicBool,
}

/// What of an answer is there.
#[derive(Default)]
struct SoFar {
    /// How many bytes are written.
    written: usize,
    /// How many have come that are not.
    coming: usize,
    room: Portion,
    /// The room of the operation that is being answered.
    operation: Portion,
}

impl Answers {
    pub fn new(bytes: usize) -> Self {
        Self {
            shares: Shares::new(all_units(bytes)),
            largest: bytes / 6,
        }
    }
}

impl AnswerRoom {
    /// None yet, of an answer to that client.
    pub fn new(answers: Arc<Answers>, client: Arc<Client>) -> Self {
        Self {
            answers,
            client,
            so_far: Mutex::default(),
            commits: AtomicBool::new(false),
        }
    }

    /// Another answer starts behind what is written.
    pub fn start(&self) {
        let mut so_far = self.so_far();
        so_far.coming = 0;
        so_far.operation = Portion::default();
        drop(so_far);
        self.commits.store(false, Ordering::Relaxed);
    }

    /// Whether the answer may tell of something that was changed for good.
    pub fn is_committing(&self) -> bool {
        self.commits.load(Ordering::Relaxed)
    }

    /// Takes what there is not yet for an answer of which so many bytes are
    /// written. One that `is_told` in any case is sent all the same: what was
    /// changed for good shall nobody do again for want of room.
    ///
    /// # Errors
    /// [`Code::QueryTooComplex`](crate::error::Code) where there is never so much for one, and
    /// [`Code::ServiceUnavailable`](crate::error::Code) where there is not just now.
    pub fn grow_for(&self, bytes: usize, is_told: bool) -> Result<(), ApiError> {
        let mut so_far = self.so_far();
        so_far.operation = Portion::default();
        match self.take(&mut so_far.room, bytes) {
            Err(error) if !is_told => return Err(error),
            _ => {}
        }
        so_far.written = bytes;
        so_far.coming = 0;
        Ok(())
    }

    fn take(&self, room: &mut Portion, bytes: usize) -> Result<(), ApiError> {
        let Answers { shares, largest } = &*self.answers;
        if bytes > *largest {
            return Err(ApiError::too_complex(
                "answer",
                format!("The answer comes to more than {largest} bytes. Ask for less at a time."),
            ));
        }
        let more = units(bytes).saturating_sub(room.units());
        room.join(shares.take(&self.client, more).ok_or_else(none)?);
        Ok(())
    }

    /// The bytes of an answer, which keep the room until they are sent.
    pub fn keep(self, body: Vec<u8>) -> Bytes {
        if self.so_far().room.units() == 0 {
            return Bytes::from(body);
        }
        Bytes::from_owner(Kept { body, _room: self })
    }

    fn so_far(&self) -> MutexGuard<'_, SoFar> {
        // It is whole whenever the lock is free.
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for AnswerRoom {
    fn comes(&self, bytes: usize) -> Result<(), ApiError> {
        let mut so_far = self.so_far();
        let coming = so_far.coming + bytes;
        let all = so_far.written + coming;
        self.take(&mut so_far.room, all)?;
        so_far.coming = coming;
        Ok(())
    }

    fn holds(&self, bytes: usize) -> Result<(), ApiError> {
        let Answers { shares, largest } = &*self.answers;
        // Its own answer finds room beside it, however large it is.
        let most = shares.share().saturating_sub(units(*largest));
        let operation = shares.take(&self.client, units(bytes).min(most));
        self.so_far().operation = operation.ok_or_else(none)?;
        Ok(())
    }

    fn commits(&self) {
        self.commits.store(true, Ordering::Relaxed);
    }
}

struct Kept {
    body: Vec<u8>,
    _room: AnswerRoom,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::super::room::{SMALL, UNIT};
    use super::*;
    use crate::error::Code;

    const KIB: usize = UNIT;

    /// Room for four of the largest.
    fn answers() -> Arc<Answers> {
        Arc::new(Answers {
            shares: Shares::new(400),
            largest: 100 * KIB,
        })
    }

    fn room(answers: &Arc<Answers>, last: u8) -> AnswerRoom {
        let client = Client {
            address: Some([192, 0, 2, last].into()),
            ..Client::default()
        };
        AnswerRoom::new(answers.clone(), Arc::new(client))
    }

    #[test]
    fn room_is_given_back_when_the_answer_is_sent() {
        let answers = answers();
        for _ in 0..9 {
            let small = room(&answers, 1);
            small.grow_for(SMALL, false).unwrap();
            let large = room(&answers, 1);
            large.grow_for(100 * KIB, false).unwrap();
            let again = room(&answers, 1);
            again.grow_for(100 * KIB, false).unwrap();
            let body = large.keep(vec![b' '; 100 * KIB]);
            let part = body.slice(1..2);
            drop((small, body));
            assert!(room(&answers, 1).grow_for(SMALL + 1, false).is_err());
            drop(part);
            assert!(room(&answers, 1).grow_for(100 * KIB, false).is_ok());
        }
    }

    #[test]
    fn parts_are_counted_as_they_come() {
        let answers = answers();
        let (one, other) = (room(&answers, 1), room(&answers, 2));
        for _ in 0..10 {
            one.comes(10 * KIB).unwrap();
        }
        let refused = one.comes(1).unwrap_err();
        assert_eq!(refused.code(), Code::QueryTooComplex);
        assert_eq!(one.so_far().room.units(), 100);
        other.grow_for(100 * KIB, false).unwrap();
        let (more, rest) = (room(&answers, 1), room(&answers, 2));
        more.grow_for(100 * KIB, false).unwrap();
        rest.grow_for(100 * KIB, false).unwrap();
        let refused = room(&answers, 3).grow_for(SMALL + 1, false).unwrap_err();
        assert_eq!(refused.code(), Code::ServiceUnavailable);
        drop(other);
        assert!(room(&answers, 3).grow_for(SMALL + 1, false).is_ok());
    }

    #[test]
    fn an_operation_leaves_room_for_its_answer() {
        let answers = answers();
        let room = room(&answers, 1);
        room.holds(1000 * KIB).unwrap();
        room.comes(100 * KIB).unwrap();
        room.grow_for(100 * KIB, false).unwrap();
        assert_eq!(room.so_far().operation.units(), 0);
    }

    #[test]
    fn one_client_has_half_of_it_at_most() {
        let answers = answers();
        let mine = [room(&answers, 1), room(&answers, 1)];
        for room in &mine {
            room.grow_for(100 * KIB, false).unwrap();
        }
        let refused = room(&answers, 1).grow_for(SMALL + 1, false).unwrap_err();
        assert_eq!(refused.code(), Code::ServiceUnavailable);
        assert!(room(&answers, 2).grow_for(100 * KIB, false).is_ok());
        assert!(room(&answers, 1).grow_for(SMALL, false).is_ok());
    }

    #[test]
    fn a_part_that_is_refused_leaves_room_for_smaller_ones() {
        let answers = answers();
        let large = room(&answers, 1);
        large.grow_for(100 * KIB, false).unwrap();
        let other = room(&answers, 1);
        other.comes(90 * KIB).unwrap();
        let next = room(&answers, 1);
        assert!(next.comes(50 * KIB).is_err());
        next.comes(SMALL).unwrap();
        assert!(next.grow_for(50 * KIB, false).is_err());
        next.grow_for(SMALL, false).unwrap();
    }

    #[test]
    fn an_answer_that_follows_knows_nothing_of_what_was_thrown_away() {
        let answers = answers();
        let room = room(&answers, 1);
        room.grow_for(10 * KIB, false).unwrap();
        room.comes(80 * KIB).unwrap();
        assert!(room.comes(20 * KIB).is_err());
        room.start();
        room.comes(80 * KIB).unwrap();
        room.grow_for(90 * KIB, false).unwrap();
        assert!(room.comes(11 * KIB).is_err());
        assert_eq!(room.so_far().room.units(), 90);
        room.commits();
        assert!(room.is_committing());
        room.start();
        assert!(!room.is_committing());
    }
}
