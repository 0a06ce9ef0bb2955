//! Operations that nobody thought of: made at random from a role's schema,
//! and sent to real servers on every database.
//!
//! [`operations`] makes them, [`servers`] answers them, [`shrink`] makes one
//! that fails small enough to read. What must hold of the answers is said in
//! `agreement` (the same from every database), `robustness` (whatever is sent,
//! the server answers), `interference` (nothing that is hidden makes a
//! difference) and `reference` (an evaluation of its own comes to the same).
//! For the last two, [`shop`] has all rows in memory, and [`rules`] says who
//! may read which.
//!
//! How much is sent is up to the environment:
//!
//! - `GENERATED_OPERATIONS`: operations for each role; 500 unless said.
//! - `GENERATED_MUTATIONS`: documents that are not what they should be; 2000
//!   unless said.
//! - `GENERATED_SEED`: other numbers make other operations; 1 unless said.

mod additions;
mod agreement;
mod answers;
mod campaign;
pub mod client;
mod disguise;
mod draft;
mod excess;
mod facts;
mod group_keys;
mod groupings;
mod inputs;
mod interference;
mod json_paths;
mod memory;
mod mutations;
mod operands;
mod operations;
mod pages;
pub mod random;
mod reference;
mod rewrite;
mod robustness;
pub mod rules;
mod selections;
pub mod servers;
pub mod shop;
mod shrink;
mod times;
mod twin;
mod vocabulary;
mod writes;

/// A number that the environment may set.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
    })
}

fn operations_per_role() -> u64 {
    setting("GENERATED_OPERATIONS", 500)
}

fn mutation_count() -> u64 {
    setting("GENERATED_MUTATIONS", 2000)
}

pub fn seed() -> u64 {
    setting("GENERATED_SEED", 1)
}
