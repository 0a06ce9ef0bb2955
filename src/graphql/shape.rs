use std::sync::Arc;

use async_graphql::dynamic::{InputObject, InputValue, SchemaBuilder, TypeRef};
use serde_json::Value as Json;
use uuid::Uuid;

use super::input::Input;
use super::selection::Reader;
use super::view::View;
use super::write::Draft;
use super::{global_id, lookup, scalar};
use crate::catalog::{Entity, Enumeration, JsonBounds, Kind};
use crate::error::ApiError;
use crate::plan::write::Cell;

/// An argument of a mutation that is written by hand, or a part of one.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub shape: Shape,
    /// Whether it must be given.
    pub required: bool,
    /// What it means, for people who use the API.
    pub description: &'static str,
}

/// What an argument is.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Any text, unless it is very long; what else is wrong with it is for the
    /// mutation to say.
    Text,
    /// A 32-bit integer; the same.
    Int,
    /// A 64-bit integer; the same.
    BigInt,
    /// A JSON object.
    Object(JsonBounds),
    /// The id of a row of the entity of that name.
    Id(&'static str),
    /// What names a row of the entity of that name: its id, or another value
    /// that no other row has. The mutation gets its key if the requester may
    /// see it.
    Row(&'static str),
    /// A value of the enumeration behind a field of an entity.
    Choice(&'static str, &'static str),
    /// Several of the type of that name, each made of the same parts; so many at
    /// most.
    Items(&'static str, &'static [Argument], usize),
}

/// A value that a mutation is given.
#[derive(Clone)]
pub(super) enum Given {
    Text(String),
    Int(i64),
    Object(Json),
    Id(Uuid),
    /// The row that stands at a place of the references.
    Reference(usize, usize),
    Items(Vec<Arguments>),
}

/// What a mutation is given, by the names of its arguments.
#[derive(Clone, Default)]
pub struct Arguments(pub(super) Vec<(&'static str, Given)>);

impl Arguments {
    fn get(&self, name: &str) -> Option<&Given> {
        let mut given = self.0.iter();
        given
            .find(|(known, _)| *known == name)
            .map(|(_, given)| given)
    }

    /// A text, or the stored text of a choice; none where it was left out.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Given::Text(text) => Some(text),
            _ => None,
        }
    }

    /// An integer; none where it was left out.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Given::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// A JSON object; none where it was left out.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Json> {
        match self.get(name)? {
            Given::Object(value) => Some(value),
            _ => None,
        }
    }

    /// The key of a row; none where it was left out.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<Uuid> {
        match self.get(name)? {
            Given::Id(id) => Some(*id),
            _ => None,
        }
    }

    /// The items of a list; none where it was left out.
    #[must_use]
    pub fn items(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Given::Items(items)) => items,
            _ => &[],
        }
    }

    /// The same with the keys that references turned out to stand for.
    pub(super) fn found(mut self, found: &[Vec<Uuid>]) -> Self {
        for (_, given) in &mut self.0 {
            match given {
                Given::Reference(page, place) => {
                    let key = found.get(*page).and_then(|found| found.get(*place));
                    if let Some(key) = key {
                        *given = Given::Id(*key);
                    }
                }
                Given::Items(items) => {
                    let items = std::mem::take(items).into_iter();
                    *given = Given::Items(items.map(|item| item.found(found)).collect());
                }
                _ => {}
            }
        }
        self
    }
}

impl Argument {
    /// How it looks in the schema.
    pub(super) fn define(&self, view: View<'_>) -> InputValue {
        let input = match (self.shape, self.required) {
            (Shape::Items(name, ..), true) => TypeRef::named_nn_list_nn(name),
            (Shape::Items(name, ..), false) => TypeRef::named_nn_list(name),
            (shape, true) => TypeRef::named_nn(shape.type_name(view)),
            (shape, false) => TypeRef::named(shape.type_name(view)),
        };
        InputValue::new(self.name, input).description(self.description)
    }
}

impl Shape {
    fn type_name(self, view: View<'_>) -> String {
        match self {
            Self::Text => TypeRef::STRING.to_owned(),
            Self::Int => TypeRef::INT.to_owned(),
            Self::BigInt => "BigInt".to_owned(),
            Self::Object(_) => "JSON".to_owned(),
            Self::Id(_) => TypeRef::ID.to_owned(),
            Self::Row(name) => match view.by_name(name) {
                Some(entity) => lookup::type_name(entity),
                None => TypeRef::ID.to_owned(),
            },
            Self::Choice(entity, field) => match enumeration(view, entity, field) {
                Some(enumeration) => enumeration.name.clone(),
                None => TypeRef::STRING.to_owned(),
            },
            Self::Items(name, ..) => name.to_owned(),
        }
    }

    /// The name of the type that is there for it alone.
    pub(super) fn own_type(self) -> Option<&'static str> {
        match self {
            Self::Items(name, ..) => Some(name),
            _ => None,
        }
    }

    /// Adds the types that it is made of.
    pub(super) fn define(self, view: View<'_>, builder: SchemaBuilder) -> SchemaBuilder {
        let Self::Items(name, parts, _) = self else {
            return builder;
        };
        let object = InputObject::new(name).description("One of several.");
        builder.register(
            parts
                .iter()
                .fold(object, |object, part| object.field(part.define(view))),
        )
    }
}

/// The enumeration behind a field, whoever may read the field.
fn enumeration<'c>(view: View<'c>, entity: &str, field: &str) -> Option<&'c Arc<Enumeration>> {
    let entity = view.catalog.by_name(entity)?;
    match &entity.column_of(entity.field(field)?).kind {
        Kind::Enum(enumeration) => Some(enumeration),
        _ => None,
    }
}

impl<'c> Reader<'c, '_> {
    /// Reads what a mutation is given.
    pub(super) fn arguments(
        &mut self,
        draft: &mut Draft<'c>,
        arguments: &[Argument],
        input: Input<'_>,
    ) -> Result<Arguments, ApiError> {
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if let Some(value) = input.entry(argument.name) {
                draft.faults.enter(argument.name);
                let value = self.given_value(draft, argument.shape, value);
                draft.faults.leave();
                given.push((
                    argument.name,
                    value.map_err(|error| error.within(argument.name))?,
                ));
            }
        }
        Ok(Arguments(given))
    }

    fn given_value(
        &mut self,
        draft: &mut Draft<'c>,
        shape: Shape,
        value: Input<'_>,
    ) -> Result<Given, ApiError> {
        let text = value.text().unwrap_or_default();
        match shape {
            Shape::Text => {
                self.spend_written(text.len())?;
                scalar::bounded(self.limits(), text).map(|text| Given::Text(text.to_owned()))
            }
            Shape::Int | Shape::BigInt => {
                let number = value.integer();
                if number.is_none() {
                    draft.faults.add("Give a whole number.");
                }
                Ok(Given::Int(number.unwrap_or_default()))
            }
            Shape::Object(bounds) => {
                let document = object(draft, bounds, value);
                self.spend_written(document.to_string().len())?;
                Ok(Given::Object(document))
            }
            Shape::Id(name) => {
                let entity = self.entity_named(name)?;
                global_id::parse_for(self.view(), entity, text).map(Given::Id)
            }
            Shape::Row(name) => {
                let entity = self.entity_named(name)?;
                Ok(match self.referred_to(draft, entity, value)? {
                    Some(Cell::Reference(page, place)) => Given::Reference(page, place),
                    _ => Given::Id(Uuid::nil()),
                })
            }
            Shape::Choice(entity, field) => enumeration(self.view(), entity, field)
                .and_then(|known| known.values.iter().find(|value| value.name == text))
                .map(|value| Given::Text(value.stored.clone()))
                .ok_or_else(|| ApiError::internal(&format!("{text} is no {field}"))),
            Shape::Items(_, parts, most) => {
                let given = value.items();
                if given.len() > most {
                    draft.faults.add(format!("Give at most {most}."));
                    return Ok(Given::Items(Vec::new()));
                }
                let mut items = Vec::with_capacity(given.len());
                for (place, item) in given.into_iter().enumerate() {
                    let place = place.to_string();
                    draft.faults.enter(&place);
                    let item = self.arguments(draft, parts, item);
                    draft.faults.leave();
                    items.push(item.map_err(|error| error.within(place))?);
                }
                Ok(Given::Items(items))
            }
        }
    }

    fn entity_named(&self, name: &str) -> Result<&'c Entity, ApiError> {
        let entity = self.view().by_name(name);
        entity.ok_or_else(|| ApiError::internal(&format!("no entity {name}")))
    }
}

fn object(draft: &mut Draft<'_>, bounds: JsonBounds, value: Input<'_>) -> Json {
    match super::write::document(bounds, value) {
        Ok(document) => document,
        Err(message) => {
            draft.faults.add(message);
            Json::Null
        }
    }
}
