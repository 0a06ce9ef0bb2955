use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Enum, EnumItem, Field, InputObject, InputValue, Object, TypeRef};

use super::input::Input;
use super::order::DIRECTION;
use super::schema::answered;
use super::selection::Reader;
use super::view::View;
use super::{json, scalar};
use crate::catalog::{self, Entity, Kind, Relation, RelationKind};
use crate::error::ApiError;
use crate::plan::{
    self, Bucket, Content, GroupKey, Grouping, Member, OrderTerm, Population, Reading, Scalar,
    Source, Value,
};

/// The most keys that rows are grouped by.
const MOST_KEYS: usize = 8;

/// The name of the enum that asks for a group of every value.
const BY_VALUE: &str = "GroupBy";
const VALUE: &str = "VALUE";
/// The name of the type of groups by what stands in documents.
const BY_DOCUMENT: &str = "JSONGroupBy";
/// The name of the type of what groups have in common in documents.
const DOCUMENT_KEY: &str = "JSONGroupKey";
const WIDTH: &str = "width";
const ORIGIN: &str = "origin";

/// The name of the type of what rows of an entity are grouped by.
pub(super) fn by_name(entity: &Entity) -> String {
    format!("{}GroupBy", entity.name)
}

/// The name of the type of what groups of rows of an entity have in common.
pub(super) fn key_name(entity: &Entity) -> String {
    format!("{}GroupKey", entity.name)
}

/// The name of the type of an order by what groups have in common.
pub(super) fn order_name(entity: &Entity) -> String {
    format!("{}GroupKeyOrder", entity.name)
}

/// The kind of number that a key of this kind is, if it is one.
fn number(kind: &Kind) -> Option<Kind> {
    match kind {
        Kind::Int | Kind::BigInt => Some(Kind::BigInt),
        Kind::Float => Some(Kind::Float),
        _ => None,
    }
}

fn steps_name(kind: &Kind) -> String {
    format!("{}GroupBy", scalar::type_name(kind))
}

fn number_key_name(kind: &Kind) -> String {
    format!("{}GroupKey", scalar::type_name(kind))
}

/// What a value of a kind is grouped by, and the key that this gives.
fn types(kind: &Kind) -> (String, String) {
    match number(kind) {
        Some(kind) => (steps_name(&kind), number_key_name(&kind)),
        None if *kind == Kind::Json => (BY_DOCUMENT.to_owned(), DOCUMENT_KEY.to_owned()),
        None => (BY_VALUE.to_owned(), scalar::type_name(kind).to_owned()),
    }
}

/// The enum that asks for a group of every value.
pub(super) fn define_by_value() -> Enum {
    Enum::new(BY_VALUE)
        .description("How rows are grouped by a value.")
        .item(EnumItem::new(VALUE).description("Every value is a group of its own, null as well."))
}

/// The types of groups by kinds of values.
pub(super) fn define_kinds(view: View<'_>) -> (Vec<InputObject>, Vec<Object>) {
    let mut inputs = Vec::new();
    let mut objects = Vec::new();
    for kind in [Kind::BigInt, Kind::Float] {
        let ty = scalar::type_name(&kind);
        inputs.push(
            InputObject::new(steps_name(&kind))
                .description(
                    "How rows are grouped by a number: every number a group of its own, or, with a \
                     width, those within steps of it.",
                )
                .field(
                    InputValue::new(WIDTH, TypeRef::named(ty))
                        .description("How wide a step is; more than 0."),
                )
                .field(
                    InputValue::new(ORIGIN, TypeRef::named(ty))
                        .description("Where one of the steps begins; 0 unless said."),
                ),
        );
        objects.push(
            Object::new(number_key_name(&kind))
                .description("A number that rows of a group have in common, or a step they are in.")
                .field(
                    answered("value", TypeRef::named(ty))
                        .description("The number, where every number is a group of its own."),
                )
                .field(
                    answered("start", TypeRef::named(ty))
                        .description("Where the step begins, with groups by steps."),
                )
                .field(answered("end", TypeRef::named(ty)).description(
                    "Where the next step begins, which is no longer part of this one.",
                )),
        );
    }
    if view.has_json() {
        let mut input = InputObject::new(BY_DOCUMENT)
            .description(
                "How rows are grouped by what stands at a path within documents: as numbers, texts \
                 or truth values, exactly one of which is said. What is of another type, or is not \
                 there, counts as null.",
            )
            .field(json::path_input());
        let mut object = Object::new(DOCUMENT_KEY)
            .description("What rows of a group have in common within documents.");
        for (name, _, kind, what) in json::READINGS {
            let (by, key) = types(&kind);
            input = input.field(
                InputValue::new(name, TypeRef::named(by)).description(format!("As {what}.")),
            );
            object = object.field(
                answered(name, TypeRef::named(key)).description(format!("Where it is {what}.")),
            );
        }
        inputs.push(input);
        objects.push(object);
    }
    (inputs, objects)
}

/// The types of an entity: what its rows are grouped by, what its groups have
/// in common, and orders by that.
pub(super) fn define(view: View<'_>, entity: &Entity) -> (InputObject, Object, InputObject) {
    let rows = entity.plural_words();
    let mut by = InputObject::new(by_name(entity))
        .description(format!("Something that {rows} are grouped by."))
        .oneof();
    let mut key = Object::new(key_name(entity)).description(format!(
        "What {rows} of a group have in common. Only what they are grouped by can be asked."
    ));
    let mut order = InputObject::new(order_name(entity))
        .description(format!("Something that {rows} are grouped by, to sort by."))
        .oneof();
    for field in view.fields(entity) {
        let kind = &entity.column_of(field).kind;
        let (input, output) = types(kind);
        by = by.field(
            InputValue::new(&field.name, TypeRef::named(input)).description(&field.description),
        );
        let output = if view.nullable(entity, field) {
            TypeRef::named(output)
        } else {
            TypeRef::named_nn(output)
        };
        let mut output = answered(&field.name, output).description(&field.description);
        if let Some(argument) = distinguishing(kind) {
            output = output.argument(argument);
        }
        key = key.field(output);
        order = order.field(
            InputValue::new(&field.name, TypeRef::named(DIRECTION)).description(&field.description),
        );
    }
    for (relation, target) in view.relations(entity) {
        if relation.kind != RelationKind::ToOne {
            continue;
        }
        let always = view.catalog.always_related(entity, relation, view.role);
        let output = if always {
            TypeRef::named_nn(key_name(target))
        } else {
            TypeRef::named(key_name(target))
        };
        let of = format!("Of its `{}`, as far as you may see it.", relation.name);
        by = by.field(
            InputValue::new(&relation.name, TypeRef::named(by_name(target))).description(&of),
        );
        key = key.field(answered(&relation.name, output).description(&of));
        order = order.field(
            InputValue::new(&relation.name, TypeRef::named(order_name(target))).description(&of),
        );
    }
    (by, key, order)
}

/// The argument of a key that tells it from another of the same field.
fn distinguishing(kind: &Kind) -> Option<InputValue> {
    match number(kind) {
        Some(kind) => Some(
            InputValue::new(WIDTH, TypeRef::named(scalar::type_name(&kind)))
                .description("Which, where rows are grouped by steps of several widths."),
        ),
        None if *kind == Kind::Json => Some(
            InputValue::new(json::PATH, TypeRef::named(TypeRef::STRING))
                .description("Which, where rows are grouped by several paths."),
        ),
        None => None,
    }
}

/// A key that rows are grouped by, as it is named.
struct Named<'c> {
    /// The relations that lead to the row that it is read from.
    path: Vec<&'c Relation>,
    field: &'c catalog::Field,
    /// What tells it from others of the same field.
    distinction: Distinction,
}

#[derive(PartialEq)]
enum Distinction {
    Nothing,
    Width(f64),
    Path(String, Reading),
}

/// The keys that rows are grouped by, as they are named, each in its place.
#[derive(Default)]
pub(super) struct Keys<'c>(Vec<Named<'c>>);

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads what rows are grouped by.
    pub(super) fn group_keys(
        &mut self,
        grouping: &mut Grouping<'c>,
        input: Input<'_>,
    ) -> Result<Keys<'c>, ApiError> {
        let items = input.items();
        if items.is_empty() || items.len() > MOST_KEYS {
            return Err(ApiError::input(format!(
                "Rows are grouped by 1 to {MOST_KEYS} keys; {} are given. Without any, ask for the \
                 statistics of all of them.",
                items.len()
            )));
        }
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
                return Err(ApiError::input("This key is given twice; once is enough.")
                    .within(place.to_string()));
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
        let read = if let Some(field) = self.view().field(entity, name) {
            self.own_key(source, population, field, value)
                .map(|(distinction, key)| {
                    let named = Named {
                        path,
                        field,
                        distinction,
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
        population: &Population<'c>,
        field: &'c catalog::Field,
        input: Input<'_>,
    ) -> Result<(Distinction, GroupKey<'c>), ApiError> {
        let kind = &source.entity().column_of(field).kind;
        let always = population.has_always(source.alias());
        let key = |scalar: Scalar<'c>, bucket| GroupKey {
            nullable: scalar.nullable() || !always,
            scalar,
            bucket,
        };
        if *kind == Kind::Json {
            let (reading, value) = json::said(input)?;
            let path = json::entry(input, json::PATH)?;
            let text = path.text().unwrap_or_default().to_owned();
            let scalar = self.json_value(source, field, path, reading)?;
            let bucket = if reading == Reading::Number {
                self.steps(&Kind::Float, value)
                    .map_err(|error| error.within("number"))?
                    .1
            } else {
                Bucket::Value
            };
            return Ok((Distinction::Path(text, reading), key(scalar, bucket)));
        }
        let scalar = self.scalar(source, field);
        Ok(match number(kind) {
            Some(kind) => {
                let (width, bucket) = self.steps(&kind, input)?;
                let distinction = width.map_or(Distinction::Nothing, Distinction::Width);
                (distinction, key(scalar, bucket))
            }
            None => (Distinction::Nothing, key(scalar, Bucket::Value)),
        })
    }

    /// Reads how numbers are grouped, and how wide the steps are.
    fn steps(&mut self, kind: &Kind, input: Input<'_>) -> Result<(Option<f64>, Bucket), ApiError> {
        let entries = input.entries();
        let given = |name| {
            let mut entries = entries.iter();
            entries
                .find_map(|(known, value)| (*known == name && !value.is_null()).then_some(*value))
        };
        let Some(width) = given(WIDTH) else {
            return match given(ORIGIN) {
                None => Ok((None, Bucket::Value)),
                Some(_) => Err(ApiError::input(
                    "An origin is that of steps. Give their width as well.",
                )
                .within(ORIGIN)),
            };
        };
        let (wide, origin) = (width.float(), given(ORIGIN).map(Input::float));
        let wide = wide
            .filter(|width| (1e-9..=1e15).contains(width))
            .ok_or_else(|| {
                ApiError::input("A step is as wide as a number from 1e-9 to 1e15.").within(WIDTH)
            })?;
        let origin = match origin {
            None => 0.0,
            Some(origin) => origin
                .filter(|origin| origin.abs() <= 1e15)
                .ok_or_else(|| {
                    ApiError::input("An origin is between -1e15 and 1e15.").within(ORIGIN)
                })?,
        };
        let text = format!(" in steps of {wide} from {origin}");
        let mut bind = |input: Option<Input<'_>>, number: f64| {
            let value = match (kind, input) {
                (Kind::Float, _) => Value::Float(number),
                (_, Some(input)) => Value::Int(input.integer().ok_or_else(|| {
                    ApiError::input("Steps of integers are as wide as an integer.")
                })?),
                (_, None) => Value::Int(0),
            };
            Ok::<_, ApiError>(self.bind(value))
        };
        let bucket = Bucket::Steps {
            width: bind(Some(width), wide)?,
            origin: bind(given(ORIGIN), origin)?,
            text,
        };
        Ok((Some(wide), bucket))
    }

    /// Reads what is asked of the keys of a group.
    pub(super) fn key_object(
        &mut self,
        grouping: &Grouping<'c>,
        keys: &Keys<'c>,
        fields: &[&'r Selected],
    ) -> Result<plan::Object<'c>, ApiError> {
        let entity = grouping.population.source.entity();
        let mut path = Vec::new();
        self.key_members(grouping, keys, entity, &mut path, fields)
    }

    fn key_members(
        &mut self,
        grouping: &Grouping<'c>,
        keys: &Keys<'c>,
        entity: &'c Entity,
        path: &mut Vec<&'c Relation>,
        fields: &[&'r Selected],
    ) -> Result<plan::Object<'c>, ApiError> {
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &key_name(entity))? {
            let member = self.under(key, |reader| {
                reader.key_member(grouping, keys, entity, path, &fields)
            })?;
            members.push((key.to_owned(), member));
        }
        Ok(plan::Object { members })
    }

    fn key_member(
        &mut self,
        grouping: &Grouping<'c>,
        keys: &Keys<'c>,
        entity: &'c Entity,
        path: &mut Vec<&'c Relation>,
        fields: &[&'r Selected],
    ) -> Result<Member<'c>, ApiError> {
        let name = fields[0].name.as_str();
        if name == "__typename" {
            return Ok(Member::Typename(Cow::Owned(key_name(entity))));
        }
        let view = self.view();
        if let Some(field) = view.field(entity, name) {
            let place = self.place(keys, path, field, fields)?;
            return self.key_value(grouping, keys, entity, place, fields);
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
        field: &'c catalog::Field,
        asked: &[&'r Selected],
    ) -> Result<usize, ApiError> {
        let variables = self.variables();
        let width = Input::given(asked[0], WIDTH, variables).and_then(Input::float);
        let wanted = Input::given(asked[0], json::PATH, variables).and_then(Input::text);
        let found = keys.0.iter().enumerate().filter(|(_, key)| {
            key.is_at(path, field)
                && match &key.distinction {
                    Distinction::Nothing => width.is_none(),
                    #[expect(clippy::float_cmp, reason = "written twice by the same client")]
                    Distinction::Width(known) => width.is_none_or(|width| width == *known),
                    Distinction::Path(known, reading) => {
                        wanted.is_none_or(|path| path == known) && self.reads(asked, *reading)
                    }
                }
        });
        let found: Vec<_> = found.map(|(place, _)| place).collect();
        let by_value = |place: &&usize| keys.0[**place].distinction == Distinction::Nothing;
        match (found.as_slice(), found.iter().find(by_value)) {
            ([place], _) | (_, Some(place)) => Ok(*place),
            ([], _) => Err(ApiError::input(format!(
                "The rows are not grouped by this {}. Name it in `by`.",
                field.name
            ))),
            _ => Err(ApiError::input(format!(
                "The rows are grouped by {} in several ways. Say which by an argument.",
                field.name
            ))),
        }
    }

    /// Whether a key of documents asks for this way to read them.
    fn reads(&self, asked: &[&'r Selected], reading: Reading) -> bool {
        self.gather(asked, DOCUMENT_KEY)
            .collected
            .iter()
            .map(|(_, fields)| fields[0].name.as_str())
            .all(|name| name == "__typename" || json::reading(name) == reading)
    }

    fn key_value(
        &mut self,
        grouping: &Grouping<'c>,
        keys: &Keys<'c>,
        entity: &'c Entity,
        place: usize,
        fields: &[&'r Selected],
    ) -> Result<Member<'c>, ApiError> {
        let value = grouping.key(place);
        let bucket = &grouping.keys[place].bucket;
        if let Distinction::Path(..) = keys.0[place].distinction {
            let mut members = Vec::new();
            for (key, fields) in self.collect(fields, DOCUMENT_KEY)? {
                let member = self.under(key, |reader| match fields[0].name.as_str() {
                    "__typename" => Ok(Member::Typename(Cow::Borrowed(DOCUMENT_KEY))),
                    "number" => reader.number_key(&Kind::Float, &value, bucket, &fields),
                    _ => Ok(Member::Scalar(value.clone())),
                })?;
                members.push((key.to_owned(), member));
            }
            return Ok(Member::Object(plan::Object { members }, Some(value)));
        }
        Ok(match number(value.kind()) {
            Some(kind) => self.number_key(&kind, &value, bucket, fields)?,
            None if entity.is_key(keys.0[place].field) => {
                Member::GlobalId(entity.id_prefix(), value)
            }
            None => Member::Scalar(value),
        })
    }

    fn number_key(
        &mut self,
        kind: &Kind,
        value: &Scalar<'c>,
        bucket: &Bucket,
        fields: &[&'r Selected],
    ) -> Result<Member<'c>, ApiError> {
        let type_name = number_key_name(kind);
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &type_name)? {
            let member = match (fields[0].name.as_str(), bucket) {
                ("__typename", _) => Member::Typename(Cow::Owned(type_name.clone())),
                ("value", Bucket::Value) | ("start", Bucket::Steps { .. }) => {
                    Member::Scalar(value.clone())
                }
                ("end", Bucket::Steps { width, .. }) => {
                    let mut end = value.clone();
                    if let Content::Output(output) = &mut end.content {
                        output.plus = Some(*width);
                    }
                    Member::Scalar(end)
                }
                _ => Member::Null,
            };
            members.push((key.to_owned(), member));
        }
        let guard = value.nullable().then(|| value.clone());
        Ok(Member::Object(plan::Object { members }, guard))
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
        let term = if let Some(field) = view.field(entity, name) {
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

impl<'c> Named<'c> {
    fn is_at(&self, path: &[&'c Relation], field: &'c catalog::Field) -> bool {
        std::ptr::eq(self.field, field)
            && self.path.len() == path.len()
            && self
                .path
                .iter()
                .zip(path)
                .all(|(own, other)| std::ptr::eq(*own, *other))
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
            let leads_here = key.path.len() >= path.len()
                && key
                    .path
                    .iter()
                    .zip(path)
                    .all(|(own, other)| std::ptr::eq(*own, *other));
            leads_here && {
                let mut entity = grouping.population.source.entity();
                let mut always = true;
                for (depth, relation) in key.path.iter().enumerate() {
                    always &= depth < path.len()
                        || view.catalog.always_related(entity, relation, view.role);
                    entity = view.catalog.entity(relation.target);
                }
                always && key.distinction_is_never_null() && !view.nullable(entity, key.field)
            }
        })?;
        Some(grouping.key(place))
    }
}

impl Named<'_> {
    fn distinction_is_never_null(&self) -> bool {
        !matches!(self.distinction, Distinction::Path(..))
    }
}

/// The fields of a key that a group has.
#[must_use]
pub(super) fn field(entity: &Entity) -> Field {
    answered("key", TypeRef::named_nn(key_name(entity)))
        .description("What the rows of the group have in common.")
}
