use entity::category::{Column, Entity, Relation};

use super::{Declaration, expose, input};
use crate::access::{Role, everyone, role};

pub(super) fn declaration() -> Declaration {
    expose::<Entity>("Category")
        .read(everyone())
        .fields([
            Column::Id,
            Column::Name,
            Column::Slug,
            Column::Position,
            Column::Version,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .lookup([Column::Slug])
        .relations([Relation::Parent, Relation::Children, Relation::Products])
        .tree(Relation::Parent)
        .ascending(Column::CreatedAt)
        .create(role(Role::Staff))
        .update(role(Role::Staff))
        .delete(role(Role::Admin))
        .inputs([
            input(Column::ParentId),
            input(Column::Name).length(1..=100),
            input(Column::Slug)
                .length(1..=120)
                .pattern(SLUG, SLUG_WORDS),
            input(Column::Position)
                .range(0..=i64::from(i32::MAX))
                .default(0),
        ])
        .version(Column::Version)
        .timestamps(Column::CreatedAt, Column::UpdatedAt)
        .done()
}

/// What stands in addresses.
pub(super) const SLUG: &str = "[a-z0-9]+(?:-[a-z0-9]+)*";
/// The same in words.
pub(super) const SLUG_WORDS: &str = "lower-case letters and digits, with single hyphens between";
