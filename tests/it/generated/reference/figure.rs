//! Statistics over rows that conditions and orders are about.

use serde_json::Value;

use super::datum::{Datum, Kind};
use super::model::{Entity, Relation, column_of};
use super::path::Path;
use super::request::only;
use super::rows::Rows;
use super::sorting::direction;
use super::statistics::{Function, Values, behind, function};
use super::{Stop, refused};
use crate::generated::shop::Record;

const BAD: &str = "BAD_USER_INPUT";

/// A statistic over rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Over these values, or else how many rows there are.
    values: Option<Values>,
    through: Vec<&'static Relation>,
    function: Function,
}

impl Figure {
    pub fn rows(through: &[&'static Relation]) -> Self {
        Self {
            values: None,
            through: through.to_vec(),
            function: Function::Count,
        }
    }

    pub fn of(values: Values, function: Function) -> Self {
        Self {
            values: Some(values),
            through: Vec::new(),
            function,
        }
    }

    /// A text that tells it from all others.
    pub fn label(&self) -> String {
        let values = self.values.as_ref().map(Values::label);
        format!("{:?} {values:?} {:?}", self.function, self.through)
    }

    /// Whether it is out of a closed set.
    pub fn is_choice(&self) -> bool {
        self.values.as_ref().is_some_and(Values::is_choice)
    }

    pub fn over(&self, rows: &Rows, all: &[&Record]) -> Datum {
        if let Some(values) = &self.values {
            return values.measure(rows, self.function, all);
        }
        let is_there = |row: &&&Record| behind(rows, &self.through, row).is_some();
        Datum::Integer(i64::try_from(all.iter().filter(is_there).count()).unwrap())
    }

    /// Reads an order by a statistic such as `{ priceCents: { sum: DESC } }`:
    /// what is sorted by, whether descending, and whether nulls come first.
    pub fn sorted(
        entity: &'static Entity,
        mut through: Vec<&'static Relation>,
        order: &Value,
    ) -> Result<(Self, (bool, bool)), Stop> {
        let Some((name, value)) = only(order) else {
            return refused(BAD);
        };
        if name == "count" {
            let direction = direction(value.as_str().unwrap_or_default())?;
            return Ok((Self::rows(&through), direction));
        }
        if let Some(relation) = entity.relation(name) {
            through.push(relation);
            return Self::sorted(relation.entity(), through, value);
        }
        let column = column_of(name);
        let mut value = value;
        let mut within = None;
        if let Some(path) = value.get("path") {
            let path = Path::read(path.as_str().unwrap_or_default())?;
            let members = value.as_object().unwrap();
            let mut said = members
                .iter()
                .filter(|(name, value)| *name != "path" && !value.is_null());
            let (Some((name, inner)), None) = (said.next(), said.next()) else {
                return refused(BAD);
            };
            if name == "count" {
                let values = Values::new(through, entity, column, Some((path, None)));
                let direction = direction(inner.as_str().unwrap_or_default())?;
                return Ok((Self::of(values, Function::Count), direction));
            }
            within = Some((path, Some(reading(name))));
            value = inner;
        }
        let Some((name, value)) = only(value) else {
            return refused(BAD);
        };
        let (part, value) = match value.get("p") {
            Some(part) => (Some(part), &value["direction"]),
            None => (None, value),
        };
        let function = function(name, part)?;
        let direction = direction(value.as_str().unwrap_or_default())?;
        let values = Values::new(through, entity, column, within);
        Ok((Self::of(values, function), direction))
    }
}

/// As what a value within a document is read.
pub fn reading(name: &str) -> Kind {
    match name {
        "number" => Kind::Float,
        "text" => Kind::Text,
        _ => Kind::Truth,
    }
}
