use serde_json::Value as Json;

use super::check::Check;
use super::checks::{Checks, JsonBounds};
use super::model::{Column, Kind};
use super::writes::DeclaredInput;

impl Check<'_> {
    /// Refuses checks and defaults that do not fit a column, whose values
    /// clients give, or the rows that it refers to.
    pub(super) fn checks(&mut self, input: &DeclaredInput, column: &Column, by_value: bool) {
        let name = &column.name;
        for (word, what) in misplaced(&input.checks, &column.kind, by_value) {
            self.refuse(format!(
                "says .{word}(…) of {name}, but that is for {what} that clients give; leave it out"
            ));
        }
        if let Some(word) = admits_nothing(&input.checks, column) {
            self.refuse(format!(
                "no value of {name} can be given; say a wider .{word}(…)"
            ));
        }
        let Some(default) = &input.default else {
            return;
        };
        if !is_of(&column.kind, default) {
            self.refuse(format!(
                "the default of {name} is {default}, which it cannot hold; give another"
            ));
        } else if input.checks.email && column.kind == Kind::Text {
            self.refuse(format!(
                "the default of {name} is {default}, but not everyone has the same address; leave \
                 out .default(…) or .email()"
            ));
        } else if let Err(fault) = passes(&input.checks, column, default) {
            self.refuse(format!(
                "the default of {name} is {default}, which clients could not give: \"{fault}\"; \
                 give another default, or say a wider check"
            ));
        }
    }
}

/// The checks that are said of a column but never made, and what they are for.
fn misplaced(
    checks: &Checks,
    kind: &Kind,
    by_value: bool,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (texts, numbers, documents) = ("texts", "numbers", "JSON documents");
    let fitting = match kind {
        Kind::Text => texts,
        Kind::BigInt | Kind::Int | Kind::Float => numbers,
        Kind::Json => documents,
        Kind::Uuid | Kind::Boolean | Kind::Enum(_) | Kind::DateTime | Kind::Date => "",
    };
    [
        ("length", texts, checks.length.is_some()),
        ("pattern", texts, checks.pattern.is_some()),
        ("email", texts, checks.email),
        ("range", numbers, checks.range.is_some()),
        ("object", documents, checks.json != JsonBounds::default()),
    ]
    .into_iter()
    .filter(move |(_, what, said)| *said && !(by_value && *what == fitting))
    .map(|(word, what, _)| (word, what))
}

/// The check that no value passes, if there is one.
fn admits_nothing(checks: &Checks, column: &Column) -> Option<&'static str> {
    let (least, most) = checks.characters(column);
    let (smallest, greatest) = checks.integers(column);
    let emptiest = Json::Object(serde_json::Map::new());
    match &column.kind {
        Kind::Text if least > most => Some("length"),
        Kind::BigInt | Kind::Int | Kind::Float if smallest > greatest => Some("range"),
        Kind::Json if checks.json.document(&emptiest).is_err() => Some("object"),
        _ => None,
    }
}

/// Whether a default is what a column of a kind holds.
fn is_of(kind: &Kind, default: &Json) -> bool {
    match kind {
        Kind::BigInt | Kind::Int => default.is_i64(),
        Kind::Float => default.is_f64() || default.is_i64(),
        Kind::Boolean => default.is_boolean(),
        Kind::Text => default.is_string(),
        Kind::Enum(enumeration) => default.as_str().is_some_and(|stored| {
            let mut values = enumeration.values.iter();
            values.any(|value| value.stored == stored)
        }),
        Kind::Json => true,
        Kind::Uuid | Kind::DateTime | Kind::Date => false,
    }
}

/// Checks a default as if a client had given it.
fn passes(checks: &Checks, column: &Column, default: &Json) -> Result<(), String> {
    match (&column.kind, default) {
        (Kind::Json, document) => checks.json.document(document),
        (Kind::Text, Json::String(text)) => checks.text(column, text),
        (Kind::Float, Json::Number(number)) => checks.float(number.as_f64().unwrap_or_default()),
        (Kind::BigInt | Kind::Int, Json::Number(number)) => {
            checks.integer(column, number.as_i64().unwrap_or_default())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
