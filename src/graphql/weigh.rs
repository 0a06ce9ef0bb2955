use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::plan::Plan;
use crate::run::RunError;
use crate::sql::{self, Dialect, Statement};

/// Refuses an answer whose texts alone are more bytes than any may have, by how
/// long they are: to put them into it takes a database long. That is another
/// statement, for answers that may be among the largest.
///
/// # Errors
/// [`RunError`] where it is too large, or how large could not be found out.
pub(super) async fn weigh(
    plan: &Plan<'_>,
    dialect: Dialect,
    most: usize,
    fetch: impl AsyncFnOnce(&Statement) -> Result<Vec<u8>, RunError>,
) -> Result<(), RunError> {
    let weighed = match fetch(&sql::weigh(plan, dialect)).await {
        Ok(weighed) => weighed,
        // Lengths may be longer than short texts.
        Err(RunError::TooLarge(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let texts = lengths(&weighed);
    if texts > most as u64 {
        return Err(RunError::TooLarge(format!("texts of {texts} bytes")));
    }
    Ok(())
}

/// The sum of all lengths in an answer, each of which is in a list of its own.
fn lengths(json: &[u8]) -> u64 {
    let mut json = serde_json::Deserializer::from_slice(json);
    Sum { is_in_list: false }
        .deserialize(&mut json)
        .unwrap_or_default()
}

/// Adds up what is in a part of an answer.
struct Sum {
    is_in_list: bool,
}

impl<'de> DeserializeSeed<'de> for Sum {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<u64, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sum {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of an answer")
    }

    fn visit_u64<E>(self, number: u64) -> Result<u64, E> {
        Ok(if self.is_in_list { number } else { 0 })
    }

    fn visit_i64<E>(self, _: i64) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_f64<E>(self, _: f64) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_bool<E>(self, _: bool) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_str<E>(self, _: &str) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_unit<E>(self) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<u64, A::Error> {
        let mut sum = 0_u64;
        while let Some(item) = items.next_element_seed(Self { is_in_list: true })? {
            sum = sum.saturating_add(item);
        }
        Ok(sum)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<u64, A::Error> {
        let mut sum = 0_u64;
        while members.next_key::<IgnoredAny>()?.is_some() {
            let member = members.next_value_seed(Self { is_in_list: false })?;
            sum = sum.saturating_add(member);
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::lengths;

    #[test]
    fn lengths_are_those_in_lists_of_their_own() {
        let json = r#"{"nodes":[{"a":[3],"b":4,"c":null,"d":[null],"e":{"f":[50],"g":"[7]"}},null],
                       "a":[600],"b":1.5,"c":-1,"d":true}"#;
        assert_eq!(lengths(json.as_bytes()), 653);
        assert_eq!(lengths(b"null"), 0);
    }
}
