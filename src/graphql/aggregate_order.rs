use async_graphql::dynamic::{InputObject, InputValue, SchemaBuilder, TypeRef};

use super::input::Input;
use super::measure::{self, MEASURES, PART};
use super::order::DIRECTION;
use super::selection::Reader;
use super::statistics::{self, Statistics};
use super::view::View;
use super::{cost, json};
use crate::catalog::{Entity, Field, Kind, Relation};
use crate::error::ApiError;
use crate::plan::{Function, OrderTerm, Population, Reading, Scalar, Source};

/// The name of the type of an order by a percentile.
const PERCENTILE: &str = "PercentileOrder";

/// The name of the type of an order by statistics over rows of an entity.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}AggregateOrder", entity.name)
}

/// The name of the type of an order by statistics over values of a kind.
fn kind_name(kind: &Kind) -> String {
    format!("{}Order", measure::type_name(kind))
}

/// Adds the types of orders by statistics over values.
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
        .description("A statistic over values to sort by.")
        .oneof();
    MEASURES
        .iter()
        .filter(|(_, has, _)| has(kind))
        .map(|(name, _, description)| {
            let key = if *name == "percentile" {
                PERCENTILE
            } else {
                DIRECTION
            };
            InputValue::new(*name, TypeRef::named(key)).description(*description)
        })
        .fold(object, InputObject::field)
}

fn documents() -> InputObject {
    let object = InputObject::new(kind_name(&Kind::Json))
        .description(
            "A statistic over what stands at a path within documents to sort by: exactly one, \
             beside the path.",
        )
        .field(json::path_input())
        .field(
            InputValue::new("count", TypeRef::named(DIRECTION))
                .description("By in how many documents there is anything."),
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
    InputObject::new(PERCENTILE)
        .description("A percentile to sort by.")
        .field(measure::part_argument())
        .field(InputValue::new("direction", TypeRef::named_nn(DIRECTION)).description("Which way."))
}

/// The type of an order by statistics over rows of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    let object = InputObject::new(type_name(entity)).description(format!(
        "A statistic over {} to sort by.",
        entity.plural_words()
    ));
    with_statistics(view, entity, object).oneof()
}

/// Adds the statistics over rows of an entity that can be sorted by.
pub(super) fn with_statistics(view: View<'_>, entity: &Entity, object: InputObject) -> InputObject {
    let object = object.field(
        InputValue::new("count", TypeRef::named(DIRECTION))
            .description(format!("By how many {} there are.", entity.plural_words())),
    );
    statistics::inputs(view, entity, kind_name, type_name)
        .into_iter()
        .fold(object, InputObject::field)
}

impl<'c> Reader<'c, '_> {
    /// Reads an order of the rows of `source` by a statistic over the rows
    /// behind a relation.
    pub(super) fn order_by_statistic_of_rows(
        &mut self,
        source: &Source<'c>,
        relation: &'c Relation,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        self.charge(cost::STATISTIC_OF_ROWS);
        let rows = self.child_apart(source, relation);
        let mut population = Population::from(rows.clone());
        self.across(|reader| {
            let (name, value) = input.only()?;
            reader
                .statistic_order(&mut population, &rows, name, value)
                .map_err(|error| error.within(name))
        })
    }
    /// Reads a statistic over rows of `source` to sort by.
    pub(super) fn statistic_order(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        name: &str,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        let entity = source.entity();
        if name == "count" {
            let count = self.row_count(statistics.population(), source, None);
            return Self::term(self.figure(statistics, source, count), input);
        }
        if let Some(field) = self.view().counted(entity, name) {
            if entity.column_of(field).kind == Kind::Json {
                return self.document_order(statistics, source, field, input);
            }
            let operand = self.scalar(source, field);
            return self.measure_order(statistics, source, operand, input);
        }
        let related = self.joined_by_name(statistics.population(), source, name)?;
        self.across(|reader| {
            let (name, value) = input.only()?;
            reader
                .statistic_order(statistics, &related, name, value)
                .map_err(|error| error.within(name))
        })
    }

    fn document_order(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        field: &'c Field,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        let path = json::entry(input, json::PATH)?;
        let mut said = input
            .entries()
            .into_iter()
            .filter(|(name, value)| *name != json::PATH && !value.is_null());
        let (Some((name, value)), None) = (said.next(), said.next()) else {
            return Err(ApiError::input(
                "Say exactly one of count, number, text and boolean.",
            ));
        };
        let term = if name == "count" {
            let operand = self.json_value(source, field, path, Reading::Type)?;
            let count = self.figure_of(statistics, source, Function::Count, operand);
            Self::term(count, value)
        } else {
            let operand = self.json_value(source, field, path, json::reading(name))?;
            self.measure_order(statistics, source, operand, value)
        };
        term.map_err(|error| error.within(name))
    }

    fn measure_order(
        &mut self,
        statistics: &mut dyn Statistics<'c>,
        source: &Source<'c>,
        operand: Scalar<'c>,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        let (name, value) = input.only()?;
        let said = if name == "percentile" {
            let part = json::entry(value, PART)?;
            let direction = json::entry(value, "direction")?;
            let function = self.measure_of(name, Some(part));
            function.map(|function| (function, direction))
        } else {
            self.measure_of(name, None)
                .map(|function| (function, value))
        };
        let term = said.and_then(|(function, direction)| {
            let figure = self.figure_of(statistics, source, function, operand);
            Self::term(figure, direction)
        });
        term.map_err(|error| error.within(name))
    }
}
