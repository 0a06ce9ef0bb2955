use async_graphql::dynamic::{Enum, EnumItem};

use super::rights::When;
use crate::catalog::{Entity, Input};
use crate::graphql::view::View;

/// A unique key by which an upsert tells whether a row is there already.
pub(super) struct UniqueKey<'c> {
    /// Its name, such as `SKU`.
    pub name: String,
    /// The inputs that it is made of, in the order of its columns.
    pub parts: Vec<Part<'c>>,
}

/// A part of a unique key.
#[derive(Clone, Copy)]
pub(super) enum Part<'c> {
    /// A value that the client gives.
    Input(&'c Input),
    /// The user who makes the row, by the place of the column.
    Maker(usize),
}

/// The name of the enum of an entity's unique keys.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Key", entity.name)
}

/// The unique keys of which a role gives every part.
pub(super) fn unique_keys<'c>(view: View<'c>, entity: &'c Entity) -> Vec<UniqueKey<'c>> {
    let keys = entity.writes.keys.iter();
    keys.filter_map(|columns| {
        let parts = columns.iter().map(|place| {
            let mut inputs = view.inputs(entity, When::Create);
            let input = inputs.find(|input| input.column == *place);
            let made = (entity.writes.created_by == Some(*place)).then_some(Part::Maker(*place));
            input.map(Part::Input).or(made)
        });
        Some(UniqueKey {
            parts: parts.collect::<Option<_>>()?,
            name: entity.key_name(columns)?,
        })
    })
    .collect()
}

/// The enum of an entity's unique keys.
pub(super) fn define(view: View<'_>, entity: &Entity) -> Enum {
    let object = Enum::new(type_name(entity)).description(format!(
        "By what a {} is told from every other one.",
        entity.words()
    ));
    let keys = unique_keys(view, entity).into_iter();
    keys.fold(object, |object, key| {
        let parts = key.parts.iter().filter_map(|part| part.words(entity));
        let parts: Vec<_> = parts.collect();
        let words = format!("By its {}.", parts.join(" and "));
        object.item(EnumItem::new(key.name).description(words))
    })
}

impl Part<'_> {
    fn words(self, entity: &Entity) -> Option<String> {
        let place = match self {
            Self::Input(input) => input.column,
            Self::Maker(place) => place,
        };
        let name = entity.key_name(&[place])?;
        Some(name.to_lowercase().replace('_', " "))
    }
}
