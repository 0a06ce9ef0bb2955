use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;

use super::room::{Room, Space, none};
use crate::auth::Client;
use crate::error::{ApiError, Code};
use crate::graphql::Watch;

/// The memory of large answers, from when their first part is there until they
/// are sent. One is a quarter of it at most, and all of one client half.
pub(super) struct Answers {
    space: Space,
    /// The most bytes of one answer.
    largest: usize,
    /// The most permits of one client.
    share: u32,
    /// The permits of clients who have some, by their network.
    taken: Mutex<HashMap<String, u32>>,
}

/// The room of an answer that comes part by part, given back when it is dropped.
pub(super) struct AnswerRoom {
    answers: Arc<Answers>,
    client: Arc<Client>,
    so_far: Mutex<(usize, Room)>,
    commits: AtomicBool,
}

impl Answers {
    pub fn new(bytes: usize) -> Self {
        let space = Space::new(bytes);
        Self {
            share: (space.units(bytes) / 2).max(1),
            largest: bytes / 4,
            space,
            taken: Mutex::default(),
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        // It is whole whenever the lock is free.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Whether the answer may tell of something that was changed for good.
    pub fn commits(&self) -> bool {
        self.commits.load(Ordering::Relaxed)
    }

    /// Takes what there is not yet for an answer of so many bytes. One that tells
    /// what was changed for good is sent all the same: nobody shall do that again
    /// for want of room.
    ///
    /// # Errors
    /// [`Code::QueryTooComplex`] where there is never so much for one, and
    /// [`Code::ServiceUnavailable`] where there is not just now.
    pub fn grow_for(&self, bytes: usize, changed: bool) -> Result<(), ApiError> {
        match self.take(&mut self.so_far(), bytes) {
            Err(_) if changed => Ok(()),
            taken => taken,
        }
    }

    fn take(&self, (so_far, room): &mut (usize, Room), bytes: usize) -> Result<(), ApiError> {
        let Answers {
            space,
            largest,
            share,
            ..
        } = &*self.answers;
        if bytes > *largest {
            return Err(ApiError::new(
                Code::QueryTooComplex,
                format!("The answer comes to more than {largest} bytes. Ask for less at a time."),
            ));
        }
        *so_far = bytes.max(*so_far);
        let more = space.units(bytes).saturating_sub(room.units());
        if more == 0 {
            return Ok(());
        }
        let network = self.client.network();
        let mut taken = self.answers.taken();
        let of_client = taken.get(&network).copied().unwrap_or_default();
        if of_client + more > *share {
            return Err(none());
        }
        room.join(space.take(more)?);
        taken.insert(network, of_client + more);
        Ok(())
    }

    /// The bytes of an answer, which keep the room until they are sent.
    pub fn keep(self, body: Vec<u8>) -> Bytes {
        if self.so_far().1.units() == 0 {
            return Bytes::from(body);
        }
        Bytes::from_owner(Kept { body, _room: self })
    }

    fn so_far(&self) -> MutexGuard<'_, (usize, Room)> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for AnswerRoom {
    fn comes(&self, bytes: usize) -> Result<(), ApiError> {
        let mut so_far = self.so_far();
        let bytes = so_far.0 + bytes;
        self.take(&mut so_far, bytes)
    }

    fn commits(&self) {
        self.commits.store(true, Ordering::Relaxed);
    }
}

impl Drop for AnswerRoom {
    fn drop(&mut self) {
        let units = self.so_far().1.units();
        if units == 0 {
            return;
        }
        let network = self.client.network();
        let mut taken = self.answers.taken();
        if let Some(of_client) = taken.get_mut(&network) {
            *of_client = of_client.saturating_sub(units);
            if *of_client == 0 {
                taken.remove(&network);
            }
        }
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

    const KIB: usize = UNIT;

    fn room(answers: &Arc<Answers>, last: u8) -> AnswerRoom {
        let client = Client {
            address: Some([192, 0, 2, last].into()),
            ..Client::default()
        };
        AnswerRoom::new(answers.clone(), Arc::new(client))
    }

    #[test]
    fn room_is_given_back_when_the_answer_is_sent() {
        let answers = Arc::new(Answers::new(400 * KIB));
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
        assert!(answers.taken().is_empty());
    }

    #[test]
    fn parts_are_counted_as_they_come() {
        let answers = Arc::new(Answers::new(400 * KIB));
        let (one, other) = (room(&answers, 1), room(&answers, 2));
        for _ in 0..10 {
            one.comes(10 * KIB).unwrap();
        }
        let refused = one.comes(1).unwrap_err();
        assert_eq!(refused.code(), Code::QueryTooComplex);
        assert_eq!(one.so_far().1.units(), 100);
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
    fn one_client_has_half_of_it_at_most() {
        let answers = Arc::new(Answers::new(400 * KIB));
        let mine = [room(&answers, 1), room(&answers, 1)];
        for room in &mine {
            room.grow_for(100 * KIB, false).unwrap();
        }
        let refused = room(&answers, 1).grow_for(SMALL + 1, false).unwrap_err();
        assert_eq!(refused.code(), Code::ServiceUnavailable);
        assert!(room(&answers, 2).grow_for(100 * KIB, false).is_ok());
        assert!(room(&answers, 1).grow_for(SMALL, false).is_ok());
    }
}
