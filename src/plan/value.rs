use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Utc};
use serde_json::Value as Json;
use uuid::Uuid;

use super::Match;
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
    /// A JSON document, as text in its one form.
    Json(String),
    /// Nothing, in a column of that kind.
    Null(Kind),
    /// A text that is looked for at a place of others whatever the case of
    /// its letters.
    Caseless(Match, String),
    /// The words of a search.
    Search(Vec<SearchWord>),
    /// The words of a search in which letters stand that not every full-text
    /// index knows.
    RareSearch(Vec<SearchWord>),
    /// Several values of one kind, bound as a single array or JSON parameter
    /// so that the statement's text does not depend on how many there are.
    List(Kind, Vec<Value>),
}

/// A word that is searched for: letters and digits, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchWord {
    /// The word.
    pub word: String,
    /// Whether words that only begin with it are meant as well.
    pub prefix: bool,
}

impl Value {
    /// The name of its type, as an explanation of a statement tells it.
    #[must_use]
    pub fn type_name(&self) -> String {
        let name = match self {
            Self::Text(_) => "text",
            Self::Int(_) => "integer",
            Self::Float(_) => "float",
            Self::Boolean(_) => "boolean",
            Self::Uuid(_) => "uuid",
            Self::DateTime(_) => "moment",
            Self::Date(_) => "date",
            Self::Json(_) => "JSON",
            Self::Null(_) => "nothing",
            Self::Caseless(..) => "text of any case",
            Self::Search(_) | Self::RareSearch(_) => "words",
            Self::List(_, values) => {
                let item = values.first().map_or_else(String::new, Self::type_name);
                return format!("list of {item}");
            }
        };
        name.to_owned()
    }

    /// Reads a moment in RFC 3339, of a year that every database can hold.
    /// Databases keep microseconds, so finer parts are cut off; a leap second
    /// is the first of the next minute.
    #[must_use]
    pub fn moment(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc3339(text).ok()?;
        DateTime::from_timestamp_micros(parsed.timestamp_micros())
            .filter(|moment| YEARS.contains(&moment.year()))
            .map(Self::DateTime)
    }

    /// Reads a calendar day as RFC 3339 full-date.
    #[must_use]
    pub fn day(text: &str) -> Option<Self> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|day| YEARS.contains(&day.year()))
            .map(Self::Date)
    }
}

impl Value {
    /// A JSON document, in the one form in which it is stored.
    #[must_use]
    pub fn json(document: Json) -> Self {
        Self::Json(entity::json::canonical(document).to_string())
    }

    /// The value as it reads in answers, of a column of that kind. A key is
    /// part of an id there, which begins with `prefix`.
    #[must_use]
    pub fn told(&self, kind: &Kind, prefix: Option<&str>) -> Json {
        match self {
            Self::Text(text) if matches!(kind, Kind::Enum(_)) => text.to_ascii_uppercase().into(),
            Self::Text(text) => text.as_str().into(),
            Self::Int(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Boolean(truth) => (*truth).into(),
            Self::Uuid(key) => match prefix {
                Some(prefix) => format!("{prefix}_{}", key.simple()).into(),
                None => key.simple().to_string().into(),
            },
            Self::DateTime(moment) => moment.to_rfc3339_opts(SecondsFormat::Micros, true).into(),
            Self::Date(day) => day.to_string().into(),
            Self::Json(text) => serde_json::from_str(text).unwrap_or(Json::Null),
            Self::Null(_)
            | Self::Caseless(..)
            | Self::Search(_)
            | Self::RareSearch(_)
            | Self::List(..) => Json::Null,
        }
    }
}

/// The years that all databases can hold.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;
