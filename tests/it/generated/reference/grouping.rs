//! Groups of rows, made one by one.

mod evaluation;
mod reading;

use std::sync::Arc;

use serde_json::Value;

use super::datum::Datum;
use super::listing::{Narrowed, Window};
use super::model::{Entity, Relation};
use super::plan::{InfoPart, Keyed};
use super::rows::Rows;
use super::sorting::Sorting;
use super::statistics::{Function, Statistic, Values};
use super::{Stop, refused};
use crate::generated::reference::condition::Test;
use crate::generated::shop::Record;

const BAD: &str = "BAD_USER_INPUT";

/// Groups that are asked for.
pub struct Groups {
    which: Narrowed,
    by: Vec<Key>,
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
    /// The path in documents and how they are read.
    document: Option<(String, String)>,
    is_id_of: Option<&'static Entity>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Steps {
    width: f64,
    origin: f64,
}

enum Having {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(Figure, Vec<Test>),
}

/// A statistic over the rows of a group.
#[derive(Clone)]
struct Figure {
    values: Option<Values>,
    through: Vec<&'static Relation>,
    function: Function,
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
}

enum KeyPart {
    TypeName(String),
    Value(usize),
    /// Of a number: its value, where its step starts, where it ends.
    Number(usize, Keyed<String>),
    Document(usize, Keyed<Self>),
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
        format!("key {} {:?}", self.values.label(), self.steps)
    }

    fn is_as(&self, other: &Self) -> bool {
        self.path == other.path
            && self.field == other.field
            && self.document == other.document
            && (self.document.is_some()
                || self.steps.map(|steps| steps.width) == other.steps.map(|steps| steps.width))
    }

    fn of<'s>(&self, rows: &Rows<'s>, row: &'s Record) -> Datum {
        let value = self.values.of(rows, row);
        match self.steps {
            Some(steps) => steps.start(&value),
            None => value,
        }
    }
}

impl Figure {
    fn rows(through: &[&'static Relation]) -> Self {
        Self {
            values: None,
            through: through.to_vec(),
            function: Function::Count,
        }
    }

    fn of(values: Values, function: Function) -> Self {
        Self {
            values: Some(values),
            through: Vec::new(),
            function,
        }
    }

    fn label(&self) -> String {
        let values = self.values.as_ref().map(Values::label);
        format!("{:?} {values:?} {:?}", self.function, self.through)
    }

    fn over(&self, rows: &Rows, all: &[&Record]) -> Datum {
        match &self.values {
            Some(values) => values.measure(rows, self.function, all),
            None => self.rows_there(rows, all),
        }
    }
}
