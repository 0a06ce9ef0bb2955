//! Values: real ones, those beside them, and noise.

use apollo_compiler::ast::{FloatValue, IntValue, Type, Value as Written};
use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::draft::{Draft, name};
use super::facts::Row;
use super::random::Random;

/// What a value is compared with.
#[derive(Clone, Debug)]
pub struct Context<'g> {
    /// The type of the rows.
    pub entity: String,
    /// The field of the rows.
    pub field: String,
    /// A row that conditions are made to fit.
    pub witness: Option<&'g Row>,
    /// How many input objects are around.
    pub depth: usize,
}

const TEXTS: [&str; 36] = [
    "",
    " ",
    "%",
    "_",
    "\\",
    "'",
    "\"",
    "''; --",
    "%a%",
    "a_b",
    "\\%",
    "\\\\",
    "a",
    "e",
    "é",
    "e\u{301}",
    // Letters whose case is not a matter of one for one.
    "ß",
    "ẞ",
    "Σ",
    "ς",
    "σ",
    "ı",
    "I",
    "Ǆ",
    "\u{212a}",
    "Ω",
    "ﬀ",
    "İ",
    "ﬁ",
    "👍",
    "👩\u{200d}👩\u{200d}👧",
    "\u{feff}",
    "\t\n\r",
    "{}",
    "$1",
    "\u{ffff}",
];
const INTEGERS: [i64; 9] = [0, 1, -1, 2, 100, i32::MAX as i64, i32::MIN as i64, 999, 42];
const LONG_INTEGERS: [i64; 6] = [
    i64::MAX,
    i64::MIN,
    (1 << 53) - 1,
    1 - (1 << 53),
    1 << 53,
    i32::MAX as i64 + 1,
];
const FLOATS: [f64; 9] = [0.0, -0.0, 0.5, -1.5, 1e-9, 1e21, 1e308, 5e-324, 0.1];
const MOMENTS: [&str; 9] = [
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2024-02-29T12:00:00+14:00",
    "2023-12-31T23:59:60Z",
    "2024-03-31T02:30:00.123456789+01:00",
    "2025-06-01T00:00:00-00:00",
    "2024-10-27t01:00:00z",
    "1900-01-01T00:00:00-11:30",
];
const IDS: [&str; 4] = [
    "",
    "1",
    "product_0",
    "nothing_0192f0c47b1e7c3d9a5e8f0011223344",
];

pub fn integer(number: i64) -> Written {
    Written::Int(IntValue::new_parsed(&number.to_string()))
}

impl<'g> Draft<'g> {
    /// A value to compare with by an operator.
    pub fn operand(&mut self, ty: &Type, context: &Context<'g>, operator: &str) -> Written {
        let type_name = ty.inner_named_type().to_string();
        let facts = self.facts;
        let truth = context.witness.and_then(|row| row.get(&context.field));
        let other = facts.value(&mut self.random, &context.entity, &context.field);
        let known = match truth {
            Some(value) if self.random.percent(85) => Some(value),
            _ => other,
        };
        let value = match known {
            Some(value) if !value.is_null() && !self.random.percent(6) => value.clone(),
            _ => return self.noise(&type_name, context),
        };
        let other = other.unwrap_or(&Value::Null).clone();
        let value = beside(&mut self.random, operator, value, other);
        self.written(&type_name, &value)
    }

    /// A value that is nobody's.
    pub fn noise(&mut self, type_name: &str, context: &Context<'g>) -> Written {
        let random = &mut self.random;
        let values = self.vocabulary.enum_values(type_name);
        if !values.is_empty() {
            return Written::Enum(random.pick(&values).clone());
        }
        let value = match type_name {
            "BigInt" if random.percent(30) => json!(random.pick(&LONG_INTEGERS)),
            "Int" | "BigInt" => json!(random.pick(&INTEGERS)),
            "Float" => json!(random.pick(&FLOATS)),
            "Boolean" => json!(random.percent(50)),
            "DateTime" => json!(random.pick(&MOMENTS)),
            "Date" => json!(*random.pick(&["1970-01-01", "2024-02-29", "9999-12-31"])),
            "ID" => self.id(context),
            _ => json!(random.pick(&TEXTS)),
        };
        self.written(type_name, &value)
    }

    /// A part of all, mostly from 0 to 1.
    pub fn part(&mut self) -> Written {
        let parts = if self.errs(40) {
            [-1.5, 1.5, 1e308, -5e-324]
        } else {
            *self
                .random
                .pick(&[[0.0, -0.0, 0.25, 0.5], [0.75, 0.9, 1.0, 1e-9]])
        };
        Written::Float(FloatValue::from(*self.random.pick(&parts)))
    }

    /// An id: mostly of a row of the context's type.
    pub fn id(&mut self, context: &Context<'g>) -> Value {
        let facts = self.facts;
        let any = !self.vocabulary.is_entity(&context.entity);
        if self.errs(40) {
            return if any || self.random.percent(50) {
                json!(self.random.pick(&IDS))
            } else {
                facts.any_id(&mut self.random)
            };
        }
        if any {
            return facts.any_id(&mut self.random);
        }
        let id = facts.value(&mut self.random, &context.entity, "id");
        let id = id.and_then(Value::as_str).map_or_else(
            || {
                format!(
                    "{}_0192f0c47b1e7c3d9a5e8f0011223344",
                    context.entity.to_lowercase()
                )
            },
            str::to_owned,
        );
        if self.random.percent(10) {
            // Nobody's.
            let (prefix, key) = id.split_at(id.len() - 4);
            return json!(format!("{prefix}{}", key.chars().rev().collect::<String>()));
        }
        json!(id)
    }

    /// A value as a document has it.
    pub fn written(&self, type_name: &str, value: &Value) -> Written {
        if !self.vocabulary.enum_values(type_name).is_empty()
            && let Some(text) = value.as_str()
        {
            return Written::Enum(name(text));
        }
        literal(value)
    }
}

/// JSON as a literal.
pub fn literal(value: &Value) -> Written {
    match value {
        Value::Null => Written::Null,
        Value::Bool(truth) => Written::Boolean(*truth),
        Value::Number(number) if number.is_f64() => {
            let text = number.to_string();
            Written::Float(FloatValue::new_parsed(&text))
        }
        Value::Number(number) => Written::Int(IntValue::new_parsed(&number.to_string())),
        Value::String(text) => Written::String(text.clone()),
        Value::Array(items) => {
            Written::List(items.iter().map(|item| literal(item).into()).collect())
        }
        Value::Object(members) => Written::Object(
            members
                .iter()
                .map(|(label, value)| (name(label), literal(value).into()))
                .collect(),
        ),
    }
}

/// An operand by which `value` is found; `other` is another value of the field.
pub fn beside(random: &mut Random, operator: &str, value: Value, other: Value) -> Value {
    let (operator, folds) = match operator.strip_suffix("IgnoreCase") {
        Some(rest) => (rest, true),
        None => (operator, false),
    };
    let found = match (operator, &value) {
        ("ne" | "notIn", _) if !other.is_null() => other,
        ("lt", _) => further(random, &value, &other, 1),
        ("gt", _) => further(random, &value, &other, -1),
        ("lte", _) if random.percent(60) => further(random, &value, &other, 1),
        ("gte", _) if random.percent(60) => further(random, &value, &other, -1),
        ("contains" | "startsWith" | "endsWith", Value::String(text)) => {
            json!(part(random, operator, text))
        }
        _ => value,
    };
    match found {
        Value::String(text) if folds => json!(recase(random, &text)),
        Value::String(text) if random.percent(20) => json!(shifted(random, text)),
        found => found,
    }
}

/// A value on one side of another: greater (1) or less (-1).
fn further(random: &mut Random, value: &Value, other: &Value, side: i64) -> Value {
    match value {
        Value::Number(number) => {
            if let Some(number) = number.as_i64() {
                let spread = usize::try_from(number.unsigned_abs() / 2).unwrap_or(1);
                let step = i64::try_from(random.between(1, spread.clamp(1, 1 << 31))).unwrap();
                let moved = number.saturating_add(side * step);
                // What fits 32 bits stays there.
                if i32::try_from(number).is_ok() {
                    json!(moved.clamp(i32::MIN.into(), i32::MAX.into()))
                } else {
                    json!(moved)
                }
            } else {
                json!(number.as_f64().unwrap_or_default() + if side > 0 { 0.5 } else { -0.5 })
            }
        }
        Value::String(text) => {
            let theirs = other.as_str().unwrap_or_default();
            let fits = if side > 0 {
                theirs > text.as_str()
            } else {
                theirs < text.as_str()
            };
            if fits && !theirs.is_empty() {
                return json!(theirs);
            }
            if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
                let days = i64::try_from(random.between(1, 900)).unwrap();
                let moved = moment + TimeDelta::days(side * days);
                return json!(moved.to_rfc3339_opts(SecondsFormat::Micros, true));
            }
            if side > 0 {
                json!(format!("{text}a"))
            } else {
                let half = text.chars().count() / 2;
                json!(text.chars().take(half).collect::<String>())
            }
        }
        other => other.clone(),
    }
}

/// A piece of a text: of its inside, its start or its end.
fn part(random: &mut Random, operator: &str, text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let length = random.between(1, 5).min(letters.len());
    let start = match operator {
        "startsWith" => 0,
        "endsWith" => letters.len() - length,
        _ => random.below(letters.len() - length + 1),
    };
    letters[start..start + length].iter().collect()
}

fn recase(random: &mut Random, text: &str) -> String {
    match random.below(4) {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        2 => text.to_uppercase().to_lowercase(),
        _ => text
            .chars()
            .map(|letter| {
                if random.percent(50) {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                }
            })
            .collect(),
    }
}

/// The same moment in another zone; any other text as it is.
fn shifted(random: &mut Random, text: String) -> String {
    let Ok(moment) = DateTime::parse_from_rfc3339(&text) else {
        return text;
    };
    let minutes = *random.pick(&[-720, -570, -60, 0, 60, 345, 840]);
    let zone = FixedOffset::east_opt(minutes * 60).unwrap();
    moment.with_timezone(&zone).to_rfc3339()
}
