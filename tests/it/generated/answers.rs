//! What servers answer, and when two answers are the same.

use serde_json::Value;

use super::client::Received;
use crate::alike::alike;

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
        const FAILURES: [&str; 3] = ["INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"];
        self.status == 0
            || self.status >= 500
            || (!self.has_data() && FAILURES.contains(&&*self.code()))
    }

    /// The code of its first error.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// What is wrong with it, whatever was asked: it is none, a failure, or not
    /// in the form that clients rely on.
    pub fn fault(&self) -> Option<&'static str> {
        if self.is_failure() {
            return Some("the server failed");
        }
        let json = self.json();
        let Some(response) = json.as_object() else {
            return Some("no JSON object");
        };
        let Some(errors) = response.get("errors") else {
            let data = response.get("data").is_some_and(Value::is_object);
            return (self.status != 200 || !data).then_some("neither data nor errors");
        };
        let legible = |error: &Value| {
            let extensions = &error["extensions"];
            [
                &error["message"],
                &extensions["code"],
                &extensions["requestId"],
            ]
            .into_iter()
            .all(|value| value.as_str().is_some_and(|text| !text.is_empty()))
        };
        match errors.as_array() {
            Some(errors) if !errors.is_empty() && errors.iter().all(legible) => None,
            _ => Some("errors without message, code or request id"),
        }
    }

    /// Whether another server's answer is the same.
    pub fn agrees(&self, other: &Self) -> bool {
        self.status == other.status
            && (self.body == other.body
                || self.comparable() == other.comparable()
                || self.has_data() && other.has_data() && alike(&self.json(), &other.json()))
    }

    /// Status and body without what may differ: the request's id, and blanks
    /// and escapes, which each database writes in its own way.
    pub fn comparable(&self) -> String {
        let mut text = format!("{} ", self.status);
        if self.has_data() {
            text += &compact(&self.body);
            return text;
        }
        let mut json = self.json();
        let errors = json.get_mut("errors").and_then(Value::as_array_mut);
        for error in errors.into_iter().flatten() {
            if let Some(extensions) = error["extensions"].as_object_mut() {
                extensions.shift_remove("requestId");
            }
        }
        if json.is_null() {
            text += &String::from_utf8_lossy(&self.body);
        } else {
            text += &json.to_string();
        }
        text
    }
}

/// JSON text without blanks, its strings escaped as little as possible. Unlike
/// a parsed value it keeps the order of members and those that come twice.
fn compact(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut compact = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(start) = rest.find('"') {
        compact.extend(rest[..start].split_ascii_whitespace());
        let string = &rest[start..];
        let mut escaped = false;
        let end = string[1..].find(|letter| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        let (string, after) = string.split_at(end.map_or(string.len(), |end| end + 2));
        match serde_json::from_str::<String>(string) {
            Ok(content) => compact += &Value::String(content).to_string(),
            Err(_) => compact += string,
        }
        rest = after;
    }
    compact.extend(rest.split_ascii_whitespace());
    compact
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn blanks_and_escapes_make_no_difference() {
        let one = compact(r#"{ "a" : [1, "\u00e9 \" b", true], "a": {"c":null} }"#.as_bytes());
        let other = compact(r#"{"a":[1,"é \" b",true],"a":{"c":null}}"#.as_bytes());
        assert_eq!(one, other);
        assert_eq!(one, r#"{"a":[1,"é \" b",true],"a":{"c":null}}"#);
    }
}
