use entity::product::{Column, Entity, Relation, Status};

use super::{Declaration, expose};
use crate::access::{Role, any_of, role, rows};

pub(super) fn declaration() -> Declaration {
    expose::<Entity>("Product")
        .read(any_of([
            role(Role::Staff),
            rows(Column::Status, [Status::Active]),
        ]))
        .fields([
            Column::Id,
            Column::Sku,
            Column::Slug,
            Column::Name,
            Column::Description,
            Column::PriceCents,
            Column::Currency,
            Column::Stock,
            Column::Status,
            Column::Attributes,
            Column::Version,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .field(Column::CostCents, role(Role::Staff))
        .enumeration::<Status>(Column::Status, "ProductStatus")
        .lookup([Column::Sku, Column::Slug])
        .search([Column::Name, Column::Description])
        .relations([Relation::Category, Relation::Reviews, Relation::OrderItems])
        .ascending(Column::CreatedAt)
        .done()
}
