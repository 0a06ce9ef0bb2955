use entity::order::Status;
use entity::{order, order_item, review};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::error::ApiError;
use crate::graphql::{Call, Guard, UserError, UserErrorKind};

/// Refuses reviews by those who have not bought the product. Whoever paid has
/// bought it, be it that the money was paid back since.
pub(super) fn guard() -> Guard {
    Guard::new("Review", only_buyers)
}

async fn only_buyers(call: Call, keys: Vec<Uuid>) -> Result<Vec<UserError>, ApiError> {
    let bought = Query::select()
        .expr(Expr::val(1))
        .from(order_item::Entity)
        .inner_join(
            order::Entity,
            Expr::col((order::Entity, order::Column::Id))
                .equals((order_item::Entity, order_item::Column::OrderId)),
        )
        .and_where(
            Expr::col((order_item::Entity, order_item::Column::ProductId))
                .equals((review::Entity, review::Column::ProductId)),
        )
        .and_where(
            Expr::col((order::Entity, order::Column::CustomerId))
                .equals((review::Entity, review::Column::AuthorId)),
        )
        .and_where(order::Column::Status.is_not_in([Status::Pending, Status::Cancelled]))
        .to_owned();
    let db = call.transaction.writing().await?;
    let others = review::Entity::find()
        .filter(review::Column::Id.is_in(keys))
        .filter(Expr::exists(bought).not())
        .count(db)
        .await?;
    if others == 0 {
        return Ok(Vec::new());
    }
    Ok(vec![UserError::new(
        UserErrorKind::NotAllowed,
        "Only those who have bought a product may review it.",
        &["input", "product"],
    )])
}
