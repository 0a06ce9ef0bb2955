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
        (Value::String(left), Value::String(right)) => left == right || are_cursors(left, right),
        (left, right) => left == right,
    }
}

/// Whether two texts are cursors of one position, which each database writes
/// in its own way where it is a number with a fraction.
fn are_cursors(left: &str, right: &str) -> bool {
    let number = |part: &str| -> Option<Value> {
        let digits: Vec<_> = part.chars().map(|digit| digit.to_digit(16)).collect();
        let bytes = digits
            .chunks_exact(2)
            .map(|pair| Some(pair[0]? * 16 + pair[1]?));
        let bytes = bytes.map(|byte| u8::try_from(byte?).ok());
        let text = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
        text.parse::<f64>().ok().map(Value::from)
    };
    left.contains('.')
        && left.split('.').count() == right.split('.').count()
        && left.split('.').zip(right.split('.')).all(|(left, right)| {
            left == right
                || matches!((number(left), number(right)), (Some(left), Some(right))
                    if alike(&left, &right))
        })
}
