//! Every setting: its name, its default, what it means, and how it is read.
//!
//! The only reader of the environment. A flag outweighs the environment, the
//! environment the file, the file the default. All of them are checked
//! together before anything is opened, and every mistake is told at once.

mod disclosure;
mod issuers;
mod mistake;
mod read;
mod settings;
mod sources;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::HeaderValue;

pub use self::disclosure::Disclosed;
pub use self::mistake::{ConfigErrors, Mistake};
use self::read::Read;
pub use self::settings::{SETTINGS, Secrecy, Setting};
pub use self::sources::{Origin, Sources};
use crate::auth::{IssuerSettings, PasswordCost, SessionSettings, TokenSettings};
use crate::graphql::{ByRole, Limits};
use crate::http::LoadLimits;
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
    /// How many connections may be open at once.
    pub connections: u32,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// How many requests one body may have, as a list.
    pub batch: usize,
    /// How many WebSockets may be open at once.
    pub sockets: u32,
    /// How many operations may run at once on one of them.
    pub socket_operations: usize,
    /// The largest message of a client on one of them, in bytes.
    pub socket_message: usize,
    /// What one operation may be, cost and write.
    pub limits: Limits,
    /// For how long the answer to a mutation with an idempotency key is kept.
    pub idempotency_kept: Duration,
    /// The rules of the shop.
    pub shop: ShopRules,
    /// How much is answered at once, and how long that may take.
    pub load: LoadLimits,
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

impl Config {
    /// Reads and checks every setting. A command that signs no token needs no
    /// key.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every mistake there is.
    pub fn read(sources: &Sources, signs: bool) -> Result<Self, ConfigErrors> {
        let mut read = Read::of(sources);
        let data_dir = PathBuf::from(read.text("DATA_DIR"));
        let given = read.database();
        let embedded = sources.get("DATABASE_URL").is_none();
        let keys = read.keys(!embedded && signs);
        let max_body_bytes = read.number("MAX_BODY_BYTES", 1, 1 << 30);
        let load = LoadLimits {
            at_once: read.number("REQUESTS_AT_ONCE", 1, 1_000_000),
            answer: Duration::from_secs(read.number("REQUEST_SECONDS", 1, 3600)),
            body: Duration::from_secs(read.number("BODY_SECONDS", 1, 3600)),
            bytes: read.number("BYTES_AT_ONCE", (8 * max_body_bytes).max(1 << 20), 1 << 40),
        };
        let config = Self {
            database: given
                .unwrap_or_else(|| DatabaseUrl::Sqlite(data_dir.join(EMBEDDED_DATABASE))),
            embedded,
            reads: ReadLimits {
                connections: read.number("DATABASE_CONNECTIONS", 1, 1000),
                statement: Duration::from_secs(read.number("STATEMENT_SECONDS", 1, 3600)),
                writing: None,
                answer: load.largest_answer(),
            },
            bind: read.parsed(
                "BIND",
                "an IP address and a port",
                ([127, 0, 0, 1], 8000).into(),
            ),
            keys: keys.unwrap_or_else(|| data_dir.join(EMBEDDED_KEYS)),
            tokens: TokenSettings {
                issuer: read.text("JWT_ISSUER"),
                audience: read.text("JWT_AUDIENCE"),
                lifetime: Duration::from_secs(read.number("TOKEN_SECONDS", 1, 86_400)),
            },
            issuers: read.issuers(&read.text("JWT_ISSUER")),
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
            connections: read.number("CONNECTIONS", 1, 1_000_000),
            max_body_bytes,
            batch: read.number("BATCH_REQUESTS", 0, 100),
            sockets: read.number("SOCKETS", 0, 1_000_000),
            socket_operations: read.number("SOCKET_OPERATIONS", 1, 10_000),
            socket_message: read.number("SOCKET_MESSAGE_BYTES", 1, 1 << 30),
            limits: Limits {
                budgets: read.by_role("COST_BUDGETS", ByRole::budgets()),
                per_minute: read.by_role("COST_PER_MINUTE", ByRole::default()),
                bulk: read.by_role("BULK_ROWS", ByRole::bulk_rows()),
                introspection: match read.choice("INTROSPECTION", ["off", "on"]) {
                    0 => 0,
                    _ => Limits::default().introspection,
                },
                written: max_body_bytes,
                ..read.document_limits()
            },
            shop: ShopRules {
                reviewers: match read.choice("REVIEWERS", ["buyers", "everyone"]) {
                    0 => Reviewers::Buyers,
                    _ => Reviewers::Everyone,
                },
            },
            idempotency_kept: Duration::from_secs(read.number("IDEMPOTENCY_SECONDS", 1, YEAR)),
            load,
            shutdown: Duration::from_secs(read.number("SHUTDOWN_SECONDS", 0, 3600)),
            log: LogConfig {
                filter: read.log_filter(),
                json: read.choice("LOG_FORMAT", ["text", "json"]) == 1,
            },
            data_dir,
        };
        if read.mistakes.is_empty() {
            Ok(config)
        } else {
            // One of them may be why.
            read.mistakes.extend(sources.doubts.iter().cloned());
            Err(ConfigErrors(read.mistakes))
        }
    }

    /// The directory that the embedded database needs.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.embedded.then_some(self.data_dir.as_path())
    }
}

/// The file of the embedded database, in the data directory.
const EMBEDDED_DATABASE: &str = "purser.db";
/// The directory of its keys, likewise.
const EMBEDDED_KEYS: &str = "keys";

/// A year, in seconds.
const YEAR: u64 = 365 * 24 * 60 * 60;

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

    /// Each setting that can be wrong at all, and what is said of it.
    const WRONG: &[(&str, &str, &str)] = &[
        (
            "DATABASE_URL",
            "postgres://ada:s3cret@db:port/shop",
            "cannot be read",
        ),
        ("DATABASE_CONNECTIONS", "0", "a number from 1 to 1000"),
        ("STATEMENT_SECONDS", "3601", "a number from 1 to 3600"),
        ("BIND", "localhost:8000", "an IP address and a port"),
        ("TOKEN_SECONDS", "-1", "a number from 1 to 86400"),
        (
            "JWT_ISSUERS",
            "[{\"issuer\":\"s3cret\"}]",
            "missing field `audience`",
        ),
        (
            "SESSION_IDLE_SECONDS",
            "a week",
            "a number from 1 to 31536000",
        ),
        ("SESSION_SECONDS", "0", "a number from 1 to 31536000"),
        (
            "SESSION_KEPT_SECONDS",
            "-1",
            "a number from 0 to 3153600000",
        ),
        ("SESSION_COOKIES", "yes", "one of off, on"),
        (
            "PASSWORD_MEMORY_KIB",
            "1024",
            "a number from 19456 to 4194304",
        ),
        ("PASSWORD_PASSES", "1", "a number from 2 to 100"),
        ("PASSWORDS_AT_ONCE", "0", "a number from 1 to 64"),
        (
            "REDIS_URL",
            "redis://:12/s3cret@redis",
            "redis:// or rediss://",
        ),
        ("TRUSTED_PROXIES", "11", "a number from 0 to 10"),
        (
            "CORS_ORIGINS",
            "*,https://a.example,https://a:s3cret@b.example",
            "an origin without a path",
        ),
        ("GRAPHIQL", "maybe", "one of off, on"),
        ("TRUSTED_DOCUMENTS_ONLY", "yes", "one of off, on"),
        ("MAX_BODY_BYTES", "1 MB", "a number from 1 to 1073741824"),
        ("SOCKETS", "-1", "a number from 0 to 1000000"),
        ("SOCKET_OPERATIONS", "0", "a number from 1 to 10000"),
        ("BODY_SECONDS", "0", "a number from 1 to 3600"),
        ("REQUEST_SECONDS", "1m", "a number from 1 to 3600"),
        ("REQUESTS_AT_ONCE", "0", "a number from 1 to 1000000"),
        (
            "BYTES_AT_ONCE",
            "1024",
            "a number from 1048576 to 1099511627776",
        ),
        ("BATCH_REQUESTS", "101", "a number from 0 to 100"),
        ("CONNECTIONS", "0", "a number from 1 to 1000000"),
        ("SOCKET_MESSAGE_BYTES", "0", "a number from 1 to 1073741824"),
        (
            "COST_PER_MINUTE",
            "staff",
            "a role (anonymous, customer, staff, admin), = and a number",
        ),
        (
            "DOCUMENT_LIMITS",
            "width=1,depth=0",
            "a limit (tokens, nesting, depth, ",
        ),
        ("INTROSPECTION", "no", "one of off, on"),
        (
            "COST_BUDGETS",
            "boss=1,staff=2,admin",
            "a role (anonymous, ",
        ),
        ("BULK_ROWS", "staff=many", "a role (anonymous, "),
        ("IDEMPOTENCY_SECONDS", "0", "a number from 1 to 31536000"),
        ("REVIEWERS", "nobody", "one of buyers, everyone"),
        ("SHUTDOWN_SECONDS", "1h", "a number from 0 to 3600"),
        ("LOG", "inof", "a level, or levels by module"),
        ("LOG_FORMAT", "xml", "one of text, json"),
    ];

    #[test]
    fn every_mistake_is_told_at_once_with_its_name_and_an_example() {
        let wrong = WRONG;
        let given: Vec<_> = wrong
            .iter()
            .map(|(name, value, _)| (*name, *value))
            .collect();
        let ConfigErrors(mistakes) = Config::read(&sources(&given), true).err().unwrap();
        for (name, _, reason) in wrong {
            let mistake = mistakes.iter().find(|mistake| mistake.about == *name);
            let text = mistake
                .unwrap_or_else(|| panic!("{name} is wrong"))
                .to_string();
            assert!(text.starts_with(name) && text.contains(reason), "{text}");
            // An example of it, or of another database.
            let example = settings::example(name);
            let is_shown = text.contains(example) || text.contains("scheme://user:password@");
            assert!(is_shown, "{text}");
        }
        let missing = "JWT_KEYS is required with DATABASE_URL, as in JWT_KEYS=/etc/purser/keys";
        let told: Vec<_> = mistakes.iter().map(Mistake::to_string).collect();
        assert!(told.contains(&missing.to_owned()), "{told:#?}");
        assert_eq!(told.len(), wrong.len() + 1, "{told:#?}");
        assert!(
            told.iter().all(|text| !text.contains("s3cret")),
            "{told:#?}"
        );
        // Whatever else there is takes any text.
        let names = SETTINGS.iter().map(|setting| setting.name);
        let free: Vec<_> = names
            .filter(|name| wrong.iter().all(|(known, ..)| known != name))
            .collect();
        let expected = [
            "DATA_DIR",
            "JWT_KEYS",
            "JWT_ISSUER",
            "JWT_AUDIENCE",
            "TRUSTED_DOCUMENTS",
        ];
        assert_eq!(free, expected);
    }

    #[test]
    fn all_that_is_wrong_in_a_list_is_told() {
        let given = [("CORS_ORIGINS", "*,https://a.example,b.example")];
        let errors = Config::read(&sources(&given), true).err().unwrap();
        assert_eq!(
            errors.0[0].to_string(),
            "CORS_ORIGINS is \"*\" and \"b.example\"; expected an origin without a path, as in \
             CORS_ORIGINS=https://shop.example,http://localhost:5173"
        );
    }

    #[test]
    fn what_is_wrong_with_the_sources_is_told_as_well() {
        let sources = Sources {
            mistakes: vec![Mistake::new("/srv/.env:1", "is no setting")],
            ..sources(&[("BIND", "nowhere")])
        };
        let ConfigErrors(mistakes) = Config::read(&sources, true).err().unwrap();
        let about: Vec<_> = mistakes.iter().map(|mistake| &*mistake.about).collect();
        assert_eq!(about, ["/srv/.env:1", "BIND"]);
    }

    #[test]
    fn a_key_in_place_of_its_path_is_not_repeated() {
        let key = "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----";
        let errors = Config::read(&sources(&[("JWT_KEYS", key)]), true)
            .err()
            .unwrap();
        let text = errors.to_string();
        assert!(
            text.contains("JWT_KEYS is a key rather than the path of one"),
            "{text}"
        );
        assert!(!text.contains("s3cret"), "{text}");
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
