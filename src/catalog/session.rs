use entity::session::{Column, Entity, Relation};

use super::{Declaration, expose};
use crate::access::{Role, any_of, owner, role};

pub(super) fn declaration() -> Declaration {
    expose::<Entity>("Session")
        .read(any_of([role(Role::Admin), owner(Column::UserId)]))
        .fields([
            Column::Id,
            Column::UserAgent,
            Column::ExpiresAt,
            Column::RotatedAt,
            Column::RevokedAt,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .relations([Relation::User])
        .done()
}
