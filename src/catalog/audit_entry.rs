use entity::audit_entry::{Column, Entity, Relation};

use super::{Declaration, expose};
use crate::access::{Role, role};

pub(super) fn declaration() -> Declaration {
    expose::<Entity>("AuditEntry")
        .read(role(Role::Admin))
        .fields([
            Column::Id,
            Column::Entity,
            Column::EntityId,
            Column::Action,
            Column::Changes,
            Column::RequestId,
            Column::At,
            Column::CreatedAt,
            Column::UpdatedAt,
        ])
        .relations([Relation::Actor])
        .done()
}
