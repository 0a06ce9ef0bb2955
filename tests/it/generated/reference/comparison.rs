//! What was answered beside what has to be.

use serde_json::{Value, json};

use super::answer::Expected;
use super::cursors::Cursors;
use crate::alike::alike;

/// The first difference, with the way there. Cursors are learned on the way.
pub fn difference(
    expected: &Expected,
    answer: &Value,
    cursors: &Cursors,
    way: &str,
) -> Option<String> {
    match (expected, answer) {
        (Expected::Value(expected), answer) => (!is_same(expected, answer))
            .then(|| format!("{way}: expected {expected}, not {answer}")),
        (Expected::Near(expected), answer) => (!alike(&json!(expected), answer))
            .then(|| format!("{way}: expected {expected:?}, not {answer}")),
        (Expected::Cursor(position), Value::String(cursor)) => {
            let fault = cursors.learn(cursor, position)?;
            Some(format!("{way}: {fault}"))
        }
        (Expected::List(expected), Value::Array(answer)) => {
            if expected.len() != answer.len() {
                let (expected, answer) = (expected.len(), answer.len());
                return Some(format!("{way}: expected {expected} items, not {answer}"));
            }
            let mut pairs = expected.iter().zip(answer).enumerate();
            pairs.find_map(|(place, (expected, answer))| {
                difference(expected, answer, cursors, &format!("{way}[{place}]"))
            })
        }
        (Expected::Object(expected), Value::Object(answer)) => {
            if !expected.iter().map(|(key, _)| key).eq(answer.keys()) {
                let keys: Vec<_> = answer.keys().collect();
                return Some(format!("{way}: other members: {keys:?}"));
            }
            let mut pairs = expected.iter().zip(answer.values());
            pairs.find_map(|((key, expected), answer)| {
                difference(expected, answer, cursors, &format!("{way}.{key}"))
            })
        }
        (_, answer) => Some(format!("{way}: of another kind: {answer}")),
    }
}

/// Whether two values are the same, however their numbers are written.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, one)| other.get(key).is_some_and(|other| is_same(one, other)))
        }
        _ => one == other,
    }
}
