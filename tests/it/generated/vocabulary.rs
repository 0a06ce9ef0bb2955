//! A role's schema, as operations are made of it.

use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, Type};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node};
use purser::access::Role;
use purser::app;
use purser::graphql::Printed;

/// The interface of everything with an id.
pub const NODE: &str = "Node";

/// A role's schema.
pub struct Vocabulary {
    pub schema: Valid<Schema>,
    /// The types that are rows, in the order of the schema.
    pub entities: Vec<Name>,
}

impl Vocabulary {
    pub fn new(role: Role) -> Self {
        let Printed(text) = Printed::new(&app::catalog().unwrap(), &app::verbs(), role).unwrap();
        let schema = Schema::parse_and_validate(text, "schema.graphql").unwrap();
        let entities = schema
            .types
            .values()
            .filter_map(ExtendedType::as_object)
            .filter(|object| {
                object
                    .implements_interfaces
                    .iter()
                    .any(|name| **name == NODE)
            })
            .map(|object| object.name.clone())
            .collect();
        Self { schema, entities }
    }

    /// The fields of an object or interface type.
    pub fn fields(&self, type_name: &str) -> Vec<Node<FieldDefinition>> {
        match self.schema.types.get(type_name) {
            Some(ExtendedType::Object(object)) => object.fields.values().cloned().collect(),
            Some(ExtendedType::Interface(interface)) => {
                interface.fields.values().cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    pub fn field(&self, type_name: &str, name: &str) -> Option<Node<FieldDefinition>> {
        self.schema.type_field(type_name, name).ok().cloned()
    }

    /// Whether values of the type have no selections.
    pub fn is_leaf(&self, ty: &Type) -> bool {
        let found = self.schema.types.get(ty.inner_named_type());
        found.is_some_and(ExtendedType::is_leaf)
    }

    pub fn is_entity(&self, name: &str) -> bool {
        self.entities.iter().any(|entity| entity == name)
    }

    /// The type of the rows that a field of this type comes to: the type of
    /// `nodes` for a connection, of `node` for an edge.
    pub fn rows_of(&self, ty: &Type) -> Name {
        let name = ty.inner_named_type();
        ["nodes", "node"]
            .into_iter()
            .find_map(|field| self.field(name, field))
            .map_or(name.clone(), |field| field.ty.inner_named_type().clone())
    }

    /// The root field that lists the rows of an entity.
    pub fn root_list(&self, entity: &str) -> Option<Name> {
        let mut fields = self.fields("Query").into_iter();
        let found = fields.find(|field| is_page(field) && self.rows_of(&field.ty) == entity)?;
        Some(found.name.clone())
    }

    pub fn input_object(&self, name: &str) -> Option<Node<InputObjectType>> {
        self.schema.get_input_object(name).cloned()
    }

    /// The entity whose rows an input object such as `ProductFilter` is about.
    pub fn entity_of_input(&self, name: &str) -> Option<Name> {
        let found = self.entities.iter().find(|entity| {
            let rest = name.strip_prefix(entity.as_str());
            rest.is_some_and(|rest| matches!(rest, "By" | "Filter" | "ListFilter" | "Order"))
        });
        found.cloned()
    }

    /// The values of an enum.
    pub fn enum_values(&self, name: &str) -> Vec<Name> {
        let found = self.schema.get_enum(name);
        found.map_or(Vec::new(), |found| found.values.keys().cloned().collect())
    }

    /// Whether every type of rows that has this field gives it the same type,
    /// so that it may stand under its name in a selection of several types.
    pub fn means_one_type(&self, field: &str) -> bool {
        let mut types = self.entities.iter().filter_map(|entity| {
            let field = self.field(entity, field)?;
            Some(field.ty.clone())
        });
        let first = types.next();
        types.all(|ty| Some(&ty) == first.as_ref())
    }
}

/// Whether a field is a list that is read page by page.
pub fn is_page(field: &FieldDefinition) -> bool {
    field.argument_by_name("first").is_some() && field.argument_by_name("after").is_some()
}
