use async_graphql::dynamic::{InputObject, InputValue, TypeRef};
use uuid::Uuid;

use super::nested::{self, Further};
use super::rights::{When, is_required};
use super::values::{Draft, columns_of, rules_of};
use crate::access::Rule;
use crate::catalog::{self, Entity};
use crate::error::ApiError;
use crate::graphql::cost::WRITE;
use crate::graphql::input::Input;
use crate::graphql::selection::Reader;
use crate::graphql::view::View;
use crate::graphql::{lookup, scalar};
use crate::plan::Value;
use crate::plan::write::{Cell, Creation, Nested, NewRow};

/// The name of the argument with new rows.
pub(super) const INPUT: &str = "input";

/// The name of the type of new rows.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("Create{}Input", entity.name)
}

/// The type of new rows.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    let object = InputObject::new(type_name(entity))
        .description(format!("What a new {} is.", entity.words()));
    let object = define_inputs(view, entity, None, object);
    nested::define_fields(view, entity)
        .into_iter()
        .fold(object, InputObject::field)
}

/// Adds what is given of a new row. The column at `attached` is not.
pub(super) fn define_inputs(
    view: View<'_>,
    entity: &Entity,
    attached: Option<usize>,
    object: InputObject,
) -> InputObject {
    let inputs = view.inputs(entity, When::Create);
    let inputs = inputs.filter(|input| Some(input.column) != attached);
    inputs.fold(object, |object, input| {
        let name = type_of(view, entity, input);
        let input_type = if is_required(entity, input) {
            TypeRef::named_nn(name)
        } else {
            TypeRef::named(name)
        };
        let description = match &input.default {
            Some(default) => format!(
                "{} Unless given: {}.",
                input.description,
                shown(entity, input, default)
            ),
            None => input.description.clone(),
        };
        object.field(InputValue::new(&input.name, input_type).description(description))
    })
}

/// The type of what is given: a scalar, or what names the row that is referred
/// to.
pub(super) fn type_of(view: View<'_>, entity: &Entity, input: &catalog::Input) -> String {
    match input.relation {
        Some(place) => {
            let target = entity.relations[place].target;
            lookup::type_name(view.catalog.entity(target))
        }
        None => scalar::type_name(&entity.column_at(input.column).kind).to_owned(),
    }
}

/// What ends a description in the printed schema, and how it is written there.
const QUOTES: &str = "\"\"\"";
const ESCAPED: &str = "\\\"\"\"";

fn shown(entity: &Entity, input: &catalog::Input, default: &serde_json::Value) -> String {
    let column = entity.column_at(input.column);
    let value = super::value::default(column, default).told(&column.kind, None);
    match value {
        // Three quotes would end the description.
        serde_json::Value::String(text) => format!("`{}`", text.replace(QUOTES, ESCAPED)),
        other => format!("`{other}`"),
    }
}

impl<'c> Reader<'c, '_> {
    /// Reads new rows: each of them, and where in the arguments it is. Those
    /// that are made with another row have a column that refers to it.
    pub(super) fn creation(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        rows: Vec<(Option<usize>, Input<'_>)>,
    ) -> Result<Creation<'c>, ApiError> {
        let mut rows_read = NewRows::of(entity);
        let mut further = Further::default();
        for (place, row) in rows {
            let place = place.map(|place| place.to_string());
            self.at(draft, place.as_deref(), |reader, draft| {
                let key = reader.add_row(draft, &mut rows_read, row, None)?;
                let parent = Cell::Value(Value::Uuid(key));
                reader.further(draft, entity, row, &parent, &mut further)
            })?;
        }
        let mut creation = self.creation_of(rows_read)?;
        creation.nested = self.nested(further)?;
        Ok(creation)
    }

    /// Reads something at a place of a list, or right here.
    pub(super) fn at<T>(
        &mut self,
        draft: &mut Draft<'c>,
        place: Option<&str>,
        read: impl FnOnce(&mut Self, &mut Draft<'c>) -> T,
    ) -> T {
        if let Some(place) = place {
            draft.faults.enter(place);
        }
        let result = read(self, draft);
        if place.is_some() {
            draft.faults.leave();
        }
        result
    }

    /// Reads one new row, with the rules of the inputs that it gives.
    pub(super) fn add_row(
        &mut self,
        draft: &mut Draft<'c>,
        read: &mut NewRows<'c>,
        row: Input<'_>,
        attached: Option<&(usize, Cell)>,
    ) -> Result<Uuid, ApiError> {
        let entity = read.entity;
        let entries = row.entries();
        let inputs = entity.writes.inputs.iter();
        let given = inputs.filter(|input| {
            let attached = attached.is_some_and(|(place, _)| *place == input.column);
            attached || entries.iter().any(|(name, _)| *name == input.name)
        });
        let mut rules: Vec<&'c Rule> = entity.writes.create.iter().collect();
        rules.extend(rules_of(entity, given));
        let key = (self.request.keys)();
        let cells = self.new_values(draft, entity, row, attached)?;
        let check = Some(read.place_of(rules));
        read.rows.push(NewRow {
            key,
            cells,
            path: draft.faults.path(),
            check,
        });
        Ok(key)
    }

    /// What makes the rows, with what they must turn out to be.
    pub(super) fn creation_of(&mut self, read: NewRows<'c>) -> Result<Creation<'c>, ApiError> {
        let NewRows {
            entity,
            mut rows,
            rules,
        } = read;
        self.charge(WRITE * rows.len() as u64);
        let mut checks = Vec::new();
        let mut places = Vec::new();
        for rules in rules {
            let check = self.check_of(entity, &rules, None)?;
            places.push(check.is_some().then_some(checks.len()));
            checks.extend(check);
        }
        for row in &mut rows {
            row.check = row.check.and_then(|place| places[place]);
        }
        Ok(Creation {
            entity,
            columns: columns_of(self.view().catalog, entity),
            rows,
            checks,
            nested: Nested::default(),
        })
    }
}

/// New rows of one entity, as they are read.
pub(super) struct NewRows<'c> {
    entity: &'c Entity,
    rows: Vec<NewRow>,
    /// The different rules that bind them.
    rules: Vec<Vec<&'c Rule>>,
}

impl<'c> NewRows<'c> {
    pub fn of(entity: &'c Entity) -> Self {
        Self {
            entity,
            rows: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// The place of some rules, among others once and for all.
    fn place_of(&mut self, rules: Vec<&'c Rule>) -> usize {
        let known = self.rules.iter().position(|known| *known == rules);
        known.unwrap_or_else(|| {
            self.rules.push(rules);
            self.rules.len() - 1
        })
    }
}
