use entity::category::{Column, Entity, Relation};

use super::{Declaration, expose};
use crate::access::everyone;

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
        .done()
}
