use std::path::PathBuf;

use reqwest::Url;
use serde_json::Value;

use super::settings::{SETTINGS, Secrecy, Setting};
use super::sources::{Origin, Sources};
use super::{EMBEDDED_DATABASE, EMBEDDED_KEYS, Mistake};

/// What stands for what is not shown.
const HIDDEN: &str = "***";

/// What the query of an address may say that is no secret. Of an address that
/// says more nothing is shown: it may be part of a password.
const KNOWN_PARAMETERS: [&str; 16] = [
    "application_name",
    "charset",
    "collation",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "protocol",
    "socket",
    "ssl-ca",
    "ssl-mode",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "timezone",
    "user",
];

/// How many characters without a dot or a slash are a key rather than the path
/// of one.
const LEAST_KEY: usize = 32;

/// A setting as it can be shown to anybody.
#[derive(Clone, Debug)]
pub struct Disclosed {
    /// Which one.
    pub setting: &'static Setting,
    /// What it is, without what is secret; nothing where it is not set and
    /// nothing takes its place.
    pub value: Option<String>,
    /// Whether something is left out.
    pub redacted: bool,
    /// Where it comes from.
    pub origin: Origin,
}

impl Sources {
    /// Every setting as it can be shown to anybody. Of one that may hold a
    /// secret and is wrong nothing is shown, for nobody knows which part of it
    /// the secret is.
    #[must_use]
    pub fn disclose(&self, mistakes: &[Mistake]) -> Vec<Disclosed> {
        let disclosed = SETTINGS.iter().map(|setting| {
            let wrong = mistakes.iter().any(|one| one.about == setting.name);
            let value = self.get(setting.name).map(|text| match setting.secrecy {
                Secrecy::Open => without_passwords(text),
                _ if wrong => HIDDEN.to_owned(),
                secrecy => shown(secrecy, text).unwrap_or_else(|| HIDDEN.to_owned()),
            });
            Disclosed {
                setting,
                redacted: value.as_ref().is_some_and(|value| value.contains(HIDDEN)),
                value: value.or_else(|| self.embedded(setting.name)),
                origin: self.origin(setting.name),
            }
        });
        disclosed.collect()
    }

    /// What takes the place of a setting without which the embedded database is
    /// served.
    fn embedded(&self, name: &str) -> Option<String> {
        let directory = PathBuf::from(self.get("DATA_DIR")?);
        if self.is_given("DATABASE_URL") {
            return None;
        }
        match name {
            "DATABASE_URL" => Some(format!(
                "sqlite:{}",
                directory.join(EMBEDDED_DATABASE).display()
            )),
            "JWT_KEYS" => Some(directory.join(EMBEDDED_KEYS).display().to_string()),
            _ => None,
        }
    }
}

/// A value without its secret; nothing where it cannot be told apart.
fn shown(secrecy: Secrecy, text: &str) -> Option<String> {
    match secrecy {
        Secrecy::Open => Some(without_passwords(text)),
        Secrecy::Address => address(text),
        Secrecy::Issuers => issuers(text),
        Secrecy::Path => (!is_key(text)).then(|| text.to_owned()),
    }
}

fn address(text: &str) -> Option<String> {
    if text.starts_with("sqlite:") {
        return Some(text.to_owned());
    }
    let mut url = Url::parse(text).ok()?;
    let is_known = url
        .query_pairs()
        .all(|(name, _)| KNOWN_PARAMETERS.contains(&&*name));
    if !is_known || url.fragment().is_some() || url.path().contains('@') {
        return None;
    }
    if url.password().is_some() {
        url.set_password(Some(HIDDEN)).ok()?;
    } else if url.scheme().starts_with("redis") && !url.username().is_empty() {
        // A password alone is often written where the name should be.
        url.set_username(HIDDEN).ok()?;
    }
    Some(url.into())
}

fn issuers(text: &str) -> Option<String> {
    let mut issuers: Value = serde_json::from_str(text).ok()?;
    for issuer in issuers.as_array_mut()? {
        for name in ["issuer", "jwksUrl"] {
            let Some(address) = issuer.get_mut(name) else {
                continue;
            };
            let mut url = Url::parse(address.as_str()?).ok()?;
            url.fragment().is_none().then_some(())?;
            if url.query().is_some() {
                url.set_query(Some(HIDDEN));
                *address = Value::String(url.into());
            }
        }
    }
    Some(issuers.to_string())
}

/// Whether a text is a key rather than the path of one.
pub(super) fn is_key(text: &str) -> bool {
    text.contains("-----BEGIN") || text.len() >= LEAST_KEY && !text.contains(['/', '\\', '.'])
}

/// A text without the passwords of addresses in it.
pub(super) fn without_passwords(text: &str) -> String {
    let mut parts = text.split("://");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find([',', ' ', '"', '\'']).unwrap_or(part.len());
        let (address, rest) = part.split_at(end);
        let hidden = address.rsplit_once('@').and_then(|(user, place)| {
            let (name, _) = user.split_once(':')?;
            Some(format!("{name}:{HIDDEN}@{place}"))
        });
        whole.push_str("://");
        whole.push_str(hidden.as_deref().unwrap_or(address));
        whole.push_str(rest);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_addresses_are_hidden() {
        for (text, expected) in [
            (
                "postgres://ada:s3cret@db:5433/shop?sslmode=require",
                Some("postgres://ada:***@db:5433/shop?sslmode=require"),
            ),
            ("mysql://ada@db/shop", Some("mysql://ada@db/shop")),
            ("sqlite:/srv/shop.db", Some("sqlite:/srv/shop.db")),
            ("redis://:s3cret@r:6379/0", Some("redis://:***@r:6379/0")),
            ("rediss://s3cret@r/0", Some("rediss://***@r/0")),
            ("postgres://db/shop?password=s3cret", None),
            ("postgres://ada:12?s3cret@db/shop", None),
            ("postgres://ada:12#s3cret@db/shop", None),
            ("postgres://ada:12/s3cret@db/shop", None),
            ("s3cret", None),
        ] {
            assert_eq!(address(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_the_addresses_of_issuers_ask_for_is_hidden() {
        let text = r#"[{"issuer":"https://id.example","audience":"a","jwksUrl":"https://id.example/keys?token=s3cret"}]"#;
        let expected = r#"[{"issuer":"https://id.example","audience":"a","jwksUrl":"https://id.example/keys?***"}]"#;
        assert_eq!(issuers(text).as_deref(), Some(expected));
        for hidden in [
            "s3cret",
            r#"{"issuer":"s3cret"}"#,
            r#"[{"issuer":"https://id.example/#s3cret"}]"#,
            r#"[{"issuer":["s3cret"]}]"#,
        ] {
            assert_eq!(issuers(hidden), None, "{hidden}");
        }
    }

    #[test]
    fn a_key_is_told_from_a_path() {
        for path in [
            "keys",
            "./keys",
            "/etc/purser/keys",
            "a-name-of-32-characters-with-an.ending",
        ] {
            assert!(!is_key(path), "{path}");
        }
        for key in [
            "-----BEGIN PRIVATE KEY-----\nMC4",
            "5f1dcc3b5aa765d61d8327deb882cf99",
        ] {
            assert!(is_key(key), "{key}");
        }
    }

    #[test]
    fn passwords_within_other_texts_are_hidden() {
        assert_eq!(
            without_passwords("https://a:s3cret@b/c,https://d, x://e:s3c@ret@f"),
            "https://a:***@b/c,https://d, x://e:***@f"
        );
        assert_eq!(without_passwords("info,a::b=debug"), "info,a::b=debug");
    }
}
