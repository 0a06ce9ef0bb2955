use async_graphql::dynamic::TypeRef;

use crate::access::{Role, Verdict};
use crate::catalog::{Catalog, Entity, Field, Kind, Relation, RelationKind};

/// The catalogue as far as it exists for a role. Both the role's schema and
/// the reading of requests look at the catalogue only through this.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'c> {
    pub catalog: &'c Catalog,
    pub role: Role,
}

impl<'c> View<'c> {
    /// The entities of which the role may see some rows.
    pub fn entities(self) -> impl Iterator<Item = &'c Entity> {
        self.catalog
            .entities()
            .iter()
            .filter(move |entity| self.has(entity))
    }

    /// The entity whose global ids have that prefix.
    pub fn by_id_prefix(self, prefix: &str) -> Option<&'c Entity> {
        self.catalog
            .by_id_prefix(prefix)
            .filter(|entity| self.has(entity))
    }

    /// The entity of that name.
    pub fn by_name(self, name: &str) -> Option<&'c Entity> {
        self.catalog.by_name(name).filter(|entity| self.has(entity))
    }

    /// The entity of those who sign in.
    pub fn accounts(self) -> Option<&'c Entity> {
        self.entities().find(|entity| entity.accounts)
    }

    fn has(self, entity: &Entity) -> bool {
        self.catalog.visibility(entity, self.role) != Verdict::Never
    }

    /// The fields of which the role may read some values.
    pub fn fields(self, entity: &'c Entity) -> impl Iterator<Item = &'c Field> {
        entity
            .fields
            .iter()
            .filter(move |field| self.shows(entity, field))
    }

    /// The field of that GraphQL name.
    pub fn field(self, entity: &'c Entity, name: &str) -> Option<&'c Field> {
        entity.field(name).filter(|field| self.shows(entity, field))
    }

    pub fn shows(self, entity: &Entity, field: &Field) -> bool {
        self.catalog.field_verdict(entity, field, self.role) != Verdict::Never
    }

    /// Whether the role may read any value of a kind.
    pub fn has_kind(self, kind: &Kind) -> bool {
        self.entities().any(|entity| {
            self.fields(entity)
                .any(|field| entity.column_of(field).kind == *kind)
        })
    }

    /// Whether a field is null on some visible rows.
    pub fn nullable(self, entity: &Entity, field: &Field) -> bool {
        entity.column_of(field).nullable
            || self.catalog.field_verdict(entity, field, self.role) != Verdict::Always
    }

    /// A type of statistics over rows of an entity, which may be null where it
    /// takes some rows for them to be told.
    pub fn statistics(self, entity: &Entity, type_name: String) -> TypeRef {
        if self.catalog.min_group_size(entity, self.role).is_some() {
            TypeRef::named(type_name)
        } else {
            TypeRef::named_nn(type_name)
        }
    }

    /// The relations to entities that exist for the role.
    pub fn relations(self, entity: &'c Entity) -> impl Iterator<Item = (&'c Relation, &'c Entity)> {
        entity.relations.iter().filter_map(move |relation| {
            let target = self.catalog.entity(relation.target);
            self.has(target).then_some((relation, target))
        })
    }

    /// Those that lead to at most one row.
    pub fn to_one(self, entity: &'c Entity) -> impl Iterator<Item = (&'c Relation, &'c Entity)> {
        self.relations(entity)
            .filter(|(relation, _)| relation.kind == RelationKind::ToOne)
    }

    /// Those that lead to any number of rows.
    pub fn to_many(self, entity: &'c Entity) -> impl Iterator<Item = (&'c Relation, &'c Entity)> {
        self.relations(entity)
            .filter(|(relation, _)| relation.kind == RelationKind::ToMany)
    }

    /// The relation of that GraphQL name.
    pub fn relation(self, entity: &'c Entity, name: &str) -> Option<(&'c Relation, &'c Entity)> {
        self.relations(entity)
            .find(|(relation, _)| relation.name == name)
    }
}
