use entity::order_item::{Column, Entity, Relation};

use super::{Declaration, expose};
use crate::access::{Role, role, through};

pub(super) fn declaration() -> Declaration {
    expose::<Entity>("OrderItem")
        .read(through(Relation::Order))
        .fields([
            Column::Id,
            Column::Quantity,
            Column::UnitPriceCents,
            Column::LineTotalCents,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .field(Column::UnitCostCents, role(Role::Staff))
        .relations([Relation::Order, Relation::Product])
        .ascending(Column::CreatedAt)
        .done()
}
