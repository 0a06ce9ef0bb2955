//! The one form in which JSON documents are stored.

use sea_orm::prelude::Json;

/// Orders the keys of every object the way PostgreSQL's `jsonb` keeps them: shorter keys first
/// (in bytes of UTF-8), equally long ones bytewise.
///
/// Only `jsonb` reorders keys by itself; SQLite and MariaDB store the text they are given. Documents
/// that pass through here before they are written read alike from every database.
#[must_use]
pub fn canonical(value: Json) -> Json {
    match value {
        Json::Array(items) => items.into_iter().map(canonical).collect(),
        Json::Object(members) => {
            let mut members: Vec<_> = members
                .into_iter()
                .map(|(key, value)| (key, canonical(value)))
                .collect();
            members.sort_by(|(a, _), (b, _)| (a.len(), a.as_bytes()).cmp(&(b.len(), b.as_bytes())));
            members.into_iter().collect()
        }
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use sea_orm::prelude::Json;

    #[test]
    fn shorter_keys_come_first_and_equal_lengths_are_bytewise() {
        let given: Json = serde_json::from_str(
            r#"{"weight_g":1,"color":{"b":1,"é":2,"Z":3,"aa":4},"a":[{"yy":1,"x":2}]}"#,
        )
        .expect("valid JSON");
        assert_eq!(
            canonical(given).to_string(),
            r#"{"a":[{"x":2,"yy":1}],"color":{"Z":3,"b":1,"aa":4,"é":2},"weight_g":1}"#
        );
    }
}
