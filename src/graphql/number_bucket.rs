use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{InputObject, InputValue, Object, TypeRef};

use super::input::Input;
use super::scalar;
use super::schema::answered;
use super::selection::Reader;
use crate::catalog::Kind;
use crate::error::ApiError;
use crate::plan::{self, Bucket, Grouping, Member, Value};

/// The kinds of numbers that have buckets.
pub(super) const KINDS: [Kind; 2] = [Kind::BigInt, Kind::Float];

const WIDTH: &str = "width";
const ORIGIN: &str = "origin";

/// The kind of number that a key of this kind is, if it is one.
pub(super) fn of(kind: &Kind) -> Option<Kind> {
    match kind {
        Kind::Int | Kind::BigInt => Some(Kind::BigInt),
        Kind::Float => Some(Kind::Float),
        _ => None,
    }
}

/// The name of the type of how numbers are grouped.
pub(super) fn by_name(kind: &Kind) -> String {
    format!("{}GroupBy", scalar::type_name(kind))
}

/// The name of the type of what numbers of a group have in common.
pub(super) fn key_name(kind: &Kind) -> String {
    format!("{}GroupKey", scalar::type_name(kind))
}

/// How numbers are grouped.
pub(super) fn define_by(kind: &Kind) -> InputObject {
    let ty = scalar::type_name(kind);
    InputObject::new(by_name(kind))
        .description(
            "How rows are grouped by a number: every number a group of its own, or, with a width, \
             those within steps of it.",
        )
        .field(
            InputValue::new(WIDTH, TypeRef::named(ty))
                .description("How wide a step is; more than 0."),
        )
        .field(
            InputValue::new(ORIGIN, TypeRef::named(ty))
                .description("Where one of the steps begins; 0 unless said."),
        )
}

/// What numbers of a group have in common.
pub(super) fn define_key(kind: &Kind) -> Object {
    let ty = scalar::type_name(kind);
    Object::new(key_name(kind))
        .description("A number that rows of a group have in common, or a step they are in.")
        .field(
            answered("value", TypeRef::named(ty))
                .description("The number, where every number is a group of its own."),
        )
        .field(
            answered("start", TypeRef::named(ty))
                .description("Where the step begins, with groups by steps."),
        )
        .field(
            answered("end", TypeRef::named(ty))
                .description("Where the next step begins, which is no longer part of this one."),
        )
}

/// The arguments of a key that tell it from others of the same field.
pub(super) fn arguments(kind: &Kind) -> Vec<InputValue> {
    let ty = scalar::type_name(kind);
    vec![
        InputValue::new(WIDTH, TypeRef::named(ty))
            .description("Which, where rows are grouped by steps of several widths."),
        InputValue::new(ORIGIN, TypeRef::named(ty))
            .description("Which, where rows are grouped by steps of several origins."),
    ]
}

/// The steps that numbers are grouped by, as they were said.
#[derive(PartialEq)]
pub(super) struct Steps {
    width: f64,
    origin: f64,
}

impl Steps {
    /// Whether a key that is asked with these arguments may be this one.
    #[expect(clippy::float_cmp, reason = "written twice by the same client")]
    pub fn is_asked(&self, asked: &Asked) -> bool {
        asked.width.is_none_or(|width| width == self.width)
            && asked.origin.is_none_or(|origin| origin == self.origin)
    }
}

/// The arguments that a key of numbers is asked with.
pub(super) struct Asked {
    width: Option<f64>,
    origin: Option<f64>,
}

impl Asked {
    /// Whether any value may be meant.
    pub fn is_nothing(&self) -> bool {
        self.width.is_none() && self.origin.is_none()
    }
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads how numbers are grouped, and by which steps.
    pub(super) fn steps(
        &mut self,
        kind: &Kind,
        input: Input<'_>,
    ) -> Result<(Option<Steps>, Bucket), ApiError> {
        let given = |name| input.entry(name);
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
        let steps = Steps {
            width: wide,
            origin,
        };
        Ok((Some(steps), bucket))
    }

    /// Reads the arguments that a key of numbers is asked with.
    pub(super) fn asked_steps(&self, asked: &Selected) -> Asked {
        let given = |name| Input::given(asked, name, self.variables()).and_then(Input::float);
        Asked {
            width: given(WIDTH),
            origin: given(ORIGIN),
        }
    }

    /// Reads what is asked of a number that is a key.
    pub(super) fn number_key(
        &mut self,
        kind: &Kind,
        grouping: &mut Grouping<'c>,
        place: usize,
        fields: &[&'r Selected],
    ) -> Result<Member<'c>, ApiError> {
        let type_name = key_name(kind);
        let value = grouping.key(place);
        let in_steps = matches!(grouping.keys[place].bucket, Bucket::Steps { .. });
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &type_name)? {
            let member = match fields[0].name.as_str() {
                "__typename" => Member::Typename(Cow::Owned(type_name.clone())),
                "value" if !in_steps => Member::Scalar(value.clone()),
                "start" if in_steps => Member::Scalar(value.clone()),
                "end" if in_steps => Member::Scalar(grouping.end(place, None)),
                _ => Member::Null,
            };
            members.push((key.to_owned(), member));
        }
        let guard = value.nullable().then_some(value);
        Ok(Member::Object(plan::Object { members }, guard))
    }
}
