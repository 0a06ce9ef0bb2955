use entity::review::{Column, Entity, Relation};

use super::{Declaration, expose, input};
use crate::access::{Role, any_of, owner, role, signed_in, through};

pub(super) fn declaration() -> Declaration {
    expose::<Entity>("Review")
        .read(through(Relation::Product))
        .fields([
            Column::Id,
            Column::Rating,
            Column::Title,
            Column::Body,
            Column::Version,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .relations([Relation::Product, Relation::Author])
        .ascending(Column::CreatedAt)
        .create(signed_in())
        .update(owner(Column::AuthorId))
        .delete(any_of([role(Role::Staff), owner(Column::AuthorId)]))
        .inputs([
            input(Column::ProductId).once(),
            input(Column::Rating).range(1..=5),
            input(Column::Title).length(1..=200),
            input(Column::Body).length(1..=5000),
        ])
        .created_by(Column::AuthorId)
        .version(Column::Version)
        .timestamps(Column::CreatedAt, Column::UpdatedAt)
        .done()
}
