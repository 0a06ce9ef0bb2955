//! Conditions on statistics over rows.

use serde_json::{Map, Value};

use super::condition::{Test, tests};
use super::datum::Kind;
use super::figure::{Figure, reading};
use super::model::{Entity, Relation, column_of};
use super::path::Path;
use super::request::items;
use super::rows::Rows;
use super::statistics::{Function, Values, function};
use super::{Stop, refused, skipped};
use crate::generated::shop::Record;
use crate::generated::vocabulary::Vocabulary;

const BAD: &str = "BAD_USER_INPUT";

/// A condition on statistics.
#[derive(Clone, Debug)]
pub enum Having {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(Figure, Vec<Test>),
}

impl Having {
    /// Reads conditions on statistics over rows of an entity, which are behind
    /// these relations.
    pub fn read(
        vocabulary: &Vocabulary,
        entity: &'static Entity,
        through: &[&'static Relation],
        value: &Value,
    ) -> Result<Self, Stop> {
        let Value::Object(members) = value else {
            return refused(BAD);
        };
        let mut all = Vec::new();
        for (name, value) in members {
            if value.is_null() {
                return refused(BAD);
            }
            let list = || -> Result<Vec<_>, Stop> {
                let inner = items(value).iter();
                inner
                    .map(|value| Self::read(vocabulary, entity, through, value))
                    .collect()
            };
            let one = match name.as_str() {
                "and" => Self::All(list()?),
                "or" => Self::Any(list()?),
                "not" => Self::Not(Box::new(Self::read(vocabulary, entity, through, value)?)),
                "count" => Self::Test(Figure::rows(through), tests(Kind::Integer, value)?),
                name => {
                    if let Some(relation) = entity.relation(name) {
                        let way: Vec<_> = through.iter().copied().chain([relation]).collect();
                        Self::read(vocabulary, relation.entity(), &way, value)?
                    } else {
                        of_field(vocabulary, entity, through, name, value)?
                    }
                }
            };
            all.push(one);
        }
        Ok(Self::All(all))
    }

    pub fn is_met(&self, rows: &Rows, over: &[&Record]) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.is_met(rows, over)),
            Self::Any(any) => any.iter().any(|one| one.is_met(rows, over)),
            Self::Not(one) => !one.is_met(rows, over),
            Self::Test(figure, tests) => {
                let value = figure.over(rows, over);
                tests.iter().all(|test| test.is_met(&value))
            }
        }
    }
}

/// Conditions on statistics over the values of a field.
fn of_field(
    vocabulary: &Vocabulary,
    entity: &'static Entity,
    through: &[&'static Relation],
    name: &str,
    value: &Value,
) -> Result<Having, Stop> {
    let Value::Object(members) = value else {
        return refused(BAD);
    };
    let column = column_of(name);
    let values = |within| Values::new(through.to_vec(), entity, column.clone(), within);
    let Some(path) = members.get("path") else {
        let kind = kind_of(vocabulary, entity, name)?;
        return measures(&values(None), kind, members);
    };
    let path = Path::read(path.as_str().unwrap_or_default())?;
    let mut all = Vec::new();
    for (name, value) in members.iter().filter(|(name, _)| *name != "path") {
        if name == "count" {
            let figure = Figure::of(values(Some((path.clone(), None))), Function::Count);
            all.push(Having::Test(figure, tests(Kind::Integer, value)?));
            continue;
        }
        let kind = reading(name);
        let Value::Object(members) = value else {
            return refused(BAD);
        };
        let values = values(Some((path.clone(), Some(kind))));
        all.push(measures(&values, kind, members)?);
    }
    Ok(Having::All(all))
}

fn measures(values: &Values, kind: Kind, members: &Map<String, Value>) -> Result<Having, Stop> {
    let mut all = Vec::new();
    for (name, value) in members {
        let mut value = value.clone();
        let part = value
            .as_object_mut()
            .and_then(|value| value.shift_remove("p"));
        let function = function(name, part.as_ref())?;
        let result = match function {
            Function::Count | Function::CountDistinct | Function::CountTruth(_) => Kind::Integer,
            Function::Sum | Function::Min | Function::Max | Function::Mode => kind,
            _ => Kind::Float,
        };
        let figure = Figure::of(values.clone(), function);
        all.push(Having::Test(figure, tests(result, &value)?));
    }
    Ok(Having::All(all))
}

fn kind_of(vocabulary: &Vocabulary, entity: &'static Entity, field: &str) -> Result<Kind, Stop> {
    let field = if field == "rowId" { "id" } else { field };
    let Some(field) = vocabulary.field(entity.name, field) else {
        return skipped("a field that is not there");
    };
    Ok(match field.ty.inner_named_type().as_str() {
        "Int" | "BigInt" => Kind::Integer,
        "Float" => Kind::Float,
        "ID" => Kind::Id(entity),
        "String" => Kind::Text,
        "DateTime" => Kind::Moment,
        "Boolean" => Kind::Truth,
        _ => Kind::Choice,
    })
}
