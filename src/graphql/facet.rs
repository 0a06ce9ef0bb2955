use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, Object, SchemaBuilder, TypeRef};

use super::collect::told_before;
use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{cost, filter, json, page, scalar, search};
use crate::catalog::{self, Entity, Kind, Relation};
use crate::error::ApiError;
use crate::plan::{
    Bucket, Connection, ConnectionMember, Direction, Facet, GroupKey, Grouping, Link, Measure,
    Member, Nulls, Object as Values, OrderTerm, Predicate, Row, Rows, Scalar, Source,
};

/// The field of a list that tells its facets.
pub(super) const FACETS: &str = "facets";
/// The name of the type of facets of what stands in documents.
const OF_DOCUMENTS: &str = "JSONFacets";

/// The name of the type of the facets of rows of an entity.
fn type_name(entity: &Entity) -> String {
    format!("{}Facets", entity.name)
}

fn of_entity(entity: &Entity) -> String {
    format!("{}Facet", entity.name)
}

fn of_kind(kind: &Kind) -> String {
    match kind {
        Kind::Int => of_kind(&Kind::BigInt),
        kind => format!("{}Facet", scalar::type_name(kind)),
    }
}

/// Whether each value of a kind is worth a count.
fn has(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Boolean | Kind::Enum(_) | Kind::Int | Kind::BigInt | Kind::Json | Kind::Text
    )
}

/// Adds the types that facets of all entities share.
pub(super) fn define_kinds(view: View<'_>, mut builder: SchemaBuilder) -> SchemaBuilder {
    let mut defined: Vec<String> = Vec::new();
    let mut add = |builder: SchemaBuilder, name: String, value: &str, what: &str| {
        if defined.contains(&name) {
            return builder;
        }
        let object = Object::new(&name)
            .description(format!("{what}, and how many rows have it."))
            .field(answered("value", TypeRef::named(value)).description(format!("{what}.")))
            .field(count());
        defined.push(name);
        builder.register(object)
    };
    for entity in view.entities() {
        for field in view.fields(entity) {
            match &entity.column_of(field).kind {
                Kind::Json => {
                    for (_, _, kind, _) in &json::READINGS {
                        let name = scalar::type_name(kind);
                        builder = add(builder, of_kind(kind), name, "A value");
                    }
                }
                Kind::Int => {
                    let name = scalar::type_name(&Kind::BigInt);
                    builder = add(builder, of_kind(&Kind::BigInt), name, "A value");
                }
                kind if has(kind) => {
                    builder = add(builder, of_kind(kind), scalar::type_name(kind), "A value");
                }
                _ => {}
            }
        }
        for (_, target) in view.to_one(entity) {
            let what = format!("The {} that rows refer to", target.words());
            builder = add(builder, of_entity(target), &target.name, &what);
        }
    }
    if !view.has_kind(&Kind::Json) {
        return builder;
    }
    let object = Object::new(OF_DOCUMENTS)
        .description("How many rows have each value that stands at a path within documents.");
    builder.register(
        json::READINGS
            .iter()
            .fold(object, |object, (name, _, kind, what)| {
                object.field(list(name, &of_kind(kind)).description(format!("Where it is {what}.")))
            }),
    )
}

fn count() -> Field {
    answered("count", TypeRef::named_nn("BigInt")).description("How many rows have it.")
}

fn list(name: &str, type_name: &str) -> Field {
    answered(name, TypeRef::named_nn_list_nn(type_name)).argument(page::first(page::FACETS))
}

/// The type of the facets of rows of an entity, if they have any.
pub(super) fn define(view: View<'_>, entity: &Entity) -> Option<Object> {
    let rows = entity.plural_words();
    let mut object = Object::new(type_name(entity)).description(format!(
        "How many {rows} of a list have each value of a field, the most frequent value first. Of \
         each field they are counted as if the filter said nothing about it, unless within `or` or \
         `not`."
    ));
    let mut any = false;
    for field in view.fields(entity) {
        let kind = &entity.column_of(field).kind;
        if !has(kind) {
            continue;
        }
        any = true;
        let facet = if *kind == Kind::Json {
            answered(&field.name, TypeRef::named_nn(OF_DOCUMENTS)).argument(json::path_input())
        } else {
            list(&field.name, &of_kind(kind))
        };
        object = object.field(facet.description(&field.description));
    }
    for (relation, target) in view.to_one(entity) {
        any = true;
        object = object.field(
            list(&relation.name, &of_entity(target)).description(format!(
                "Its `{}`, as far as you may see it.",
                relation.name
            )),
        );
    }
    any.then_some(object)
}

/// The field of a list that tells its facets, if its rows have any.
pub(super) fn field(view: View<'_>, entity: &Entity) -> Option<Field> {
    define(view, entity)?;
    Some(
        answered(FACETS, TypeRef::named_nn(type_name(entity))).description(
            "How many rows of the whole list have each value of a field, for each field as if the \
             filter said nothing about it.",
        ),
    )
}

/// What is counted, as it is named in a filter.
#[derive(Clone, Copy)]
enum Own<'n, 'c> {
    Name(&'n str),
    Path(&'c catalog::Field, &'n [json::Step]),
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads the facets of a list of the rows of `source`, whose arguments
    /// `asked` has.
    pub(super) fn facets(
        &mut self,
        source: &Source<'c>,
        asked: &'r Selected,
        fields: &[&'r Selected],
    ) -> Result<ConnectionMember<'c>, ApiError> {
        let entity = source.entity();
        if matches!(source.link(), Some(Link::Walk(_))) {
            return Err(ApiError::input(
                "Facets are not told of what is below a row of a tree. Ask a list at the root, \
                 with the filter `inSubtreeOf`.",
            ));
        }
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &type_name(entity))? {
            let member = self.under(key, |reader| reader.facet(source, asked, &fields))?;
            members.push((key.to_owned(), member));
        }
        Ok(ConnectionMember::Facets(members))
    }

    fn facet(
        &mut self,
        list: &Source<'c>,
        asked: &'r Selected,
        fields: &[&'r Selected],
    ) -> Result<Facet<'c>, ApiError> {
        let entity = list.entity();
        let name = fields[0].name.as_str();
        if name == "__typename" {
            return Ok(Facet::Typename(Cow::Owned(type_name(entity))));
        }
        let Some(field) = self.view().field(entity, name) else {
            let (relation, _) = self
                .view()
                .relation(entity, name)
                .ok_or_else(|| ApiError::internal(&format!("no facet {name}")))?;
            return self.facet_of_related(list, relation, asked, fields);
        };
        if entity.column_of(field).kind == Kind::Json {
            return self.facets_of_documents(list, field, asked, fields);
        }
        let source = self.counted(list, Own::Name(name), asked)?;
        let value = self.scalar(&source, field);
        let nullable = value.nullable();
        self.values(source, value, nullable, fields)
    }

    fn facets_of_documents(
        &mut self,
        list: &Source<'c>,
        field: &'c catalog::Field,
        asked: &'r Selected,
        fields: &[&'r Selected],
    ) -> Result<Facet<'c>, ApiError> {
        let (path, steps) = self.path_argument(fields[0])?;
        let own = Own::Path(field, &steps);
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, OF_DOCUMENTS)? {
            let member = self.under(key, |reader| {
                let name = fields[0].name.as_str();
                if name == "__typename" {
                    return Ok(Facet::Typename(Cow::Borrowed(OF_DOCUMENTS)));
                }
                let mut source = reader.counted(list, own, asked)?;
                let value = reader.json_value(&source, field, path, json::reading(name))?;
                // What is of another type, or is not there, is no value here.
                source.narrow(Predicate::IsNull(value.clone()).negate());
                reader.values(source, value, false, &fields)
            })?;
            members.push((key.to_owned(), member));
        }
        Ok(Facet::Object(members))
    }

    /// Reads how many rows have each value.
    fn values(
        &mut self,
        source: Source<'c>,
        value: Scalar<'c>,
        nullable: bool,
        fields: &[&'r Selected],
    ) -> Result<Facet<'c>, ApiError> {
        let type_name = of_kind(value.kind());
        let mut grouping = self.grouping(source.into());
        grouping.keys.push(GroupKey {
            scalar: value,
            nullable,
            bucket: Bucket::Value,
        });
        self.counts(grouping, &type_name, fields, |_, grouping, _| {
            Ok(Member::Scalar(grouping.key(0)))
        })
    }

    /// Reads how many rows refer to each other row.
    fn facet_of_related(
        &mut self,
        list: &Source<'c>,
        relation: &'c Relation,
        asked: &'r Selected,
        fields: &[&'r Selected],
    ) -> Result<Facet<'c>, ApiError> {
        let source = self.counted(list, Own::Name(&relation.name), asked)?;
        let target = self.view().catalog.entity(relation.target);
        let mut grouping = self.grouping(source.clone().into());
        let related = self.joined_by_name(&mut grouping.population, &source, &relation.name)?;
        grouping.keys.push(GroupKey {
            scalar: self.key(&related),
            nullable: !grouping.population.has_always(related.alias()),
            bucket: Bucket::Value,
        });
        self.counts(
            grouping,
            &of_entity(target),
            fields,
            |reader, grouping, fields| {
                let source = reader.keyed(target, grouping.alias, 0);
                let object = reader.object(&source, fields)?;
                Ok(Member::ToOne(Box::new(Row { source, object })))
            },
        )
    }

    fn counts(
        &mut self,
        mut grouping: Grouping<'c>,
        type_name: &str,
        fields: &[&'r Selected],
        value: impl Fn(&mut Self, &Grouping<'c>, &[&'r Selected]) -> Result<Member<'c>, ApiError>,
    ) -> Result<Facet<'c>, ApiError> {
        self.charge_counts(cost::COUNT);
        let count = grouping.measure(Measure::rows());
        let order = vec![
            OrderTerm {
                scalar: count.clone(),
                direction: Direction::Descending,
                nulls: Nulls::Last,
            },
            OrderTerm {
                scalar: grouping.key(0),
                direction: Direction::Ascending,
                nulls: Nulls::Last,
            },
        ];
        let first = self.first(fields[0], page::FACETS)?;
        let members = self.per_row(first.unsigned_abs(), |reader| {
            let mut members = Vec::new();
            let collected = reader.collect(fields, type_name)?;
            let told = told_before(&collected, reader.variables());
            for (place, (key, fields)) in collected.iter().enumerate() {
                let member = reader.under(key, |reader| {
                    Ok(match fields[0].name.as_str() {
                        "__typename" => Member::Typename(Cow::Owned(type_name.to_owned())),
                        "count" => Member::Scalar(count.clone()),
                        _ => {
                            let key = &grouping.keys[0].scalar;
                            reader.spend_bytes(&key.content, told[place]);
                            value(reader, &grouping, fields)?
                        }
                    })
                })?;
                members.push(((*key).to_owned(), member));
            }
            Ok(members)
        })?;
        let rows = Rows::Groups(Box::new(grouping));
        let nodes = ConnectionMember::Nodes(Values { members });
        let connection = Connection {
            members: vec![("nodes".to_owned(), nodes)],
            ..self.first_page(rows, order, first, page::FACETS)
        };
        Ok(Facet::Counts(Box::new(connection)))
    }

    /// The rows of a list, as if the filter said nothing of what is counted.
    fn counted(
        &mut self,
        list: &Source<'c>,
        own: Own<'_, 'c>,
        asked: &'r Selected,
    ) -> Result<Source<'c>, ApiError> {
        let variables = self.variables();
        let mut source = self.apart(list);
        if let Some(input) = Input::argument(asked, filter::FILTER, variables) {
            let rest = self.rest(&source, input, own, 0)?;
            source.narrow(rest);
        }
        if let Some(input) = Input::given(asked, search::SEARCH, variables) {
            self.search(&mut source, input)?;
        }
        Ok(source)
    }

    fn rest(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
        own: Own<'_, 'c>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        self.spend_condition(depth)?;
        let mut conditions = Vec::new();
        for (name, value) in input.entries() {
            conditions.push(match (name, own) {
                ("and", _) => {
                    let items = value.items().into_iter();
                    let rest = items.map(|item| self.rest(source, item, own, depth + 1));
                    Predicate::all(rest.collect::<Result<Vec<_>, _>>()?)
                }
                (name, Own::Name(own)) if name == own => Predicate::True,
                (name, Own::Path(own, path)) if name == own.name => {
                    self.json_conditions(source, own, value, Some(path))?
                }
                (name, _) => self.condition(source, name, value, depth)?,
            });
        }
        Ok(Predicate::all(conditions))
    }
}
