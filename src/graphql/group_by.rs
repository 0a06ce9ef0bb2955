use async_graphql::dynamic::{Enum, EnumItem, InputObject, InputValue, TypeRef};

use super::input::Input;
use super::selection::Reader;
use super::time_bucket::{self, Timed};
use super::view::View;
use super::{cost, fill, group_key, json, number_bucket, statistics, tree};
use crate::catalog::{self, Entity, Kind, Relation, RelationKind};
use crate::error::ApiError;
use crate::plan::{Bucket, GroupKey, Grouping, Population, Reading, Scalar, Source};

/// The most keys that rows are grouped by.
const MOST_KEYS: usize = 8;

/// The name of the enum that asks for a group of every value.
const BY_VALUE: &str = "GroupBy";
const VALUE: &str = "VALUE";
/// The name of the type of groups by what stands in documents.
const BY_DOCUMENT: &str = "JSONGroupBy";

/// The name of the type of what rows of an entity are grouped by.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}GroupBy", entity.name)
}

/// The name of the type of how values of a kind are grouped.
fn kind_name(kind: &Kind) -> String {
    match (number_bucket::of(kind), kind) {
        (Some(number), _) => number_bucket::by_name(&number),
        (None, Kind::Json) => BY_DOCUMENT.to_owned(),
        (None, kind) if time_bucket::has(kind) => time_bucket::by_name(kind),
        _ => BY_VALUE.to_owned(),
    }
}

/// The enum that asks for a group of every value.
pub(super) fn define_by_value() -> Enum {
    Enum::new(BY_VALUE)
        .description("How rows are grouped by a value.")
        .item(EnumItem::new(VALUE).description("Every value is a group of its own, null as well."))
}

/// The type of groups by what stands in documents.
pub(super) fn define_by_document() -> InputObject {
    let object = InputObject::new(BY_DOCUMENT)
        .description(
            "How rows are grouped by what stands at a path within documents: as numbers, texts or \
             truth values, exactly one of which is said. What is of another type, or is not there, \
             counts as null.",
        )
        .field(json::path_input());
    json::READINGS
        .iter()
        .map(|(name, _, kind, what)| {
            InputValue::new(*name, TypeRef::named(kind_name(kind)))
                .description(format!("As {what}."))
        })
        .fold(object, InputObject::field)
}

/// The type of what rows of an entity are grouped by.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    let mut object = InputObject::new(type_name(entity))
        .description(format!(
            "Something that {} are grouped by.",
            entity.plural_words()
        ))
        .oneof();
    for field in view.fields(entity) {
        let kind = &entity.column_of(field).kind;
        object = object.field(
            InputValue::new(statistics::name_of(field), TypeRef::named(kind_name(kind)))
                .description(&field.description),
        );
    }
    for (relation, target) in view.relations(entity) {
        if relation.kind == RelationKind::ToOne {
            object = object.field(
                InputValue::new(&relation.name, TypeRef::named(type_name(target)))
                    .description(group_key::of(relation)),
            );
        }
    }
    tree::group_by(view, entity)
        .into_iter()
        .fold(object, InputObject::field)
}

/// A key that rows are grouped by, as it is named.
pub(super) struct Named<'c> {
    /// The relations that lead to the row that it is read from.
    pub path: Vec<&'c Relation>,
    /// The field it is; none for a level of a tree.
    pub field: Option<&'c catalog::Field>,
    /// What tells it from others of the same field.
    pub distinction: Distinction,
}

#[derive(PartialEq)]
pub(super) enum Distinction {
    Nothing,
    Steps(number_bucket::Steps),
    Path(Vec<json::Step>, Reading),
    Time(Timed),
    Level(i64),
}

impl<'c> Named<'c> {
    /// Whether it is read from this field of the row at the end of a path, or
    /// is a level of its tree.
    pub fn is_at(&self, path: &[&'c Relation], field: Option<&'c catalog::Field>) -> bool {
        let same = match (self.field, field) {
            (Some(own), Some(field)) => std::ptr::eq(own, field),
            (own, field) => own.is_none() && field.is_none(),
        };
        same && self.path.len() == path.len() && self.leads(path)
    }

    /// Whether its path begins with another, or the other way round.
    pub fn leads(&self, path: &[&'c Relation]) -> bool {
        let mut both = self.path.iter().zip(path);
        both.all(|(own, other)| std::ptr::eq(*own, *other))
    }
}

impl Distinction {
    /// Whether every value is a group of its own.
    pub fn is_value(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Time(timed) => timed.is_value(),
            Self::Steps(_) | Self::Path(..) | Self::Level(_) => false,
        }
    }
}

/// The keys that rows are grouped by, as they are named, each in its place.
#[derive(Default)]
pub(super) struct Keys<'c>(pub Vec<Named<'c>>);

impl<'c> Reader<'c, '_> {
    /// Reads what rows are grouped by.
    pub(super) fn group_keys(
        &mut self,
        grouping: &mut Grouping<'c>,
        input: Input<'_>,
        filter: Option<Input<'_>>,
        parent: Option<&'c Entity>,
    ) -> Result<Keys<'c>, ApiError> {
        let items = input.items();
        if items.is_empty() || items.len() > MOST_KEYS {
            return Err(ApiError::input(format!(
                "Rows are grouped by 1 to {MOST_KEYS} keys; {} are given. Without any, ask for the \
                 statistics of all of them.",
                items.len()
            )));
        }
        // Each combination of the other keys is filled in.
        let combinations = if items.len() > 1 {
            cost::COMBINATIONS
        } else {
            1
        };
        let mut keys = Keys::default();
        for (place, item) in items.into_iter().enumerate() {
            let source = grouping.population.source.clone();
            let (named, key) = self
                .group_key(&source, &mut grouping.population, Vec::new(), item)
                .map_err(|error| error.within(place.to_string()))?;
            let twice = keys.0.iter().any(|known| {
                known.is_at(&named.path, named.field) && known.distinction == named.distinction
            });
            if twice {
                let why = match named.distinction {
                    Distinction::Path(..) => {
                        "What stands at this path is a key already: once for each way to read it."
                    }
                    _ => "This key is given twice; once is enough.",
                };
                return Err(ApiError::input(why).within(place.to_string()));
            }
            if let Distinction::Time(timed) = &named.distinction
                && timed.fills
            {
                if grouping.fill.is_some() {
                    return Err(
                        ApiError::input("Only one key can be filled in.").within(place.to_string())
                    );
                }
                let relations = named.path.iter().map(|relation| relation.name.as_str());
                let field = named.field.map(|field| field.name.as_str());
                let names: Vec<_> = relations.chain(field).collect();
                let told = if grouping.enough.is_some() {
                    Err(fill::small_ones_are_left_out())
                } else {
                    Ok(())
                };
                let mut fill = told
                    .and_then(|()| self.filled(timed, place, &names, filter, parent))
                    .map_err(|error| {
                        let within = names
                            .iter()
                            .rev()
                            .fold(error, |error, name| error.within(*name));
                        within.within(place.to_string())
                    })?;
                fill.groups = fill.groups.saturating_mul(combinations);
                self.charge(fill.groups);
                grouping.fill = Some(fill);
            }
            keys.0.push(named);
            grouping.keys.push(key);
        }
        Ok(keys)
    }

    fn group_key(
        &mut self,
        source: &Source<'c>,
        population: &mut Population<'c>,
        mut path: Vec<&'c Relation>,
        input: Input<'_>,
    ) -> Result<(Named<'c>, GroupKey<'c>), ApiError> {
        self.spend_condition(path.len())?;
        let (name, value) = input.only()?;
        let entity = source.entity();
        let read = if let Some(field) = self.view().counted(entity, name) {
            self.own_key(source, population, field, value)
                .map(|(distinction, key)| {
                    let named = Named {
                        path,
                        field: Some(field),
                        distinction,
                    };
                    (named, key)
                })
        } else if name == tree::AT_LEVEL {
            self.at_level(population, source, value)
                .map(|(level, key)| {
                    let named = Named {
                        path,
                        field: None,
                        distinction: Distinction::Level(level),
                    };
                    (named, key)
                })
        } else {
            let (relation, _) = self
                .view()
                .relation(entity, name)
                .ok_or_else(|| ApiError::internal(&format!("no key {name}")))?;
            let related = self.joined_by_name(population, source, name)?;
            path.push(relation);
            self.across(|reader| reader.group_key(&related, population, path, value))
        };
        read.map_err(|error| error.within(name))
    }

    fn own_key(
        &mut self,
        source: &Source<'c>,
        population: &mut Population<'c>,
        field: &'c catalog::Field,
        input: Input<'_>,
    ) -> Result<(Distinction, GroupKey<'c>), ApiError> {
        let kind = &source.entity().column_of(field).kind;
        let always = population.has_always(source.alias());
        let key = move |scalar: Scalar<'c>, bucket| GroupKey {
            nullable: scalar.nullable() || !always,
            scalar,
            bucket,
        };
        if *kind == Kind::Json {
            let (reading, value) = json::said(input)?;
            let path = json::entry(input, json::PATH)?;
            let steps = json::steps(path)?;
            let scalar = self.json_value(source, field, path, reading)?;
            let bucket = if reading == Reading::Number {
                self.steps(&Kind::Float, value)
                    .map_err(|error| error.within("number"))?
                    .1
            } else {
                Bucket::Value
            };
            return Ok((Distinction::Path(steps, reading), key(scalar, bucket)));
        }
        let scalar = self.scalar(source, field);
        if let Some(kind) = number_bucket::of(kind) {
            let (steps, bucket) = self.steps(&kind, input)?;
            let distinction = steps.map_or(Distinction::Nothing, Distinction::Steps);
            return Ok((distinction, key(scalar, bucket)));
        }
        if time_bucket::has(kind) {
            let (timed, bucket) = self.times(population, &scalar, input)?;
            return Ok((Distinction::Time(timed), key(scalar, bucket)));
        }
        Ok((Distinction::Nothing, key(scalar, Bucket::Value)))
    }
}
