//! When the answers of two databases are the same.

use serde_json::Value;

/// How far apart two numbers with a fraction may be, relative to the larger
/// one: what adds up in another order comes out a little different.
const TOLERANCE: f64 = 1e-9;

/// Whether two answers are the same: keys in the same order, texts and
/// integers equal, numbers with a fraction almost.
pub fn alike(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|((key, left), (other, right))| key == other && alike(left, right))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| alike(left, right))
        }
        (Value::Number(left), Value::Number(right)) if left.is_f64() || right.is_f64() => {
            let (left, right) = (left.as_f64().unwrap(), right.as_f64().unwrap());
            (left - right).abs() <= TOLERANCE * left.abs().max(right.abs()).max(1.0)
        }
        (left, right) => left == right,
    }
}
