use entity::product::{Column, Entity, Relation, Status};
use sea_orm::ActiveEnum as _;

use serde_json::json;

use super::category::{SLUG, SLUG_WORDS};
use super::{Declaration, expose, input};
use crate::access::{Role, any_of, role, rows};

/// The highest price, in minor units: a million of the currency.
const MOST_CENTS: i64 = 100_000_000;

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
        .create(role(Role::Staff))
        .update(role(Role::Staff))
        .delete(role(Role::Admin))
        .inputs([
            input(Column::CategoryId),
            input(Column::Sku).length(1..=64).pattern(
                "[A-Z0-9]+(?:-[A-Z0-9]+)*",
                "capital letters and digits, with single hyphens between",
            ),
            input(Column::Slug)
                .length(1..=160)
                .pattern(SLUG, SLUG_WORDS),
            input(Column::Name).length(1..=200),
            input(Column::Description).length(1..=8000),
            input(Column::PriceCents).range(0..=MOST_CENTS),
            input(Column::CostCents).range(0..=MOST_CENTS),
            input(Column::Currency).pattern("[A-Z]{3}", "three capital letters"),
            input(Column::Stock)
                .range(0..=i64::from(i32::MAX))
                .default(0),
            input(Column::Status).default(Status::Draft.to_value()),
            input(Column::Attributes)
                .object(16 * 1024, 8)
                .default(json!({})),
        ])
        .version(Column::Version)
        .timestamps(Column::CreatedAt, Column::UpdatedAt)
        .done()
}
