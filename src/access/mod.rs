//! Who may read what, as data.
//!
//! Owns the role lattice, the rules a declaration is written with, and the one
//! function that turns a rule and a requester into a predicate. Must not know
//! async-graphql or axum. The flow goes on in [`crate::plan`], whose sources
//! cannot be made without passing through here.

mod applied;
mod matrix;
mod role;
mod rule;
mod scope;

pub use applied::AppliedRule;
pub use matrix::{MatrixRow, matrix};
pub use role::Role;
pub use rule::{
    Reference, RowTest, Rule, Verdict, all_of, any_of, everyone, owner, role, rows, signed_in,
    through,
};
pub(crate) use scope::{Context, field_mask, is_testable, row_scope, rule_scope};
