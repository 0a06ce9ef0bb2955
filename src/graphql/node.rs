use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputValue, Interface, InterfaceField, TypeRef};
use serde_json::json;
use uuid::Uuid;

use super::global_id;
use super::input::Input;
use super::schema::answered;
use super::selection::Reader;
use crate::catalog::Entity;
use crate::error::ApiError;
use crate::plan::{Comparison, Named, ParamId, Predicate, Root, Row, Value};

/// The name of the interface of everything with a global id.
pub(super) const NODE: &str = "Node";

/// How many rows `nodes` reads at once.
const MAX_NODES: usize = 100;

/// The interface of everything with a global id (Relay, Object
/// Identification).
pub(super) fn define() -> Interface {
    Interface::new(NODE)
        .description("Something that can be read again by its id.")
        .field(
            InterfaceField::new("id", TypeRef::named_nn(TypeRef::ID))
                .description("Names it among everything that this API serves."),
        )
}

/// The root fields that read rows of any type by id.
pub(super) fn define_fields() -> [Field; 2] {
    [
        answered("node", TypeRef::named(NODE))
            .description("The row with that id, or null where there is none that you may see.")
            .argument(
                InputValue::new("id", TypeRef::named_nn(TypeRef::ID))
                    .description("An id, as this API returned it."),
            ),
        answered("nodes", TypeRef::named_list_nn(NODE))
            .description(
                "The rows with those ids, in that order; null where there is none that you may see.",
            )
            .argument(
                InputValue::new("ids", TypeRef::named_nn_list_nn(TypeRef::ID))
                    .description(format!("At most {MAX_NODES} ids, as this API returned them.")),
            ),
    ]
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Plans `node(id:)`.
    pub(super) fn node(&mut self, fields: &[&'r Selected]) -> Result<Root<'c>, ApiError> {
        let (entity, key) = Input::argument(fields[0], "id", self.variables())
            .ok_or_else(|| ApiError::internal(&"node without id"))
            .and_then(|id| self.global_id(id))
            .map_err(|error| error.within("id"))?;
        self.row(entity, key, fields).map(Box::new).map(Root::Row)
    }

    /// Plans `nodes(ids:)`.
    pub(super) fn nodes(&mut self, fields: &[&'r Selected]) -> Result<Root<'c>, ApiError> {
        let ids = Input::argument(fields[0], "ids", self.variables())
            .ok_or_else(|| ApiError::internal(&"nodes without ids"))?
            .items();
        if ids.len() > MAX_NODES {
            return Err(ApiError::input(format!(
                "At most {MAX_NODES} ids at once; {} are too many.",
                ids.len()
            ))
            .within("ids"));
        }
        let mut rows = Vec::with_capacity(ids.len());
        for (place, id) in ids.into_iter().enumerate() {
            let row = self
                .global_id(id)
                .map_err(|error| error.within(place.to_string()).within("ids"))?;
            rows.push(row);
        }
        self.named_rows(&rows, fields).map(Box::new).map(Root::Rows)
    }

    /// Plans rows of several kinds, each of which is read once, however many
    /// rows are of it.
    fn named_rows(
        &mut self,
        rows: &[(&'c Entity, Uuid)],
        fields: &[&'r Selected],
    ) -> Result<Named<'c>, ApiError> {
        // In an order of their own, which the statement depends on.
        let kinds = self.view().entities();
        let kinds: Vec<_> = kinds
            .filter(|kind| rows.iter().any(|(entity, _)| is(entity, kind)))
            .collect();
        let names = rows.iter().map(|(entity, key)| {
            let kind = kinds.iter().position(|kind| is(entity, kind));
            json!([kind, key.simple().to_string()])
        });
        let names = self.bind_own(Value::json(names.collect()));
        let mut read = Vec::with_capacity(kinds.len());
        for (place, kind) in kinds.into_iter().enumerate() {
            let count = rows.iter().filter(|(entity, _)| is(entity, kind)).count();
            let source = self.named_row(kind, names, place);
            let object = self.per_row(count as u64, |reader| reader.object(&source, fields))?;
            read.push(Row { source, object });
        }
        Ok(Named { names, kinds: read })
    }

    fn global_id(&self, id: Input<'_>) -> Result<(&'c Entity, Uuid), ApiError> {
        // The ID scalar takes integers as well; none is an id of this API.
        global_id::parse(self.view(), id.text().unwrap_or_default())
    }

    fn row(
        &mut self,
        entity: &'c Entity,
        key: Uuid,
        fields: &[&'r Selected],
    ) -> Result<Row<'c>, ApiError> {
        let param = self.bind(Value::Uuid(key));
        self.row_by(entity, param, fields)
    }

    /// Plans the row whose key is a parameter.
    pub(super) fn row_by(
        &mut self,
        entity: &'c Entity,
        param: ParamId,
        fields: &[&'r Selected],
    ) -> Result<Row<'c>, ApiError> {
        let mut source = self.source(entity);
        let scalar = self.key(&source);
        source.narrow(Predicate::Compare(scalar, Comparison::Equal, param));
        self.charge(1);
        let object = self.object(&source, fields)?;
        Ok(Row { source, object })
    }
}

fn is(entity: &Entity, kind: &Entity) -> bool {
    entity.name == kind.name
}
