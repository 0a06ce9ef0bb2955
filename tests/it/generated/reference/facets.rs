//! Facets: how many rows of a list have each value of a field.

use std::cmp::{Ordering, Reverse};

use serde_json::{Map, Value, json};

use super::answer::{Expected, object};
use super::datum::Datum;
use super::figure::reading;
use super::listing::{Narrowed, number};
use super::model::{Entity, Link, column_of};
use super::path::Path;
use super::plan::{Keyed, Planner, Wanted};
use super::request::{Asked, items};
use super::rows::Rows;
use super::statistics::Values;
use super::{Stop, skipped};
use crate::generated::shop::Record;

/// How many values a facet has that does not say.
const DEFAULT_SIZE: usize = 10;
const LARGEST_SIZE: i64 = 100;

/// A facet, or several.
pub enum Facet {
    TypeName(String),
    /// As what a value within documents is read.
    Object(Keyed<Self>),
    Counts(Box<Counts>),
}

/// The most frequent values, and how many rows have them.
pub struct Counts {
    /// The rows that are counted.
    which: Narrowed,
    values: Values,
    size: usize,
    parts: Keyed<Part>,
}

enum Part {
    TypeName(String),
    Count,
    Value,
    /// The row that the values are the ids of.
    Row(&'static Entity, Keyed<Wanted>),
}

impl<'d> Planner<'d> {
    /// Facets of a list with these arguments.
    pub fn facets(
        &self,
        entity: &'static Entity,
        list: &Map<String, Value>,
        asked: &Asked<'d>,
    ) -> Result<Keyed<Facet>, Stop> {
        let ty = format!("{}Facets", entity.name);
        let fields = self.request.fields(&asked.sets, &ty).into_iter();
        fields
            .map(|asked| {
                let facet = if asked.field.name == "__typename" {
                    Facet::TypeName(ty.clone())
                } else {
                    self.facet(entity, list, &asked)?
                };
                Ok((asked.key, facet))
            })
            .collect()
    }

    fn facet(
        &self,
        entity: &'static Entity,
        list: &Map<String, Value>,
        asked: &Asked<'d>,
    ) -> Result<Facet, Stop> {
        let name = asked.field.name.as_str();
        if let Some(relation) = entity.relation(name) {
            let Link::One(_) = relation.link else {
                return skipped("facets of related rows");
            };
            let target = relation.entity();
            let values = Values::new(vec![relation], target, "id".to_owned(), None);
            let which = self.narrowed_without(entity, list, name, None)?;
            return self.counts(which, values, Some(target), asked);
        }
        let column = column_of(name);
        let ty = asked.field.definition.ty.inner_named_type().as_str();
        if ty != "JSONFacets" {
            let values = Values::new(Vec::new(), entity, column, None);
            let which = self.narrowed_without(entity, list, name, None)?;
            return self.counts(which, values, None, asked);
        }
        let path = Path::read(asked.arguments["path"].as_str().unwrap_or_default())?;
        let fields = self.request.fields(&asked.sets, ty).into_iter();
        let members = fields.map(|asked| {
            let way = asked.field.name.as_str();
            if way == "__typename" {
                return Ok((asked.key, Facet::TypeName(ty.to_owned())));
            }
            let within = Some((path.clone(), Some(reading(way))));
            let values = Values::new(Vec::new(), entity, column.clone(), within);
            let which = self.narrowed_without(entity, list, name, Some(&path))?;
            let facet = self.counts(which, values, None, &asked)?;
            Ok((asked.key, facet))
        });
        Ok(Facet::Object(members.collect::<Result<_, Stop>>()?))
    }

    fn counts(
        &self,
        which: Narrowed,
        values: Values,
        row: Option<&'static Entity>,
        asked: &Asked<'d>,
    ) -> Result<Facet, Stop> {
        let size = number(&asked.arguments, "first", LARGEST_SIZE)?;
        let ty = asked.field.definition.ty.inner_named_type().as_str();
        let mut parts = Vec::new();
        for asked in self.request.fields(&asked.sets, ty) {
            let part = match (asked.field.name.as_str(), row) {
                ("__typename", _) => Part::TypeName(ty.to_owned()),
                ("count", _) => Part::Count,
                ("value", None) => Part::Value,
                ("value", Some(entity)) => Part::Row(entity, self.object(entity, &asked.sets)?),
                (other, _) => return skipped(&format!("the field {ty}.{other}")),
            };
            parts.push((asked.key, part));
        }
        let counts = Counts {
            which,
            values,
            size: size.unwrap_or(DEFAULT_SIZE),
            parts,
        };
        Ok(Facet::Counts(counts.into()))
    }

    /// The rows of a list as if its filter said nothing about a field.
    fn narrowed_without(
        &self,
        entity: &'static Entity,
        list: &Map<String, Value>,
        field: &str,
        path: Option<&Path>,
    ) -> Result<Narrowed, Stop> {
        let mut arguments = list.clone();
        if let Some(filter) = arguments.get_mut("filter") {
            *filter = without(filter, field, path)?;
        }
        Narrowed::read(self.vocabulary, entity, &arguments)
    }
}

/// A filter without what it says about a field; where there is a path, without
/// what it says about that place in documents.
fn without(filter: &Value, field: &str, path: Option<&Path>) -> Result<Value, Stop> {
    let mut rest = Map::new();
    for (name, value) in filter.as_object().into_iter().flatten() {
        if name == "and" {
            let all = items(value).iter().map(|one| without(one, field, path));
            rest.insert(name.clone(), Value::Array(all.collect::<Result<_, _>>()?));
        } else if name != field {
            rest.insert(name.clone(), value.clone());
        } else if let Some(path) = path {
            let mut others = Vec::new();
            for condition in items(value) {
                if Path::read(condition["path"].as_str().unwrap_or_default())? != *path {
                    others.push(condition.clone());
                }
            }
            rest.insert(name.clone(), Value::Array(others));
        }
    }
    Ok(Value::Object(rest))
}

/// How values are sorted of which there are as many; null is the greatest.
fn order(one: &Datum, other: &Datum) -> Ordering {
    match (one.is_null(), other.is_null()) {
        (false, false) => one.compare(other),
        (one, other) => one.cmp(&other),
    }
}

/// What facets of a list of these rows come to.
pub fn facets(rows: &Rows, all: &[&Record], wanted: &Keyed<Facet>) -> Expected {
    let members = wanted.iter().map(|(key, facet)| {
        let expected = match facet {
            Facet::TypeName(name) => Expected::Value(json!(name)),
            Facet::Object(wanted) => facets(rows, all, wanted),
            Facet::Counts(counts) => counts.over(rows, all),
        };
        (key.clone(), expected)
    });
    Expected::Object(members.collect())
}

impl Counts {
    fn over(&self, rows: &Rows, all: &[&Record]) -> Expected {
        let found = self.which.found(rows, all.iter().copied());
        let values = found.map(|row| self.values.of(rows, row));
        let mut values: Vec<_> = values.filter(|value| self.counts(value)).collect();
        values.sort_by(order);
        let runs = values.chunk_by(|one, other| order(one, other).is_eq());
        let mut runs: Vec<_> = runs.collect();
        runs.sort_by_key(|run| Reverse(run.len()));
        let told = runs.iter().take(self.size).map(|run| self.told(rows, run));
        Expected::List(told.collect())
    }

    /// Nothing is a value of a field as well, but not of a place in documents.
    fn counts(&self, value: &Datum) -> bool {
        !(self.values.is_within() && value.is_null())
    }

    fn told(&self, rows: &Rows, run: &[Datum]) -> Expected {
        let members = self.parts.iter().map(|(key, part)| {
            let expected = match (part, &run[0]) {
                (Part::TypeName(name), _) => Expected::Value(json!(name)),
                (Part::Count, _) => Expected::Value(json!(run.len())),
                (Part::Row(entity, wanted), Datum::Id(id)) => {
                    let row = rows.by_id(entity, *id).unwrap();
                    object(rows, entity, row, wanted)
                }
                (Part::Value | Part::Row(..), value) => self.values.expected(value),
            };
            (key.clone(), expected)
        });
        Expected::Object(members.collect())
    }
}
