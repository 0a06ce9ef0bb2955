use sea_orm::{DbErr, RuntimeErr};

/// Why a statement gave no answer. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The database cannot be reached, or has no connection to spare.
    #[error("{0}")]
    Unavailable(String),
    /// It was lost while it was to keep what was written, and nobody knows
    /// whether it has.
    #[error("{0}")]
    Uncertain(String),
    /// It gave the statement up for taking too long.
    #[error("{0}")]
    TimedOut(String),
    /// The statement is more than it takes.
    #[error("{0}")]
    TooComplex(String),
    /// Its answer is larger than any may be.
    #[error("{0}")]
    TooLarge(String),
    /// A number in it is beyond what it computes.
    #[error("{0}")]
    OutOfRange(String),
    /// Another transaction was in the way; the same may succeed now.
    #[error("{0}")]
    Contended(String),
    /// It refused the statement.
    #[error("{0}")]
    Failed(String),
}

impl From<sqlx::Error> for RunError {
    fn from(error: sqlx::Error) -> Self {
        Self::of(&error)
    }
}

impl RunError {
    /// Of an error before there was a connection: whatever it says, the database
    /// cannot be reached.
    pub(super) fn without_connection(error: &sqlx::Error) -> Self {
        match Self::of(error) {
            Self::Failed(detail) => Self::Unavailable(detail),
            other => other,
        }
    }

    fn of(error: &sqlx::Error) -> Self {
        let unavailable = is_broken(error)
            || matches!(
                error,
                sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
            );
        if unavailable {
            Self::Unavailable(error.to_string())
        } else if is_contention(error) {
            Self::Contended(error.to_string())
        } else if is_timeout(error) {
            Self::TimedOut(error.to_string())
        } else if is_too_large(error) {
            Self::TooLarge(error.to_string())
        } else if is_too_complex(error) {
            Self::TooComplex(error.to_string())
        } else if is_out_of_range(error) {
            Self::OutOfRange(error.to_string())
        } else {
            Self::Failed(error.to_string())
        }
    }
}

impl From<DbErr> for RunError {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::Conn(RuntimeErr::SqlxError(error)) => Self::without_connection(&error),
            DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => Self::of(&error),
            DbErr::ConnectionAcquire(error) => Self::Unavailable(error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// Whether the connection is gone rather than the statement wrong: the server
/// ended it (`SQLSTATE` 57P01 to 57P03), took no more of them (53300), or it
/// broke (class 08).
pub(super) fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("57P0") || code.starts_with("08") || code == "53300"
        }),
        _ => false,
    }
}

/// Whether another transaction was in the way: a serialization failure (40001,
/// as `MariaDB` says of a deadlock too) or a deadlock (40P01), a lock that was
/// waited for too long (`MariaDB`'s 1205), or `SQLite`'s busy file (5 and its
/// kin).
fn is_contention(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    error
        .code()
        .is_some_and(|code| matches!(&*code, "40001" | "40P01" | "5" | "261" | "517"))
        || error.message().starts_with("Lock wait timeout exceeded")
}

/// Whether the server gave a statement up for taking too long: `PostgreSQL`'s
/// 57014, `MariaDB`'s error 1969 (70100).
fn is_timeout(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error)
        if error.code().is_some_and(|code| code == "57014" || code == "70100"))
}

/// Whether a value is larger than the database makes any: `SQLite`'s
/// `SQLITE_MAX_LENGTH`, a gigabyte of `PostgreSQL`'s, and what stands in
/// statements to `MariaDB` in place of an object beyond `max_allowed_packet`.
fn is_too_large(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    let message = error.message();
    message == "string or blob too big"
        || message.ends_with("out of range in '~0 * 2'")
        || error.code().is_some_and(|code| code == "54000")
            && (message == "out of memory" || message.contains("string buffer"))
}

/// Whether the statement is more than the database takes: bounds that `SQLite`
/// is built with, `PostgreSQL`'s class 54, `MariaDB`'s errors 1116, 1117, 1390
/// and 1436 (HY000).
fn is_too_complex(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    let message = error.message();
    error.code().is_some_and(|code| code.starts_with("54"))
        || TOO_COMPLEX.iter().any(|start| message.starts_with(start))
}

/// How what `SQLite` and `MariaDB` say of such a statement begins.
const TOO_COMPLEX: [&str; 11] = [
    "Expression tree is too large",
    "parser stack overflow",
    "at most 64 tables in a join",
    "too many terms in compound SELECT",
    "too many columns",
    "too many SQL variables",
    "too many arguments on function",
    "Thread stack overrun",
    "Too many tables",
    "Too many columns",
    "Prepared statement contains too many placeholders",
];

/// Whether a number is beyond 64 bits: `SQLSTATE` 22003, and what `SQLite`
/// says of it.
fn is_out_of_range(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error)
        if error.code().is_some_and(|code| code == "22003")
            || error.message() == "integer overflow")
}
