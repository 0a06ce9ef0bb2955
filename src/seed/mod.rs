//! The demo shop: made-up rows that are the same on every machine, and the way into a database.
//!
//! Owns what the demo data looks like and how it is loaded in bulk. Must not know GraphQL, plans,
//! access rules or configuration. Pure up to [`Shop`], whose iterators yield the rows of one table
//! each; [`load()`] writes them in one transaction.
//!
//! Every row is a function of its table and its index (see `random`), so a table of any size is
//! generated as a stream, and a review can name its product without a list of products in memory.

mod calendar;
mod copy;
mod history;
mod load;
mod orders;
mod people;
mod products;
mod random;
mod reviews;
mod shop;
#[cfg(test)]
mod tests;
mod tree;
mod words;

pub use load::{Progress, SeedError, Summary, load};
pub use people::DEMO_USERS;
pub use shop::Shop;
