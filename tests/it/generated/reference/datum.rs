//! Values as they are compared.

use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::model::Entity;
use super::{Stop, refused};
use crate::generated::shop::Cell;

/// Something that can be compared with others of its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    Null,
    Integer(i64),
    Float(f64),
    Truth(bool),
    Text(String),
    Id(Uuid),
    Moment(DateTime<Utc>),
}

/// What operands of a field have to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Integer,
    Float,
    Truth,
    Text,
    /// A text in capitals.
    Choice,
    Id(&'static Entity),
    Moment,
}

impl Kind {
    /// By the name of the type of operators.
    pub fn of_filter(name: &str, entity: &'static Entity) -> Option<Self> {
        Some(match name.strip_suffix("Filter")? {
            "Int" | "BigInt" => Self::Integer,
            "Float" => Self::Float,
            "Boolean" => Self::Truth,
            "String" => Self::Text,
            "ID" => Self::Id(entity),
            "DateTime" => Self::Moment,
            "ProductStatus" | "OrderStatus" | "UserRole" => Self::Choice,
            _ => return None,
        })
    }

    /// An operand.
    pub fn read(self, value: &Value) -> Result<Datum, Stop> {
        let datum = match (self, value) {
            (Self::Integer, Value::Number(number)) => number.as_i64().map(Datum::Integer),
            (Self::Float, Value::Number(number)) => number.as_f64().map(Datum::Float),
            (Self::Truth, Value::Bool(truth)) => Some(Datum::Truth(*truth)),
            (Self::Text, Value::String(text)) => {
                if text.len() > 10_000 {
                    return refused("QUERY_TOO_COMPLEX");
                }
                (!text.contains('\0')).then(|| Datum::Text(text.clone()))
            }
            (Self::Choice, Value::String(text)) => {
                let is_name = |letter: char| letter.is_ascii_uppercase() || letter == '_';
                let is_named = !text.is_empty() && text.chars().all(is_name);
                is_named.then(|| Datum::Text(text.to_lowercase()))
            }
            (Self::Id(entity), Value::String(text)) => {
                let (prefix, key) = split_id(text)?;
                (prefix == entity.prefix).then_some(Datum::Id(key))
            }
            (Self::Moment, Value::String(text)) => {
                let moment = DateTime::parse_from_rfc3339(text).ok();
                moment.map(|moment| {
                    // A leap second is the second after it.
                    let micros = moment.timestamp_micros();
                    Datum::Moment(DateTime::from_timestamp_micros(micros).unwrap())
                })
            }
            _ => None,
        };
        datum.map_or_else(|| refused("BAD_USER_INPUT"), Ok)
    }
}

/// The prefix and the key of an id.
pub fn split_id(id: &str) -> Result<(&str, Uuid), Stop> {
    let parts = id.split_once('_').and_then(|(prefix, key)| {
        let uuid = Uuid::try_parse(key).ok()?;
        // There is one way to write it.
        (uuid.simple().to_string() == key).then_some((prefix, uuid))
    });
    parts.map_or_else(|| refused("BAD_USER_INPUT"), Ok)
}

impl Datum {
    pub fn of_cell(cell: &Cell) -> Self {
        match cell {
            Cell::Null | Cell::Json(_) => Self::Null,
            Cell::Integer(number) => Self::Integer(*number),
            Cell::Text(text) => Self::Text(text.clone()),
            Cell::Id(id) => Self::Id(*id),
            Cell::Moment(moment) => Self::Moment(*moment),
        }
    }

    /// What stands in a document; null where it is of another kind.
    pub fn of_json(value: Option<&Value>, kind: Kind) -> Self {
        match (kind, value) {
            (Kind::Float, Some(Value::Number(number))) => {
                number.as_f64().map_or(Self::Null, Self::Float)
            }
            (Kind::Text, Some(Value::String(text))) => Self::Text(text.clone()),
            (Kind::Truth, Some(Value::Bool(truth))) => Self::Truth(*truth),
            _ => Self::Null,
        }
    }

    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// How two of a kind compare, neither of them null. Texts do byte by byte.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => one.cmp(other),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(other).unwrap(),
            (Self::Truth(one), Self::Truth(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Id(one), Self::Id(other)) => one.cmp(other),
            (Self::Moment(one), Self::Moment(other)) => one.cmp(other),
            _ => panic!("{self:?} and {other:?} do not compare"),
        }
    }
}
