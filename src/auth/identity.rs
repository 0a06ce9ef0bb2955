use chrono::{DateTime, Utc};
use entity::{identity, user};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait as _, QueryFilter as _, Set,
};
use serde_json::json;
use uuid::Uuid;

use super::account::{self, LONGEST_NAME, NewUser};
use super::issuer::{FirstSight, Outsider};
use super::revocation::{Revoked, revoke};
use super::session;
use crate::audit;
use crate::run::Database;

/// The user that an account at another issuer belongs to, linked or made now as
/// the settings say, and which sign-ins ended by that. None where nobody is
/// meant, or somebody who may not sign in.
///
/// # Errors
/// [`DbErr`] where the database cannot tell.
pub async fn user_of(
    database: &Database,
    outsider: &Outsider,
    request_id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<(Uuid, Vec<Revoked>)>, DbErr> {
    let db = database.lookups();
    let mut found = known(db, outsider).await?.map(|user| (user, Vec::new()));
    if found.is_none() {
        found = match first_sight(database, outsider, request_id, now).await {
            Ok(found) => found,
            // Another request of the same user was quicker.
            Err(error) => match known(db, outsider).await? {
                Some(user) => Some((user, Vec::new())),
                None => return Err(error),
            },
        };
    }
    Ok(found
        .filter(|(user, _)| user.disabled_at.is_none())
        .map(|(user, ended)| (user.id, ended)))
}

/// Whether a user may sign in.
///
/// # Errors
/// [`DbErr`] where the database cannot tell.
pub async fn is_enabled(db: &DatabaseConnection, user: Uuid) -> Result<bool, DbErr> {
    let user = user::Entity::find_by_id(user).one(db).await?;
    Ok(user.is_some_and(|user| user.disabled_at.is_none()))
}

async fn known(db: &DatabaseConnection, outsider: &Outsider) -> Result<Option<user::Model>, DbErr> {
    let found = identity::Entity::find()
        .filter(identity::Column::Issuer.eq(&outsider.issuer))
        .filter(identity::Column::Subject.eq(&outsider.subject))
        .find_also_related(user::Entity)
        .one(db)
        .await?;
    Ok(found.and_then(|(_, user)| user))
}

async fn first_sight(
    database: &Database,
    outsider: &Outsider,
    request_id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<(user::Model, Vec<Revoked>)>, DbErr> {
    if outsider.first_sight == FirstSight::Refuse {
        return Ok(None);
    }
    let transaction = database.begin().await?;
    let of_email = match &outsider.email {
        Some(email) => account::find(&*transaction, email).await?,
        None => None,
    };
    let mut ended = Vec::new();
    let (user, action) = match of_email {
        Some(user) => {
            let Some(user) = session::lock(&*transaction, user.id).await? else {
                return Ok(None);
            };
            ended = take_over(&*transaction, &user, now).await?;
            (user, "linkIdentity")
        }
        None if outsider.first_sight == FirstSight::Create => {
            let made = account::create(&*transaction, new_user(outsider), now).await?;
            let made = made.ok_or_else(|| DbErr::Custom("the address was taken".to_owned()))?;
            (made, "signUp")
        }
        None => return Ok(None),
    };
    let identity = identity::ActiveModel {
        id: Set(Uuid::now_v7()),
        user_id: Set(user.id),
        issuer: Set(outsider.issuer.clone()),
        subject: Set(outsider.subject.clone()),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let entry = audit::Entry {
        action,
        changes: json!({ "issuer": outsider.issuer, "subject": outsider.subject }),
        request_id: request_id.map(str::to_owned),
        ..audit::Entry::of_user(user.id, Some(user.id))
    };
    audit::record(&*transaction, entry, now).await?;
    identity.insert(&*transaction).await?;
    transaction.commit().await?;
    Ok(Some((user, ended)))
}

/// Hands an account to whoever the issuer says its address belongs to. Nobody
/// has verified the address here, so whoever made the account may be somebody
/// else: the password is taken away, and all sessions end. The user is locked.
async fn take_over(
    db: &impl ConnectionTrait,
    user: &user::Model,
    now: DateTime<Utc>,
) -> Result<Vec<Revoked>, DbErr> {
    user::Entity::update_many()
        .col_expr(user::Column::PasswordHash, Expr::value(None::<String>))
        .col_expr(
            user::Column::Version,
            Expr::col(user::Column::Version).add(1),
        )
        .col_expr(user::Column::UpdatedAt, Expr::value(now))
        .filter(user::Column::Id.eq(user.id))
        .exec(db)
        .await?;
    let mut ended = Vec::new();
    for family in session::families(db, user.id).await? {
        ended.push(revoke(db, family, now).await?);
    }
    session::end_all(db, user.id, None, now).await?;
    Ok(ended)
}

fn new_user(outsider: &Outsider) -> NewUser {
    // Nobody receives mail there (RFC 6761, section 6.4).
    let nowhere = || format!("{}@users.invalid", Uuid::now_v7().simple());
    let name = outsider.name.as_deref().unwrap_or_default();
    let name: String = name.chars().filter(|one| !one.is_control()).collect();
    let name = match name.trim() {
        "" => "Customer",
        name => name,
    };
    NewUser {
        email: outsider.email.clone().unwrap_or_else(nowhere),
        display_name: name.chars().take(LONGEST_NAME).collect(),
        role: user::Role::Customer,
        password_hash: None,
    }
}
