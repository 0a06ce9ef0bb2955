use async_graphql::dynamic::{InputObject, InputValue, SchemaBuilder, TypeRef};

use super::input::Input;
use super::measure::{self, MEASURES, PART};
use super::selection::Reader;
use super::statistics::{self, Statistics};
use super::view::View;
use super::{cost, json, logic, operator};
use crate::catalog::{Entity, Field, Kind, Relation};
use crate::error::ApiError;
use crate::plan::{Function, Population, Predicate, Reading, Scalar, Source};

/// The name of the type of conditions on a percentile.
const PERCENTILE: &str = "PercentileHaving";

/// The name of the type of conditions on statistics over rows of an entity.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Having", entity.name)
}

/// The name of the type of conditions on statistics over values of a kind.
fn kind_name(kind: &Kind) -> String {
    measure::type_name(kind).replace("Aggregate", "Having")
}

/// Adds the types of conditions on statistics over values.
pub(super) fn define_kinds(view: View<'_>, builder: SchemaBuilder) -> SchemaBuilder {
    let builder = builder.register(percentile());
    measure::kinds(view).iter().fold(builder, |builder, kind| {
        builder.register(match kind {
            Kind::Json => documents(),
            kind => values(kind),
        })
    })
}

fn values(kind: &Kind) -> InputObject {
    let object = InputObject::new(kind_name(kind))
        .description("Conditions on statistics over values; all that are given must be met.");
    MEASURES
        .iter()
        .filter(|(_, has, _)| has(kind))
        .map(|(name, _, description)| {
            let operators = if *name == "percentile" {
                PERCENTILE.to_owned()
            } else {
                operator::type_name(&measure::result(name, kind))
            };
            InputValue::new(*name, TypeRef::named(operators)).description(*description)
        })
        .fold(object, InputObject::field)
}

fn documents() -> InputObject {
    let object = InputObject::new(kind_name(&Kind::Json))
        .description("Conditions on statistics over what stands at a path within documents.")
        .field(json::path_input())
        .field(
            InputValue::new("count", TypeRef::named(operator::type_name(&Kind::BigInt)))
                .description("In how many documents there is anything; a null is something."),
        );
    json::READINGS
        .iter()
        .map(|(name, _, kind, what)| {
            InputValue::new(*name, TypeRef::named(kind_name(kind)))
                .description(format!("Where it is {what}."))
        })
        .fold(object, InputObject::field)
}

fn percentile() -> InputObject {
    operator::define_on(
        InputObject::new(PERCENTILE)
            .description("Conditions on a percentile; all that are given must be met.")
            .field(measure::part_argument()),
        &Kind::Float,
    )
}

/// The type of conditions on statistics over rows of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    let name = type_name(entity);
    let rows = entity.plural_words();
    let object = InputObject::new(&name).description(format!(
        "Conditions on statistics over {rows}; all that are given must be met."
    ));
    let object = logic::with_connectives(object, &name).field(
        InputValue::new("count", TypeRef::named(operator::type_name(&Kind::BigInt)))
            .description(format!("How many {rows} there are.")),
    );
    statistics::inputs(view, entity, kind_name, type_name)
        .into_iter()
        .fold(object, InputObject::field)
}

impl<'c> Reader<'c, '_> {
    /// Reads conditions on statistics over rows of `source`.
    pub(super) fn having(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        self.logic(input, depth, &mut |reader, name, value, depth| {
            reader.statistic_condition(statistics, source, name, value, depth)
        })
    }

    /// Reads conditions on statistics over the rows behind a relation, as
    /// conditions on the rows of `source`.
    pub(super) fn statistics_of_rows(
        &mut self,
        source: &Source<'c>,
        relation: &'c Relation,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        self.charge(cost::STATISTIC_OF_ROWS);
        let rows = self.child_apart(source, relation);
        let mut population = Population::from(rows.clone());
        self.across(|reader| reader.having(&mut population, &rows, input, depth + 1))
    }

    fn statistic_condition(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        name: &str,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        let entity = source.entity();
        if name == "count" {
            let count = self.row_count(statistics.population(), source, None);
            let scalar = self.figure(statistics, source, count);
            return self.value_conditions(entity, &scalar, input);
        }
        if let Some(field) = self.view().counted(entity, name) {
            if entity.column_of(field).kind == Kind::Json {
                return self.document_conditions(statistics, source, field, input);
            }
            let operand = self.scalar(source, field);
            return self.measure_conditions(statistics, source, &operand, input);
        }
        let related = self.joined_by_name(statistics.population(), source, name)?;
        self.across(|reader| reader.having(statistics, &related, input, depth + 1))
    }

    fn document_conditions(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        field: &'c Field,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        let path = json::entry(input, json::PATH)?;
        let mut conditions = Vec::new();
        for (name, value) in input.entries() {
            if name == json::PATH {
                // Checked even if nothing is said of it.
                json::steps(path)?;
                continue;
            }
            let condition = if name == "count" {
                let operand = self.json_value(source, field, path, Reading::Type)?;
                let scalar = self.figure_of(statistics, source, Function::Count, operand);
                self.value_conditions(source.entity(), &scalar, value)
            } else {
                let operand = self.json_value(source, field, path, json::reading(name))?;
                self.measure_conditions(statistics, source, &operand, value)
            };
            conditions.push(condition.map_err(|error| error.within(name))?);
        }
        Ok(Predicate::all(conditions))
    }

    fn measure_conditions(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        operand: &Scalar<'c>,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no condition. Leave it out."));
        }
        let mut conditions = Vec::new();
        for (name, value) in input.entries() {
            let condition = if name == "percentile" {
                self.percentile_conditions(statistics, source, operand, value)
            } else {
                self.measure_of(name, None).and_then(|function| {
                    let scalar = self.figure_of(statistics, source, function, operand.clone());
                    self.value_conditions(source.entity(), &scalar, value)
                })
            };
            conditions.push(condition.map_err(|error| error.within(name))?);
        }
        Ok(Predicate::all(conditions))
    }

    fn percentile_conditions(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        operand: &Scalar<'c>,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no condition. Leave it out."));
        }
        let part = json::entry(input, PART)?;
        let function = self.measure_of("percentile", Some(part))?;
        let scalar = self.figure_of(statistics, source, function, operand.clone());
        let mut conditions = Vec::new();
        for (operator, value) in input.entries() {
            if operator == PART {
                continue;
            }
            self.spend_condition(0)?;
            let condition = self
                .value_condition(source.entity(), scalar.clone(), operator, value)
                .map_err(|error| error.within(operator))?;
            conditions.push(condition);
        }
        Ok(Predicate::all(conditions))
    }
}
