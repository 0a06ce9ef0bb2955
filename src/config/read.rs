use std::fmt;
use std::path::PathBuf;

use axum::http::HeaderValue;

use super::TrustedDocuments;
use super::disclosure::is_key;
use super::issuers;
use super::mistake::{Mistake, missing, wrong, wrong_parts};
use super::settings::example;
use super::sources::Sources;
use crate::access::Role;
use crate::auth::IssuerSettings;
use crate::graphql::{ByRole, Limits};
use crate::run::{DatabaseUrl, UrlError};

/// Reads settings, and gathers what is wrong with them.
pub(super) struct Read<'s> {
    sources: &'s Sources,
    pub mistakes: Vec<Mistake>,
}

impl<'s> Read<'s> {
    /// Begins with what is wrong with the sources themselves.
    pub fn of(sources: &'s Sources) -> Self {
        Self {
            sources,
            mistakes: sources.mistakes.clone(),
        }
    }

    /// The address of the database, if one is given.
    pub fn database(&mut self) -> Option<DatabaseUrl> {
        let name = "DATABASE_URL";
        if self.sources.get(name).is_none() && self.sources.is_given(name) {
            // Most likely a secret that was not filled in.
            let text = "is empty; fill it in, or unset it for the demo shop";
            self.mistakes.push(Mistake::new(name, text));
        }
        self.optional(name, |text| {
            let parsed = text.parse();
            parsed.map_err(|error: UrlError| error.to_string())
        })
    }

    /// The path of the keys, if one is given.
    pub fn keys(&mut self, required: bool) -> Option<PathBuf> {
        let name = "JWT_KEYS";
        if required && self.sources.get(name).is_none() {
            self.mistakes.push(Mistake::new(name, missing(name)));
        }
        self.optional(name, |text| {
            // It is not repeated.
            if is_key(text) {
                return Err(format!(
                    "is a key rather than the path of one; write the key to a file and name that, \
                     as in {name}={}",
                    example(name)
                ));
            }
            Ok(PathBuf::from(text))
        })
    }

    /// A text.
    pub fn text(&self, name: &str) -> String {
        self.sources.get(name).unwrap_or_default().to_owned()
    }

    fn optional<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match parse(self.sources.get(name)?) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.mistakes.push(Mistake::new(name, reason));
                None
            }
        }
    }

    /// A value of some type.
    pub fn parsed<T: std::str::FromStr>(&mut self, name: &str, expected: &str, fallback: T) -> T {
        self.optional(name, |text| {
            text.parse().map_err(|_| wrong(name, text, expected))
        })
        .unwrap_or(fallback)
    }

    /// A number within bounds.
    pub fn number<T>(&mut self, name: &str, least: T, most: T) -> T
    where
        T: std::str::FromStr + PartialOrd + fmt::Display + Copy,
    {
        self.optional(name, |text| {
            text.parse()
                .ok()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| wrong(name, text, &format!("a number from {least} to {most}")))
        })
        .unwrap_or(least)
    }

    /// The place of a word among those that are taken.
    pub fn choice<const N: usize>(&mut self, name: &str, choices: [&str; N]) -> usize {
        self.optional(name, |text| {
            choices
                .iter()
                .position(|choice| *choice == text)
                .ok_or_else(|| wrong(name, text, &format!("one of {}", choices.join(", "))))
        })
        .unwrap_or_default()
    }

    /// Origins of pages.
    pub fn origins(&mut self) -> Vec<HeaderValue> {
        let name = "CORS_ORIGINS";
        self.optional(name, |text| {
            each(name, text, "an origin without a path", |origin| {
                let scheme = ["http://", "https://"]
                    .into_iter()
                    .find_map(|scheme| origin.strip_prefix(scheme));
                scheme
                    .filter(|host| !host.is_empty() && !host.contains(['/', '*', ' ', '@']))
                    .and_then(|_| HeaderValue::from_str(origin).ok())
            })
        })
        .unwrap_or_default()
    }

    /// Other issuers than `own`.
    pub fn issuers(&mut self, own: &str) -> Vec<IssuerSettings> {
        let name = "JWT_ISSUERS";
        let read = self.sources.get(name).map(|text| issuers::read(text, own));
        read.unwrap_or(Ok(Vec::new())).unwrap_or_else(|reasons| {
            self.mistakes.extend(reasons.into_iter().map(|reason| {
                let shown = example(name);
                Mistake::new(name, format!("{reason}; it is written like {shown}"))
            }));
            Vec::new()
        })
    }

    /// The address of Redis, if one is given.
    pub fn redis(&mut self) -> Option<String> {
        self.optional("REDIS_URL", |text| {
            let known = ["redis://", "rediss://"];
            let begins = known.iter().any(|scheme| text.starts_with(scheme));
            // It is not repeated, for it may hold a password.
            if begins && redis::Client::open(text).is_ok() {
                Ok(text.to_owned())
            } else {
                Err(format!(
                    "must be redis:// or rediss://, host and port, as in REDIS_URL={}, with signs \
                     such as / ? # @ in a password as %2F %3F %23 %40",
                    example("REDIS_URL")
                ))
            }
        })
    }

    /// Numbers of some roles, the others as in `default`.
    pub fn by_role(&mut self, name: &'static str, default: ByRole) -> ByRole {
        self.optional(name, |text| {
            let roles = Role::ALL.map(Role::name).join(", ");
            let expected = format!("a role ({roles}), = and a number");
            let numbers = each(name, text, &expected, |part| {
                let (role, number) = part.split_once('=')?;
                let role = Role::from_name(role.trim())?;
                Some((role, number.trim().parse().ok()?))
            })?;
            let numbers = numbers.into_iter();
            Ok(numbers.fold(default, |known, (role, number)| known.with(role, number)))
        })
        .unwrap_or(default)
    }

    /// The manifest of documents that clients name.
    pub fn trusted_documents(&mut self) -> Option<TrustedDocuments> {
        let (name, only) = ("TRUSTED_DOCUMENTS", "TRUSTED_DOCUMENTS_ONLY");
        let only = self.choice(only, ["off", "on"]) == 1;
        let manifest = self.sources.get(name).map(PathBuf::from);
        if only && manifest.is_none() {
            let text = format!(
                "is required with TRUSTED_DOCUMENTS_ONLY, as in {name}={}",
                example(name)
            );
            self.mistakes.push(Mistake::new(name, text));
        }
        manifest.map(|manifest| TrustedDocuments { manifest, only })
    }

    /// How large documents may be.
    pub fn document_limits(&mut self) -> Limits {
        let name = "DOCUMENT_LIMITS";
        self.optional(name, |text| {
            let names = Limits::NAMES.join(", ");
            let expected = format!("a limit ({names}), = and a number");
            let limits = each(name, text, &expected, |part| {
                let (limit, number) = part.split_once('=')?;
                let number: usize = number.trim().parse().ok().filter(|number| *number > 0)?;
                Limits::default().named(limit.trim())?;
                Some((limit.trim().to_owned(), number))
            })?;
            let mut all = Limits::default();
            for (limit, number) in limits {
                if let Some(known) = all.named(&limit) {
                    *known = number;
                }
            }
            Ok(all)
        })
        .unwrap_or_default()
    }

    /// What is logged.
    pub fn log_filter(&mut self) -> String {
        self.optional("LOG", |text| {
            let levels = ["off", "error", "warn", "info", "debug", "trace"];
            // A bare word that is no level would be read as a module.
            let legible = text.split(',').all(|directive| {
                let level = directive.rsplit('=').next().unwrap_or_default().trim();
                levels.contains(&level.to_ascii_lowercase().as_str())
            });
            text.parse::<tracing_subscriber::EnvFilter>()
                .ok()
                .filter(|_| legible)
                .map(|_| text.to_owned())
                .ok_or_else(|| wrong("LOG", text, "a level, or levels by module"))
        })
        .unwrap_or_default()
    }
}

/// Reads each part between commas, and tells of all that are wrong.
fn each<T>(
    name: &str,
    text: &str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, String> {
    let (mut values, mut wrong) = (Vec::new(), Vec::new());
    for part in text.split(',').map(str::trim) {
        match parse(part) {
            Some(value) => values.push(value),
            None => wrong.push(part),
        }
    }
    if wrong.is_empty() {
        Ok(values)
    } else {
        Err(wrong_parts(name, &wrong, expected))
    }
}
