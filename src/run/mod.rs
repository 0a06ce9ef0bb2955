//! Statements meet the database.
//!
//! Owns the connection pools and the binding of parameters per driver. Must
//! not know GraphQL. Ends where bytes of JSON leave it.

mod caseless;
mod connect;
mod database;
mod driver;
mod error;
mod held;
mod transaction;
mod url;

pub use connect::ReadLimits;
pub use database::{Database, Pool};
pub use error::RunError;
pub use transaction::{LONGEST, Transaction};
pub use url::{DatabaseUrl, UrlError};
