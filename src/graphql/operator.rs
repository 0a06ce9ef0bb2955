use async_graphql::dynamic::{InputObject, InputValue, SchemaBuilder, TypeRef};

use super::input::Input;
use super::scalar;
use super::selection::Reader;
use super::view::View;
use crate::catalog::{Entity, Kind};
use crate::error::ApiError;
use crate::plan::{Comparison, Match, Predicate, Scalar, Value};

/// The longest text, in characters, that is looked for whatever its case. It
/// becomes a pattern of several times its length.
const LONGEST_CASELESS: usize = 200;

/// The name of the type that holds the operators on a kind of value.
pub(super) fn type_name(kind: &Kind) -> String {
    format!("{}Filter", scalar::type_name(kind))
}

/// Adds the operators on each kind of value that the role's filters use.
pub(super) fn define(view: View<'_>, mut builder: SchemaBuilder) -> SchemaBuilder {
    let mut defined = Vec::new();
    let mut add = |builder: SchemaBuilder, kind: &Kind| {
        let name = type_name(kind);
        if defined.contains(&name) {
            return builder;
        }
        let builder = builder.register(operators(&name, kind));
        defined.push(name);
        builder
    };
    for kind in [Kind::BigInt, Kind::Float] {
        // What statistics are.
        builder = add(builder, &kind);
    }
    for entity in view.entities() {
        for field in view.fields(entity) {
            match &entity.column_of(field).kind {
                // What stands in a document is compared as one of these.
                Kind::Json => {
                    for kind in [Kind::Float, Kind::Text, Kind::Boolean] {
                        builder = add(builder, &kind);
                    }
                }
                kind => builder = add(builder, kind),
            }
        }
    }
    builder
}

fn operators(name: &str, kind: &Kind) -> InputObject {
    let operand = scalar::type_name(kind);
    let object = InputObject::new(name).description(format!(
        "Conditions on a value of type {operand}; all that are given must be met."
    ));
    define_on(object, kind)
}

/// Adds the operators on a kind of value to an input object.
pub(super) fn define_on(object: InputObject, kind: &Kind) -> InputObject {
    let operand = scalar::type_name(kind);
    let one = || TypeRef::named(operand);
    let many = || TypeRef::named_nn_list(operand);
    let mut object = object
        .field(InputValue::new("eq", one()).description("Equal to this."))
        .field(InputValue::new("ne", one()).description("Not equal to this; null is not equal."))
        .field(
            InputValue::new("in", many())
                .description("Equal to one of these. An empty list is met by none."),
        )
        .field(
            InputValue::new("notIn", many())
                .description("Equal to none of these; null is not equal."),
        )
        .field(
            InputValue::new("isNull", TypeRef::named(TypeRef::BOOLEAN))
                .description("Whether the value is null."),
        );
    if !matches!(kind, Kind::Uuid | Kind::Boolean | Kind::Enum(_)) {
        object = object
            .field(InputValue::new("lt", one()).description("Less than this."))
            .field(InputValue::new("lte", one()).description("Less than this, or equal."))
            .field(InputValue::new("gt", one()).description("Greater than this."))
            .field(InputValue::new("gte", one()).description("Greater than this, or equal."));
    }
    if *kind == Kind::Text {
        for (name, description) in TEXT_OPERATORS {
            object = object.field(InputValue::new(name, one()).description(description));
        }
    }
    object
}

/// The operators that only texts have. No character of the text that is given
/// is special.
const TEXT_OPERATORS: [(&str, &str); 8] = [
    (
        "contains",
        "Has this text in it, letter by letter; case counts.",
    ),
    ("startsWith", "Begins with this text; case counts."),
    ("endsWith", "Ends with this text; case counts."),
    (
        "eqIgnoreCase",
        "Equal to this, whatever the case of the letters.",
    ),
    (
        "neIgnoreCase",
        "Not equal to this, whatever the case of the letters; null is not equal.",
    ),
    (
        "containsIgnoreCase",
        "Has this text in it, whatever the case of the letters.",
    ),
    (
        "startsWithIgnoreCase",
        "Begins with this text, whatever the case of the letters.",
    ),
    (
        "endsWithIgnoreCase",
        "Ends with this text, whatever the case of the letters.",
    ),
];

impl<'c> Reader<'c, '_> {
    /// Reads the operators on a value of the rows of `entity`.
    pub(super) fn value_conditions(
        &mut self,
        entity: &'c Entity,
        scalar: &Scalar<'c>,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input(
                "Null is no condition. Leave it out, or use isNull.",
            ));
        }
        let mut conditions = Vec::new();
        for (operator, value) in input.entries() {
            self.spend_condition(0)?;
            let condition = self
                .value_condition(entity, scalar.clone(), operator, value)
                .map_err(|error| error.within(operator))?;
            conditions.push(condition);
        }
        Ok(Predicate::all(conditions))
    }

    /// Reads one operator on a value of the rows of `entity`.
    pub(super) fn value_condition(
        &mut self,
        entity: &'c Entity,
        scalar: Scalar<'c>,
        operator: &str,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        let comparison = match operator {
            "eq" | "ne" => Some(Comparison::Equal),
            "lt" => Some(Comparison::Less),
            "lte" => Some(Comparison::LessOrEqual),
            "gt" => Some(Comparison::Greater),
            "gte" => Some(Comparison::GreaterOrEqual),
            _ => None,
        };
        if let Some(comparison) = comparison {
            let value = scalar::operand(self.limits(), self.view(), entity, scalar.kind(), input)?;
            let param = self.bind(value);
            let condition = Predicate::Compare(scalar, comparison, param);
            return Ok(if operator == "ne" {
                condition.negate()
            } else {
                condition
            });
        }
        match operator {
            "in" => self.membership(entity, scalar, input),
            "notIn" => self
                .membership(entity, scalar, input)
                .map(Predicate::negate),
            "isNull" => {
                let is_null = Predicate::IsNull(scalar);
                match input.boolean() {
                    Some(true) => Ok(is_null),
                    Some(false) => Ok(is_null.negate()),
                    None => Err(ApiError::input(
                        "Expected true or false; leave it out otherwise.",
                    )),
                }
            }
            "contains" => self.matches(scalar, Match::Contains, input),
            "startsWith" => self.matches(scalar, Match::StartsWith, input),
            "endsWith" => self.matches(scalar, Match::EndsWith, input),
            "eqIgnoreCase" => self.matches_caseless(scalar, Match::Whole, input),
            "neIgnoreCase" => self
                .matches_caseless(scalar, Match::Whole, input)
                .map(Predicate::negate),
            "containsIgnoreCase" => self.matches_caseless(scalar, Match::Contains, input),
            "startsWithIgnoreCase" => self.matches_caseless(scalar, Match::StartsWith, input),
            "endsWithIgnoreCase" => self.matches_caseless(scalar, Match::EndsWith, input),
            other => Err(ApiError::internal(&format!("no operator {other}"))),
        }
    }

    fn matches(
        &mut self,
        scalar: Scalar<'c>,
        place: Match,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        let text = self.text(input)?;
        if text.is_empty() {
            // Every text has the empty one in it.
            return Ok(Predicate::IsNull(scalar).negate());
        }
        let text = Value::Text(text);
        let param = self.bind(text);
        Ok(Predicate::Matches(scalar, place, param))
    }

    fn matches_caseless(
        &mut self,
        scalar: Scalar<'c>,
        place: Match,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        let text = self.text(input)?;
        if text.chars().count() > LONGEST_CASELESS {
            return Err(ApiError::input(format!(
                "A text that is looked for whatever its case has at most {LONGEST_CASELESS} \
                 characters."
            )));
        }
        if text.is_empty() && place != Match::Whole {
            return Ok(Predicate::IsNull(scalar).negate());
        }
        self.spend_patterns(1)?;
        let text = Value::Caseless(place, text);
        let param = self.bind(text);
        Ok(Predicate::MatchesCaseless(scalar, param))
    }

    fn text(&self, input: Input<'_>) -> Result<String, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no text. Leave this out."));
        }
        scalar::text(self.limits(), input)
    }

    fn membership(
        &mut self,
        entity: &'c Entity,
        scalar: Scalar<'c>,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no list. Leave this out."));
        }
        let items = input.items();
        self.spend_items(items.len())?;
        let kind = scalar.kind().clone();
        let values = items
            .into_iter()
            .enumerate()
            .map(|(place, item)| {
                scalar::operand(self.limits(), self.view(), entity, &kind, item)
                    .map_err(|error| error.within(place.to_string()))
            })
            .collect::<Result<Vec<_>, _>>()?;
        if values.is_empty() {
            return Ok(Predicate::False);
        }
        let list = Value::List(kind, values);
        let param = self.bind(list);
        Ok(Predicate::In(scalar, param))
    }
}
