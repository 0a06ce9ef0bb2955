use entity::user::{self, Column, Entity, Relation};

use super::{Declaration, expose};
use crate::access::{Role, Rule, any_of, everyone, owner, role};

pub(super) fn declaration() -> Declaration {
    expose::<Entity>("User")
        .read(everyone())
        .fields([Column::Id, Column::DisplayName])
        .field(Column::Email, self_and_staff())
        .field(Column::Role, self_and_staff())
        .field(Column::DisabledAt, self_and_staff())
        .field(Column::Version, self_and_staff())
        .field(Column::CreatedAt, self_and_staff())
        .field(Column::UpdatedAt, self_and_staff())
        .enumeration::<user::Role>(Column::Role, "UserRole")
        .accounts()
        .lookup([Column::Email])
        .relations([
            Relation::Reviews,
            Relation::Orders,
            Relation::Sessions,
            Relation::AuditEntries,
        ])
        .done()
}

/// The user itself and whoever works here.
fn self_and_staff() -> Rule {
    any_of([role(Role::Staff), owner(Column::Id)])
}
