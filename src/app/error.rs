use std::fmt::Display;
use std::io;
use std::net::SocketAddr;

use crate::auth::KeyError;
use crate::auth::password::HashFault;
use crate::catalog::CatalogError;
use crate::graphql::SchemaFault;
use crate::run::{DatabaseUrl, RunError};
use crate::seed::SeedError;

/// Why the service cannot run. For the operator's eyes.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The declarations are wrong.
    #[error("the catalogue cannot be used:\n{}", list(.0))]
    Catalog(Vec<CatalogError>),
    /// They make no schema.
    #[error(transparent)]
    Schema(#[from] SchemaFault),
    /// Several things that serving takes cannot be had.
    #[error("the service cannot start:\n{}", list(.0))]
    Start(Vec<AppError>),
    /// The data directory cannot be written to.
    #[error(
        "DATA_DIR: {0} cannot be written to: {1}; name a directory that can be made or written to, \
         as in DATA_DIR=/var/lib/purser"
    )]
    Directory(String, io::Error),
    /// The signing keys cannot be used.
    #[error("JWT_KEYS: {0}")]
    Key(#[from] KeyError),
    /// Passwords cannot be hashed.
    #[error("PASSWORD_MEMORY_KIB, PASSWORDS_AT_ONCE: {0}; ask for less")]
    Hash(#[from] HashFault),
    /// Another issuer's settings are wrong.
    #[error("JWT_ISSUERS: {0}")]
    Issuer(String),
    /// Redis cannot be reached.
    #[error(
        "REDIS_URL: {0}; see that Redis runs there and takes that password, or unset it, so that \
         each node counts by itself"
    )]
    Redis(redis::RedisError),
    /// A password cannot be chosen, or an account not be made.
    #[error("{0}")]
    Account(String),
    /// The embedded database cannot be opened.
    #[error(
        "DATA_DIR: the database at {0} cannot be opened: {1}; see that it is an SQLite file and \
         can be written to, or name another directory"
    )]
    Embedded(DatabaseUrl, RunError),
    /// The database cannot be opened.
    #[error("DATABASE_URL: the database at {0} cannot be opened: {1}; {remedy}", remedy = remedy(.0))]
    Database(DatabaseUrl, RunError),
    /// The tables cannot be brought up to date.
    #[error("DATABASE_URL: the tables cannot be brought up to date: {0}")]
    Migration(#[from] migration::MigrationError),
    /// Tables are missing.
    #[error(
        "DATABASE_URL: {} migrations are pending; run `purser migrate` with the same settings first",
        .0.len()
    )]
    Pending(Vec<String>),
    /// The demo shop cannot be loaded.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// There is no such user.
    #[error("there is no user with the e-mail address {0}")]
    NoUser(String),
    /// The user may not sign in.
    #[error("the user {0} is disabled")]
    Disabled(String),
    /// A token cannot be signed.
    #[error("the token cannot be signed: {0}")]
    Token(String),
    /// The variables of a document to explain cannot be read.
    #[error("the variables are not a JSON object: {0}")]
    Variables(String),
    /// A document to explain cannot be read.
    #[error("{0} cannot be read: {1}")]
    Document(String, io::Error),
    /// A manifest of documents cannot be used.
    #[error("TRUSTED_DOCUMENTS: {0} {1}")]
    Manifest(String, String),
    /// A query of the command itself failed.
    #[error("the database refused: {0}")]
    Orm(#[from] sea_orm::DbErr),
    /// The address cannot be listened on.
    #[error(
        "BIND: {0} cannot be listened on: {1}; stop what listens there, or name another address \
         and port, as in BIND=127.0.0.1:8001"
    )]
    Bind(SocketAddr, io::Error),
    /// It cannot be told where the server listens.
    #[error("it cannot be told where the server listens: {0}")]
    Server(io::Error),
}

/// What to look at where a database cannot be opened.
fn remedy(url: &DatabaseUrl) -> &'static str {
    match url {
        DatabaseUrl::Sqlite(_) => {
            "see that its directory is there, and that it is an SQLite file and can be written to"
        }
        DatabaseUrl::Postgres(_) | DatabaseUrl::Mariadb(_) => {
            "see that the server runs there, has that database, and takes that user and password"
        }
    }
}

fn list(errors: &[impl Display]) -> String {
    let lines: Vec<_> = errors.iter().map(|error| format!("  {error}")).collect();
    lines.join("\n")
}
