//! Sign-ins: one row per refresh token that was ever handed out.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(
    table_name = "sessions",
    comment = "A sign-in of a user on one device, until its next renewal."
)]
pub struct Model {
    #[sea_orm(
        primary_key,
        auto_increment = false,
        comment = "Identifies the session; later ones have greater ids."
    )]
    pub id: Uuid,
    #[sea_orm(indexed, comment = "The user who signed in.")]
    pub user_id: Uuid,
    /// The SHA-256 of the refresh token in lower-case hex. Never exposed.
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub refresh_token_hash: String,
    #[sea_orm(
        indexed,
        comment = "Shared by all renewals of one sign-in; a replayed token revokes them together."
    )]
    pub family_id: Uuid,
    #[sea_orm(
        column_type = "String(StringLen::N(512))",
        comment = "What the client called itself; null when it did not say."
    )]
    pub user_agent: Option<String>,
    #[sea_orm(indexed, comment = "When the session ends unless it is renewed.")]
    pub expires_at: DateTimeUtc,
    #[sea_orm(
        comment = "When the session was renewed and replaced by its successor; null for the newest."
    )]
    pub rotated_at: Option<DateTimeUtc>,
    /// What the token of the successor is made of, together with the one of this
    /// row; null unless the session was renewed, and again once the successor
    /// has been used. In lower-case hex. Never exposed.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub successor_salt: Option<String>,
    /// When the sign-in ends however often it is renewed; null where
    /// `expires_at` says it.
    pub ends_at: Option<DateTimeUtc>,
    #[sea_orm(
        comment = "When the session was ended by the user or an administrator; null otherwise."
    )]
    pub revoked_at: Option<DateTimeUtc>,
    #[sea_orm(indexed, comment = "When the session began.")]
    pub created_at: DateTimeUtc,
    #[sea_orm(comment = "When the session was last changed.")]
    pub updated_at: DateTimeUtc,
    #[sea_orm(
        belongs_to,
        relation_enum = "User",
        from = "user_id",
        to = "id",
        on_delete = "Cascade"
    )]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
