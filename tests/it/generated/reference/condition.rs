//! Conditions on rows: `filter` and what is in it. They are two-valued.

use std::cmp::Ordering;

use serde_json::Value;
use uuid::Uuid;

use super::datum::{Datum, Kind};
use super::having::Having;
use super::model::{Entity, Relation, column_of};
use super::path::Path;
use super::request::items;
use super::rows::Rows;
use super::{Stop, refused, skipped};
use crate::generated::shop::{Cell, Record};
use crate::generated::vocabulary::Vocabulary;

/// The most characters of a text that is looked for whatever its case.
const MOST_FOLDED: usize = 200;

/// A condition on a row.
#[derive(Clone, Debug)]
pub enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// On the value of a column.
    Column(String, Test),
    /// On what stands in the document of a column.
    Document(String, Path, At),
    /// The related row, if there is one.
    Related(&'static Relation, Box<Self>),
    /// At least one of the related rows.
    Some(&'static Relation, Box<Self>),
    /// On statistics over the related rows.
    Having(&'static Relation, Having),
    /// Is the row of this id, or below it.
    Below(Uuid),
}

/// A condition on a place in a document.
#[derive(Clone, Debug)]
pub enum At {
    Exists(bool),
    IsNull(bool),
    Value(Kind, Test),
}

/// A comparison with operands.
#[derive(Clone, Debug)]
pub struct Test {
    operator: String,
    operands: Vec<Datum>,
}

const BAD: &str = "BAD_USER_INPUT";

/// Reads a filter on rows of an entity.
pub fn filter(
    vocabulary: &Vocabulary,
    entity: &'static Entity,
    value: &Value,
) -> Result<Condition, Stop> {
    let Value::Object(members) = value else {
        return refused(BAD);
    };
    let mut all = Vec::new();
    for (name, value) in members {
        let several = || -> Result<Vec<_>, Stop> {
            if value.is_null() {
                return refused(BAD);
            }
            let filters = items(value).iter();
            filters.map(|one| filter(vocabulary, entity, one)).collect()
        };
        match name.as_str() {
            "and" => all.push(Condition::All(several()?)),
            "or" => all.push(Condition::Any(several()?)),
            "not" => all.push(not(filter(vocabulary, entity, value)?)),
            "inSubtreeOf" => match Kind::Id(entity).read(value)? {
                Datum::Id(id) => all.push(Condition::Below(id)),
                _ => return refused(BAD),
            },
            _ => all.push(named(vocabulary, entity, name, value)?),
        }
    }
    Ok(Condition::All(all))
}

/// A condition on what a field of that name gives.
fn named(
    vocabulary: &Vocabulary,
    entity: &'static Entity,
    name: &str,
    value: &Value,
) -> Result<Condition, Stop> {
    if let Some(relation) = entity.relation(name) {
        let ty = input_type(vocabulary, &format!("{}Filter", entity.name), name);
        return if ty.ends_with("ListFilter") {
            list(vocabulary, relation, value)
        } else {
            let inner = filter(vocabulary, relation.entity(), value)?;
            Ok(Condition::Related(relation, inner.into()))
        };
    }
    let column = column_of(name);
    let ty = input_type(vocabulary, &format!("{}Filter", entity.name), name);
    if let Some(relation) = entity.relation_by(name, "Aggregate") {
        let having = Having::read(vocabulary, relation.entity(), &[], value)?;
        return Ok(Condition::Having(relation, having));
    }
    if ty == "JSONFilter" {
        if value.is_null() {
            return refused(BAD);
        }
        let conditions = items(value).iter();
        let conditions = conditions.map(|one| document(&column, one));
        return Ok(Condition::All(conditions.collect::<Result<_, _>>()?));
    }
    let Some(kind) = Kind::of_filter(&ty, entity) else {
        return skipped(&format!("the filter {ty}"));
    };
    let tests = tests(kind, value)?.into_iter();
    let tests = tests.map(|test| Condition::Column(column.clone(), test));
    Ok(Condition::All(tests.collect()))
}

/// The name of the type of a field of an input object.
fn input_type(vocabulary: &Vocabulary, object: &str, field: &str) -> String {
    let object = vocabulary.input_object(object);
    let field = object.and_then(|object| object.fields.get(field).cloned());
    field.map_or_else(String::new, |field| field.ty.inner_named_type().to_string())
}

fn not(condition: Condition) -> Condition {
    Condition::Not(condition.into())
}

fn list(
    vocabulary: &Vocabulary,
    relation: &'static Relation,
    value: &Value,
) -> Result<Condition, Stop> {
    let Value::Object(members) = value else {
        return refused(BAD);
    };
    let mut all = Vec::new();
    for (name, value) in members {
        let inner = filter(vocabulary, relation.entity(), value)?;
        let some = |condition: Condition| Condition::Some(relation, condition.into());
        all.push(match name.as_str() {
            "some" => some(inner),
            "none" => not(some(inner)),
            "every" => not(some(not(inner))),
            _ => return skipped(&format!("the quantifier {name}")),
        });
    }
    Ok(Condition::All(all))
}

/// Conditions on a place in a document.
fn document(column: &str, value: &Value) -> Result<Condition, Stop> {
    let Value::Object(members) = value else {
        return refused(BAD);
    };
    let Some(Value::String(path)) = members.get("path") else {
        return refused(BAD);
    };
    let path = Path::read(path)?;
    let mut all = Vec::new();
    for (name, value) in members.iter().filter(|(name, _)| *name != "path") {
        let kind = match name.as_str() {
            "exists" | "isNull" => {
                let Value::Bool(truth) = value else {
                    return refused(BAD);
                };
                all.push(if name == "exists" {
                    At::Exists(*truth)
                } else {
                    At::IsNull(*truth)
                });
                continue;
            }
            "number" => Kind::Float,
            "text" => Kind::Text,
            "boolean" => Kind::Truth,
            _ => return skipped(&format!("the JSON condition {name}")),
        };
        let tests = tests(kind, value)?.into_iter();
        all.extend(tests.map(|test| At::Value(kind, test)));
    }
    let conditions = all.into_iter();
    let conditions = conditions.map(|at| Condition::Document(column.to_owned(), path.clone(), at));
    Ok(Condition::All(conditions.collect()))
}

/// The operators of an input object such as `StringFilter`.
pub fn tests(kind: Kind, value: &Value) -> Result<Vec<Test>, Stop> {
    let Value::Object(members) = value else {
        return refused(BAD);
    };
    let mut tests = Vec::new();
    for (operator, value) in members {
        let kind = if operator == "isNull" {
            Kind::Truth
        } else {
            kind
        };
        if value.is_null() {
            return refused(BAD);
        }
        let operands = match operator.as_str() {
            "in" | "notIn" => items(value),
            _ => std::slice::from_ref(value),
        };
        if operator.ends_with("IgnoreCase") {
            let text = value.as_str().unwrap_or_default();
            foldable(text)?;
            if text.chars().count() > MOST_FOLDED {
                return refused("BAD_USER_INPUT");
            }
        }
        let operands = operands.iter().map(|operand| kind.read(operand));
        tests.push(Test {
            operator: operator.clone(),
            operands: operands.collect::<Result<_, _>>()?,
        });
    }
    Ok(tests)
}

impl Condition {
    /// Whether a row of an entity meets it.
    pub fn is_met(&self, rows: &Rows, entity: &Entity, row: &Record) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.is_met(rows, entity, row)),
            Self::Any(any) => any.iter().any(|one| one.is_met(rows, entity, row)),
            Self::Not(one) => !one.is_met(rows, entity, row),
            Self::Column(column, test) => {
                test.is_met(&Datum::of_cell(rows.cell(entity, row, column)))
            }
            Self::Document(column, path, at) => {
                let found = match rows.cell(entity, row, column) {
                    Cell::Json(document) => path.find(document),
                    _ => None,
                };
                match at {
                    At::Exists(truth) => found.is_some() == *truth,
                    At::IsNull(truth) => found.is_some_and(Value::is_null) == *truth,
                    At::Value(kind, test) => test.is_met(&Datum::of_json(found, *kind)),
                }
            }
            Self::Related(relation, inner) => {
                let related = rows.related(relation, row);
                related.is_some_and(|row| inner.is_met(rows, relation.entity(), row))
            }
            Self::Some(relation, inner) => rows
                .relating(relation, row)
                .any(|row| inner.is_met(rows, relation.entity(), row)),
            Self::Having(relation, having) => {
                let all: Vec<_> = rows.relating(relation, row).collect();
                having.is_met(rows, &all)
            }
            Self::Below(id) => {
                row["id"].id() == Some(*id)
                    || rows
                        .ancestors(entity, row)
                        .iter()
                        .any(|above| above["id"].id() == Some(*id))
            }
        }
    }
}

impl Test {
    pub fn is_met(&self, value: &Datum) -> bool {
        let first = self.operands.first();
        let found = || !value.is_null() && self.operands.contains(value);
        let order = || {
            let first = first.filter(|_| !value.is_null())?;
            Some(value.compare(first))
        };
        match self.operator.as_str() {
            "isNull" => first == Some(&Datum::Truth(value.is_null())),
            "eq" | "in" => found(),
            "ne" | "notIn" => !found(),
            "lt" => order() == Some(Ordering::Less),
            "gt" => order() == Some(Ordering::Greater),
            "lte" => order().is_some_and(Ordering::is_le),
            "gte" => order().is_some_and(Ordering::is_ge),
            operator => {
                let (Datum::Text(value), Some(Datum::Text(operand))) = (value, first) else {
                    return operator == "neIgnoreCase";
                };
                match operator.strip_suffix("IgnoreCase") {
                    Some(operator) => holds(operator, &fold(value), &fold(operand)),
                    None => holds(operator, value, operand),
                }
            }
        }
    }
}

fn holds(operator: &str, value: &str, operand: &str) -> bool {
    match operator {
        "eq" => value == operand,
        "ne" => value != operand,
        "contains" => value.contains(operand),
        "startsWith" => value.starts_with(operand),
        "endsWith" => value.ends_with(operand),
        _ => panic!("there is no operator {operator}"),
    }
}

/// A text as it is compared whatever the case of its letters.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The lower case of some letters is more than one, or depends on the place.
pub fn foldable(text: &str) -> Result<(), Stop> {
    if text.contains(['\u{130}', 'Σ', 'σ', 'ς']) {
        return skipped("letters whose lower case the manual leaves open");
    }
    Ok(())
}
