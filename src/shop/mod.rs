//! What this shop does beyond reading and writing rows: orders and their
//! states, stock, and who may review.
//!
//! Owns the shop's own mutations, one per file, and the rules that no
//! declaration can say. Must not know axum or SQL text. A team that sells
//! nothing deletes this room; how a mutation is answered is in
//! [`crate::graphql`].

mod buyers;
mod number;
mod place_order;
mod stock;
mod transition;

use crate::graphql::{Guard, Verb};

/// What may be different from shop to shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShopRules {
    /// Who may review a product.
    pub reviewers: Reviewers,
}

/// Who may review a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reviewers {
    /// Those who bought it.
    #[default]
    Buyers,
    /// Everyone with an account.
    Everyone,
}

/// The shop's mutations, in the order of the schema.
#[must_use]
pub fn verbs() -> Vec<Verb> {
    std::iter::once(place_order::verb())
        .chain(transition::verbs())
        .collect()
}

/// Those who are asked before new rows are kept.
#[must_use]
pub fn guards(rules: ShopRules) -> Vec<Guard> {
    match rules.reviewers {
        Reviewers::Buyers => vec![buyers::guard()],
        Reviewers::Everyone => Vec::new(),
    }
}
