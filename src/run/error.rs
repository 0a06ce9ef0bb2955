/// Why a statement gave no answer. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The database cannot be reached, or has no connection to spare.
    #[error("{0}")]
    Unavailable(String),
    /// It gave the statement up for taking too long.
    #[error("{0}")]
    TimedOut(String),
    /// The statement is more than it takes.
    #[error("{0}")]
    TooComplex(String),
    /// A number in it is beyond what it computes.
    #[error("{0}")]
    OutOfRange(String),
    /// It refused the statement.
    #[error("{0}")]
    Failed(String),
}

impl From<sqlx::Error> for RunError {
    fn from(error: sqlx::Error) -> Self {
        let unavailable = is_broken(&error)
            || matches!(
                error,
                sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
            );
        if unavailable {
            Self::Unavailable(error.to_string())
        } else if is_timeout(&error) {
            Self::TimedOut(error.to_string())
        } else if is_too_complex(&error) {
            Self::TooComplex(error.to_string())
        } else if is_out_of_range(&error) {
            Self::OutOfRange(error.to_string())
        } else {
            Self::Failed(error.to_string())
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

/// Whether the server gave a statement up for taking too long: `PostgreSQL`'s
/// 57014, `MariaDB`'s error 1969 (70100).
fn is_timeout(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error)
        if error.code().is_some_and(|code| code == "57014" || code == "70100"))
}

/// Whether the statement nests deeper than the database goes: bounds that
/// `SQLite` is built with, `PostgreSQL`'s 54001, `MariaDB`'s error 1436
/// (HY000).
fn is_too_complex(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    let message = error.message();
    error.code().is_some_and(|code| code == "54001")
        || message.starts_with("Expression tree is too large")
        || message.starts_with("parser stack overflow")
        || message.starts_with("Thread stack overrun")
}

/// Whether a number is beyond 64 bits: `SQLSTATE` 22003, and what `SQLite`
/// says of it.
fn is_out_of_range(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error)
        if error.code().is_some_and(|code| code == "22003")
            || error.message() == "integer overflow")
}
