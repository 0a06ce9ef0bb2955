use std::fmt;

use chrono::SecondsFormat;
use uuid::Uuid;

use super::{OrderTerm, Value};
use crate::access::Role;
use crate::catalog::{Entity, Kind};

/// What a cursor is bound to: an entity, an ordering and a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u32);

/// A position in a list, as a client holds it.
///
/// The text is `<fingerprint>.<value>.….<key>`: the fingerprint in eight hex
/// digits, then one value per sort key. A null is `-`, keys and integers
/// stand as they are, every other value as the hex of its canonical text.
/// Every database can print that within the statement, and no two write it
/// differently.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// One value per sort key, the primary key last; `None` for null.
    pub values: Vec<Option<Value>>,
}

/// Why a cursor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorError {
    /// It is not text that this API ever hands out.
    Malformed,
    /// It belongs to another list, ordering or role.
    Foreign,
}

impl Fingerprint {
    /// The fingerprint of a list of `entity` in this order for `role`.
    #[must_use]
    pub fn new(entity: &Entity, order: &[OrderTerm<'_>], role: Role) -> Self {
        // FNV-1a: stable between builds and machines, so that a cursor
        // outlives a deployment. It is a label, not a secret.
        let mut hash: u32 = 0x811c_9dc5;
        let mut feed = |text: &str| {
            for byte in text.bytes().chain([0]) {
                hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
            }
        };
        feed(&entity.name);
        feed(role.name());
        for term in order {
            feed(&term.scalar.label());
            feed(match term.direction {
                super::Direction::Ascending => "asc",
                super::Direction::Descending => "desc",
            });
            feed(match term.nulls {
                super::Nulls::First => "first",
                super::Nulls::Last => "last",
            });
        }
        Self(hash)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl Cursor {
    /// Reads a cursor for a list in the given order.
    ///
    /// # Errors
    /// [`CursorError`] where the text is not one of that list's cursors.
    pub fn parse(
        text: &str,
        fingerprint: Fingerprint,
        order: &[OrderTerm<'_>],
    ) -> Result<Self, CursorError> {
        let mut parts = text.split('.');
        let label = parts.next().ok_or(CursorError::Malformed)?;
        if label.len() != 8 || !label.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(CursorError::Malformed);
        }
        if label != fingerprint.to_string() {
            return Err(CursorError::Foreign);
        }
        let values = parts
            .by_ref()
            .take(order.len())
            .zip(order)
            .map(|(part, term)| match part {
                "-" => term.scalar.nullable().then_some(None),
                part => read(part, term.scalar.kind()).map(Some),
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(CursorError::Malformed)?;
        if values.len() != order.len() || parts.next().is_some() {
            return Err(CursorError::Malformed);
        }
        Ok(Self { values })
    }

    /// The text of the cursor, as the statement prints it.
    #[must_use]
    pub fn print(&self, fingerprint: Fingerprint, order: &[OrderTerm<'_>]) -> String {
        let values = self.values.iter().zip(order);
        values.fold(fingerprint.to_string(), |text, (value, term)| {
            let part = value
                .as_ref()
                .map_or_else(|| "-".to_owned(), |value| print(value, term.scalar.kind()));
            format!("{text}.{part}")
        })
    }
}

/// Reads one value of a cursor that is not null. Only the spelling that the
/// statement prints is taken, so that a position has one cursor.
fn read(part: &str, kind: &Kind) -> Option<Value> {
    let value = match kind {
        Kind::Uuid => Value::Uuid(Uuid::try_parse(part).ok()?),
        Kind::BigInt | Kind::Int => Value::Int(part.parse().ok()?),
        Kind::Boolean => Value::Boolean(part == "1"),
        Kind::Float | Kind::Text | Kind::Enum(_) | Kind::DateTime | Kind::Date | Kind::Json => {
            read_text(&String::from_utf8(unhex(part)?).ok()?, kind)?
        }
    };
    // Databases write numbers with a fraction each in its own way.
    let canonical = matches!(kind, Kind::Float) || print(&value, kind) == part;
    canonical.then_some(value)
}

fn read_text(text: &str, kind: &Kind) -> Option<Value> {
    match kind {
        Kind::Float => text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Value::Float),
        Kind::Text if !text.contains('\0') => Some(Value::Text(text.to_owned())),
        Kind::Enum(enumeration) => enumeration
            .values
            .iter()
            .find(|value| value.name == text)
            .map(|value| Value::Text(value.stored.clone())),
        Kind::DateTime => Value::moment(text),
        Kind::Date => Value::day(text),
        Kind::Uuid | Kind::BigInt | Kind::Int | Kind::Boolean | Kind::Text | Kind::Json => None,
    }
}

/// Writes one value as the statement does.
fn print(value: &Value, kind: &Kind) -> String {
    match (value, kind) {
        (Value::Uuid(key), _) => key.simple().to_string(),
        (Value::Int(number), _) => number.to_string(),
        (Value::Boolean(truth), _) => u8::from(*truth).to_string(),
        (Value::Text(text), Kind::Enum(_)) => hex(&text.to_ascii_uppercase()),
        (Value::Text(text), _) => hex(text),
        (Value::Float(number), _) => hex(&number.to_string()),
        (Value::DateTime(moment), _) => hex(&moment.to_rfc3339_opts(SecondsFormat::Micros, true)),
        (Value::Date(day), _) => hex(&day.to_string()),
        // No sort key is one of these.
        (
            Value::Json(_)
            | Value::Null(_)
            | Value::Caseless(..)
            | Value::Search(_)
            | Value::RareSearch(_)
            | Value::List(..),
            _,
        ) => String::new(),
    }
}

fn hex(text: &str) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16);
    text.bytes()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .flatten()
        .collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            u8::try_from(high * 16 + low).ok()
        })
        .collect()
}
