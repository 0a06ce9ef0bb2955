use std::any::TypeId;

use entity::{audit_entry, idempotency_key, identity, outbox, revocation, session, user};
use sea_orm::EntityTrait;

use super::check::Check;

/// The tables that the program cannot do without, with their entities.
fn own() -> [(String, TypeId); 7] {
    fn of<E: EntityTrait>() -> (String, TypeId) {
        (E::default().table_name().to_owned(), TypeId::of::<E>())
    }
    [
        of::<audit_entry::Entity>(),
        of::<idempotency_key::Entity>(),
        of::<identity::Entity>(),
        of::<outbox::Entity>(),
        of::<revocation::Entity>(),
        of::<session::Entity>(),
        of::<user::Entity>(),
    ]
}

impl Check<'_> {
    /// Refuses tables that others would be read in place of.
    pub(super) fn table(&mut self) {
        let (table, schema) = (&self.declaration.table, &self.declaration.schema);
        if let Some(schema) = schema {
            self.refuse(format!(
                "the table {table} is in the schema {schema}, but tables are found by search_path; \
                 name the schema there, and leave schema_name out of the entity"
            ));
        } else if own()
            .iter()
            .any(|(own, entity)| own == table && *entity != self.declaration.entity)
        {
            self.refuse(format!(
                "the table {table} is one of Purser's own; name Purser's entity of it, or rename \
                 yours"
            ));
        }
    }
}

#[cfg(test)]
mod tests;
