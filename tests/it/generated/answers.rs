//! What servers answer, and when two answers are the same.

use serde_json::Value;

use super::client::Received;

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status; 0 where no answer came at all.
    pub status: u16,
    /// The body, or why there is none.
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(received: Result<Received, String>) -> Self {
        match received {
            Ok(Received { status, body }) => Self { status, body },
            Err(reason) => Self {
                status: 0,
                body: reason.into_bytes(),
            },
        }
    }

    /// The body as JSON, keys in the order they came in; null where it is
    /// none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// Whether it has data and no errors.
    pub fn has_data(&self) -> bool {
        self.status == 200 && self.body.starts_with(b"{\"data\":")
    }

    /// Whether the server failed, rather than refused.
    pub fn is_failure(&self) -> bool {
        self.status == 0 || self.status >= 500
    }

    /// The code of its first error.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Status and body without what is never the same: the request's id.
    pub fn comparable(&self) -> String {
        let mut text = format!("{} {}", self.status, String::from_utf8_lossy(&self.body));
        const LABEL: &str = "\"requestId\":\"";
        let mut from = 0;
        // In data, the label's quotes could only stand escaped; as a field of
        // the API's own, `requestId` follows data.
        while !self.has_data()
            && let Some(found) = text[from..].find(LABEL)
        {
            let start = from + found + LABEL.len();
            let end = text[start..].find('"').map_or(text.len(), |end| start + end);
            text.replace_range(start..end, "");
            from = start;
        }
        text
    }
}
