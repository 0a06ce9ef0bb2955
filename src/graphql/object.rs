use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputValue, Object, TypeRef};

use super::collect::told_before;
use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{
    aggregate, connection, filter, grouping, json, node, order, page, scalar, search, tree,
};
use crate::catalog::{Entity, Kind, RelationKind};
use crate::error::ApiError;
use crate::plan::{self, Content, Member, Reading, Row, Source};

/// The object type of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> Object {
    let mut object = Object::new(&entity.name)
        .description(&entity.description)
        .implement(node::NODE);
    for field in view.fields(entity) {
        let kind = &entity.column_of(field).kind;
        let name = scalar::type_name(kind);
        let is_json = *kind == Kind::Json;
        // A path may lead to nothing.
        let output = if is_json || view.nullable(entity, field) {
            TypeRef::named(name)
        } else {
            TypeRef::named_nn(name)
        };
        let mut resolved = answered(&field.name, output).description(&field.description);
        if is_json {
            resolved = resolved.argument(
                InputValue::new(json::PATH, TypeRef::named(TypeRef::STRING)).description(format!(
                    "Only what stands there, or null where there is nothing; all of it unless \
                     said. {}",
                    json::HOW_PATHS_ARE_WRITTEN
                )),
            );
        }
        object = object.field(resolved);
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
            RelationKind::ToMany => list_field(view, &relation.name, &relation.description, target),
        });
        if relation.kind == RelationKind::ToMany {
            object = object.field(aggregate::define_field(
                view,
                &aggregate::field_name(relation, target),
                &format!("Statistics over its `{}`.", relation.name),
                target,
            ));
            object = object.field(grouping::define_field(
                view,
                &grouping::field_name(relation, target),
                &format!(
                    "Its `{}` in groups, with statistics over each.",
                    relation.name
                ),
                target,
            ));
        }
    }
    tree::define_fields(view, entity)
        .into_iter()
        .fold(object, Object::field)
}

/// A field that reads a page of rows of `target`.
pub(super) fn list_field(view: View<'_>, name: &str, description: &str, target: &Entity) -> Field {
    let field = answered(name, TypeRef::named_nn(connection::type_name(target)))
        .description(description)
        .argument(filter::argument(target))
        .argument(order::argument(target));
    page::arguments(page::ROWS)
        .into_iter()
        .chain(search::argument(view, target))
        .fold(field, Field::argument)
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads the selections of `fields`, merged, on a row of `source`.
    pub(super) fn object(
        &mut self,
        source: &Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<plan::Object<'c>, ApiError> {
        let entity = source.entity();
        let collected = self.collect(fields, &entity.name)?;
        let told = told_before(&collected, self.variables());
        let mut members = Vec::with_capacity(collected.len());
        for (place, (key, fields)) in collected.iter().enumerate() {
            let member = self.under(key, |reader| {
                if let Some(field) = reader.view().field(entity, &fields[0].name) {
                    let column = Content::Column(entity.column_of(field));
                    reader.spend_bytes(&column, told[place]);
                }
                reader.member(source, entity, fields)
            })?;
            members.push(((*key).to_owned(), member));
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
            return Ok(Member::Typename(Cow::Borrowed(&entity.name)));
        }
        if let Some(field) = self.view().field(entity, name) {
            let scalar = match Input::given(fields[0], json::PATH, self.variables()) {
                Some(path) => self.json_value(source, field, path, Reading::Json)?,
                None => self.scalar(source, field),
            };
            return Ok(if entity.is_key(field) {
                Member::GlobalId(entity.id_prefix(), scalar)
            } else {
                Member::Scalar(scalar)
            });
        }
        if let Some(member) = self.tree_member(source, fields)? {
            return Ok(member);
        }
        let view = self.view();
        let Some((relation, _)) = view.relation(entity, name) else {
            for (relation, target) in view.relations(entity) {
                if aggregate::field_name(relation, target) == name {
                    let child = self.child(source, relation);
                    let aggregate = self.aggregate(child, fields)?;
                    return Ok(Member::Aggregate(Box::new(aggregate)));
                }
                if grouping::field_name(relation, target) == name {
                    let child = self.child_apart(source, relation);
                    let groups = self.groups(child, Some(source.entity()), fields)?;
                    return Ok(Member::Connection(Box::new(groups)));
                }
            }
            return Err(ApiError::internal(&format!("no field {name}")));
        };
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
