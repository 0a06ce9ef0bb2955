use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Object, SchemaBuilder, TypeRef};

use super::input::Input;
use super::measure::{self, MEASURES, PART};
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{json, statistics};
use crate::catalog::{Entity, Kind};
use crate::error::ApiError;
use crate::plan::{Function, Grouping, Reading, Scalar, Source, Statistic};

/// The name of the type of statistics over groups of rows of an entity.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Summary", entity.name)
}

/// The name of the type of statistics over what groups tell of their values.
fn kind_name(kind: &Kind) -> String {
    measure::type_name(kind).replace("Aggregate", "Summary")
}

/// Adds the types of statistics over what groups tell of their values.
pub(super) fn define_kinds(view: View<'_>, builder: SchemaBuilder) -> SchemaBuilder {
    measure::kinds(view)
        .iter()
        .fold(builder, |builder, kind| builder.register(object(kind)))
}

fn object(kind: &Kind) -> Object {
    let object = Object::new(kind_name(kind))
        .description("Statistics over what groups tell of their values.");
    if *kind == Kind::Json {
        let object = object.field(
            answered(
                "count",
                TypeRef::named_nn(measure::type_name(&Kind::BigInt)),
            )
            .description("In how many documents of a group there is anything."),
        );
        return json::READINGS
            .iter()
            .map(|(name, _, kind, what)| {
                answered(*name, TypeRef::named_nn(kind_name(kind)))
                    .description(format!("Where it is {what}."))
            })
            .fold(object, Object::field);
    }
    MEASURES
        .iter()
        .filter(|(_, has, _)| has(kind))
        .map(|(name, _, description)| {
            let output = measure::type_name(&measure::result(name, kind));
            let field = answered(*name, TypeRef::named_nn(output)).description(*description);
            if *name == "percentile" {
                field.argument(measure::part_argument())
            } else {
                field
            }
        })
        .fold(object, Object::field)
}

/// The type of statistics over groups of rows of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> Object {
    let rows = entity.plural_words();
    let mut object = Object::new(type_name(entity))
        .description(format!("Statistics over groups of {rows}."))
        .field(
            answered(
                "count",
                TypeRef::named_nn(measure::type_name(&Kind::BigInt)),
            )
            .description(format!("How many {rows} the groups have.")),
        );
    for field in view.fields(entity) {
        let kind = &entity.column_of(field).kind;
        let mut statistics = answered(
            statistics::name_of(field),
            TypeRef::named_nn(kind_name(kind)),
        )
        .description(&field.description);
        if *kind == Kind::Json {
            statistics = statistics.argument(json::path_input());
        }
        object = object.field(statistics);
    }
    statistics::of_related(view, entity, type_name)
        .into_iter()
        .fold(object, Object::field)
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads statistics over groups of the rows of `source`, or over what is
    /// joined to these.
    pub(super) fn summary(
        &mut self,
        grouping: &mut Grouping<'c>,
        source: &Source<'c>,
        fields: &[&'r Selected],
    ) -> Result<Vec<(String, Statistic<'c>)>, ApiError> {
        let entity = source.entity();
        self.summaries(fields, &type_name(entity), |reader, fields| {
            let name = fields[0].name.as_str();
            if name == "count" {
                let count = reader.row_count(&grouping.population, source, None);
                let count = reader.figure(grouping, source, count);
                return reader.measures_of(&count, None, fields);
            }
            if let Some(field) = reader.view().counted(entity, name) {
                if entity.column_of(field).kind == Kind::Json {
                    return reader.summary_of_documents(grouping, source, field, fields);
                }
                let operand = reader.scalar(source, field);
                return reader.summary_of_values(grouping, source, &operand, fields);
            }
            let related = reader.joined_by_name(&mut grouping.population, source, name)?;
            reader.across(|reader| {
                let members = reader.summary(grouping, &related, fields)?;
                Ok(Statistic::Object(members, None))
            })
        })
    }

    fn summary_of_documents(
        &mut self,
        grouping: &mut Grouping<'c>,
        source: &Source<'c>,
        field: &'c crate::catalog::Field,
        fields: &[&'r Selected],
    ) -> Result<Statistic<'c>, ApiError> {
        let (path, _) = self.path_argument(fields[0])?;
        let members = self.summaries(fields, &kind_name(&Kind::Json), |reader, fields| {
            let reading = json::reading(&fields[0].name);
            let operand = reader.json_value(source, field, path, reading)?;
            if reading == Reading::Type {
                let count = reader.figure_of(grouping, source, Function::Count, operand);
                return reader.measures_of(&count, None, fields);
            }
            reader.summary_of_values(grouping, source, &operand, fields)
        })?;
        Ok(Statistic::Object(members, None))
    }

    fn summary_of_values(
        &mut self,
        grouping: &mut Grouping<'c>,
        source: &Source<'c>,
        operand: &Scalar<'c>,
        fields: &[&'r Selected],
    ) -> Result<Statistic<'c>, ApiError> {
        let members = self.summaries(fields, &kind_name(operand.kind()), |reader, fields| {
            let part = Input::given(fields[0], PART, reader.variables());
            let function = reader.measure_of(&fields[0].name, part)?;
            let value = reader.figure_of(grouping, source, function, operand.clone());
            reader.measures_of(&value, None, fields)
        })?;
        Ok(Statistic::Object(members, None))
    }

    fn summaries(
        &mut self,
        fields: &[&'r Selected],
        type_name: &str,
        mut read: impl FnMut(&mut Self, &[&'r Selected]) -> Result<Statistic<'c>, ApiError>,
    ) -> Result<Vec<(String, Statistic<'c>)>, ApiError> {
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, type_name)? {
            let member = self.under(key, |reader| {
                if fields[0].name == "__typename" {
                    return Ok(Statistic::Typename(Cow::Owned(type_name.to_owned())));
                }
                read(reader, &fields)
            })?;
            members.push((key.to_owned(), member));
        }
        Ok(members)
    }
}
