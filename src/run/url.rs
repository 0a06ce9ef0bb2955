use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::sql::Dialect;

/// Where the database is. Printing one hides the password.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// An `SQLite` file.
    Sqlite(PathBuf),
    /// A `PostgreSQL` server.
    Postgres(Box<PgConnectOptions>),
    /// A `MariaDB` server.
    Mariadb(Box<MySqlConnectOptions>),
}

/// Why a text is not the address of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It begins with no known scheme.
    #[error(
        "must begin with sqlite:, postgres:// or mysql://, as in postgres://user:password@host/shop"
    )]
    Scheme,
    /// The rest cannot be read. It is not repeated, for it may hold a password.
    #[error("cannot be read; write it as scheme://user:password@host:port/name")]
    Content,
}

impl DatabaseUrl {
    /// Which SQL it speaks.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mariadb(_) => Dialect::Mariadb,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once(':').ok_or(UrlError::Scheme)?;
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path == ":memory:" || path.contains('?') {
                    return Err(UrlError::Content);
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            "postgres" | "postgresql" => text
                .parse()
                .map(|options| Self::Postgres(Box::new(options)))
                .map_err(|_| UrlError::Content),
            "mysql" | "mariadb" => format!("mysql:{rest}")
                .parse()
                .map(|options| Self::Mariadb(Box::new(options)))
                .map_err(|_| UrlError::Content),
            _ => Err(UrlError::Scheme),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(options) => write!(
                f,
                "postgres://{}:***@{}:{}/{}",
                options.get_username(),
                options.get_host(),
                options.get_port(),
                options.get_database().unwrap_or_default()
            ),
            Self::Mariadb(options) => write!(
                f,
                "mysql://{}:***@{}:{}/{}",
                options.get_username(),
                options.get_host(),
                options.get_port(),
                options.get_database().unwrap_or_default()
            ),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_address_hides_the_password() {
        for text in [
            "postgres://ada:secret@db:5433/shop",
            "mysql://ada:secret@db:3307/shop",
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), text.replace("secret", "***"));
            assert_eq!(format!("{url:?}"), url.to_string());
        }
    }

    #[test]
    fn mariadb_is_another_word_for_mysql() {
        let url: DatabaseUrl = "mariadb://ada:x@db/shop".parse().unwrap();
        assert!(matches!(url, DatabaseUrl::Mariadb(_)));
    }

    #[test]
    fn an_error_does_not_repeat_the_address() {
        let error = "postgres://ada:secret@db:port/x"
            .parse::<DatabaseUrl>()
            .unwrap_err();
        assert!(!error.to_string().contains("secret"));
        assert_eq!(
            "oracle://x".parse::<DatabaseUrl>().unwrap_err(),
            UrlError::Scheme
        );
        assert_eq!(
            "sqlite:".parse::<DatabaseUrl>().unwrap_err(),
            UrlError::Content
        );
    }
}
