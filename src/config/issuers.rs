use serde::Deserialize as _;
use serde_json::Value;

use crate::auth::{Issuer, IssuerSettings};

/// Reads other issuers, none of which may be `own` or there twice.
///
/// # Errors
/// What is wrong with them, without the values that are.
pub(super) fn read(text: &str, own: &str) -> Result<Vec<IssuerSettings>, Vec<String>> {
    // What stands in a value may be a secret; where it stands is none.
    let entries: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        vec![format!("is no JSON: line {line}, column {column}")]
    })?;
    let Value::Array(entries) = entries else {
        return Err(vec!["is no JSON array".to_owned()]);
    };
    let (mut issuers, mut faults) = (Vec::<IssuerSettings>::new(), Vec::new());
    for (place, entry) in (1..).zip(entries) {
        let issuer = match issuer(entry) {
            Ok(issuer) => issuer,
            Err(reason) => {
                faults.push(format!("has in entry {place}: {reason}"));
                continue;
            }
        };
        if issuer.issuer == own {
            faults.push(format!(
                "names in entry {place} the issuer of JWT_ISSUER, whose tokens are our own; rename \
                 one of them"
            ));
        }
        if issuers.iter().any(|other| other.issuer == issuer.issuer) {
            faults.push(format!(
                "names in entry {place} an issuer for the second time"
            ));
        }
        issuers.push(issuer);
    }
    if faults.is_empty() {
        Ok(issuers)
    } else {
        Err(faults)
    }
}

fn issuer(entry: Value) -> Result<IssuerSettings, String> {
    if !entry.is_object() {
        return Err("no JSON object".to_owned());
    }
    let settings = IssuerSettings::deserialize(&entry);
    let settings = settings.map_err(|error| reason(&error.to_string(), &entry))?;
    Issuer::new(settings.clone())?;
    Ok(settings)
}

/// Why an entry cannot be read, by the names of its fields alone.
fn reason(error: &str, entry: &Value) -> String {
    let names_a_field = ["missing field", "unknown field"];
    if names_a_field.iter().any(|start| error.starts_with(start)) {
        return error.to_owned();
    }
    if error.starts_with("unknown variant") {
        return "firstSight is none of refuse, link and create".to_owned();
    }
    let mut fields = entry.as_object().into_iter().flatten();
    let wrong = fields.find(|(name, value)| match value {
        Value::Object(values) if *name == "roles" => !values.values().all(Value::is_string),
        Value::String(_) => *name == "roles",
        Value::Null => false,
        _ => true,
    });
    let name = wrong.map_or("a field", |(name, _)| name);
    format!("{name} is of the wrong type")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_checked_and_no_value_is_repeated() {
        let text = r#"[
            {"issuer": "https://id.example", "audience": "shop"},
            {"issuer": "https://s3cret:s3cret@id.example", "audience": "shop"},
            {"issuer": "https://two.example", "audience": "shop", "jwksUrl": "ftp://s3cret"},
            {"issuer": "https://two.example"},
            {"issuer": "https://two.example", "audience": "shop", "clientSecret": "s3cret"},
            {"issuer": "https://two.example", "audience": "shop", "firstSight": "s3cret"},
            {"issuer": "https://two.example", "audience": "shop", "defaultRole": "s3cret"},
            {"issuer": "https://two.example", "audience": "shop", "roles": {"x": "s3cret"}},
            {"issuer": "https://two.example", "audience": ["s3cret"]},
            "s3cret",
            {"issuer": "https://id.example", "audience": "other"},
            {"issuer": "https://own.example", "audience": "shop"}
        ]"#;
        let faults = read(text, "https://own.example").unwrap_err();
        let expected = [
            "has in entry 2: issuer must begin with https:// and name nobody before an @",
            "has in entry 3: jwksUrl must begin with https:// and name nobody before an @",
            "has in entry 4: missing field `audience`",
            "has in entry 5: unknown field `clientSecret`",
            "has in entry 6: firstSight is none of",
            "has in entry 7: defaultRole is none of customer, staff and admin",
            "has in entry 8: roles has a value that is none of customer, staff and admin",
            "has in entry 9: audience is of the wrong type",
            "has in entry 10: no JSON object",
            "names in entry 11 an issuer for the second time",
            "names in entry 12 the issuer of JWT_ISSUER",
        ];
        assert_eq!(faults.len(), expected.len(), "{faults:#?}");
        for (fault, expected) in faults.iter().zip(expected) {
            assert!(fault.starts_with(expected), "{fault}");
            assert!(!fault.contains("s3cret"), "{fault}");
        }
    }

    #[test]
    fn what_is_no_array_is_not_repeated() {
        assert_eq!(read("{}", "own").unwrap_err(), ["is no JSON array"]);
        assert_eq!(
            read("[s3cret]", "own").unwrap_err(),
            ["is no JSON: line 1, column 2"]
        );
    }
}
