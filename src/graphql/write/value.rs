use serde_json::Value as Json;

use crate::auth::email;
use crate::catalog::{Checks, Column, JsonBounds, Kind};
use crate::graphql::input::Input;
use crate::plan::Value;

/// The integers that JavaScript reads exactly, and columns take.
const EXACT: std::ops::RangeInclusive<i64> = -((1 << 53) - 1)..=(1 << 53) - 1;

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
    let ranges = [column.range, checks.range].into_iter().flatten();
    let (least, greatest) = ranges.fold((*EXACT.start(), *EXACT.end()), |known, range| {
        (known.0.max(range.0), known.1.min(range.1))
    });
    if (least..=greatest).contains(&number) {
        Ok(Value::Int(number))
    } else {
        Err(format!("Give a number from {least} to {greatest}."))
    }
}

fn text(column: &Column, checks: &Checks, input: Input<'_>) -> Result<Value, String> {
    let given = input.text().ok_or("Give a text.")?;
    let (least, declared) = checks.length.unwrap_or((0, u32::MAX));
    let most = declared.min(column.length.unwrap_or(u32::MAX));
    // No character takes more bytes, and counting takes time.
    let characters = if given.len() > 4 * most as usize {
        usize::MAX
    } else {
        given.chars().count()
    };
    if characters > most as usize {
        return Err(format!("Give a text of at most {most} characters."));
    }
    if characters < least as usize {
        let unit = if least == 1 {
            "character"
        } else {
            "characters"
        };
        return Err(format!("Give a text of at least {least} {unit}."));
    }
    if given.contains('\0') {
        return Err("A text cannot hold the character U+0000.".to_owned());
    }
    if let Some(pattern) = &checks.pattern
        && !pattern.regex.is_match(given)
    {
        return Err(format!("It must be {}.", pattern.words));
    }
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
    if bounds.object && !value.is_object() {
        return Err("Give a JSON object.".to_owned());
    }
    if nesting(&value) > bounds.depth {
        let depth = bounds.depth;
        return Err(format!("Arrays and objects may nest {depth} deep here."));
    }
    if holds_nul(&value) {
        return Err("A text cannot hold the character U+0000.".to_owned());
    }
    if value.to_string().len() > bounds.bytes {
        let bytes = bounds.bytes;
        return Err(format!("This may take {bytes} bytes as JSON text."));
    }
    Ok(value)
}

fn nesting(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or_default(),
        Json::Object(members) => 1 + members.values().map(nesting).max().unwrap_or_default(),
        _ => 0,
    }
}

fn holds_nul(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains('\0'),
        Json::Array(items) => items.iter().any(holds_nul),
        Json::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}
