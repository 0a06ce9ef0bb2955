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
        "must begin with sqlite:, postgres:// or mysql://, as in DATABASE_URL=postgres://user:password@host/shop"
    )]
    Scheme,
    /// The rest cannot be read. It is not repeated, for it may hold a password.
    #[error(
        "cannot be read; write it as scheme://user:password@host:port/name, with signs such as \
         / ? # @ in a password as %2F %3F %23 %40"
    )]
    Content,
    /// It names no file.
    #[error(
        "must name a file and nothing more, as in sqlite:/var/lib/purser/shop.db; there is no \
         database in memory"
    )]
    File,
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
        if scheme != "sqlite" && is_cut_short(rest) {
            return Err(UrlError::Content);
        }
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path == ":memory:" || path.contains('?') {
                    return Err(UrlError::File);
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

/// Whether what stands behind the host is part of a password with such signs in
/// it: the rest would be shown as the name of the database.
fn is_cut_short(rest: &str) -> bool {
    let rest = rest.trim_start_matches('/');
    let behind = rest.find(['/', '?', '#']).map(|end| &rest[end..]);
    behind.is_some_and(|behind| behind.contains(['@', '#']))
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
            UrlError::File
        );
    }

    #[test]
    fn a_password_that_looks_like_the_rest_of_the_address_is_refused() {
        for text in [
            "postgres://ada:12/secret@db/shop",
            "mysql://ada:12?secret@db/shop",
            "postgres://ada:12#secret@db/shop",
        ] {
            let error = text.parse::<DatabaseUrl>().unwrap_err();
            assert_eq!(error, UrlError::Content, "{text}");
        }
        let url: DatabaseUrl = "postgres://ada:1%2F2%40@db/shop".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://ada:***@db:5432/shop");
    }
}
