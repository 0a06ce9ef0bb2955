use std::borrow::Cow;

use apollo_compiler::response::JsonMap;
use axum::body::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::close::Close;
use crate::error::ApiError;
use crate::graphql::Answer;
use crate::http::operation::{write, write_errors};
use crate::http::request::Parameters;

/// The longest id of an operation, in bytes.
const LONGEST_ID: usize = 255;

/// That the connection is acknowledged.
pub(super) const ACKNOWLEDGEMENT: Utf8Bytes =
    Utf8Bytes::from_static(r#"{"type":"connection_ack"}"#);

/// A message of a client.
pub(super) enum Incoming<'m> {
    Init(Option<JsonMap>),
    Ping(Option<&'m RawValue>),
    Pong,
    Subscribe {
        id: Cow<'m, str>,
        payload: &'m RawValue,
    },
    Complete {
        id: Cow<'m, str>,
    },
}

/// What all messages have in common. Unknown members are left alone.
#[derive(Deserialize)]
struct Envelope<'m> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'m, str>,
    #[serde(default)]
    id: Option<Cow<'m, str>>,
    #[serde(default, borrow)]
    payload: Option<&'m RawValue>,
}

impl<'m> Incoming<'m> {
    /// Reads a message.
    ///
    /// # Errors
    /// [`Close`] where it is none of the protocol.
    pub fn read(text: &'m str) -> Result<Self, Close> {
        if !text.trim_ascii_start().starts_with('{') {
            // A struct could be read from an array as well, by position.
            return Err(Close::invalid("The message must be a JSON object."));
        }
        let Envelope { kind, id, payload } = serde_json::from_str(text).map_err(|_| {
            Close::invalid("The message must be a JSON object with a type, each member once.")
        })?;
        let id = || {
            id.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID)
                .ok_or_else(|| Close::invalid("The id must be a string of 1 to 255 bytes."))
        };
        if payload.is_some_and(|payload| !payload.get().starts_with('{')) {
            return Err(Close::invalid("The payload must be an object."));
        }
        match &*kind {
            "connection_init" => {
                let payload = payload.map(|payload| serde_json::from_str(payload.get()));
                let payload = payload.transpose();
                let payload = payload.map_err(|_| Close::invalid("The payload cannot be read."))?;
                Ok(Self::Init(payload))
            }
            "ping" => Ok(Self::Ping(payload)),
            "pong" => Ok(Self::Pong),
            "subscribe" => {
                let id = id()?;
                let payload = payload.ok_or_else(|| Close::invalid("The payload is missing."))?;
                Ok(Self::Subscribe { id, payload })
            }
            "complete" => Ok(Self::Complete { id: id()? }),
            _ => Err(Close::invalid(
                "The type must be connection_init, ping, pong, subscribe or complete.",
            )),
        }
    }
}

/// What is to be answered.
///
/// # Errors
/// [`Close`] where that cannot be read.
pub(super) fn parameters(payload: &RawValue) -> Result<Parameters<'_>, Close> {
    let parameters = Parameters::from_body(payload.get().as_bytes());
    let parameters = parameters.map_err(|error| Close::invalid(error.message()))?;
    if !parameters.name_a_document() {
        return Err(Close::invalid("The field query is missing."));
    }
    Ok(parameters)
}

/// The answer to a ping.
pub(super) fn pong(payload: Option<&RawValue>) -> Utf8Bytes {
    match payload {
        None => Utf8Bytes::from_static(r#"{"type":"pong"}"#),
        Some(payload) => format!(r#"{{"type":"pong","payload":{payload}}}"#).into(),
    }
}

/// What is told of an operation: its result and that there are no more, or why
/// it was refused.
pub(super) fn answer(id: &str, answer: Answer) -> Vec<Utf8Bytes> {
    if answer.data.is_none() {
        return vec![error(id, &answer.errors)];
    }
    let mut next = begin("next", id);
    next.extend_from_slice(b",\"payload\":");
    write(answer, &mut next);
    next.push(b'}');
    match Utf8Bytes::try_from(Bytes::from(next)) {
        Ok(next) => vec![next, complete(id)],
        Err(fault) => vec![error(id, &[ApiError::internal(&fault)])],
    }
}

/// That an operation is refused.
pub(super) fn error(id: &str, errors: &[ApiError]) -> Utf8Bytes {
    let mut message = begin("error", id);
    message.extend_from_slice(b",\"payload\":");
    write_errors(errors, &mut message);
    message.push(b'}');
    text(message)
}

/// That nothing more is told of an operation.
fn complete(id: &str) -> Utf8Bytes {
    let mut message = begin("complete", id);
    message.push(b'}');
    text(message)
}

fn begin(kind: &str, id: &str) -> Vec<u8> {
    let id = Value::from(id);
    format!(r#"{{"id":{id},"type":"{kind}""#).into_bytes()
}

fn text(message: Vec<u8>) -> Utf8Bytes {
    // All of it is made of texts.
    Utf8Bytes::try_from(Bytes::from(message)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        let read = match Incoming::read(text) {
            Ok(Incoming::Subscribe { payload, .. }) => parameters(payload).map(drop),
            read => read.map(drop),
        };
        read.is_err_and(|close| close.code() == 4400)
    }

    #[test]
    fn messages_of_the_protocol_are_read() {
        let read = |text| Incoming::read(text).unwrap();
        assert!(matches!(
            read(r#"{"type":"connection_init"}"#),
            Incoming::Init(None)
        ));
        assert!(matches!(
            read(r#" {"type":"connection_init","payload":null}"#),
            Incoming::Init(None)
        ));
        assert!(matches!(
            read(r#"{"payload":{"a":1},"type":"connection_init","more":[]}"#),
            Incoming::Init(Some(payload)) if payload.len() == 1
        ));
        assert!(matches!(read(r#"{"type":"pong"}"#), Incoming::Pong));
        assert!(matches!(
            read(r#"{"type":"complete","id":"a\u0062"}"#),
            Incoming::Complete { id } if id == "ab"
        ));
        assert!(matches!(
            read(r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }"}}"#),
            Incoming::Subscribe { id, payload } if id == "1" && payload.get() == r#"{"query":"{ a }"}"#
        ));
    }

    #[test]
    fn a_ping_is_answered_with_what_it_carries() {
        let Incoming::Ping(payload) =
            Incoming::read(r#"{"type":"ping","payload":{"a" : 1}}"#).unwrap()
        else {
            panic!("it is a ping");
        };
        assert_eq!(
            pong(payload).as_str(),
            r#"{"type":"pong","payload":{"a" : 1}}"#
        );
        assert_eq!(pong(None).as_str(), r#"{"type":"pong"}"#);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "ping",
            "null",
            "[]",
            r#"["ping",null,null]"#,
            r#"{"type":"ping""#,
            "{}",
            r#"{"type":null}"#,
            r#"{"type":"ping","type":"ping"}"#,
            r#"{"type":"start","id":"1","payload":{"query":"{ a }"}}"#,
            r#"{"type":"next","id":"1","payload":{}}"#,
            r#"{"type":"connection_ack"}"#,
            r#"{"type":"ping","payload":1}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"connection_init","payload":"Bearer"}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":"complete","id":1}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","id":"1","payload":null}"#,
            r#"{"type":"subscribe","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
            r#"{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":[]}}"#,
            r#"{"type":"subscribe","payload":{"query":"{ a }"}}"#,
            &format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(256)),
        ] {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn an_id_is_written_as_it_was_read() {
        let id = "a\"\\\n\u{1f600}";
        let message: Value = serde_json::from_str(complete(id).as_str()).unwrap();
        assert_eq!(message, serde_json::json!({ "id": id, "type": "complete" }));
    }
}
