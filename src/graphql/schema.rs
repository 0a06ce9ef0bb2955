use std::sync::Arc;

use apollo_compiler::Name;
use apollo_compiler::Schema as CompiledSchema;
use apollo_compiler::collections::HashMap;
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::Valid;
use async_graphql::SDLExportOptions;
use async_graphql::dynamic::{
    Field, FieldFuture, FieldValue, Object, Schema, SchemaBuilder, SchemaError, TypeRef,
};

use super::document::Documents;
use super::limits::Limits;
use super::verb::Verb;
use super::view::View;
use super::{
    aggregate, aggregate_order, connection, facet, filter, grouping, having, json, lookup, me,
    measure, node, object, operator, order, scalar, user_error, write,
};
use crate::access::Role;
use crate::catalog::{Catalog, Kind};

/// What the catalogue looks like to one role: a schema of its own, in which
/// what the role may not see does not exist.
pub struct RoleSchema {
    /// As text, for all who ask for it.
    pub(super) printed: Arc<[u8]>,
    pub(super) compiled: Valid<CompiledSchema>,
    pub(super) implementers: HashMap<Name, Implementers>,
    pub(super) documents: Documents,
}

/// A schema as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed(pub String);

/// Why a catalogue makes no schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaFault {
    /// Two things have the same name, or a name is not possible.
    #[error("the catalogue makes no schema: {0}")]
    Definition(#[from] SchemaError),
    /// Two mutations have the same name.
    #[error("two mutations are called {0}; rename one of them")]
    Mutations(String),
    /// A mutation has a type of a name that the catalogue needs.
    #[error(
        "the mutation {0} needs the name {1}, which is taken; rename the mutation or the entity"
    )]
    Types(String, String),
    /// The printed schema cannot be read back.
    #[error("the printed schema cannot be read: {0}")]
    Printed(String),
}

impl Printed {
    /// The schema of a role, in GraphQL's schema definition language, sorted.
    /// It is a function of the declarations alone: no database is asked.
    ///
    /// # Errors
    /// [`SchemaFault`] where declarations clash by name.
    pub fn new(catalog: &Catalog, verbs: &[Verb], role: Role) -> Result<Self, SchemaFault> {
        let view = View { catalog, role };
        refuse_clashes(view, verbs)?;
        let schema = define(view, verbs)?;
        let options = SDLExportOptions::new()
            .sorted_fields()
            .sorted_arguments()
            .sorted_enum_items()
            .include_specified_by()
            .use_space_ident()
            .indent_width(2);
        Ok(Self(schema.sdl_with_options(options)))
    }
}

impl RoleSchema {
    /// The schema of a role, ready to answer.
    ///
    /// # Errors
    /// [`SchemaFault`] where declarations clash by name.
    pub fn new(
        catalog: &Catalog,
        verbs: &[Verb],
        role: Role,
        limits: &Limits,
    ) -> Result<Self, SchemaFault> {
        let printed = Printed::new(catalog, verbs, role)?;
        let compiled = CompiledSchema::parse_and_validate(&printed.0, "schema.graphql")
            .map_err(|error| SchemaFault::Printed(error.errors.to_string()))?;
        let implementers = compiled.implementers_map();
        Ok(Self {
            printed: printed.0.into_bytes().into(),
            compiled,
            implementers,
            documents: Documents::new(role, limits.clone()),
        })
    }
}

/// Refuses mutations of which one would replace another, and types likewise.
fn refuse_clashes(view: View<'_>, verbs: &[Verb]) -> Result<(), SchemaFault> {
    for (place, verb) in verbs.iter().enumerate() {
        let name = verb.name();
        let twice = verbs[..place].iter().any(|other| other.name() == name);
        if twice || write::form_of(view, name).is_some() {
            return Err(SchemaFault::Mutations(name.to_owned()));
        }
        let mut types = verb.type_names().into_iter();
        if let Some(taken) = types.find(|name| view.catalog.has_type(name)) {
            return Err(SchemaFault::Types(name.to_owned(), taken));
        }
    }
    Ok(())
}

fn define(view: View<'_>, verbs: &[Verb]) -> Result<Schema, SchemaError> {
    let mut query = Object::new("Query").description("Where every read begins.");
    for field in node::define_fields()
        .into_iter()
        .chain(me::define_field(view))
    {
        query = query.field(field);
    }
    let verbs: Vec<_> = verbs.iter().filter(|verb| verb.is_for(view.role)).collect();
    let mutation = mutates(view, &verbs).then_some(MUTATION);
    let mut builder = Schema::build("Query", mutation, None)
        .register(node::define())
        .register(connection::define_page_info())
        .register(order::define_direction());
    builder = scalar::define(view, builder);
    builder = operator::define(view, builder);
    builder = measure::define(view, builder);
    builder = having::define_kinds(view, builder);
    builder = aggregate_order::define_kinds(view, builder);
    builder = grouping::define_kinds(view, builder);
    builder = facet::define_kinds(view, builder);
    if view.has_kind(&Kind::Json) {
        for part in json::define() {
            builder = builder.register(part);
        }
    }
    for entity in view.entities() {
        query = query
            .field(lookup::define_field(entity))
            .field(object::list_field(
                view,
                &entity.plural_field,
                &format!(
                    "The {} that you may see, page by page.",
                    entity.plural_words()
                ),
                entity,
            ))
            .field(grouping::define_field(
                view,
                &grouping::root_name(entity),
                &format!(
                    "The {} that you may see, in groups, with statistics over each.",
                    entity.plural_words()
                ),
                entity,
            ))
            .field(aggregate::define_field(
                view,
                &aggregate::root_name(entity),
                &format!(
                    "Statistics over the {} that you may see.",
                    entity.plural_words()
                ),
                entity,
            ));
        builder = builder
            .register(object::define(view, entity))
            .register(aggregate::define(view, entity))
            .register(having::define(view, entity))
            .register(aggregate_order::define(view, entity))
            .register(filter::define(view, entity))
            .register(order::define(view, entity))
            .register(lookup::define(view, entity));
        for part in connection::define(view, entity)
            .into_iter()
            .chain(facet::define(view, entity))
        {
            builder = builder.register(part);
        }
        builder = grouping::define(view, entity, builder);
        if let Some(list) = filter::define_list(view, entity) {
            builder = builder.register(list);
        }
    }
    if mutation.is_some() {
        let mut root = Object::new(MUTATION).description("Where every change begins.");
        builder = user_error::define(builder);
        for verb in verbs {
            builder = verb.define(view, builder);
            root = root.field(verb.define_field());
        }
        for entity in view.entities() {
            let fields;
            (builder, fields) = write::define(view, entity, builder);
            root = fields.into_iter().fold(root, Object::field);
        }
        builder = builder.register(root);
    }
    define_enumerations(view, builder).register(query).finish()
}

/// Whether the role may change anything.
fn mutates(view: View<'_>, verbs: &[&Verb]) -> bool {
    let mut entities = view.entities();
    !verbs.is_empty()
        || entities
            .any(|entity| view.creates(entity) || view.updates(entity) || view.deletes(entity))
}

/// The name of the root of mutations.
const MUTATION: &str = "Mutation";

fn define_enumerations(view: View<'_>, mut builder: SchemaBuilder) -> SchemaBuilder {
    for entity in view.entities() {
        for field in view.fields(entity) {
            if let Kind::Enum(enumeration) = &entity.column_of(field).kind {
                builder = builder.register(scalar::enumeration(enumeration));
            }
        }
    }
    builder
}

/// A field that the engine answers. Operations over the catalogue never reach
/// the executor of `async-graphql`, so its resolver is never asked.
pub(super) fn answered(name: impl Into<String>, output: TypeRef) -> Field {
    Field::new(name, output, |_| {
        FieldFuture::new(async {
            let mistake = async_graphql::Error::new("This field is answered by the engine.");
            Err::<Option<FieldValue<'_>>, _>(mistake)
        })
    })
}

#[cfg(test)]
mod tests;
