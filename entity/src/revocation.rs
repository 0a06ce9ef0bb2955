//! Users and sign-ins whose access tokens are good no longer. Not exposed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "revocations",
    comment = "A user or a sign-in whose earlier access tokens are good no longer."
)]
pub struct Model {
    /// The id of the user, or the family of the sign-in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Tokens of a lesser epoch are refused. Microseconds since 1970, so that it
    /// only ever grows.
    pub epoch: i64,
    #[sea_orm(indexed)]
    pub created_at: DateTimeUtc,
    #[sea_orm(indexed)]
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
