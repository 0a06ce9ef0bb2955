//! Groups of rows, made one by one.

mod evaluation;
mod keys;
mod reading;
mod summary;
mod time;

use std::sync::Arc;

use serde_json::Value;

use self::time::{Time, Way};
use super::datum::Datum;
use super::figure::Figure;
use super::having::Having;
use super::listing::{Narrowed, Window};
use super::model::{Entity, Relation};
use super::plan::{InfoPart, Keyed, Wanted};
use super::rows::Rows;
use super::sorting::Sorting;
use super::statistics::{Function, Statistic, Values, behind};
use super::{Stop, refused};
use crate::generated::shop::{Record, id_of};

const BAD: &str = "BAD_USER_INPUT";

/// Groups that are asked for.
pub struct Groups {
    entity: &'static Entity,
    which: Narrowed,
    by: Vec<Key>,
    fill: Option<Fill>,
    having: Having,
    sorting: Arc<Sorting>,
    order: Vec<Sorted>,
    window: Window,
    parts: Keyed<Part>,
}

/// Something that rows are grouped by.
struct Key {
    path: Vec<&'static Relation>,
    field: String,
    values: Values,
    steps: Option<Steps>,
    time: Option<Time>,
    /// The path in documents and how they are read.
    document: Option<(String, String)>,
    is_id_of: Option<&'static Entity>,
    level: Option<Level>,
}

/// A level of a tree; 1 is that of its roots.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Level {
    entity: &'static Entity,
    number: usize,
}

/// A key all of whose values are there, whether rows have them or not.
struct Fill {
    place: usize,
    values: Vec<Datum>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Steps {
    width: f64,
    origin: f64,
}

enum Sorted {
    Key(usize),
    Figure(Figure),
}

enum Part {
    TypeName(String),
    Nodes(Keyed<GroupPart>),
    Edges(Keyed<EdgePart>),
    PageInfo(Keyed<InfoPart>),
    TotalCount,
    Totals(Keyed<Statistic>),
    Summary(Keyed<Summary>),
}

enum EdgePart {
    TypeName(String),
    Cursor,
    Node(Keyed<GroupPart>),
}

enum GroupPart {
    TypeName(String),
    Key(Keyed<KeyPart>),
    Statistic(Statistic),
    /// Over the group before it.
    Previous(Keyed<Statistic>),
    Share(Keyed<Share>),
    Rows(Box<FirstRows>),
}

/// The first rows of a group.
struct FirstRows {
    sorting: Arc<Sorting>,
    window: Window,
    wanted: Keyed<Wanted>,
}

/// How much of all a group is.
enum Share {
    TypeName(String),
    Object(Keyed<Self>),
    Of(Figure),
}

enum KeyPart {
    TypeName(String),
    Value(usize),
    /// Of a number: its value, where its step starts, where it ends.
    Number(usize, Keyed<String>),
    /// Of a moment: its value, where its stretch starts and ends, which part
    /// it is.
    Time(usize, Keyed<String>),
    Document(usize, Keyed<Self>),
    /// The row that is the value.
    Row(usize, &'static Entity, Keyed<Wanted>),
    /// What is null where one of these keys is.
    Object(Vec<usize>, Keyed<Self>),
}

enum Summary {
    TypeName(String),
    Object(Keyed<Self>),
    Over(Figure, Keyed<Option<Function>>, String),
}

/// A group: its keys, and its rows.
#[derive(Clone)]
struct Group<'s> {
    keys: Vec<Datum>,
    rows: Vec<&'s Record>,
    /// Those of the group before it by the key that is filled in.
    previous: Option<Vec<&'s Record>>,
}

impl Steps {
    fn read(value: &Value) -> Result<Option<Self>, Stop> {
        let given = |name: &str| value.get(name).filter(|value| !value.is_null());
        match (given("width"), given("origin")) {
            (None, None) => Ok(None),
            (None, Some(_)) => refused(BAD),
            (Some(width), origin) => {
                let width = width.as_f64().unwrap();
                let origin = origin.map_or(0.0, |origin| origin.as_f64().unwrap());
                if !(1e-9..=1e15).contains(&width) || origin.abs() > 1e15 {
                    return refused(BAD);
                }
                Ok(Some(Self { width, origin }))
            }
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "steps of integers are integers"
    )]
    fn start(self, value: &Datum) -> Datum {
        match value {
            Datum::Integer(number) => {
                let (width, origin) = (self.width as i64, self.origin as i64);
                Datum::Integer(number - (number - origin).rem_euclid(width))
            }
            Datum::Float(number) => {
                let steps = ((number - self.origin) / self.width).floor();
                Datum::Float(steps * self.width + self.origin)
            }
            other => other.clone(),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "steps of integers are integers"
    )]
    fn end(self, start: &Datum) -> Datum {
        match start {
            Datum::Integer(start) => Datum::Integer(start + self.width as i64),
            Datum::Float(start) => Datum::Float(start + self.width),
            other => other.clone(),
        }
    }
}

impl Key {
    fn label(&self) -> String {
        format!(
            "key {} {:?} {:?} {:?}",
            self.values.label(),
            self.steps,
            self.time,
            self.level
        )
    }

    /// Whether every value is a group of its own.
    fn is_value(&self) -> bool {
        self.document.is_none()
            && self.steps.is_none()
            && self.time.is_none_or(|time| time.way == Way::Value)
    }

    fn is_as(&self, other: &Self) -> bool {
        self.path == other.path
            && self.field == other.field
            && self.document == other.document
            && self.time == other.time
            && self.level == other.level
            && (self.document.is_some() || self.steps == other.steps)
    }

    fn of<'s>(&self, rows: &Rows<'s>, row: &'s Record) -> Datum {
        if let Some(level) = self.level {
            let below = behind(rows, &self.path, row);
            let found = below.and_then(|row| rows.at_level(level.entity, row, level.number));
            return found.map_or(Datum::Null, |row| Datum::Id(id_of(row)));
        }
        let value = self.values.of(rows, row);
        match (self.steps, self.time) {
            (Some(steps), _) => steps.start(&value),
            (None, Some(time)) => time.of(&value),
            (None, None) => value,
        }
    }
}
