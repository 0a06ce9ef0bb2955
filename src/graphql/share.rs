use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Object, TypeRef};

use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{number_bucket, statistics};
use crate::catalog::Entity;
use crate::error::ApiError;
use crate::plan::{self, Grouping, Measure, Member, Scalar, Source};

/// The name of the type of the parts that a group is of all.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Share", entity.name)
}

/// The type of the parts that a group of rows of an entity is of all groups.
pub(super) fn define(view: View<'_>, entity: &Entity) -> Object {
    let rows = entity.plural_words();
    let part = || TypeRef::named(TypeRef::FLOAT);
    let mut object = Object::new(type_name(entity))
        .description(format!(
            "How much of all {rows} a group is, those of groups that `having` leaves out as well: \
             0.25 is a quarter. Null where there is nothing to be a part of."
        ))
        .field(answered("count", part()).description(format!("Of the number of {rows}.")));
    for field in view.fields(entity) {
        if number_bucket::of(&entity.column_of(field).kind).is_some() {
            object = object.field(
                answered(statistics::name_of(field), part())
                    .description(format!("Of the sum. {}", field.description)),
            );
        }
    }
    statistics::of_related(view, entity, type_name)
        .into_iter()
        .fold(object, Object::field)
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads which parts of all a group is, by the rows of `source` or by what
    /// is joined to these.
    pub(super) fn share(
        &mut self,
        grouping: &mut Grouping<'c>,
        source: &Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<plan::Object<'c>, ApiError> {
        let entity = source.entity();
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &type_name(entity))? {
            let member = self.under(key, |reader| {
                let name = fields[0].name.as_str();
                if name == "__typename" {
                    return Ok(Member::Typename(Cow::Owned(type_name(entity))));
                }
                if name == "count" {
                    let count = reader.row_count(&grouping.population, source, None);
                    return Ok(Member::Scalar(reader.part(grouping, source, count)));
                }
                if let Some(field) = reader.view().counted(entity, name) {
                    let sum = Measure {
                        function: reader.measure_of("sum", None)?,
                        operand: Some(reader.scalar(source, field)),
                        condition: None,
                    };
                    return Ok(Member::Scalar(reader.part(grouping, source, sum)));
                }
                let related = reader.joined_by_name(&mut grouping.population, source, name)?;
                reader.across(|reader| {
                    let object = reader.share(grouping, &related, &fields)?;
                    Ok(Member::Object(object, None))
                })
            })?;
            members.push((key.to_owned(), member));
        }
        Ok(plan::Object { members })
    }

    /// A statistic over rows of `source` as part of all: null where these are
    /// too few for it to be told, and of those groups alone where they are not.
    fn part(
        &mut self,
        grouping: &mut Grouping<'c>,
        source: &Source<'c>,
        measure: Measure<'c>,
    ) -> Scalar<'c> {
        let enough = self.enough(&grouping.population, source, None);
        grouping.share(measure, enough)
    }
}
