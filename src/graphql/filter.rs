use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{InputObject, InputValue, TypeRef};

use super::cost;
use super::input::Input;
use super::search::Search;
use super::selection::Reader;
use super::view::View;
use super::{aggregate, having, json, logic, operator, search, tree};
use crate::catalog::{Entity, Kind, Relation, RelationKind};
use crate::error::ApiError;
use crate::plan::{Predicate, Source};

/// The argument of what can be filtered.
pub(super) const FILTER: &str = "filter";

/// The argument that chooses rows of an entity, where there must be one.
pub(super) fn required_argument(entity: &Entity) -> InputValue {
    InputValue::new(FILTER, TypeRef::named_nn(type_name(entity))).description("Which rows.")
}

/// The name of an entity's filter type.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Filter", entity.name)
}

/// The argument that chooses rows of an entity.
pub(super) fn argument(entity: &Entity) -> InputValue {
    InputValue::new(FILTER, TypeRef::named(type_name(entity)))
        .description("Which rows; all unless said.")
}

/// The name of the type of conditions on many rows of an entity.
fn list_type_name(entity: &Entity) -> String {
    format!("{}ListFilter", entity.name)
}

/// The filter type of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    let name = type_name(entity);
    let rows = entity.plural_words();
    let object = InputObject::new(&name).description(format!(
        "Which {rows} are meant: those that meet every condition given here. \
         No condition means all of them."
    ));
    let mut object = logic::with_connectives(object, &name);
    for field in view.fields(entity) {
        let operators = match &entity.column_of(field).kind {
            Kind::Json => TypeRef::named_nn_list(json::FILTER),
            kind => TypeRef::named(operator::type_name(kind)),
        };
        object =
            object.field(InputValue::new(&field.name, operators).description(&field.description));
    }
    for (relation, target) in view.relations(entity) {
        let (type_name, description) = match relation.kind {
            RelationKind::ToOne => (
                type_name(target),
                format!(
                    "Its `{}`, if there is one that you may see, meets these conditions. \
                     None of them, as in `{{}}`, asks only that there is one.",
                    relation.name
                ),
            ),
            RelationKind::ToMany => (
                list_type_name(target),
                format!("Conditions on its `{}`.", relation.name),
            ),
        };
        object = object.field(
            InputValue::new(&relation.name, TypeRef::named(type_name)).description(description),
        );
    }
    let statistics = aggregate::inputs_of_rows(view, entity, "Statistics over", having::type_name);
    statistics
        .into_iter()
        .chain(tree::condition(view, entity))
        .fold(object, InputObject::field)
}

/// The type of conditions on the many rows of an entity behind a relation, if
/// a relation leads to them.
pub(super) fn define_list(view: View<'_>, entity: &Entity) -> Option<InputObject> {
    let leads_here = view.entities().any(|other| {
        view.relations(other).any(|(relation, target)| {
            relation.kind == RelationKind::ToMany && target.name == entity.name
        })
    });
    let rows = entity.plural_words();
    let row = || TypeRef::named(type_name(entity));
    leads_here.then(|| {
        InputObject::new(list_type_name(entity))
            .description(format!(
                "Conditions on the {rows} of a row, out of those that you may see; all that are \
                 given must be met."
            ))
            .field(
                InputValue::new("some", row()).description(format!("At least one of the {rows}.")),
            )
            .field(InputValue::new("none", row()).description(format!("None of the {rows}.")))
            .field(
                InputValue::new("every", row())
                    .description(format!("Every one of the {rows}, or there are none.")),
            )
    })
}

impl<'c> Reader<'c, '_> {
    /// Reads a filter on the rows of `source`.
    pub(super) fn filter(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        self.conditions(source, input, 0)
    }

    /// Reads the arguments that choose rows, a filter and a search, and
    /// narrows `source` to these.
    pub(super) fn narrow(
        &mut self,
        source: &mut Source<'c>,
        field: &Selected,
    ) -> Result<Option<Search>, ApiError> {
        let variables = self.variables();
        if let Some(input) = Input::argument(field, FILTER, variables) {
            let filter = self
                .conditions(source, input, 0)
                .map_err(|error| error.within(FILTER))?;
            source.narrow(filter);
        }
        Input::given(field, search::SEARCH, variables)
            .map(|input| {
                self.search(source, input)
                    .map_err(|error| error.within(search::SEARCH))
            })
            .transpose()
    }

    fn conditions(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        self.logic(input, depth, &mut |reader, name, value, depth| {
            reader.named(source, name, value, depth)
        })
    }

    /// Reads one of the conditions of a filter.
    pub(super) fn condition(
        &mut self,
        source: &Source<'c>,
        name: &str,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        self.logic_of(name, input, depth, &mut |reader, name, value, depth| {
            reader.named(source, name, value, depth)
        })
    }

    /// Reads a condition on a field, on related rows or on the place in a
    /// tree.
    fn named(
        &mut self,
        source: &Source<'c>,
        name: &str,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        let entity = source.entity();
        if let Some(field) = self.view().field(entity, name) {
            if entity.column_of(field).kind == Kind::Json {
                return self.json_conditions(source, field, input, None);
            }
            let scalar = self.scalar(source, field);
            return self.value_conditions(entity, &scalar, input);
        }
        if let Some((relation, _)) = self.view().relation(entity, name) {
            return match relation.kind {
                RelationKind::ToOne => self.related(source, relation, input, depth, false),
                RelationKind::ToMany => self.related_rows(source, relation, input, depth),
            };
        }
        if name == tree::CONDITION {
            return self.in_subtree(source, input);
        }
        if let Some(relation) = aggregate::of_rows(self.view(), entity, name) {
            return self.statistics_of_rows(source, relation, input, depth);
        }
        Err(ApiError::internal(&format!("no filter on {name}")))
    }

    /// Rows with a related row that meets a filter, or that does not.
    fn related(
        &mut self,
        source: &Source<'c>,
        relation: &'c Relation,
        input: Input<'_>,
        depth: usize,
        negated: bool,
    ) -> Result<Predicate<'c>, ApiError> {
        let mut related = self.child(source, relation);
        let condition = self.across(|reader| match relation.kind {
            RelationKind::ToOne => {
                reader.charge(cost::RELATED);
                reader.conditions(&related, input, depth + 1)
            }
            RelationKind::ToMany => reader.per_row(cost::RELATED_ROWS, |reader| {
                reader.conditions(&related, input, depth + 1)
            }),
        })?;
        related.narrow(if negated {
            condition.negate()
        } else {
            condition
        });
        Ok(Predicate::Exists(Box::new(related)))
    }

    fn related_rows(
        &mut self,
        source: &Source<'c>,
        relation: &'c Relation,
        input: Input<'_>,
        depth: usize,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no condition. Leave it out."));
        }
        let mut conditions = Vec::new();
        for (quantifier, value) in input.entries() {
            self.spend_condition(depth)?;
            let condition = match quantifier {
                "some" => self.related(source, relation, value, depth, false),
                "none" => self
                    .related(source, relation, value, depth, false)
                    .map(Predicate::negate),
                // Every row meets it where none does not.
                _ => self
                    .related(source, relation, value, depth, true)
                    .map(Predicate::negate),
            };
            conditions.push(condition.map_err(|error| error.within(quantifier))?);
        }
        Ok(Predicate::all(conditions))
    }
}
