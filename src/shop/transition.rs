use std::collections::BTreeMap;

use entity::order::{Column, Entity, Status};
use entity::order_item;
use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use serde_json::{Map, json};
use uuid::Uuid;

use super::stock;
use crate::access::Role;
use crate::error::ApiError;
use crate::graphql::{Call, GiftKind, Outcome, Shape, UserErrorKind, Verb};
use crate::run::{Changed, Kept};

/// A step of an order from one state to another.
#[derive(Clone, Copy, Debug)]
struct Transition {
    name: &'static str,
    description: &'static str,
    /// Who may take it, of those who see the order.
    least: Role,
    from: &'static [Status],
    to: Status,
    /// From which states the pieces go back to the stock.
    restocks: &'static [Status],
}

/// Every step there is: an order that is placed is pending, and nothing else
/// changes its state.
///
/// ```text
/// PENDING ──pay──▶ PAID ──ship──▶ SHIPPED ──deliver──▶ DELIVERED
///    │              │ │              │                     │
///    └──cancel──────┘ └───refund─────┴─────────────────────┘
///         ▼                  ▼
///     CANCELLED           REFUNDED
/// ```
const TRANSITIONS: [Transition; 5] = [
    Transition {
        name: "payOrder",
        description: "Says that an order is paid.",
        least: Role::Customer,
        from: &[Status::Pending],
        to: Status::Paid,
        restocks: &[],
    },
    Transition {
        name: "shipOrder",
        description: "Says that the goods of a paid order are on their way.",
        least: Role::Staff,
        from: &[Status::Paid],
        to: Status::Shipped,
        restocks: &[],
    },
    Transition {
        name: "deliverOrder",
        description: "Says that the goods of an order have arrived.",
        least: Role::Staff,
        from: &[Status::Shipped],
        to: Status::Delivered,
        restocks: &[],
    },
    Transition {
        name: "cancelOrder",
        description: "Calls an order off that has not been shipped. Its pieces can be ordered \
                      again.",
        least: Role::Customer,
        from: &[Status::Pending, Status::Paid],
        to: Status::Cancelled,
        restocks: &[Status::Pending, Status::Paid],
    },
    Transition {
        name: "refundOrder",
        description: "Says that the money of an order was paid back. Pieces that have not been \
                      shipped can be ordered again.",
        least: Role::Staff,
        from: &[Status::Paid, Status::Shipped, Status::Delivered],
        to: Status::Refunded,
        restocks: &[Status::Paid],
    },
];

/// The mutations that take these steps.
pub(super) fn verbs() -> impl Iterator<Item = Verb> {
    TRANSITIONS.into_iter().map(|transition| {
        let run = move |call| -> BoxFuture<'static, _> { Box::pin(take(call, transition)) };
        Verb::new(transition.name, transition.description, run)
            .least(transition.least)
            .takes("order", Shape::Row("Order"), "Which order is meant.")
            .may_take(
                "ifVersion",
                Shape::BigInt,
                "Only if this is still the version of the order, and a `StaleVersionError` \
                 otherwise.",
            )
            .gives("order", GiftKind::Row("Order"), "The order.")
    })
}

async fn take(call: Call, transition: Transition) -> Result<Outcome, ApiError> {
    // Whoever sees no such order has been told already.
    let id = call.id("order").unwrap_or_default();
    let db = call.transaction.writing().await?;
    let order = Entity::find_by_id(id).lock_exclusive().one(db).await?;
    let Some(order) = order else {
        return Ok(Outcome::because(
            UserErrorKind::NotFound,
            "There is no such thing, or none that you may see.",
            "order",
        ));
    };
    let known = call.given.int("ifVersion");
    if known.is_some_and(|known| known != order.version) {
        let version = order.version;
        return Ok(Outcome::because(
            UserErrorKind::StaleVersion(version),
            format!("It has version {version} by now. Read it again, and decide again."),
            "ifVersion",
        ));
    }
    if !transition.from.contains(&order.status) {
        let now = shown(order.status);
        let from: Vec<_> = transition
            .from
            .iter()
            .map(|status| shown(*status))
            .collect();
        return Ok(Outcome::because(
            UserErrorKind::InvalidTransition(now),
            format!("It is {now}; it would have to be {}.", from.join(" or ")),
            "order",
        ));
    }
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(transition.to.to_value()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(call.now))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    let status = json!([shown(order.status), shown(transition.to)]);
    let fields = Map::from_iter([("status".to_owned(), status)]);
    let mut changes = vec![Changed::by(
        transition.name,
        "Order",
        "order",
        id,
        Kept::Updated,
        fields,
    )];
    if transition.restocks.contains(&order.status) {
        changes.extend(restock(&call, id, transition.name).await?);
    }
    Ok(Outcome::done().with_row("order", id).with_changes(changes))
}

/// Puts the pieces of an order back.
async fn restock(call: &Call, order: Uuid, action: &'static str) -> Result<Vec<Changed>, ApiError> {
    let db = call.transaction.writing().await?;
    let items = order_item::Entity::find()
        .filter(order_item::Column::OrderId.eq(order))
        .all(db)
        .await?;
    let mut pieces = BTreeMap::new();
    for item in items {
        *pieces.entry(item.product_id).or_insert(0) += item.quantity;
    }
    if pieces.is_empty() {
        return Ok(Vec::new());
    }
    let shelves = stock::lock(db, pieces.keys().copied()).await?;
    stock::add(db, &shelves, &pieces, action, call.now).await
}

/// A state as clients read it.
fn shown(status: Status) -> &'static str {
    match status {
        Status::Pending => "PENDING",
        Status::Paid => "PAID",
        Status::Shipped => "SHIPPED",
        Status::Delivered => "DELIVERED",
        Status::Cancelled => "CANCELLED",
        Status::Refunded => "REFUNDED",
    }
}
