//! What is exposed: one declaration per entity, and the catalogue made of
//! them.
//!
//! Owns the declarations (one file per entity, listed in [`declarations`]),
//! the words they are written with ([`expose`]), and the checked [`Catalog`]
//! that the rest of the engine reads. Must not know anything but the entities
//! and [`crate::access`]. What is not declared does not exist. The flow goes
//! on in [`crate::graphql`], which makes one schema per role of it.

mod check;
mod check_checks;
mod check_names;
mod check_relations;
mod check_tables;
mod check_writes;
mod checks;
mod conflicts;
mod declaration;
mod keys;
mod model;
mod names;
mod remedy;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod specimens;
pub(crate) mod type_names;
mod writes;

mod audit_entry;
mod category;
mod order;
mod order_item;
mod product;
mod review;
mod session;
mod user;

pub use check::CatalogError;
pub use checks::{Checks, JsonBounds, Pattern};
pub use declaration::{Declaration, Expose, expose, table_name};
pub use model::{
    Catalog, Column, Entity, EnumValue, Enumeration, Field, Input, Kind, Relation, RelationKind,
    Sort, Writes,
};
pub use writes::{DeclaredInput, input};

pub(crate) use names::capitalised;

/// The declarations of every exposed entity, in the order of the schema.
#[must_use]
pub fn declarations() -> Vec<Declaration> {
    vec![
        audit_entry::declaration(),
        category::declaration(),
        order::declaration(),
        order_item::declaration(),
        product::declaration(),
        review::declaration(),
        session::declaration(),
        user::declaration(),
    ]
}
