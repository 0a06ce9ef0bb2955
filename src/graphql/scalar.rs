use async_graphql::dynamic::{Enum, EnumItem, Scalar, SchemaBuilder, TypeRef};

use super::input::Input;
use super::limits::Limits;
use super::view::View;
use crate::catalog::{Entity, Enumeration, Kind};
use crate::error::ApiError;
use crate::plan::Value;

/// The name of the scalar or enum that a column becomes.
pub(super) fn type_name(kind: &Kind) -> &str {
    match kind {
        Kind::Uuid => TypeRef::ID,
        Kind::BigInt => "BigInt",
        Kind::Int => TypeRef::INT,
        Kind::Float => TypeRef::FLOAT,
        Kind::Boolean => TypeRef::BOOLEAN,
        Kind::Text => TypeRef::STRING,
        Kind::Enum(enumeration) => &enumeration.name,
        Kind::DateTime => "DateTime",
        Kind::Date => "Date",
        Kind::Json => "JSON",
    }
}

/// Adds the custom scalars that the role's fields use.
pub(super) fn define(view: View<'_>, mut builder: SchemaBuilder) -> SchemaBuilder {
    let uses = |wanted: &Kind| {
        // Counts are large integers.
        *wanted == Kind::BigInt
            || view.entities().any(|entity| {
                view.fields(entity)
                    .any(|field| entity.column_of(field).kind == *wanted)
            })
    };
    let scalars = [
        (
            Kind::BigInt,
            "https://www.rfc-editor.org/rfc/rfc8259#section-6",
            "A 64-bit integer as a JSON number. Stored values stay within ±(2^53−1), \
             so JavaScript reads them exactly.",
        ),
        (
            Kind::DateTime,
            "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
            "A moment, as RFC 3339 with any offset in and UTC out, to the microsecond: \
             `2025-11-22T13:05:00.000000Z`.",
        ),
        (
            Kind::Date,
            "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
            "A calendar day, as RFC 3339 full-date: `2025-11-22`.",
        ),
        (
            Kind::Json,
            "https://www.rfc-editor.org/rfc/rfc8259",
            "Any JSON value.",
        ),
    ];
    for (kind, specification, description) in scalars {
        if uses(&kind) {
            let scalar = Scalar::new(type_name(&kind))
                .specified_by_url(specification)
                .description(description);
            builder = builder.register(scalar);
        }
    }
    builder
}

/// The GraphQL enum of a closed set of texts.
pub(super) fn enumeration(enumeration: &Enumeration) -> Enum {
    enumeration.values.iter().fold(
        Enum::new(&enumeration.name).description(&enumeration.description),
        |all, value| all.item(EnumItem::new(&value.name).description(&value.description)),
    )
}

/// Reads an operand that is compared with a value of the rows of `entity`.
pub(super) fn operand(
    limits: &Limits,
    view: View<'_>,
    entity: &Entity,
    kind: &Kind,
    input: Input<'_>,
) -> Result<Value, ApiError> {
    if input.is_null() {
        return Err(ApiError::input(
            "Null is no value to compare with. Leave this out, or use isNull.",
        ));
    }
    match kind {
        Kind::Uuid => {
            let text = input.text().ok_or_else(|| wrong("an id"))?;
            super::global_id::parse_for(view, entity, text).map(Value::Uuid)
        }
        Kind::BigInt | Kind::Int => input
            .integer()
            .map(Value::Int)
            .ok_or_else(|| wrong("a 64-bit integer")),
        Kind::Float => input
            .float()
            .map(Value::Float)
            .ok_or_else(|| wrong("a finite number")),
        Kind::Boolean => input
            .boolean()
            .map(Value::Boolean)
            .ok_or_else(|| wrong("true or false")),
        Kind::Text => text(limits, input).map(Value::Text),
        Kind::Enum(enumeration) => input
            .text()
            .and_then(|name| enumeration.values.iter().find(|value| value.name == name))
            .map(|value| Value::Text(value.stored.clone()))
            .ok_or_else(|| wrong(&format!("a value of {}", enumeration.name))),
        Kind::DateTime => input
            .text()
            .and_then(Value::moment)
            .ok_or_else(|| wrong("a moment as in 2025-11-22T13:05:00Z")),
        Kind::Date => input
            .text()
            .and_then(Value::day)
            .ok_or_else(|| wrong("a day as in 2025-11-22")),
        Kind::Json => Err(wrong("nothing: JSON has no order")),
    }
}

/// Reads a text. A NUL character cannot be stored by every database.
pub(super) fn text(limits: &Limits, input: Input<'_>) -> Result<String, ApiError> {
    let text = bounded(limits, input.text().ok_or_else(|| wrong("a text"))?)?;
    if text.contains('\0') {
        return Err(ApiError::input("A text cannot hold the character U+0000."));
    }
    Ok(text.to_owned())
}

/// Refuses a text that is too long to be looked at any further.
pub(super) fn bounded<'t>(limits: &Limits, text: &'t str) -> Result<&'t str, ApiError> {
    if text.len() <= limits.text {
        return Ok(text);
    }
    let message = format!("A text has at most {} bytes.", limits.text);
    Err(ApiError::too_complex("text", message))
}

fn wrong(expected: &str) -> ApiError {
    ApiError::input(format!("Expected {expected}."))
}
