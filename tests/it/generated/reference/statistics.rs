//! Statistics over rows, computed value by value.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::answer::Expected;
use super::condition::{Condition, filter};
use super::datum::{Datum, Kind};
use super::listing::Narrowed;
use super::model::{Entity, Relation, column_of};
use super::path::Path;
use super::plan::{Keyed, Planner};
use super::request::Asked;
use super::rows::Rows;
use super::{Stop, refused, skipped};
use crate::generated::shop::{Cell, Record, id_of, moment_text};

/// Integers beyond are no statistics.
const LARGEST: i128 = (1 << 53) - 1;

/// Statistics over some rows.
pub struct Statistics {
    which: Narrowed,
    wanted: Keyed<Statistic>,
}

pub enum Statistic {
    TypeName(String),
    Object(Keyed<Self>),
    /// How many rows there are behind these relations.
    Rows(Vec<&'static Relation>),
    /// Statistics over the rows behind these relations that meet a condition.
    Matching(
        Vec<&'static Relation>,
        &'static Entity,
        Condition,
        Keyed<Self>,
    ),
    Measure(Values, Function),
}

/// A value of each row.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    through: Vec<&'static Relation>,
    entity: &'static Entity,
    column: String,
    within: Option<(Path, Option<Kind>)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    Count,
    CountDistinct,
    CountTruth(bool),
    Sum,
    Average,
    Min,
    Max,
    Variance,
    Deviation,
    Percentile(f64),
    Mode,
}

impl<'d> Planner<'d> {
    pub fn statistics(
        &self,
        entity: &'static Entity,
        asked: &Asked<'d>,
    ) -> Result<Statistics, Stop> {
        Ok(Statistics {
            which: Narrowed::read(self.vocabulary, entity, &asked.arguments)?,
            wanted: self.over_rows(entity, &[], asked)?,
        })
    }

    pub fn over_rows(
        &self,
        entity: &'static Entity,
        through: &[&'static Relation],
        asked: &Asked<'d>,
    ) -> Result<Keyed<Statistic>, Stop> {
        let ty = format!("{}Aggregate", entity.name);
        self.each_of(&ty, asked, |asked| self.statistic(entity, through, asked))
    }

    /// A field of statistics over rows.
    pub fn statistic(
        &self,
        entity: &'static Entity,
        through: &[&'static Relation],
        asked: &Asked<'d>,
    ) -> Result<Statistic, Stop> {
        let name = asked.field.name.as_str();
        if name == "count" {
            return Ok(Statistic::Rows(through.to_vec()));
        }
        if name == "matching" {
            let condition = filter(self.vocabulary, entity, &asked.arguments["filter"])?;
            let wanted = self.over_rows(entity, through, asked)?;
            let way = through.to_vec();
            return Ok(Statistic::Matching(way, entity, condition, wanted));
        }
        if let Some(relation) = entity.relation(name) {
            let through: Vec<_> = through.iter().copied().chain([relation]).collect();
            let wanted = self.over_rows(relation.entity(), &through, asked)?;
            return Ok(Statistic::Object(wanted));
        }
        let values = Values {
            through: through.to_vec(),
            entity,
            column: column_of(name),
            within: None,
        };
        let ty = asked.field.definition.ty.inner_named_type().as_str();
        let wanted = if ty == "JSONAggregate" {
            self.over_documents(values, asked)?
        } else {
            self.over_values(&values, ty, asked)?
        };
        Ok(Statistic::Object(wanted))
    }

    fn over_documents(&self, values: Values, asked: &Asked<'d>) -> Result<Keyed<Statistic>, Stop> {
        let path = asked.arguments.get("path").and_then(Value::as_str);
        let path = Path::read(path.unwrap_or_default())?;
        let within = |kind| Values {
            within: Some((path.clone(), kind)),
            ..values.clone()
        };
        self.each_of("JSONAggregate", asked, |asked| {
            let kind = match asked.field.name.as_str() {
                "count" => return Ok(Statistic::Measure(within(None), Function::Count)),
                "number" => Kind::Float,
                "text" => Kind::Text,
                _ => Kind::Truth,
            };
            let ty = asked.field.definition.ty.inner_named_type().as_str();
            let wanted = self.over_values(&within(Some(kind)), ty, asked)?;
            Ok(Statistic::Object(wanted))
        })
    }

    fn over_values(
        &self,
        values: &Values,
        ty: &str,
        asked: &Asked<'d>,
    ) -> Result<Keyed<Statistic>, Stop> {
        self.each_of(ty, asked, |asked| {
            let function = function(asked.field.name.as_str(), asked.arguments.get("p"))?;
            Ok(Statistic::Measure(values.clone(), function))
        })
    }

    fn each_of(
        &self,
        ty: &str,
        asked: &Asked<'d>,
        read: impl Fn(&Asked<'d>) -> Result<Statistic, Stop>,
    ) -> Result<Keyed<Statistic>, Stop> {
        let fields = self.request.fields(&asked.sets, ty).into_iter();
        fields
            .map(|asked| {
                let statistic = if asked.field.name == "__typename" {
                    Statistic::TypeName(ty.to_owned())
                } else {
                    read(&asked)?
                };
                Ok((asked.key, statistic))
            })
            .collect()
    }
}

pub fn function(name: &str, part: Option<&Value>) -> Result<Function, Stop> {
    Ok(match name {
        "count" => Function::Count,
        "countDistinct" => Function::CountDistinct,
        "countTrue" => Function::CountTruth(true),
        "countFalse" => Function::CountTruth(false),
        "sum" => Function::Sum,
        "avg" => Function::Average,
        "min" => Function::Min,
        "max" => Function::Max,
        "variance" => Function::Variance,
        "stddev" => Function::Deviation,
        "median" => Function::Percentile(0.5),
        "percentile" => match part.and_then(Value::as_f64) {
            Some(part) if (0.0..=1.0).contains(&part) => Function::Percentile(part),
            _ => return refused("BAD_USER_INPUT"),
        },
        "mode" => Function::Mode,
        other => return skipped(&format!("the statistic {other}")),
    })
}

impl Statistics {
    /// What they come to over these rows, as far as they are meant.
    pub fn over<'s>(&self, rows: &Rows<'s>, all: impl Iterator<Item = &'s Record>) -> Expected {
        let all: Vec<_> = self.which.found(rows, all).collect();
        object(rows, &all, &self.wanted)
    }
}

pub fn object(rows: &Rows, all: &[&Record], wanted: &Keyed<Statistic>) -> Expected {
    let members = wanted
        .iter()
        .map(|(key, wanted)| (key.clone(), told(rows, all, wanted)));
    Expected::Object(members.collect())
}

/// What a statistic comes to over these rows.
pub fn told(rows: &Rows, all: &[&Record], wanted: &Statistic) -> Expected {
    match wanted {
        Statistic::TypeName(name) => Expected::Value(json!(name)),
        Statistic::Object(wanted) => object(rows, all, wanted),
        Statistic::Rows(through) => {
            let there = all
                .iter()
                .filter(|row| behind(rows, through, row).is_some());
            Expected::Value(json!(there.count()))
        }
        Statistic::Matching(through, entity, condition, wanted) => {
            let meets = |row: &&&Record| {
                behind(rows, through, row).is_some_and(|row| condition.is_met(rows, entity, row))
            };
            let some: Vec<_> = all.iter().filter(meets).copied().collect();
            object(rows, &some, wanted)
        }
        Statistic::Measure(values, function) => {
            let found = values.measure(rows, *function, all);
            values.expected(&found)
        }
    }
}

/// The row at the end of these relations.
pub fn behind<'s>(
    rows: &Rows<'s>,
    through: &[&'static Relation],
    row: &'s Record,
) -> Option<&'s Record> {
    through
        .iter()
        .try_fold(row, |row, relation| rows.related(relation, row))
}

impl Values {
    pub fn new(
        through: Vec<&'static Relation>,
        entity: &'static Entity,
        column: String,
        within: Option<(Path, Option<Kind>)>,
    ) -> Self {
        Self {
            through,
            entity,
            column,
            within,
        }
    }

    /// A text that tells them from all others.
    pub fn label(&self) -> String {
        format!("{:?} {} {:?}", self.through, self.column, self.within)
    }

    /// Whether they are out of a closed set.
    pub fn is_choice(&self) -> bool {
        matches!(&*self.column, "status" | "role")
    }

    /// Whether they stand within documents.
    pub fn is_within(&self) -> bool {
        self.within.is_some()
    }

    /// A statistic over the values of these rows.
    pub fn measure(&self, rows: &Rows, function: Function, all: &[&Record]) -> Datum {
        let values = all.iter().map(|row| self.of(rows, row));
        let values = values.filter(|value| !value.is_null()).collect();
        measure(rows, function, values)
    }

    /// What is told of one of them.
    pub fn expected(&self, value: &Datum) -> Expected {
        match value {
            Datum::Text(text) if self.is_choice() => Expected::Value(json!(text.to_uppercase())),
            value => expected(value),
        }
    }

    pub fn of<'s>(&self, rows: &Rows<'s>, row: &'s Record) -> Datum {
        let Some(row) = behind(rows, &self.through, row) else {
            return Datum::Null;
        };
        if self.column == "id" {
            return Datum::Id(id_of(row));
        }
        let cell = rows.cell(self.entity, row, &self.column);
        match &self.within {
            None => Datum::of_cell(cell),
            Some((path, kind)) => {
                let found = match cell {
                    Cell::Json(document) => path.find(document),
                    _ => None,
                };
                match kind {
                    None => found.map_or(Datum::Null, |_| Datum::Truth(true)),
                    Some(kind) => Datum::of_json(found, *kind),
                }
            }
        }
    }
}

/// What is told of a value.
pub fn expected(value: &Datum) -> Expected {
    match value {
        Datum::Float(number) => Expected::Near(Some(*number)),
        value => Expected::Value(written(value)),
    }
}

/// A statistic over values, none of which is null.
pub fn measure(rows: &Rows, function: Function, mut values: Vec<Datum>) -> Datum {
    values.sort_by(Datum::compare);
    let count = |count: usize| Datum::Integer(i64::try_from(count).unwrap());
    let value = |value: Option<&Datum>| value.cloned().unwrap_or(Datum::Null);
    let runs = || values.chunk_by(|one, other| one.compare(other) == Ordering::Equal);
    match function {
        Function::Count => return count(values.len()),
        Function::CountDistinct => return count(runs().count()),
        Function::CountTruth(truth) => {
            let wanted = Datum::Truth(truth);
            return count(values.iter().filter(|value| **value == wanted).count());
        }
        Function::Min => return value(values.first()),
        Function::Max => return value(values.last()),
        Function::Mode => {
            let most = runs().map(<[_]>::len).max().unwrap_or_default();
            return value(runs().find(|run| run.len() == most).map(|run| &run[0]));
        }
        _ => {}
    }
    if values.is_empty() {
        return value(None);
    }
    if let [Datum::Integer(_), ..] = values[..] {
        let integers = values.iter().map(|value| match value {
            Datum::Integer(number) => i128::from(*number),
            _ => 0,
        });
        let sum: i128 = integers.clone().sum();
        match function {
            Function::Sum if sum.abs() > LARGEST => rows.exceed(),
            Function::Sum => {
                return Datum::Integer(i64::try_from(sum).unwrap());
            }
            _ => {}
        }
    }
    let numbers: Vec<f64> = values.iter().map(number).collect();
    let mean = numbers.iter().sum::<f64>() / length(&numbers);
    let is_beyond = |number: &f64| number.abs() > 1e100;
    if numbers.iter().any(is_beyond) {
        rows.exceed();
    }
    let variance = || {
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        (numbers.len() > 1).then(|| squares / (length(&numbers) - 1.0))
    };
    // Twelve digits: what adds up in another order comes out the same.
    let steady = |number: f64| format!("{number:.11e}").parse().unwrap();
    let is_float = matches!(values[0], Datum::Float(_));
    let found: Option<f64> = match function {
        Function::Sum => Some(numbers.iter().sum()),
        Function::Average => Some(mean),
        Function::Variance => variance(),
        Function::Deviation => variance().map(f64::sqrt),
        Function::Percentile(part) => {
            // As documented: the value before the place, and that part of the
            // way to the next one.
            let place = part * (length(&numbers) - 1.0);
            let (mut before, mut behind) = (numbers[0], numbers[0]);
            for (at, number) in numbers.iter().enumerate() {
                #[expect(clippy::cast_precision_loss, reason = "there are few of them")]
                let at = at as f64;
                if at <= place.floor() {
                    before = *number;
                }
                if at <= place.ceil() {
                    behind = *number;
                }
            }
            Some(before + (behind - before) * (place - place.floor()))
        }
        _ => None,
    };
    let is_steady = is_float && matches!(function, Function::Sum | Function::Average)
        || matches!(function, Function::Variance | Function::Deviation);
    let found = if is_steady { found.map(steady) } else { found };
    found.map_or(Datum::Null, Datum::Float)
}

#[expect(clippy::cast_precision_loss, reason = "there are few of them")]
fn length(numbers: &[f64]) -> f64 {
    numbers.len() as f64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "stored integers are small enough"
)]
pub fn number(value: &Datum) -> f64 {
    match value {
        Datum::Integer(number) => *number as f64,
        Datum::Float(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}

pub fn written(value: &Datum) -> Value {
    match value {
        Datum::Null => Value::Null,
        Datum::Integer(number) => json!(number),
        Datum::Float(number) => json!(number),
        Datum::Truth(truth) => json!(truth),
        Datum::Text(text) => json!(text),
        Datum::Id(id) => json!(id.simple().to_string()),
        Datum::Moment(moment) => json!(moment_text(*moment)),
    }
}
