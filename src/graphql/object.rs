use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputValue, Object, TypeRef};

use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{connection, filter, node, order, page, scalar};
use crate::catalog::{Entity, RelationKind};
use crate::error::ApiError;
use crate::plan::{self, Member, Row, Source};

/// The object type of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> Object {
    let mut object = Object::new(&entity.name)
        .description(&entity.description)
        .implement(node::NODE);
    for field in view.fields(entity) {
        let name = scalar::type_name(&entity.column_of(field).kind);
        let output = if view.nullable(entity, field) {
            TypeRef::named(name)
        } else {
            TypeRef::named_nn(name)
        };
        let resolved = answered(&field.name, output);
        object = object.field(resolved.description(&field.description));
    }
    for (relation, target) in view.relations(entity) {
        object = object.field(match relation.kind {
            RelationKind::ToOne => {
                let always = view.catalog.always_related(entity, relation, view.role);
                let output = if always {
                    TypeRef::named_nn(&target.name)
                } else {
                    TypeRef::named(&target.name)
                };
                answered(&relation.name, output).description(&relation.description)
            }
            RelationKind::ToMany => list_field(&relation.name, &relation.description, target),
        });
    }
    object
}

/// A field that reads a page of rows of `target`.
pub(super) fn list_field(name: &str, description: &str, target: &Entity) -> Field {
    let field = answered(name, TypeRef::named_nn(connection::type_name(target)))
        .description(description)
        .argument(
            InputValue::new("filter", TypeRef::named(filter::type_name(target)))
                .description("Which rows; all unless said."),
        )
        .argument(
            InputValue::new("orderBy", TypeRef::named_nn_list(order::type_name(target)))
                .description("In which order; the first key counts most."),
        );
    page::arguments().into_iter().fold(field, Field::argument)
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads the selections of `fields`, merged, on a row of `source`.
    pub(super) fn object(
        &mut self,
        source: &Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<plan::Object<'c>, ApiError> {
        let entity = source.entity();
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &entity.name)? {
            let member = self.under(key, |reader| reader.member(source, entity, &fields))?;
            members.push((key.to_owned(), member));
        }
        Ok(plan::Object { members })
    }

    fn member(
        &mut self,
        source: &Source<'c>,
        entity: &'c Entity,
        fields: &[&'r Selected],
    ) -> Result<Member<'c>, ApiError> {
        let name = fields[0].name.as_str();
        if name == "__typename" {
            return Ok(Member::Typename(&entity.name));
        }
        if let Some(field) = self.view().field(entity, name) {
            let scalar = self.scalar(source, field);
            return Ok(if entity.is_key(field) {
                Member::GlobalId(entity.id_prefix(), scalar)
            } else {
                Member::Scalar(scalar)
            });
        }
        let (relation, _) = self
            .view()
            .relation(entity, name)
            .ok_or_else(|| ApiError::internal(&format!("no field {name}")))?;
        let child = self.child(source, relation);
        Ok(match relation.kind {
            RelationKind::ToOne => {
                let object = self.per_row(1, |reader| reader.object(&child, fields))?;
                Member::ToOne(Box::new(Row {
                    source: child,
                    object,
                }))
            }
            RelationKind::ToMany => Member::Connection(Box::new(self.connection(child, fields)?)),
        })
    }
}
