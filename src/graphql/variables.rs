use std::borrow::Cow;

use apollo_compiler::ast::{Type, Value, VariableDefinition};
use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Node, Schema};

use super::limits::Limits;
use super::logic::NOT;
use super::meter::{CONDITIONS, within};
use super::place::Places;
use crate::error::ApiError;

/// The integers that every JSON reader keeps exactly lie below (RFC 8259,
/// section 6).
const SAFE: u64 = 1 << 53;

/// The values of the variables of an operation in this document, by their declared
/// types (GraphQL specification, section 6.1.2).
pub(super) fn coerce(
    schema: &Valid<Schema>,
    text: &str,
    operation: &Operation,
    given: &JsonMap,
    limits: &Limits,
) -> Result<Valid<JsonMap>, ApiError> {
    count_conditions(schema, operation, given, limits)?;
    let given = with_floats(schema, operation, given);
    coerce_variable_values(schema, operation, &given).map_err(|error| {
        let place = error.location();
        let place = place.and_then(|place| Places::new(text).location(place));
        let error = ApiError::input(error.message().to_string()).at(place);
        match wrong(schema, operation, &given) {
            Some(variable) => error.within(format!("${}", variable.name)),
            None => error,
        }
    })
}

/// The first variable whose value is not one of its type.
fn wrong<'o>(
    schema: &Valid<Schema>,
    operation: &'o Operation,
    given: &JsonMap,
) -> Option<&'o Node<VariableDefinition>> {
    let mut alone = operation.clone();
    alone.selection_set.selections.clear();
    let mut variables = operation.variables.iter();
    variables.find(|variable| {
        alone.variables = vec![Node::clone(variable)];
        coerce_variable_values(schema, &alone, given).is_err()
    })
}

/// Refuses more conditions than an operation may have. All that they may hold is
/// looked up for each when they are coerced.
fn count_conditions(
    schema: &Schema,
    operation: &Operation,
    given: &JsonMap,
    limits: &Limits,
) -> Result<(), ApiError> {
    if given.values().map(objects).sum::<usize>() <= limits.conditions {
        return Ok(());
    }
    let given = operation.variables.iter().filter_map(|variable| {
        let value = given.get(variable.name.as_str())?;
        Some(conditions(schema, &variable.ty, value))
    });
    within("conditions", given.sum(), limits.conditions, CONDITIONS)
}

fn objects(value: &JsonValue) -> usize {
    match value {
        JsonValue::Array(items) => items.iter().map(objects).sum(),
        JsonValue::Object(entries) => 1 + entries.values().map(objects).sum::<usize>(),
        _ => 0,
    }
}

fn conditions(schema: &Schema, ty: &Type, value: &JsonValue) -> usize {
    match (value, schema.types.get(ty.inner_named_type())) {
        (JsonValue::Array(items), _) if ty.is_list() => {
            let item = ty.item_type();
            items
                .iter()
                .map(|value| conditions(schema, item, value))
                .sum()
        }
        (JsonValue::Object(entries), Some(ExtendedType::InputObject(input))) => {
            let negated = input
                .fields
                .get(NOT)
                .map(|field| field.ty.inner_named_type());
            let one = usize::from(negated == Some(&input.name));
            let below = entries.iter().filter_map(|(name, value)| {
                let field = input.fields.get(name.as_str())?;
                Some(conditions(schema, &field.ty, value))
            });
            one + below.sum::<usize>()
        }
        _ => 0,
    }
}

/// The values, with large integers where a `Float` is asked for written as
/// floats. JavaScript writes 1e16 as 10000000000000000, and the specification
/// takes any integer for a `Float` (section 3.5.2); apollo-compiler refuses
/// those beyond [`SAFE`].
fn with_floats<'v>(schema: &Schema, operation: &Operation, given: &'v JsonMap) -> Cow<'v, JsonMap> {
    let mut values = Cow::Borrowed(given);
    for variable in &operation.variables {
        let name = variable.name.as_str();
        let value = match (given.get(name), &variable.default_value) {
            (Some(value), _) => Cow::Borrowed(value),
            (None, Some(default)) => Cow::Owned(json(default)),
            (None, None) => continue,
        };
        if holds_large_integer(&value) {
            let mut value = value.into_owned();
            write_floats(schema, &variable.ty, &mut value);
            values.to_mut().insert(name, value);
        }
    }
    values
}

/// A literal as the JSON value that says the same.
fn json(literal: &Value) -> JsonValue {
    match literal {
        Value::Null | Value::Variable(_) => JsonValue::Null,
        Value::Boolean(truth) => (*truth).into(),
        Value::String(text) => text.as_str().into(),
        Value::Enum(name) => name.as_str().into(),
        Value::Int(number) => serde_json::from_str(number.as_str()).unwrap_or_default(),
        Value::Float(_) => literal.to_f64().into(),
        Value::List(items) => items.iter().map(|item| json(item)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(name, value)| (name.as_str(), json(value)))
            .collect(),
    }
}

fn holds_large_integer(value: &JsonValue) -> bool {
    match value {
        JsonValue::Array(items) => items.iter().any(holds_large_integer),
        JsonValue::Object(entries) => entries.values().any(holds_large_integer),
        value => is_large_integer(value),
    }
}

fn is_large_integer(value: &JsonValue) -> bool {
    let is_large = |integer: u64| integer >= SAFE;
    value.as_u64().is_some_and(is_large)
        || value.as_i64().map(i64::unsigned_abs).is_some_and(is_large)
}

fn write_floats(schema: &Schema, ty: &Type, value: &mut JsonValue) {
    match value {
        JsonValue::Array(items) if ty.is_list() => items
            .iter_mut()
            .for_each(|item| write_floats(schema, ty.item_type(), item)),
        JsonValue::Object(entries) => {
            if let Some(ExtendedType::InputObject(input)) = schema.types.get(ty.inner_named_type())
            {
                for (name, value) in entries.iter_mut() {
                    if let Some(field) = input.fields.get(name.as_str()) {
                        write_floats(schema, &field.ty, value);
                    }
                }
            }
        }
        value if ty.inner_named_type() == "Float" && is_large_integer(value) => {
            *value = value.as_f64().into();
        }
        _ => {}
    }
}
