use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Field, InputObject, InputValue, Object, TypeRef};

use super::collect::told_before;
use super::group_by::{Distinction, Keys};
use super::input::Input;
use super::order::DIRECTION;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{json, number_bucket, scalar, statistics, time_bucket, tree};
use crate::catalog::{self, Entity, Kind, Relation, RelationKind};
use crate::error::ApiError;
use crate::plan::{self, Grouping, Member, OrderTerm, Reading, Row, Scalar};

/// The name of the type of what groups have in common in documents.
const DOCUMENT: &str = "JSONGroupKey";

/// The name of the type of what groups of rows of an entity have in common.
fn type_name(entity: &Entity) -> String {
    format!("{}GroupKey", entity.name)
}

/// The name of the type of an order by what groups have in common.
pub(super) fn order_name(entity: &Entity) -> String {
    format!("{}GroupKeyOrder", entity.name)
}

/// What the key of a value of a kind is.
fn kind_name(kind: &Kind) -> String {
    match (number_bucket::of(kind), kind) {
        (Some(number), _) => number_bucket::key_name(&number),
        (None, Kind::Json) => DOCUMENT.to_owned(),
        (None, kind) if time_bucket::has(kind) => time_bucket::key_name(kind),
        (None, kind) => scalar::type_name(kind).to_owned(),
    }
}

/// What is said of keys on the other side of a relation.
pub(super) fn of(relation: &Relation) -> String {
    format!("Of its `{}`, as far as you may see it.", relation.name)
}

/// The type of what groups have in common in documents.
pub(super) fn define_document() -> Object {
    let object =
        Object::new(DOCUMENT).description("What rows of a group have in common within documents.");
    json::READINGS
        .iter()
        .map(|(name, _, kind, what)| {
            answered(*name, TypeRef::named(kind_name(kind)))
                .description(format!("Where it is {what}."))
        })
        .fold(object, Object::field)
}

/// The types of what groups of rows of an entity have in common, and of orders
/// by that.
pub(super) fn define(view: View<'_>, entity: &Entity) -> (Object, InputObject) {
    let rows = entity.plural_words();
    let mut key = Object::new(type_name(entity)).description(format!(
        "What {rows} of a group have in common. Only what they are grouped by can be asked."
    ));
    let mut order = InputObject::new(order_name(entity))
        .description(format!("Something that {rows} are grouped by, to sort by."))
        .oneof();
    for field in view.fields(entity) {
        let kind = &entity.column_of(field).kind;
        let output = if view.nullable(entity, field) {
            TypeRef::named(kind_name(kind))
        } else {
            TypeRef::named_nn(kind_name(kind))
        };
        let output = answered(statistics::name_of(field), output).description(&field.description);
        key = key.field(arguments(kind).into_iter().fold(output, Field::argument));
        order = order.field(
            InputValue::new(statistics::name_of(field), TypeRef::named(DIRECTION))
                .description(&field.description),
        );
    }
    for (relation, target) in view.relations(entity) {
        if relation.kind != RelationKind::ToOne {
            continue;
        }
        let always = view.catalog.always_related(entity, relation, view.role);
        let output = if always {
            TypeRef::named_nn(type_name(target))
        } else {
            TypeRef::named(type_name(target))
        };
        key = key.field(answered(&relation.name, output).description(of(relation)));
        order = order.field(
            InputValue::new(&relation.name, TypeRef::named(order_name(target)))
                .description(of(relation)),
        );
    }
    (
        tree::group_key(view, entity)
            .into_iter()
            .fold(key, Object::field),
        tree::group_order(view, entity)
            .into_iter()
            .fold(order, InputObject::field),
    )
}

/// The arguments of a key that tell it from others of the same field.
fn arguments(kind: &Kind) -> Vec<InputValue> {
    match (number_bucket::of(kind), kind) {
        (Some(number), _) => number_bucket::arguments(&number),
        (None, Kind::Json) => vec![
            InputValue::new(json::PATH, TypeRef::named(TypeRef::STRING))
                .description("Which, where rows are grouped by several paths."),
        ],
        (None, kind) if time_bucket::has(kind) => time_bucket::arguments(kind),
        _ => Vec::new(),
    }
}

/// The field of a group that tells what its rows have in common.
pub(super) fn field(entity: &Entity) -> Field {
    answered("key", TypeRef::named_nn(type_name(entity)))
        .description("What the rows of the group have in common.")
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads what is asked of the keys of a group.
    pub(super) fn key_object(
        &mut self,
        grouping: &mut Grouping<'c>,
        keys: &Keys<'c>,
        fields: &[&'r Selected],
    ) -> Result<plan::Object<'c>, ApiError> {
        let entity = grouping.population.source.entity();
        let mut path = Vec::new();
        self.key_members(grouping, keys, entity, &mut path, fields)
    }

    fn key_members(
        &mut self,
        grouping: &mut Grouping<'c>,
        keys: &Keys<'c>,
        entity: &'c Entity,
        path: &mut Vec<&'c Relation>,
        fields: &[&'r Selected],
    ) -> Result<plan::Object<'c>, ApiError> {
        let mut members = Vec::new();
        let collected = self.collect(fields, &type_name(entity))?;
        let told = told_before(&collected, self.variables());
        for ((key, fields), before) in collected.iter().zip(told) {
            let member = self.under(key, |reader| {
                reader.key_member(grouping, keys, (entity, path), fields, before)
            })?;
            members.push(((*key).to_owned(), member));
        }
        Ok(plan::Object { members })
    }

    fn key_member(
        &mut self,
        grouping: &mut Grouping<'c>,
        keys: &Keys<'c>,
        (entity, path): (&'c Entity, &mut Vec<&'c Relation>),
        fields: &[&'r Selected],
        before: usize,
    ) -> Result<Member<'c>, ApiError> {
        let name = fields[0].name.as_str();
        if name == "__typename" {
            return Ok(Member::Typename(Cow::Owned(type_name(entity))));
        }
        let view = self.view();
        if let Some(field) = view.counted(entity, name) {
            let place = self.place(keys, path, Some(field), fields)?;
            self.spend_bytes(&grouping.keys[place].scalar.content, before);
            return self.key_value(grouping, keys, entity, place, fields);
        }
        if name == tree::AT_LEVEL {
            let place = self.place(keys, path, None, fields)?;
            let source = self.keyed(entity, grouping.alias, place);
            let object = self.per_sample(1, |reader| reader.object(&source, fields))?;
            return Ok(Member::ToOne(Box::new(Row { source, object })));
        }
        let (relation, target) = view
            .relation(entity, name)
            .ok_or_else(|| ApiError::internal(&format!("no key {name}")))?;
        path.push(relation);
        let object = self.key_members(grouping, keys, target, path, fields);
        let guard = keys.guard(view, grouping, path);
        let depth = path.len();
        let always = view.catalog.always_related(entity, relation, view.role);
        path.truncate(depth - 1);
        Ok(Member::Object(object?, guard.filter(|_| !always)))
    }

    /// The place of the key that is asked.
    fn place(
        &self,
        keys: &Keys<'c>,
        path: &[&'c Relation],
        field: Option<&'c catalog::Field>,
        asked: &[&'r Selected],
    ) -> Result<usize, ApiError> {
        let steps = self.asked_steps(asked[0]);
        let time = self.asked_time(asked[0])?;
        let level = self.asked_level(asked[0]);
        let wanted = Input::given(asked[0], json::PATH, self.variables())
            .filter(|path| !path.is_null())
            .map(json::steps)
            .transpose()?;
        let found = keys.0.iter().enumerate().filter(|(_, key)| {
            key.is_at(path, field)
                && match &key.distinction {
                    Distinction::Nothing => steps.is_nothing(),
                    Distinction::Steps(known) => known.is_asked(&steps),
                    Distinction::Path(known, reading) => {
                        wanted.as_ref().is_none_or(|path| path == known)
                            && self.reads(asked, *reading)
                    }
                    Distinction::Time(timed) => timed.is_asked(&time),
                    Distinction::Level(known) => level.is_none_or(|level| level == *known),
                }
        });
        let found: Vec<_> = found.map(|(place, _)| place).collect();
        let name = field.map_or(tree::AT_LEVEL, statistics::name_of);
        let by_value = |place: &&usize| keys.0[**place].distinction.is_value();
        match (found.as_slice(), found.iter().find(by_value)) {
            ([place], _) | (_, Some(place)) => Ok(*place),
            ([], _) if wanted.is_some() => Err(ApiError::input(format!(
                "The rows are not grouped by this {name}, read so. Name its path in `by`, and ask \
                 for each way to read it in a selection of its own."
            ))),
            ([], _) => Err(ApiError::input(format!(
                "The rows are not grouped by this {name}. Name it in `by`."
            ))),
            _ => Err(ApiError::input(format!(
                "The rows are grouped by {name} in several ways. Say which by an argument."
            ))),
        }
    }

    /// Whether a key of documents asks for this way to read them.
    fn reads(&self, asked: &[&'r Selected], reading: Reading) -> bool {
        self.gather(asked, DOCUMENT)
            .collected
            .iter()
            .map(|(_, fields)| fields[0].name.as_str())
            .all(|name| name == "__typename" || json::reading(name) == reading)
    }

    fn key_value(
        &mut self,
        grouping: &mut Grouping<'c>,
        keys: &Keys<'c>,
        entity: &'c Entity,
        place: usize,
        fields: &[&'r Selected],
    ) -> Result<Member<'c>, ApiError> {
        let value = grouping.key(place);
        match &keys.0[place].distinction {
            Distinction::Path(..) => {
                let mut members = Vec::new();
                for (key, fields) in self.collect(fields, DOCUMENT)? {
                    let member = self.under(key, |reader| match fields[0].name.as_str() {
                        "__typename" => Ok(Member::Typename(Cow::Borrowed(DOCUMENT))),
                        "number" => reader.number_key(&Kind::Float, grouping, place, &fields),
                        _ => Ok(Member::Scalar(value.clone())),
                    })?;
                    members.push((key.to_owned(), member));
                }
                Ok(Member::Object(plan::Object { members }, Some(value)))
            }
            Distinction::Time(timed) => self.time_key(grouping, place, timed, fields),
            Distinction::Nothing | Distinction::Steps(_) | Distinction::Level(_) => {
                Ok(match number_bucket::of(value.kind()) {
                    Some(kind) => self.number_key(&kind, grouping, place, fields)?,
                    None if keys.0[place]
                        .field
                        .is_some_and(|field| entity.is_key(field)) =>
                    {
                        Member::GlobalId(entity.id_prefix(), value)
                    }
                    None => Member::Scalar(value),
                })
            }
        }
    }

    /// Reads an order by a key.
    pub(super) fn key_order(
        &mut self,
        grouping: &Grouping<'c>,
        keys: &Keys<'c>,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        let entity = grouping.population.source.entity();
        let mut path = Vec::new();
        self.key_term(grouping, keys, entity, &mut path, input)
    }

    fn key_term(
        &mut self,
        grouping: &Grouping<'c>,
        keys: &Keys<'c>,
        entity: &'c Entity,
        path: &mut Vec<&'c Relation>,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        let (name, value) = input.only()?;
        let view = self.view();
        let field = view.counted(entity, name);
        let term = if field.is_some() || name == tree::AT_LEVEL {
            let mut places = (0..keys.0.len()).filter(|place| keys.0[*place].is_at(path, field));
            match (places.next(), places.next()) {
                (Some(place), None) => Self::term(grouping.key(place), value),
                (None, _) => Err(ApiError::input(
                    "The rows are not grouped by this. Name it in `by`.",
                )),
                (Some(_), Some(_)) => Err(ApiError::input(
                    "The rows are grouped by this in several ways, which decide in the order of \
                     `by` where nothing else does. Leave it out here.",
                )),
            }
        } else {
            let (relation, target) = view
                .relation(entity, name)
                .ok_or_else(|| ApiError::internal(&format!("no key {name}")))?;
            path.push(relation);
            self.key_term(grouping, keys, target, path, value)
        };
        term.map_err(|error| error.within(name))
    }
}

impl<'c> Keys<'c> {
    /// A key that is null only where there is no row at the end of `path`.
    fn guard(
        &self,
        view: View<'c>,
        grouping: &Grouping<'c>,
        path: &[&'c Relation],
    ) -> Option<Scalar<'c>> {
        let place = self.0.iter().position(|key| {
            key.path.len() >= path.len() && key.leads(path) && {
                let mut entity = grouping.population.source.entity();
                let mut always = true;
                for (depth, relation) in key.path.iter().enumerate() {
                    always &= depth < path.len()
                        || view.catalog.always_related(entity, relation, view.role);
                    entity = view.catalog.entity(relation.target);
                }
                let in_document = matches!(key.distinction, Distinction::Path(..));
                let nullable = key.field.is_none_or(|field| view.nullable(entity, field));
                always && !in_document && !nullable
            }
        })?;
        Some(grouping.key(place))
    }
}
