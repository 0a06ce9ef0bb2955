use serde_json::Value as Json;

use crate::auth::email;
use crate::catalog::{Checks, Column, JsonBounds, Kind};
use crate::graphql::input::Input;
use crate::plan::Value;

/// Reads a value that is to be stored in a column that refers to nothing; or
/// says what is wrong with it, to people.
pub(super) fn read(column: &Column, checks: &Checks, input: Input<'_>) -> Result<Value, String> {
    if input.is_null() && column.kind != Kind::Json {
        return if column.nullable {
            Ok(Value::Null(column.kind.clone()))
        } else {
            Err("This cannot be null. Leave it out to let it be as it is.".to_owned())
        };
    }
    match &column.kind {
        Kind::BigInt | Kind::Int => integer(column, checks, input),
        Kind::Float => {
            let number = input.float().ok_or("Give a finite number.")?;
            checks.float(number)?;
            Ok(Value::Float(number))
        }
        Kind::Boolean => {
            let truth = input.boolean().ok_or("Give true or false.")?;
            Ok(Value::Boolean(truth))
        }
        Kind::Text => text(column, checks, input),
        Kind::Enum(enumeration) => {
            let name = input.text().unwrap_or_default();
            let mut values = enumeration.values.iter();
            let value = values.find(|value| value.name == name);
            let value = value.ok_or_else(|| format!("Give a value of {}.", enumeration.name))?;
            Ok(Value::Text(value.stored.clone()))
        }
        Kind::DateTime => input
            .text()
            .and_then(Value::moment)
            .ok_or_else(|| "Give a moment as in 2025-11-22T13:05:00Z.".to_owned()),
        Kind::Date => input
            .text()
            .and_then(Value::day)
            .ok_or_else(|| "Give a day as in 2025-11-22.".to_owned()),
        Kind::Json => json(column, checks.json, input),
        Kind::Uuid => Err("Name the row that is referred to.".to_owned()),
    }
}

/// The value that a declaration gives to new rows.
pub(super) fn default(column: &Column, default: &Json) -> Value {
    match (&column.kind, default) {
        (Kind::Json, value) => Value::json(value.clone()),
        (_, Json::String(text)) => Value::Text(text.clone()),
        (_, Json::Bool(truth)) => Value::Boolean(*truth),
        (Kind::Float, Json::Number(number)) => Value::Float(number.as_f64().unwrap_or_default()),
        (_, Json::Number(number)) => Value::Int(number.as_i64().unwrap_or_default()),
        (kind, _) => Value::Null(kind.clone()),
    }
}

fn integer(column: &Column, checks: &Checks, input: Input<'_>) -> Result<Value, String> {
    let number = input.integer().ok_or("Give a whole number.")?;
    checks.integer(column, number)?;
    Ok(Value::Int(number))
}

fn text(column: &Column, checks: &Checks, input: Input<'_>) -> Result<Value, String> {
    let given = input.text().ok_or("Give a text.")?;
    checks.text(column, given)?;
    if checks.email {
        let address = email::normal(given).ok_or("This is not an e-mail address.")?;
        return Ok(Value::Text(address));
    }
    Ok(Value::Text(given.to_owned()))
}

fn json(column: &Column, bounds: JsonBounds, input: Input<'_>) -> Result<Value, String> {
    if input.is_null() && column.nullable {
        return Ok(Value::Null(Kind::Json));
    }
    document(bounds, input).map(Value::json)
}

/// Reads a JSON document; or says what is wrong with it, to people.
pub(in crate::graphql) fn document(bounds: JsonBounds, input: Input<'_>) -> Result<Json, String> {
    let value = input.to_json()?;
    bounds.document(&value)?;
    Ok(value)
}
