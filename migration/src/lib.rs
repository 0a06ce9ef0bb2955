//! The database schema as a list of migrations, and the runner that applies them.
//!
//! Owns tables, indexes and constraints on SQLite, PostgreSQL and MariaDB. Must not know entities
//! (they change, a landed migration never does), GraphQL or anything in `src`.
//!
//! [`run`] brings a database up to date; several nodes may call it at once. To add a table, write a
//! file like `m20260101_000001_shop.rs` with the builders of [`columns`] and [`table`] and list it in
//! [`migrations`]. A migration that has landed is never edited; a change of columns is made in two
//! releases (expand, then contract), so that nodes of the release before keep working meanwhile.

pub mod columns;
mod identifiers;
mod lease;
mod m20260101_000001_shop;
mod m20260101_000002_accounts;
mod m20260101_000003_delivery;
mod m20260101_000004_search;
mod m20260101_000005_sign_in;
mod runner;
pub mod search;
pub mod table;

pub use lease::LeaseTerms;
pub use runner::{MigrationError, Report, Status, pending, run, run_list, status};

use sea_orm_migration::MigrationTrait;

/// All migrations in the order in which they are applied.
#[must_use]
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20260101_000001_shop::Migration),
        Box::new(m20260101_000002_accounts::Migration),
        Box::new(m20260101_000003_delivery::Migration),
        Box::new(m20260101_000004_search::Migration),
        Box::new(m20260101_000005_sign_in::Migration),
    ]
}
