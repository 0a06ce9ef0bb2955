use entity::user::{Column, Entity};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::user::{changed, display_name, signed_in};
use crate::access::Role;
use crate::audit;
use crate::error::ApiError;
use crate::graphql::{Call, GiftKind, Outcome, Shape, UserErrorKind, Verb};
use crate::run::Kept;

pub(super) fn verb() -> Verb {
    Verb::new("updateProfile", "Changes what others see of you.", |call| {
        Box::pin(update_profile(call))
    })
    .least(Role::Customer)
    .takes(
        "displayName",
        Shape::Text,
        "The name shown to everyone, for example beside a review.",
    )
    .gives("user", GiftKind::Row("User"), "You.")
}

async fn update_profile(call: Call) -> Result<Outcome, ApiError> {
    let id = signed_in(&call)?;
    let name = match display_name(call.text("displayName").unwrap_or_default()) {
        Ok(name) => name,
        Err(message) => {
            return Ok(Outcome::because(
                UserErrorKind::Validation,
                message,
                "displayName",
            ));
        }
    };
    let db = call.transaction.writing().await?;
    Entity::update_many()
        .col_expr(Column::DisplayName, Expr::value(name.clone()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(call.now))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    let entry = audit::Entry {
        action: "updateProfile",
        changes: json!({ "displayName": name }),
        request_id: call.client.request_id.clone(),
        ..audit::Entry::of_user(id, Some(id))
    };
    audit::record(db, entry, call.now).await?;
    Ok(Outcome::done()
        .with_row("user", id)
        .with_changes([changed(id, Kept::Updated)]))
}
