use std::fmt;

use super::settings::example;

/// Something about the settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The setting, or the place in the file.
    pub about: String,
    /// What is wrong, and what would not be. It repeats nothing that may be a
    /// secret.
    pub text: String,
}

impl Mistake {
    pub(super) fn new(about: &str, text: impl Into<String>) -> Self {
        Self {
            about: about.to_owned(),
            text: text.into(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.about, self.text)
    }
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<Mistake>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the settings cannot be used:")?;
        for mistake in &self.0 {
            writeln!(f, "  {mistake}")?;
        }
        write!(
            f,
            "`purser --help` says what each one means, `purser config print` where each one comes \
             from."
        )
    }
}

impl std::error::Error for ConfigErrors {}

/// That a required setting is not there.
pub(super) fn missing(name: &str) -> String {
    format!(
        "is required with DATABASE_URL, as in {name}={}",
        example(name)
    )
}

/// That a value is not what is expected.
pub(super) fn wrong(name: &str, given: &str, expected: &str) -> String {
    wrong_parts(name, &[given], expected)
}

/// The same of some parts of a list.
pub(super) fn wrong_parts(name: &str, given: &[&str], expected: &str) -> String {
    let given: Vec<_> = given
        .iter()
        .map(|part| format!("{:?}", super::disclosure::without_passwords(part)))
        .collect();
    format!(
        "is {}; expected {expected}, as in {name}={}",
        given.join(" and "),
        example(name)
    )
}
