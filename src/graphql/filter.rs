use async_graphql::dynamic::{InputObject, InputValue, SchemaBuilder, TypeRef};

use super::input::Input;
use super::scalar;
use super::selection::Reader;
use super::view::View;
use crate::catalog::{Entity, Field, Kind};
use crate::error::ApiError;
use crate::plan::{Comparison, Match, Predicate, Scalar, Source, Value};

/// The name of an entity's filter type.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Filter", entity.name)
}

/// The filter type of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    let name = type_name(entity);
    let rows = entity.plural_words();
    let list = || TypeRef::named_nn_list(&name);
    let mut object = InputObject::new(&name)
        .description(format!(
            "Which {rows} are meant: those that meet every condition given here. \
             No condition means all of them."
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
        );
    for field in view.fields(entity) {
        if let Some(operators) = operators_name(&entity.column_of(field).kind) {
            object = object.field(
                InputValue::new(&field.name, TypeRef::named(operators))
                    .description(&field.description),
            );
        }
    }
    object
}

/// The name of the type that holds the operators on a kind of column.
fn operators_name(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Json => None,
        kind => Some(format!("{}Filter", scalar::type_name(kind))),
    }
}

/// Adds the operators on each kind of column that the role's filters use.
pub(super) fn define_operators(view: View<'_>, mut builder: SchemaBuilder) -> SchemaBuilder {
    let mut defined = Vec::new();
    for entity in view.entities() {
        for field in view.fields(entity) {
            let kind = &entity.column_of(field).kind;
            let Some(name) = operators_name(kind) else {
                continue;
            };
            if !defined.contains(&name) {
                builder = builder.register(operators(&name, kind));
                defined.push(name);
            }
        }
    }
    builder
}

fn operators(name: &str, kind: &Kind) -> InputObject {
    let operand = scalar::type_name(kind);
    let one = || TypeRef::named(operand);
    let many = || TypeRef::named_nn_list(operand);
    let mut object = InputObject::new(name)
        .description(format!(
            "Conditions on a value of type {operand}; all that are given must be met."
        ))
        .field(InputValue::new("eq", one()).description("Equal to this."))
        .field(InputValue::new("ne", one()).description("Not equal to this; null is not equal."))
        .field(
            InputValue::new("in", many())
                .description("Equal to one of these. An empty list is met by none."),
        )
        .field(
            InputValue::new("notIn", many())
                .description("Equal to none of these; null is not equal."),
        )
        .field(
            InputValue::new("isNull", TypeRef::named(TypeRef::BOOLEAN))
                .description("Whether the value is null."),
        );
    if !matches!(kind, Kind::Uuid | Kind::Boolean | Kind::Enum(_)) {
        object = object
            .field(InputValue::new("lt", one()).description("Less than this."))
            .field(InputValue::new("lte", one()).description("Less than this, or equal."))
            .field(InputValue::new("gt", one()).description("Greater than this."))
            .field(InputValue::new("gte", one()).description("Greater than this, or equal."));
    }
    if *kind == Kind::Text {
        object = object
            .field(
                InputValue::new("contains", one())
                    .description("Has this text in it, letter by letter; case counts."),
            )
            .field(
                InputValue::new("startsWith", one())
                    .description("Begins with this text; case counts."),
            )
            .field(
                InputValue::new("endsWith", one()).description("Ends with this text; case counts."),
            );
    }
    object
}

impl<'c> Reader<'c, '_> {
    /// Reads a filter on the rows of `source`.
    pub(super) fn filter(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        self.conditions(source, input, 0)
    }

    fn conditions(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input(
                "Null is no filter. Leave it out to ask for all rows.",
            ));
        }
        self.spend_condition(depth)?;
        let mut conditions = Vec::new();
        for (name, value) in input.entries() {
            let condition = match name {
                "and" => self.alternatives(source, value, depth).map(Predicate::all),
                "or" => self.alternatives(source, value, depth).map(Predicate::any),
                "not" => self
                    .conditions(source, value, depth + 1)
                    .map(Predicate::negate),
                name => match self.view().field(source.entity(), name) {
                    Some(field) => self.field_conditions(source, field, value),
                    None => Err(ApiError::internal(&format!("no filter on {name}"))),
                },
            };
            conditions.push(condition.map_err(|error| error.within(name))?);
        }
        Ok(Predicate::all(conditions))
    }

    fn alternatives(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Vec<Predicate<'c>>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no list of filters. Leave it out."));
        }
        input
            .items()
            .into_iter()
            .enumerate()
            .map(|(place, item)| {
                self.conditions(source, item, depth + 1)
                    .map_err(|error| error.within(place.to_string()))
            })
            .collect()
    }

    fn field_conditions(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input(
                "Null is no condition. Leave it out, or use isNull.",
            ));
        }
        let mut conditions = Vec::new();
        for (operator, value) in input.entries() {
            self.spend_condition(0)?;
            let scalar = self.scalar(source, field);
            let condition = self
                .condition(source, field, scalar, operator, value)
                .map_err(|error| error.within(operator))?;
            conditions.push(condition);
        }
        Ok(Predicate::all(conditions))
    }

    fn condition(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        scalar: Scalar<'c>,
        operator: &str,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        let comparison = match operator {
            "eq" | "ne" => Some(Comparison::Equal),
            "lt" => Some(Comparison::Less),
            "lte" => Some(Comparison::LessOrEqual),
            "gt" => Some(Comparison::Greater),
            "gte" => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        if let Some(comparison) = comparison {
            let value = scalar::operand(self.limits(), self.view(), source.entity(), field, input)?;
            let param = self.bind(value);
            let condition = Predicate::Compare(scalar, comparison, param);
            return Ok(if operator == "ne" {
                condition.negate()
            } else {
                condition
            });
        }
        let matching = match operator {
            "contains" => Match::Contains,
            "startsWith" => Match::StartsWith,
            "endsWith" => Match::EndsWith,
            "in" => return self.membership(source, field, scalar, input),
            "notIn" => {
                return self
                    .membership(source, field, scalar, input)
                    .map(Predicate::negate);
            }
            "isNull" => {
                let is_null = Predicate::IsNull(scalar);
                return match input.boolean() {
                    Some(true) => Ok(is_null),
                    Some(false) => Ok(is_null.negate()),
                    None => Err(ApiError::input(
                        "Expected true or false; leave it out otherwise.",
                    )),
                };
            }
            other => return Err(ApiError::internal(&format!("no operator {other}"))),
        };
        if input.is_null() {
            return Err(ApiError::input("Null is no text. Leave this out."));
        }
        let text = scalar::text(self.limits(), input)?;
        if text.is_empty() {
            // Every text has the empty one in it.
            return Ok(Predicate::IsNull(scalar).negate());
        }
        let param = self.bind(Value::Text(text));
        Ok(Predicate::Matches(scalar, matching, param))
    }

    fn membership(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        scalar: Scalar<'c>,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no list. Leave this out."));
        }
        let items = input.items();
        self.spend_items(items.len())?;
        let values = items
            .into_iter()
            .enumerate()
            .map(|(place, item)| {
                scalar::operand(self.limits(), self.view(), source.entity(), field, item)
                    .map_err(|error| error.within(place.to_string()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if values.is_empty() {
            return Ok(Predicate::False);
        }
        let kind = scalar.column.kind.clone();
        let param = self.bind(Value::List(kind, values));
        Ok(Predicate::In(scalar, param))
    }
}
