use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answers::Answers;
use crate::error::{ApiError, Code};

/// What is no longer than this, in bytes, takes no room: so much there is for
/// each operation.
pub(super) const SMALL: usize = 16 * 1024;
/// How many bytes of memory there is a permit for.
pub(super) const UNIT: usize = 1024;
/// What a JSON value takes in memory beside its text, in bytes: most for an
/// object of one member.
const VALUE: usize = 384;
/// The memory that large bodies and answers may take together: clients that
/// send or read slowly, or are many, do not bring the process down.
///
/// An eighth of it is for bodies as they come, half for the values that are made
/// of them, and the rest for answers. A body waits for the one, and then, there,
/// for the other; answers wait for nothing.
pub(super) struct Rooms {
    bodies: Space,
    values: Space,
    pub answers: Arc<Answers>,
}

/// Memory of which there is so much.
pub(super) struct Space {
    units: u32,
    free: Arc<Semaphore>,
}

/// The room of something large, given back when it is dropped.
#[derive(Default)]
pub(super) struct Room(Option<OwnedSemaphorePermit>);

impl Rooms {
    pub fn new(bytes: usize) -> Self {
        Self {
            bodies: Space::new(bytes / 8),
            values: Space::new(bytes / 2),
            answers: Arc::new(Answers::new(bytes / 8 * 3)),
        }
    }

    /// Room for a body of so many bytes, once there is some.
    pub async fn for_body(&self, bytes: usize) -> Room {
        self.bodies.wait_for(self.bodies.units(bytes)).await
    }

    /// Room for the values of a JSON text, once there is some.
    ///
    /// # Errors
    /// [`Code::PayloadTooLarge`] where there never is.
    pub async fn for_values(&self, json: &[u8]) -> Result<Room, ApiError> {
        Ok(self
            .values
            .wait_for(self.values.units(self.size(json)?))
            .await)
    }

    /// Room for the values of a JSON text that cannot wait.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] where there is none, and
    /// [`Code::PayloadTooLarge`] where there never is.
    pub fn for_values_now(&self, json: &[u8]) -> Result<Room, ApiError> {
        self.values.take(self.values.units(self.size(json)?))
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

impl Space {
    pub fn new(bytes: usize) -> Self {
        let most = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
        let units = (bytes / UNIT).clamp(1, most.min(Semaphore::MAX_PERMITS));
        Self {
            units: u32::try_from(units).unwrap_or(u32::MAX),
            free: Arc::new(Semaphore::new(units)),
        }
    }

    async fn wait_for(&self, units: u32) -> Room {
        if units == 0 {
            return Room::default();
        }
        Room(self.free.clone().acquire_many_owned(units).await.ok())
    }

    /// So many permits, if they are there.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] where they are not.
    pub fn take(&self, units: u32) -> Result<Room, ApiError> {
        match units {
            0 => Ok(Room::default()),
            units => match self.free.clone().try_acquire_many_owned(units) {
                Ok(permit) => Ok(Room(Some(permit))),
                Err(_) => Err(none()),
            },
        }
    }

    /// As many permits as something takes; what is larger than all there is takes
    /// all of it.
    pub fn units(&self, bytes: usize) -> u32 {
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
    let mut values = 0;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_text(&mut bytes),
            b'[' | b'{' | b',' => values += 1,
            _ => {}
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
    pub fn units(&self) -> u32 {
        let units = self.0.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        u32::try_from(units).unwrap_or(u32::MAX)
    }

    /// Adds other room of the same space.
    pub fn join(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (Some(room), Some(other)) => room.merge(other),
            (room @ None, other) => *room = other,
            (Some(_), None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_wait_until_there_is_room() {
        let rooms = Rooms::new(800 * 1024);
        assert_eq!(rooms.for_body(SMALL).await.units(), 0);
        // What is larger than all room takes all of it.
        let all = rooms.for_body(1024 * 1024).await;
        assert_eq!(all.units(), 100);
        let (one, two) = tokio::join!(rooms.for_body(60 * 1024), async {
            let mut waits = std::pin::pin!(rooms.for_body(20 * 1024));
            assert!(futures_util::poll!(&mut waits).is_pending());
            drop(all);
            waits.await
        });
        assert_eq!((one.units(), two.units()), (60, 20));
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
        // What nobody reads may be as deep as it likes, and the rest follow.
        let deep = format!("[{}{},0]", "[".repeat(200), "]".repeat(200));
        assert_eq!(size(deep.as_bytes()), deep.len() + 202 * VALUE);
    }
}
