//! Change events that were committed with the rows they tell about, waiting for fan-out. Not exposed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "outbox",
    comment = "The changes of one transaction, waiting to be published."
)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The changed rows of the transaction, by entity and id.
    pub payload: Json,
    /// Null until the event has been handed to the fan-out.
    #[sea_orm(indexed)]
    pub published_at: Option<DateTimeUtc>,
    #[sea_orm(indexed)]
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
