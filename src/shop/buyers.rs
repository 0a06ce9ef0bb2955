use entity::order::Status;
use entity::{order, order_item, review};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use crate::error::ApiError;
use crate::graphql::{Call, Guard, Made, UserError, UserErrorKind};

/// Refuses reviews by those who have not bought the product. Whoever paid has
/// bought it, be it that the money was paid back since.
pub(super) fn guard() -> Guard {
    Guard::new("Review", only_buyers)
}

async fn only_buyers(call: Call, made: Vec<Made>) -> Result<Vec<UserError>, ApiError> {
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
    let others: Vec<Uuid> = review::Entity::find()
        .select_only()
        .column(review::Column::Id)
        .filter(review::Column::Id.is_in(made.iter().map(|row| row.key)))
        .filter(Expr::exists(bought).not())
        .into_tuple()
        .all(db)
        .await?;
    let refused = made.iter().filter(|row| others.contains(&row.key));
    let refused = refused.map(|row| {
        let path = row.path.iter().map(String::as_str).chain(["product"]);
        let path: Vec<_> = path.collect();
        let message = "Only those who have bought a product may review it.";
        UserError::new(UserErrorKind::NotAllowed, message, &path)
    });
    Ok(refused.collect())
}
