use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::{ApiError, Code};

/// What is no longer than this, in bytes, takes no room: so much there is for
/// each operation.
const SMALL: usize = 16 * 1024;
/// How many bytes of memory there is a permit for.
const UNIT: usize = 1024;
/// What a JSON value takes in memory beside its text, in bytes: most for an
/// object of one member.
const VALUE: usize = 384;
/// How deep values may be in each other: `serde_json` reads no more.
const DEEPEST: usize = 128;
/// How long a body that has begun waits for more room. The others may have
/// begun as well, and wait for each other.
const WAIT: Duration = Duration::from_secs(2);

/// The memory that large bodies and answers may take together: clients that
/// send or read slowly, or are many, do not bring the process down.
///
/// Half of it is for bodies as they come, and half for what is made of them. A
/// body waits for the one, and then, there, for the other. An answer waits for
/// nothing, since it would take memory while it waits.
pub(super) struct Rooms {
    bodies: Half,
    values: Half,
}

struct Half {
    units: u32,
    free: Arc<Semaphore>,
}

/// The room of something large, given back when it is dropped.
#[derive(Default)]
pub(super) struct Room(Option<OwnedSemaphorePermit>);

impl Rooms {
    pub fn new(bytes: usize) -> Self {
        Self {
            bodies: Half::new(bytes / 2),
            values: Half::new(bytes / 2),
        }
    }

    /// More room for a body of which so many bytes have come.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] where there is none for a while.
    pub async fn for_more_of_body(&self, room: &mut Room, bytes: usize) -> Result<(), ApiError> {
        let more = self.bodies.units(bytes).saturating_sub(room.units());
        if more == 0 {
            return Ok(());
        }
        let more = timeout(WAIT, self.bodies.wait_for(more)).await;
        room.join(more.map_err(|_| none())?);
        Ok(())
    }

    /// Room for the values of a JSON text, once there is some.
    ///
    /// # Errors
    /// [`Code::PayloadTooLarge`] where there never is.
    pub async fn for_values(&self, json: &[u8]) -> Result<Room, ApiError> {
        Ok(self.values.wait(self.size(json)?).await)
    }

    /// Room for the values of a JSON text that cannot wait.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] where there is none, and
    /// [`Code::PayloadTooLarge`] where there never is.
    pub fn for_values_now(&self, json: &[u8]) -> Result<Room, ApiError> {
        self.values.take(self.size(json)?)
    }

    /// Room for an answer of so many bytes. One that tells what was changed for
    /// good is sent all the same: nobody shall do that again for want of room.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] where there is none.
    pub fn for_answer(&self, bytes: usize, changed: bool) -> Result<Room, ApiError> {
        match self.values.take(bytes) {
            Err(_) if changed => Ok(Room::default()),
            room => room,
        }
    }

    /// More room for an answer that has become so long, of several in one.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] where there is none.
    pub fn for_more_of_answer(&self, room: &mut Room, bytes: usize) -> Result<(), ApiError> {
        if bytes.div_ceil(UNIT) > self.values.units as usize {
            return Err(none());
        }
        let more = self.values.units(bytes).saturating_sub(room.units());
        room.join(self.values.take_units(more)?);
        Ok(())
    }

    fn size(&self, json: &[u8]) -> Result<usize, ApiError> {
        let bytes = size(json);
        if bytes.div_ceil(UNIT) > self.values.units as usize {
            return Err(ApiError::new(
                Code::PayloadTooLarge,
                "The body has more values than there is room for. Send them in several requests.",
            ));
        }
        Ok(bytes)
    }
}

impl Half {
    fn new(bytes: usize) -> Self {
        let most = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
        let units = (bytes / UNIT).clamp(1, most.min(Semaphore::MAX_PERMITS));
        Self {
            units: u32::try_from(units).unwrap_or(u32::MAX),
            free: Arc::new(Semaphore::new(units)),
        }
    }

    async fn wait(&self, bytes: usize) -> Room {
        match self.units(bytes) {
            0 => Room::default(),
            units => self.wait_for(units).await,
        }
    }

    async fn wait_for(&self, units: u32) -> Room {
        Room(self.free.clone().acquire_many_owned(units).await.ok())
    }

    fn take(&self, bytes: usize) -> Result<Room, ApiError> {
        self.take_units(self.units(bytes))
    }

    fn take_units(&self, units: u32) -> Result<Room, ApiError> {
        match units {
            0 => Ok(Room::default()),
            units => match self.free.clone().try_acquire_many_owned(units) {
                Ok(permit) => Ok(Room(Some(permit))),
                Err(_) => Err(none()),
            },
        }
    }

    /// As many permits as something takes; what is larger than all room there
    /// is takes all of it.
    fn units(&self, bytes: usize) -> u32 {
        match bytes {
            0..=SMALL => 0,
            _ => u32::try_from(bytes.div_ceil(UNIT))
                .map_or(self.units, |units| units.min(self.units)),
        }
    }
}

/// That there is no room.
pub(super) fn none() -> ApiError {
    ApiError::new(
        Code::ServiceUnavailable,
        "So much that is large is sent just now that there is no room for more. Try again in a \
         moment, or ask for less at a time.",
    )
}

/// What a JSON text and its values take in memory at most, in bytes.
fn size(json: &[u8]) -> usize {
    let (mut values, mut depth) = (0, 0_usize);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_text(&mut bytes),
            b'[' | b'{' => {
                values += 1;
                depth += 1;
            }
            b',' => values += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            break;
        }
    }
    json.len() + values * VALUE
}

/// Goes on to the end of a text.
fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

impl Room {
    fn units(&self) -> u32 {
        let units = self.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        u32::try_from(units).unwrap_or(u32::MAX)
    }

    /// Adds other room of the same half.
    pub fn join(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (Some(room), Some(other)) => room.merge(other),
            (room @ None, other) => *room = other,
            (Some(_), None) => {}
        }
    }

    /// The bytes of an answer, which keep the room until they are sent.
    pub fn keep(self, body: Vec<u8>) -> Bytes {
        match self.0 {
            None => Bytes::from(body),
            Some(_) => Bytes::from_owner(Kept { body, _room: self }),
        }
    }
}

struct Kept {
    body: Vec<u8>,
    _room: Room,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn room_is_given_back_when_what_took_it_is_gone() {
        let rooms = Rooms::new(200 * 1024);
        let small = rooms.for_answer(SMALL, false).unwrap();
        let large = rooms.for_answer(60 * 1024, false).unwrap();
        let body = large.keep(vec![b' '; 60 * 1024]);
        let part = body.slice(1..2);
        drop((small, body));
        assert!(rooms.for_answer(60 * 1024, false).is_err());
        drop(part);
        assert!(rooms.for_answer(60 * 1024, false).is_ok());
    }

    #[tokio::test]
    async fn what_is_larger_than_all_room_takes_all_of_it() {
        let rooms = Rooms::new(200 * 1024);
        let answer = rooms.for_answer(1024 * 1024, false).unwrap();
        assert!(rooms.for_answer(SMALL + 1, false).is_err());
        assert!(rooms.for_answer(SMALL + 1, true).is_ok());
        drop(answer);
        let mut body = Room::default();
        let received = rooms.for_more_of_body(&mut body, 1024 * 1024).await;
        assert!(received.is_ok() && rooms.for_answer(SMALL + 1, false).is_ok());
    }

    #[tokio::test]
    async fn bodies_that_wait_for_each_other_are_refused() {
        let rooms = Rooms::new(200 * 1024);
        let mut bodies = [Room::default(), Room::default()];
        for body in &mut bodies {
            rooms.for_more_of_body(body, SMALL).await.unwrap();
            rooms.for_more_of_body(body, 50 * 1024).await.unwrap();
            assert_eq!(body.units(), 50);
        }
        let [one, two] = &mut bodies;
        let refused = rooms.for_more_of_body(one, 60 * 1024).await.err().unwrap();
        assert_eq!(refused.code(), Code::ServiceUnavailable);
        drop(std::mem::take(two));
        assert!(rooms.for_more_of_body(one, 60 * 1024).await.is_ok());
        assert_eq!(one.units(), 60);
    }

    #[tokio::test]
    async fn a_body_that_takes_more_than_all_room_is_refused() {
        let rooms = Rooms::new(2 * 1024 * 1024);
        let values = |count| format!("[{}0]", "0,".repeat(count)).into_bytes();
        assert!(rooms.for_values(&values(2_000)).await.is_ok());
        let refused = rooms.for_values(&values(20_000)).await.err().unwrap();
        assert_eq!(refused.code(), Code::PayloadTooLarge);
        assert!(rooms.for_values_now(&values(20_000)).is_err());
    }

    #[test]
    fn values_take_more_than_their_text() {
        let small = r#"[{"":0},{"":0}]"#;
        assert_eq!(size(small.as_bytes()), small.len() + 4 * VALUE);
        let in_text = format!("[\"{}\\\",[\"]", ",".repeat(100_000));
        assert_eq!(size(in_text.as_bytes()), in_text.len() + VALUE);
        let values = format!("{{\"a\":[{}0]}}", "0,".repeat(100_000));
        assert_eq!(size(values.as_bytes()), values.len() + 100_002 * VALUE);
        let deep = "[".repeat(100_000);
        assert_eq!(size(deep.as_bytes()), deep.len() + (DEEPEST + 1) * VALUE);
    }
}
