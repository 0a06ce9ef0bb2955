//! Statements meet the database.
//!
//! Owns the connection pools and the binding of parameters per driver. Must
//! not know GraphQL. Ends where bytes of JSON leave it.

mod caseless;
mod connect;
mod constraint;
mod database;
mod driver;
mod error;
mod held;
pub mod idempotency;
mod outbox;
mod tidy;
mod transaction;
mod url;
mod write;
mod writers;

pub use connect::{ACQUIRE_TIMEOUT, BUSY_TIMEOUT, ReadLimits};
pub use database::{Database, Isolation, Pool};
pub use error::RunError;
pub use held::Length;
pub use outbox::publish;
pub use tidy::tidy;
pub use transaction::{LONGEST, Transaction};
pub use url::{DatabaseUrl, UrlError};
pub use write::{Changed, Kept, Locked, Reason, Refusal, Wrote, lock, look_up, remove, write};
pub use writers::Begun;
