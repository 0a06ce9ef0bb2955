use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputObject, InputValue, TypeRef};

use super::input::Input;
use super::scalar;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use crate::catalog::{self, Entity};
use crate::error::ApiError;
use crate::plan::{Comparison, Predicate, Root, Row, Value};

/// The name of an entity's lookup type.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}By", entity.name)
}

/// The unique fields by which the role can name a row, the id first.
fn keys<'c>(view: View<'c>, entity: &'c Entity) -> impl Iterator<Item = &'c catalog::Field> {
    let lookups = entity.lookups.iter().map(|place| &entity.fields[*place]);
    entity
        .key_field()
        .into_iter()
        .chain(lookups)
        .filter(move |field| view.shows(entity, field))
}

/// The lookup type of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    keys(view, entity).fold(
        InputObject::new(type_name(entity))
            .description(format!(
                "What names one {}: exactly one of these.",
                entity.words()
            ))
            .oneof(),
        |object, field| {
            let operand = scalar::type_name(&entity.column_of(field).kind);
            object.field(
                InputValue::new(&field.name, TypeRef::named(operand))
                    .description(&field.description),
            )
        },
    )
}

/// The root field that reads one row.
pub(super) fn define_field(entity: &Entity) -> Field {
    answered(&entity.singular_field, TypeRef::named(&entity.name))
        .description(format!(
            "The {} of that name, or null where there is none that you may see.",
            entity.words()
        ))
        .argument(
            InputValue::new("by", TypeRef::named_nn(type_name(entity)))
                .description("What names it."),
        )
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Plans the root field that reads one row.
    pub(super) fn lookup(
        &mut self,
        entity: &'c Entity,
        fields: &[&'r Selected],
    ) -> Result<Root<'c>, ApiError> {
        let mut source = self.source(entity);
        let by = Input::argument(fields[0], "by", self.variables())
            .ok_or_else(|| ApiError::internal(&"a lookup without by"))?;
        let (field, value) = (self.key_of(entity, by)).map_err(|error| error.within("by"))?;
        let scalar = self.scalar(&source, field);
        let param = self.bind(value);
        source.narrow(Predicate::Compare(scalar, Comparison::Equal, param));
        self.charge(1);
        let object = self.object(&source, fields)?;
        Ok(Root::Row(Box::new(Row { source, object })))
    }

    /// Reads what names one row of an entity: a unique field and its value.
    pub(super) fn key_of(
        &self,
        entity: &'c Entity,
        by: Input<'_>,
    ) -> Result<(&'c catalog::Field, Value), ApiError> {
        let (name, value) = by.only()?;
        let field = keys(self.view(), entity)
            .find(|field| field.name == name)
            .ok_or_else(|| ApiError::internal(&format!("no lookup by {name}")))?;
        let kind = &entity.column_of(field).kind;
        let value = scalar::operand(self.limits(), self.view(), entity, kind, value)
            .map_err(|error| error.within(name))?;
        Ok((field, value))
    }
}
