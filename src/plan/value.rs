use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::catalog::Kind;

/// A value that a statement binds. Values never become part of the SQL text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, and the stored text of enumerations.
    Text(String),
    /// A 64-bit integer; narrower columns are compared in 64 bits.
    Int(i64),
    /// A double-precision number.
    Float(f64),
    /// A truth value.
    Boolean(bool),
    /// A primary or foreign key.
    Uuid(Uuid),
    /// A moment in UTC, in microseconds.
    DateTime(DateTime<Utc>),
    /// A calendar day.
    Date(NaiveDate),
    /// Several values of one kind, bound as a single array or JSON parameter
    /// so that the statement's text does not depend on how many there are.
    List(Kind, Vec<Value>),
}
