use std::sync::Arc;

use super::answers::Answers;
use super::shares::{Portion, Shares};
use crate::auth::Client;
use crate::error::{ApiError, Code};

/// What is no longer than this, in bytes, takes no room: so much there is for
/// each operation.
pub(super) const SMALL: usize = 16 * 1024;
/// As many JSON values of a text that is no longer take no room either.
const FEW: usize = 256;
/// How many bytes of memory there is a unit of room for.
pub(super) const UNIT: usize = 1024;
/// What a JSON value takes in memory beside its text, in bytes: most for an
/// object of one member.
const VALUE: usize = 384;

/// The memory that large bodies and answers may take together: clients that
/// send or read slowly, or are many, do not bring the process down, and none of
/// them keeps another one out.
///
/// An eighth of it is for bodies as they come, half for the values that are made
/// of them, and the rest for answers. A body waits for the one, and then, there,
/// for the other; answers wait for nothing.
pub(super) struct Rooms {
    bodies: Shares,
    values: Shares,
    /// The most units of the values of one body. One that needs more than the
    /// share of a client has that alone.
    most_values: usize,
    pub answers: Arc<Answers>,
}

impl Rooms {
    pub fn new(bytes: usize) -> Self {
        let most_values = all_units(bytes / 2);
        Self {
            bodies: Shares::new(all_units(bytes / 8)),
            values: Shares::new(most_values),
            most_values,
            answers: Arc::new(Answers::new(bytes / 8 * 3)),
        }
    }

    /// Room for a body of so many bytes, once there is some for that client.
    pub async fn for_body(&self, client: &Client, bytes: usize) -> Portion {
        self.bodies.wait_for(client, units(bytes)).await
    }

    /// Room for the values of a JSON text, once there is some for that client.
    ///
    /// # Errors
    /// [`Code::PayloadTooLarge`] where there never is.
    pub async fn for_values(&self, client: &Client, json: &[u8]) -> Result<Portion, ApiError> {
        let units = self.units_of_values(&[json])?;
        Ok(self.values.wait_for(client, units).await)
    }

    /// Room for the values of JSON texts that cannot wait.
    ///
    /// # Errors
    /// [`Code::ServiceUnavailable`] where there is none for that client, and
    /// [`Code::PayloadTooLarge`] where there never is.
    pub fn for_values_now(&self, client: &Client, json: &[&[u8]]) -> Result<Portion, ApiError> {
        let units = self.units_of_values(json)?;
        self.values.take(client, units).ok_or_else(none)
    }

    fn units_of_values(&self, json: &[&[u8]]) -> Result<u32, ApiError> {
        let bytes: usize = json.iter().map(|json| json.len()).sum();
        let values: usize = json.iter().map(|json| count(json)).sum();
        if bytes <= SMALL && values <= FEW {
            return Ok(0);
        }
        let units = (bytes + values * VALUE).div_ceil(UNIT);
        if units > self.most_values {
            return Err(ApiError::new(
                Code::PayloadTooLarge,
                "The body has more values than there is room for. Send them in several requests.",
            ));
        }
        Ok(u32::try_from(units).unwrap_or(u32::MAX))
    }
}

/// How many units so much memory has.
pub(super) fn all_units(bytes: usize) -> usize {
    (bytes / UNIT).max(1)
}

/// How many units something of so many bytes needs.
pub(super) fn units(bytes: usize) -> u32 {
    match bytes {
        0..=SMALL => 0,
        _ => u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX),
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

/// How many values a JSON text has at most within the outermost.
fn count(json: &[u8]) -> usize {
    let mut values = 0;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_text(&mut bytes),
            b'[' | b'{' | b',' => values += 1,
            _ => {}
        }
    }
    values
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

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::poll;

    use super::*;
    use crate::http::shares::tests::client;

    fn list(count: usize) -> Vec<u8> {
        format!("[{}0]", "0,".repeat(count - 1)).into_bytes()
    }

    #[tokio::test]
    async fn bodies_wait_until_there_is_room_for_their_client() {
        let rooms = Rooms::new(1600 * 1024);
        let (mine, other) = (client(1), client(2));
        assert_eq!(rooms.for_body(&mine, SMALL).await.units(), 0);
        // What is larger than the share of a client takes all of it.
        let all = rooms.for_body(&mine, 1024 * 1024).await;
        assert_eq!(all.units(), 100);
        let mut waits = pin!(rooms.for_body(&mine, 20 * 1024));
        assert!(poll!(&mut waits).is_pending());
        assert_eq!(rooms.for_body(&other, 60 * 1024).await.units(), 60);
        drop(all);
        assert_eq!(waits.await.units(), 20);
    }

    #[tokio::test]
    async fn values_of_one_client_keep_no_others_out() {
        let rooms = Rooms::new(64 * 1024 * 1024);
        let (mine, other) = (client(1), client(2));
        let many = list(85_000);
        let all = rooms.for_values(&mine, &many).await.unwrap();
        assert_eq!(all.units(), 16 * 1024);
        let mut waits = pin!(rooms.for_values(&mine, &many));
        assert!(poll!(&mut waits).is_pending());
        let refused = rooms.for_values_now(&mine, &[&list(300)]).err().unwrap();
        assert_eq!(refused.code(), Code::ServiceUnavailable);
        assert_eq!(
            rooms.for_values(&mine, &list(FEW)).await.unwrap().units(),
            0
        );
        let small = rooms.for_values_now(&other, &[&list(300)]).unwrap();
        assert_eq!(small.units(), 114);
        drop((all, small));
        assert!(waits.await.is_ok());
    }

    #[tokio::test]
    async fn a_body_that_takes_more_than_all_room_is_refused() {
        let rooms = Rooms::new(2 * 1024 * 1024);
        let client = client(1);
        assert!(rooms.for_values(&client, &list(2_700)).await.is_ok());
        let refused = rooms.for_values(&client, &list(2_800)).await.err().unwrap();
        assert_eq!(refused.code(), Code::PayloadTooLarge);
        let half = list(1_400);
        let refused = rooms
            .for_values_now(&client, &[&half, &half])
            .err()
            .unwrap();
        assert_eq!(refused.code(), Code::PayloadTooLarge);
    }

    #[test]
    fn few_values_and_a_short_text_need_no_room() {
        let rooms = Rooms::new(64 * 1024 * 1024);
        let units = |json: &[u8]| rooms.units_of_values(&[json]).unwrap();
        let rows = |count: usize| format!("[{}]", vec!["{\"a\":1,\"b\":2}"; count].join(","));
        assert_eq!(units(rows(80).as_bytes()), 0);
        assert_eq!(units(&list(FEW)), 0);
        assert_eq!(units(&list(FEW + 1)), 97);
        let text = |length: usize| format!("[\"{}\"]", "x".repeat(length - 4)).into_bytes();
        assert_eq!(units(&text(SMALL)), 0);
        assert_eq!(units(&text(SMALL + 1)), 17);
    }

    #[test]
    fn values_are_counted_whatever_nobody_reads() {
        assert_eq!(count(br#"[{"":0},{"":0}]"#), 4);
        let in_text = format!("[\"{}\\\",[\"]", ",".repeat(100_000));
        assert_eq!(count(in_text.as_bytes()), 1);
        let values = format!("{{\"a\":[{}0]}}", "0,".repeat(100_000));
        assert_eq!(count(values.as_bytes()), 100_002);
        // What nobody reads may be as deep as it likes, and the rest follow.
        let deep = format!("[{}{},0]", "[".repeat(200), "]".repeat(200));
        assert_eq!(count(deep.as_bytes()), 202);
    }
}
