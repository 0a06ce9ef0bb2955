//! Every setting: its name, its default, what it means, and how it is read.
//!
//! The only reader of the environment. A flag outweighs the environment, the
//! environment the file, the file the default. All of them are checked
//! together before anything is opened, and every mistake is told at once.

mod settings;
mod sources;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::HeaderValue;

pub use self::settings::{SETTINGS, Setting};
pub use self::sources::Sources;
use crate::access::Role;
use crate::auth::{IssuerSettings, PasswordCost, SessionSettings, TokenSettings};
use crate::graphql::{ByRole, Limits};
use crate::run::{DatabaseUrl, ReadLimits};
use crate::shop::{Reviewers, ShopRules};

/// The settings, read and checked.
#[derive(Clone)]
pub struct Config {
    /// Where the database is.
    pub database: DatabaseUrl,
    /// Whether that is the embedded one, which comes with the demo shop and
    /// with a key of its own.
    pub embedded: bool,
    /// How much of it those who read may take.
    pub reads: ReadLimits,
    /// Where the embedded database is kept.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub bind: SocketAddr,
    /// The directory of the signing keys, or the file of one.
    pub keys: PathBuf,
    /// Who issues tokens, and for whom.
    pub tokens: TokenSettings,
    /// Other issuers whose tokens are taken.
    pub issuers: Vec<IssuerSettings>,
    /// How long a sign-in lasts.
    pub sessions: SessionSettings,
    /// Whether refresh tokens are kept in cookies.
    pub session_cookies: bool,
    /// What it takes to hash a password.
    pub password_cost: PasswordCost,
    /// How many passwords are hashed at once.
    pub passwords_at_once: usize,
    /// Where attempts are counted, if not in each process.
    pub redis: Option<String>,
    /// How many proxies stand before the server.
    pub trusted_proxies: usize,
    /// Origins whose pages may call the API.
    pub cors_origins: Vec<HeaderValue>,
    /// Whether GraphiQL is served.
    pub graphiql: bool,
    /// The documents that clients name.
    pub trusted_documents: Option<TrustedDocuments>,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// What one operation may be, cost and write.
    pub limits: Limits,
    /// For how long the answer to a mutation with an idempotency key is kept.
    pub idempotency_kept: Duration,
    /// The rules of the shop.
    pub shop: ShopRules,
    /// How many requests are answered at once.
    pub requests_at_once: usize,
    /// How long an answer may take.
    pub request_within: Duration,
    /// How long a client may take to send a body.
    pub body_within: Duration,
    /// How long running requests may take to finish at shutdown.
    pub shutdown: Duration,
    /// How logs are written.
    pub log: LogConfig,
}

/// Documents that clients name instead of sending them.
#[derive(Clone, Debug)]
pub struct TrustedDocuments {
    /// The manifest that tells which.
    pub manifest: PathBuf,
    /// Whether no others are answered.
    pub only: bool,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// The filter, as `tracing-subscriber` reads it.
    pub filter: String,
    /// Whether each line is JSON.
    pub json: bool,
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the settings cannot be used:")?;
        for error in &self.0 {
            writeln!(f, "  {error}")?;
        }
        write!(f, "Run `purser --help` for what each one means.")
    }
}

impl std::error::Error for ConfigErrors {}

impl Config {
    /// Reads and checks every setting. A command that signs no token needs no
    /// key.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every mistake there is.
    pub fn read(sources: &Sources, signs: bool) -> Result<Self, ConfigErrors> {
        let mut read = Read {
            sources,
            errors: Vec::new(),
        };
        let data_dir = PathBuf::from(read.text("DATA_DIR"));
        let given = read.optional("DATABASE_URL", |text| {
            text.parse()
                .map_err(|error: crate::run::UrlError| error.to_string())
        });
        let embedded = sources.get("DATABASE_URL").is_none();
        if embedded && sources.is_given("DATABASE_URL") {
            // Most likely a secret that was not filled in.
            let message = "DATABASE_URL is empty; fill it in, or unset it for the demo shop";
            read.errors.push(message.to_owned());
        }
        let keys = if let Some(path) = sources.get("JWT_KEYS") {
            PathBuf::from(path)
        } else {
            if !embedded && signs {
                read.errors.push(missing("JWT_KEYS"));
            }
            data_dir.join("keys")
        };
        let config = Self {
            database: given.unwrap_or_else(|| DatabaseUrl::Sqlite(data_dir.join("purser.db"))),
            embedded,
            reads: ReadLimits {
                connections: read.number("DATABASE_CONNECTIONS", 1, 1000),
                statement: Duration::from_secs(read.number("STATEMENT_SECONDS", 1, 3600)),
                writing: None,
            },
            bind: read.parsed(
                "BIND",
                "an address and a port",
                ([127, 0, 0, 1], 8000).into(),
            ),
            keys,
            tokens: TokenSettings {
                issuer: read.text("JWT_ISSUER"),
                audience: read.text("JWT_AUDIENCE"),
                lifetime: Duration::from_secs(read.number("TOKEN_SECONDS", 1, 86_400)),
            },
            issuers: read.issuers(),
            sessions: SessionSettings {
                idle: Duration::from_secs(read.number("SESSION_IDLE_SECONDS", 1, YEAR)),
                absolute: Duration::from_secs(read.number("SESSION_SECONDS", 1, YEAR)),
                kept: Duration::from_secs(read.number("SESSION_KEPT_SECONDS", 0, 100 * YEAR)),
            },
            session_cookies: read.choice("SESSION_COOKIES", ["off", "on"]) == 1,
            password_cost: PasswordCost {
                memory: read.number("PASSWORD_MEMORY_KIB", PasswordCost::LEAST.memory, 1 << 22),
                passes: read.number("PASSWORD_PASSES", PasswordCost::LEAST.passes, 100),
            },
            passwords_at_once: read.number("PASSWORDS_AT_ONCE", 1, 64),
            redis: read.redis(),
            trusted_proxies: read.number("TRUSTED_PROXIES", 0, 10),
            cors_origins: read.origins(),
            graphiql: if sources.get("GRAPHIQL").is_some() {
                read.choice("GRAPHIQL", ["off", "on"]) == 1
            } else {
                embedded
            },
            trusted_documents: read.trusted_documents(),
            max_body_bytes: read.number("MAX_BODY_BYTES", 1, 1 << 30),
            limits: Limits {
                budgets: read.by_role("COST_BUDGETS", ByRole::budgets()),
                per_minute: read.by_role("COST_PER_MINUTE", ByRole::default()),
                bulk: read.by_role("BULK_ROWS", ByRole::bulk_rows()),
                introspection: match read.choice("INTROSPECTION", ["off", "on"]) {
                    0 => 0,
                    _ => Limits::default().introspection,
                },
                ..read.document_limits()
            },
            shop: ShopRules {
                reviewers: match read.choice("REVIEWERS", ["buyers", "everyone"]) {
                    0 => Reviewers::Buyers,
                    _ => Reviewers::Everyone,
                },
            },
            idempotency_kept: Duration::from_secs(read.number("IDEMPOTENCY_SECONDS", 1, YEAR)),
            requests_at_once: read.number("REQUESTS_AT_ONCE", 1, 1_000_000),
            request_within: Duration::from_secs(read.number("REQUEST_SECONDS", 1, 3600)),
            body_within: Duration::from_secs(read.number("BODY_SECONDS", 1, 3600)),
            shutdown: Duration::from_secs(read.number("SHUTDOWN_SECONDS", 0, 3600)),
            log: LogConfig {
                filter: read.log_filter(),
                json: read.choice("LOG_FORMAT", ["text", "json"]) == 1,
            },
            data_dir,
        };
        if read.errors.is_empty() {
            Ok(config)
        } else {
            Err(ConfigErrors(read.errors))
        }
    }

    /// The directory that the embedded database needs.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.embedded.then_some(self.data_dir.as_path())
    }
}

/// A year, in seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;

struct Read<'s> {
    sources: &'s Sources,
    errors: Vec<String>,
}

impl Read<'_> {
    fn text(&self, name: &str) -> String {
        self.sources.get(name).unwrap_or_default().to_owned()
    }

    fn optional<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match parse(self.sources.get(name)?) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.errors.push(format!("{name} {reason}"));
                None
            }
        }
    }

    fn parsed<T: std::str::FromStr>(&mut self, name: &str, expected: &str, fallback: T) -> T {
        self.optional(name, |text| {
            text.parse().map_err(|_| wrong(name, text, expected))
        })
        .unwrap_or(fallback)
    }

    fn number<T>(&mut self, name: &str, least: T, most: T) -> T
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

    fn choice<const N: usize>(&mut self, name: &str, choices: [&str; N]) -> usize {
        self.optional(name, |text| {
            choices
                .iter()
                .position(|choice| *choice == text)
                .ok_or_else(|| wrong(name, text, &format!("one of {}", choices.join(", "))))
        })
        .unwrap_or_default()
    }

    fn origins(&mut self) -> Vec<HeaderValue> {
        self.optional("CORS_ORIGINS", |text| {
            text.split(',')
                .map(|origin| {
                    let origin = origin.trim();
                    let scheme = ["http://", "https://"]
                        .into_iter()
                        .find_map(|scheme| origin.strip_prefix(scheme));
                    scheme
                        .filter(|host| !host.is_empty() && !host.contains(['/', '*', ' ']))
                        .and_then(|_| HeaderValue::from_str(origin).ok())
                        .ok_or_else(|| wrong("CORS_ORIGINS", origin, "an origin without a path"))
                })
                .collect()
        })
        .unwrap_or_default()
    }

    fn issuers(&mut self) -> Vec<IssuerSettings> {
        self.optional("JWT_ISSUERS", |text| {
            let issuers: Vec<IssuerSettings> = serde_json::from_str(text)
                .map_err(|error| format!("is no JSON array of issuers ({error})"))?;
            for issuer in &issuers {
                crate::auth::Issuer::new(issuer.clone())?;
            }
            Ok(issuers)
        })
        .unwrap_or_default()
    }

    fn redis(&mut self) -> Option<String> {
        self.optional("REDIS_URL", |text| {
            let known = ["redis://", "rediss://"];
            // It is not repeated, for it may hold a password.
            if known.iter().any(|scheme| text.starts_with(scheme)) {
                Ok(text.to_owned())
            } else {
                Err(format!(
                    "must begin with redis://, as in {}",
                    example("REDIS_URL")
                ))
            }
        })
    }

    fn by_role(&mut self, name: &'static str, default: ByRole) -> ByRole {
        self.optional(name, |text| {
            text.split(',').try_fold(default, |numbers, part| {
                part.split_once('=')
                    .and_then(|(role, number)| {
                        let role = Role::from_name(role.trim())?;
                        Some(numbers.with(role, number.trim().parse().ok()?))
                    })
                    .ok_or_else(|| wrong(name, part, "a role, = and a number"))
            })
        })
        .unwrap_or(default)
    }

    fn trusted_documents(&mut self) -> Option<TrustedDocuments> {
        let only = self.choice("TRUSTED_DOCUMENTS_ONLY", ["off", "on"]) == 1;
        let manifest = self.sources.get("TRUSTED_DOCUMENTS").map(PathBuf::from);
        if only && manifest.is_none() {
            self.errors.push(format!(
                "TRUSTED_DOCUMENTS is required with TRUSTED_DOCUMENTS_ONLY, as in {}",
                example("TRUSTED_DOCUMENTS")
            ));
        }
        manifest.map(|manifest| TrustedDocuments { manifest, only })
    }

    fn document_limits(&mut self) -> Limits {
        let name = "DOCUMENT_LIMITS";
        self.optional(name, |text| {
            text.split(',')
                .try_fold(Limits::default(), |mut limits, part| {
                    let (limit, number) = part.split_once('=').unwrap_or((part, ""));
                    let number = number.trim().parse().ok().filter(|number| *number > 0);
                    match (limits.named(limit.trim()), number) {
                        (Some(limit), Some(number)) => *limit = number,
                        _ => return Err(wrong(name, part, "a limit, = and a number")),
                    }
                    Ok(limits)
                })
        })
        .unwrap_or_default()
    }

    fn log_filter(&mut self) -> String {
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

fn example(name: &str) -> &'static str {
    SETTINGS
        .iter()
        .find(|setting| setting.name == name)
        .map_or("", |setting| setting.example)
}

fn missing(name: &str) -> String {
    format!(
        "{name} is required with DATABASE_URL, as in {}",
        example(name)
    )
}

fn wrong(name: &str, given: &str, expected: &str) -> String {
    format!("is {given:?}; expected {expected}, as in {}", example(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(given: &[(&str, &str)]) -> Sources {
        Sources {
            environment: given
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Sources::default()
        }
    }

    #[test]
    fn nothing_set_is_the_embedded_shop() {
        let config = Config::read(&Sources::default(), true).unwrap();
        assert!(config.embedded);
        assert_eq!(config.database.to_string(), "sqlite:./data/purser.db");
        assert_eq!(config.bind.to_string(), "127.0.0.1:8000");
    }

    #[test]
    fn every_mistake_is_told_at_once_without_secrets() {
        let errors = Config::read(
            &sources(&[
                ("DATABASE_URL", "postgres://ada:secret@db:port/shop"),
                ("BIND", "nowhere"),
                ("TOKEN_SECONDS", "-1"),
                ("CORS_ORIGINS", "https://a.example,*"),
                ("LOG_FORMAT", "xml"),
                ("LOG", "inof"),
            ]),
            true,
        )
        .err()
        .unwrap();
        let text = errors.to_string();
        for name in [
            "DATABASE_URL",
            "JWT_KEYS",
            "BIND",
            "TOKEN_SECONDS",
            "CORS_ORIGINS",
            "LOG_FORMAT",
            "LOG",
        ] {
            assert!(text.contains(name), "{name} is not in:\n{text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }

    #[test]
    fn an_empty_address_is_not_the_demo_shop() {
        let errors = Config::read(&sources(&[("DATABASE_URL", " ")]), true)
            .err()
            .unwrap();
        assert!(errors.to_string().contains("DATABASE_URL is empty"));
    }

    #[test]
    fn a_command_that_signs_nothing_needs_no_key() {
        let sources = sources(&[("DATABASE_URL", "postgres://ada:x@db/shop")]);
        assert!(Config::read(&sources, false).is_ok());
        assert!(Config::read(&sources, true).is_err());
    }

    #[test]
    fn each_example_is_a_value_that_works() {
        for setting in SETTINGS {
            let mut given = vec![(setting.name, setting.example)];
            match setting.name {
                "DATABASE_URL" => given.push(("JWT_KEYS", "keys")),
                "TRUSTED_DOCUMENTS_ONLY" => given.push(("TRUSTED_DOCUMENTS", "manifest.json")),
                _ => {}
            }
            Config::read(&sources(&given), true).unwrap();
        }
    }
}
