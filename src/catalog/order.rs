use entity::order::{Column, Entity, Relation, Status};

use super::{Declaration, expose};
use crate::access::{Role, any_of, owner, role};

pub(super) fn declaration() -> Declaration {
    expose::<Entity>("Order")
        .read(any_of([role(Role::Staff), owner(Column::CustomerId)]))
        .fields([
            Column::Id,
            Column::Number,
            Column::Status,
            Column::Currency,
            Column::TotalCents,
            Column::PlacedAt,
            Column::ShippingAddress,
            Column::Note,
            Column::Version,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .enumeration::<Status>(Column::Status, "OrderStatus")
        .lookup([Column::Number])
        .relations([Relation::Customer, Relation::Items])
        .ascending(Column::CreatedAt)
        .done()
}
