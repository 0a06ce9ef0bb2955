//! Does what the guides that change the program say, on copies of the tree:
//! builds them, serves, asks, and compares the answers.
//!
//! It builds for a minute or more, so it is no part of `cargo test` without
//! arguments; `cargo test --test guides` runs it, and so does `.ci/run`.
//! `UPDATE_DOCS=1` rewrites the answers.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail where it is"
)]

#[expect(dead_code, reason = "the other documents are read in tests/it")]
#[path = "../it/documents.rs"]
mod documents;
mod guide;
mod library;
mod program;
mod suppliers;
