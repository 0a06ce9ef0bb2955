use entity::review::{Column, Entity, Relation};

use super::{Declaration, expose};
use crate::access::through;

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
        .done()
}
