//! Who changed what, and when. Rows are added and never changed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "audit_entries",
    comment = "A record of one change of one row: by whom, when, and of what."
)]
pub struct Model {
    #[sea_orm(
        primary_key,
        auto_increment = false,
        comment = "Identifies the entry; later ones have greater ids."
    )]
    pub id: Uuid,
    #[sea_orm(
        indexed,
        comment = "The user who made the change; null when nobody was signed in or a command made it."
    )]
    pub actor_id: Option<Uuid>,
    #[sea_orm(
        indexed,
        column_type = "String(StringLen::N(64))",
        comment = "The kind of thing that was changed, for example `Product`."
    )]
    pub entity: String,
    #[sea_orm(
        column_type = "String(StringLen::N(128))",
        comment = "The id of the row that was changed, as `node` takes it."
    )]
    pub entity_id: String,
    #[sea_orm(
        column_type = "String(StringLen::N(64))",
        comment = "What was done, for example `create`, `update`, `delete` or `shipOrder`."
    )]
    pub action: String,
    #[sea_orm(
        comment = "The changed fields with their values before and after, as a JSON object."
    )]
    pub changes: Json,
    #[sea_orm(
        indexed,
        column_type = "String(StringLen::N(64))",
        comment = "The id of the request that made the change, as in the logs; null for commands."
    )]
    pub request_id: Option<String>,
    #[sea_orm(indexed, comment = "When the change was made.")]
    pub at: DateTimeUtc,
    #[sea_orm(indexed, comment = "When the entry was written.")]
    pub created_at: DateTimeUtc,
    #[sea_orm(
        comment = "When the entry was last changed; entries never change, so this is when it was written."
    )]
    pub updated_at: DateTimeUtc,
    #[sea_orm(belongs_to, relation_enum = "Actor", from = "actor_id", to = "id")]
    pub actor: BelongsTo<Option<super::user::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
