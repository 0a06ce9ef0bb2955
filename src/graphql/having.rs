use async_graphql::dynamic::{InputObject, InputValue, SchemaBuilder, TypeRef};

use super::input::Input;
use super::measure::{self, MEASURES, PART};
use super::order::DIRECTION;
use super::selection::Reader;
use super::view::View;
use super::{json, operator};
use crate::catalog::{Entity, Field, Kind, RelationKind};
use crate::error::ApiError;
use crate::plan::{
    Function, Grouping, Measure, OrderTerm, Population, Predicate, Reading, Scalar, Source,
};

/// The name of the type of conditions on a percentile.
const PERCENTILE: &str = "PercentileHaving";
/// The name of the type of an order by a percentile.
const PERCENTILE_ORDER: &str = "PercentileOrder";

/// The name of the type of conditions on statistics over rows of an entity.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Having", entity.name)
}

/// The name of the type of conditions on statistics over values of a kind.
fn kind_name(kind: &Kind) -> String {
    measure::type_name(kind).replace("Aggregate", "Having")
}

/// The name of the type of an order by statistics over rows of an entity.
pub(super) fn order_name(entity: &Entity) -> String {
    format!("{}AggregateOrder", entity.name)
}

fn kind_order_name(kind: &Kind) -> String {
    format!("{}Order", measure::type_name(kind))
}

/// Adds the types of conditions on statistics over values, and of orders by
/// them.
pub(super) fn define_kinds(view: View<'_>, builder: SchemaBuilder) -> SchemaBuilder {
    let builder = builder
        .register(percentile_having())
        .register(percentile_order());
    measure::kinds(view).iter().fold(builder, |builder, kind| {
        let (having, order) = if *kind == Kind::Json {
            documents()
        } else {
            values(kind)
        };
        builder.register(having).register(order)
    })
}

fn values(kind: &Kind) -> (InputObject, InputObject) {
    let mut having = InputObject::new(kind_name(kind))
        .description("Conditions on statistics over values; all that are given must be met.");
    let mut order = InputObject::new(kind_order_name(kind))
        .description("A statistic over values to sort by.")
        .oneof();
    for (name, has, description) in MEASURES {
        if !has(kind) {
            continue;
        }
        let (operators, key) = if name == "percentile" {
            (PERCENTILE.to_owned(), PERCENTILE_ORDER)
        } else {
            (operator::type_name(&measure::result(name, kind)), DIRECTION)
        };
        having =
            having.field(InputValue::new(name, TypeRef::named(operators)).description(description));
        order = order.field(InputValue::new(name, TypeRef::named(key)).description(description));
    }
    (having, order)
}

fn documents() -> (InputObject, InputObject) {
    let mut having = InputObject::new(kind_name(&Kind::Json))
        .description("Conditions on statistics over what stands at a path within documents.")
        .field(json::path_input())
        .field(
            InputValue::new("count", TypeRef::named(operator::type_name(&Kind::BigInt)))
                .description("In how many documents there is anything; a null is something."),
        );
    let mut order = InputObject::new(kind_order_name(&Kind::Json))
        .description(
            "A statistic over what stands at a path within documents to sort by: exactly one, \
             beside the path.",
        )
        .field(json::path_input())
        .field(
            InputValue::new("count", TypeRef::named(DIRECTION))
                .description("By in how many documents there is anything."),
        );
    for (name, _, kind, what) in json::READINGS {
        having = having.field(
            InputValue::new(name, TypeRef::named(kind_name(&kind)))
                .description(format!("Where it is {what}.")),
        );
        order = order.field(
            InputValue::new(name, TypeRef::named(kind_order_name(&kind)))
                .description(format!("Where it is {what}.")),
        );
    }
    (having, order)
}

fn percentile_having() -> InputObject {
    operator::define_on(
        InputObject::new(PERCENTILE)
            .description("Conditions on a percentile; all that are given must be met.")
            .field(measure::part_argument()),
        &Kind::Float,
    )
}

fn percentile_order() -> InputObject {
    InputObject::new(PERCENTILE_ORDER)
        .description("A percentile to sort by.")
        .field(measure::part_argument())
        .field(InputValue::new("direction", TypeRef::named_nn(DIRECTION)).description("Which way."))
}

/// The type of conditions on statistics over rows of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    let name = type_name(entity);
    let rows = entity.plural_words();
    let list = || TypeRef::named_nn_list(&name);
    let object = InputObject::new(&name)
        .description(format!(
            "Conditions on statistics over {rows}; all that are given must be met."
        ))
        .field(
            InputValue::new("and", list())
                .description("Every one of these. An empty list is met by all."),
        )
        .field(
            InputValue::new("or", list())
                .description("At least one of these. An empty list is met by none."),
        )
        .field(
            InputValue::new("not", TypeRef::named(&name))
                .description("Not this: exactly the rest."),
        )
        .field(
            InputValue::new("count", TypeRef::named(operator::type_name(&Kind::BigInt)))
                .description(format!("How many {rows} there are.")),
        );
    statistics_of(view, entity, object, kind_name, type_name)
}

/// The type of an order by statistics over rows of an entity.
pub(super) fn define_order(view: View<'_>, entity: &Entity) -> InputObject {
    let object = InputObject::new(order_name(entity)).description(format!(
        "A statistic over {} to sort by.",
        entity.plural_words()
    ));
    with_orders(view, entity, object).oneof()
}

/// Adds the statistics over rows of an entity that can be sorted by.
pub(super) fn with_orders(view: View<'_>, entity: &Entity, object: InputObject) -> InputObject {
    let object = object.field(
        InputValue::new("count", TypeRef::named(DIRECTION))
            .description(format!("By how many {} there are.", entity.plural_words())),
    );
    statistics_of(view, entity, object, kind_order_name, order_name)
}

fn statistics_of(
    view: View<'_>,
    entity: &Entity,
    mut object: InputObject,
    of_kind: fn(&Kind) -> String,
    of_entity: fn(&Entity) -> String,
) -> InputObject {
    for field in view.fields(entity) {
        let kind = &entity.column_of(field).kind;
        object = object.field(
            InputValue::new(&field.name, TypeRef::named(of_kind(kind)))
                .description(&field.description),
        );
    }
    for (relation, target) in view.relations(entity) {
        if relation.kind == RelationKind::ToOne {
            object = object.field(
                InputValue::new(&relation.name, TypeRef::named(of_entity(target))).description(
                    format!(
                        "Of the `{}` of each, as far as you may see them.",
                        relation.name
                    ),
                ),
            );
        }
    }
    object
}

/// Statistics that can be compared and sorted by, and where they are computed.
pub(super) enum Statistics<'c> {
    /// Of each group.
    OfGroups(Box<Grouping<'c>>),
}

impl<'c> Statistics<'c> {
    pub fn population(&mut self) -> &mut Population<'c> {
        match self {
            Self::OfGroups(grouping) => &mut grouping.population,
        }
    }

    fn scalar(&mut self, measure: Measure<'c>) -> Scalar<'c> {
        match self {
            Self::OfGroups(grouping) => grouping.measure(measure),
        }
    }

    fn of(&mut self, function: Function, operand: Scalar<'c>) -> Scalar<'c> {
        self.scalar(Measure {
            function,
            operand: Some(operand),
            condition: None,
        })
    }
}

impl<'c> Reader<'c, '_> {
    /// Reads conditions on statistics over rows of `source`.
    pub(super) fn having(
        &mut self,
        statistics: &mut Statistics<'c>,
        source: &Source<'c>,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no condition. Leave it out."));
        }
        self.spend_condition(depth)?;
        let mut conditions = Vec::new();
        for (name, value) in input.entries() {
            let condition = match name {
                "and" => self
                    .alternatives_of(statistics, source, value, depth)
                    .map(Predicate::all),
                "or" => self
                    .alternatives_of(statistics, source, value, depth)
                    .map(Predicate::any),
                "not" => self
                    .having(statistics, source, value, depth + 1)
                    .map(Predicate::negate),
                name => self.statistic_condition(statistics, source, name, value, depth),
            };
            conditions.push(condition.map_err(|error| error.within(name))?);
        }
        Ok(Predicate::all(conditions))
    }

    fn alternatives_of(
        &mut self,
        statistics: &mut Statistics<'c>,
        source: &Source<'c>,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Vec<Predicate<'c>>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input(
                "Null is no list of conditions. Leave it out.",
            ));
        }
        input
            .items()
            .into_iter()
            .enumerate()
            .map(|(place, item)| {
                self.having(statistics, source, item, depth + 1)
                    .map_err(|error| error.within(place.to_string()))
            })
            .collect()
    }

    fn statistic_condition(
        &mut self,
        statistics: &mut Statistics<'c>,
        source: &Source<'c>,
        name: &str,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        let entity = source.entity();
        if name == "count" {
            let count = self.row_count(statistics.population(), source, None);
            let scalar = statistics.scalar(count);
            return self.value_conditions(entity, &scalar, input);
        }
        if let Some(field) = self.view().field(entity, name) {
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
        statistics: &mut Statistics<'c>,
        source: &Source<'c>,
        field: &'c Field,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        let path = json::entry(input, json::PATH)?;
        let mut conditions = Vec::new();
        for (name, value) in input.entries() {
            if name == json::PATH {
                continue;
            }
            let condition = if name == "count" {
                let operand = self.json_value(source, field, path, Reading::Type)?;
                let scalar = statistics.of(Function::Count, operand);
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
        statistics: &mut Statistics<'c>,
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
                    let scalar = statistics.of(function, operand.clone());
                    self.value_conditions(source.entity(), &scalar, value)
                })
            };
            conditions.push(condition.map_err(|error| error.within(name))?);
        }
        Ok(Predicate::all(conditions))
    }

    fn percentile_conditions(
        &mut self,
        statistics: &mut Statistics<'c>,
        source: &Source<'c>,
        operand: &Scalar<'c>,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no condition. Leave it out."));
        }
        let part = json::entry(input, PART)?;
        let function = self.measure_of("percentile", Some(part))?;
        let scalar = statistics.of(function, operand.clone());
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

    /// Reads a statistic over rows of `source` to sort by.
    pub(super) fn statistic_order(
        &mut self,
        statistics: &mut Statistics<'c>,
        source: &Source<'c>,
        name: &str,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        let entity = source.entity();
        if name == "count" {
            let count = self.row_count(statistics.population(), source, None);
            return Self::term(statistics.scalar(count), input);
        }
        if let Some(field) = self.view().field(entity, name) {
            if entity.column_of(field).kind == Kind::Json {
                return self.document_order(statistics, source, field, input);
            }
            let operand = self.scalar(source, field);
            return self.measure_order(statistics, operand, input);
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
        statistics: &mut Statistics<'c>,
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
            Self::term(statistics.of(Function::Count, operand), value)
        } else {
            let operand = self.json_value(source, field, path, json::reading(name))?;
            self.measure_order(statistics, operand, value)
        };
        term.map_err(|error| error.within(name))
    }

    fn measure_order(
        &mut self,
        statistics: &mut Statistics<'c>,
        operand: Scalar<'c>,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        let (name, value) = input.only()?;
        let term = if name == "percentile" {
            let part = json::entry(value, PART)?;
            let direction = json::entry(value, "direction")?;
            self.measure_of(name, Some(part))
                .and_then(|function| Self::term(statistics.of(function, operand), direction))
        } else {
            self.measure_of(name, None)
                .and_then(|function| Self::term(statistics.of(function, operand), value))
        };
        term.map_err(|error| error.within(name))
    }
}
