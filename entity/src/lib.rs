//! The tables as SeaORM entities: one module per table, in the singular (`entity::product::Entity`).
//!
//! Owns column types, lengths, relations and the comments that become descriptions for API users.
//! Must not know GraphQL, access rules or anything in `src`. The tables themselves are made by the
//! `migration` crate; a drift test there keeps the two in step.
//!
//! Every relation variant is named like its field: `product.order_items` is `Relation::OrderItems`.

pub mod audit_entry;
pub mod category;
pub mod idempotency_key;
pub mod identity;
pub mod json;
pub mod metadata;
pub mod order;
pub mod order_item;
pub mod outbox;
pub mod product;
pub mod review;
pub mod revocation;
pub mod session;
pub mod user;
