use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::product::{Column, Entity, Status};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait as _};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde_json::{Map, json};
use uuid::Uuid;

use crate::error::{ApiError, Code};
use crate::run::{Changed, Kept};

/// What a sale needs to know of a product.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Shelf {
    pub id: Uuid,
    pub price_cents: i64,
    pub cost_cents: i64,
    pub currency: String,
    pub stock: i32,
    pub status: Status,
}

/// Locks products, always in the same order, so that two sales of the same ones
/// wait for each other and not against each other.
pub(super) async fn lock(
    db: &impl ConnectionTrait,
    keys: impl IntoIterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, Shelf>, DbErr> {
    let shelves = Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::PriceCents,
            Column::CostCents,
            Column::Currency,
            Column::Stock,
            Column::Status,
        ])
        .filter(Column::Id.is_in(keys))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .into_model::<Shelf>()
        .all(db)
        .await?;
    Ok(shelves.into_iter().map(|shelf| (shelf.id, shelf)).collect())
}

/// Adds pieces to the stock of products that are locked, or takes them off it,
/// and tells what is different.
pub(super) async fn add(
    db: &impl ConnectionTrait,
    shelves: &BTreeMap<Uuid, Shelf>,
    pieces: &BTreeMap<Uuid, i32>,
    action: &'static str,
    now: DateTime<Utc>,
) -> Result<Vec<Changed>, ApiError> {
    let mut case = CaseStatement::new();
    let mut changes = Vec::with_capacity(pieces.len());
    for (key, more) in pieces {
        let before = shelves.get(key).map_or(0, |shelf| shelf.stock);
        let after = before.checked_add(*more).ok_or_else(|| {
            ApiError::new(
                Code::OutOfRange,
                "A product would have more pieces in stock than can be counted. Lower its stock \
                 first.",
            )
        })?;
        case = case.case(Expr::col(Column::Id).eq(*key), after);
        let fields = Map::from_iter([("stock".to_owned(), json!([before, after]))]);
        changes.push(Changed::by(
            action,
            "Product",
            "product",
            *key,
            Kept::Updated,
            fields,
        ));
    }
    Entity::update_many()
        .col_expr(Column::Stock, case.finally(Expr::col(Column::Stock)).into())
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.is_in(pieces.keys().copied()))
        .exec(db)
        .await?;
    Ok(changes)
}
