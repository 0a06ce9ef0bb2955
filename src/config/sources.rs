use std::collections::BTreeMap;

use super::{ConfigErrors, SETTINGS};

/// Settings by name, as given, weightiest source first.
#[derive(Clone, Default)]
pub struct Sources {
    /// From the command line.
    pub flags: BTreeMap<String, String>,
    /// From the environment.
    pub environment: BTreeMap<String, String>,
    /// From the file.
    pub file: BTreeMap<String, String>,
}

impl Sources {
    /// The flags given, the process's environment, and `.env` in the working
    /// directory where there is one.
    ///
    /// # Errors
    /// [`ConfigErrors`] where the file cannot be read.
    pub fn gather(flags: BTreeMap<String, String>) -> Result<Self, ConfigErrors> {
        let environment = SETTINGS
            .iter()
            .filter_map(|setting| {
                Some((setting.name.to_owned(), std::env::var(setting.name).ok()?))
            })
            .collect();
        let file = match std::fs::read_to_string(".env") {
            Ok(text) => parse_file(&text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(ConfigErrors(vec![format!(".env: {error}")])),
        };
        Ok(Self {
            flags,
            environment,
            file,
        })
    }

    /// Whether any source names the setting, be it with an empty value.
    pub(super) fn is_given(&self, name: &str) -> bool {
        [&self.flags, &self.environment, &self.file]
            .into_iter()
            .any(|source| source.contains_key(name))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        [&self.flags, &self.environment, &self.file]
            .into_iter()
            .find_map(|source| source.get(name))
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
            .or_else(|| {
                let setting = SETTINGS.iter().find(|setting| setting.name == name)?;
                setting.default
            })
    }
}

/// Reads lines of `NAME=value`; blank ones and those that begin with `#` are
/// passed over, and quotes around a value are taken off.
fn parse_file(text: &str) -> Result<BTreeMap<String, String>, ConfigErrors> {
    let mut values = BTreeMap::new();
    let mut errors = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once('=') {
            Some((name, value)) if SETTINGS.iter().any(|known| known.name == name.trim()) => {
                let value = value.trim();
                let bare = ['"', '\'']
                    .into_iter()
                    .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
                    .unwrap_or(value);
                values.insert(name.trim().to_owned(), bare.to_owned());
            }
            // Such files are shared with other programs.
            Some(_) => {}
            None => errors.push(format!(".env:{}: expected NAME=value", number + 1)),
        }
    }
    if errors.is_empty() {
        Ok(values)
    } else {
        Err(ConfigErrors(errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_outweighs_the_environment_and_that_the_file() {
        let one = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let mut sources = Sources {
            flags: one("BIND", "127.0.0.1:3"),
            environment: one("BIND", "127.0.0.1:2"),
            file: parse_file("# a comment\nBIND='127.0.0.1:1'\nLOG=warn\n").unwrap(),
        };
        assert_eq!(sources.get("BIND"), Some("127.0.0.1:3"));
        sources.flags.clear();
        assert_eq!(sources.get("BIND"), Some("127.0.0.1:2"));
        sources.environment.clear();
        assert_eq!(sources.get("BIND"), Some("127.0.0.1:1"));
        assert_eq!(sources.get("LOG"), Some("warn"));
    }

    #[test]
    fn a_file_may_hold_the_names_of_other_programs() {
        let file = parse_file("POSTGRES_PASSWORD=x\nBIND=127.0.0.1:1").unwrap();
        assert_eq!(file.keys().collect::<Vec<_>>(), ["BIND"]);
        assert_eq!(
            parse_file("BIND").unwrap_err().0,
            [".env:1: expected NAME=value"]
        );
    }
}
