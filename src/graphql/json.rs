use apollo_compiler::executable::Field as Selected;
use apollo_compiler::response::JsonMap;
use async_graphql::dynamic::{InputObject, InputValue, TypeRef};

use super::cost;
use super::input::Input;
use super::order::DIRECTION;
use super::selection::Reader;
use super::{operator, scalar};
use crate::catalog::{Field, Kind};
use crate::error::ApiError;
use crate::plan::{Comparison, JsonPath, OrderTerm, Predicate, Reading, Scalar, Source, Value};

/// The name of the type of a condition on what stands in a document.
pub(super) const FILTER: &str = "JSONFilter";
/// The name of the type of an order by what stands in a document.
pub(super) const ORDER: &str = "JSONOrder";
/// The argument of a field that says which part of a document is meant.
pub(super) const PATH: &str = "path";

/// The most steps of a path. `MariaDB` reads no deeper than 32.
const MOST_STEPS: usize = 16;
/// The longest name of a step, in bytes.
const LONGEST_NAME: usize = 128;
/// How many digits the place in an array has at most.
const MOST_DIGITS: usize = 6;

/// As what a value at a path can be compared and sorted.
pub(super) const READINGS: [(&str, Reading, Kind, &str); 3] = [
    ("number", Reading::Number, Kind::Float, "a number"),
    ("text", Reading::Text, Kind::Text, "a text"),
    ("boolean", Reading::Boolean, Kind::Boolean, "true or false"),
];

/// The argument or field that says which part of a document is meant.
pub(super) fn path_input() -> InputValue {
    InputValue::new(PATH, TypeRef::named_nn(TypeRef::STRING)).description(HOW_PATHS_ARE_WRITTEN)
}

/// How a path is written.
pub(super) const HOW_PATHS_ARE_WRITTEN: &str = "Where in the document: names with dots between, and places in arrays in brackets, counted \
     from 0, as in `ports[0].kind`. A name with dots, brackets or blanks at its ends stands in \
     double quotes.";

/// The one way to read a value that is said, and what is said of it.
pub(super) fn said(input: Input<'_>) -> Result<(Reading, Input<'_>), ApiError> {
    let mut said = READINGS
        .iter()
        .filter_map(|(name, reading, ..)| Some((*reading, input.entry(name)?)));
    match (said.next(), said.next()) {
        (Some(said), None) => Ok(said),
        _ => Err(ApiError::input(
            "Say exactly one of number, text and boolean, beside the path.",
        )),
    }
}

/// As what a value is read that is named so; its type otherwise.
pub(super) fn reading(name: &str) -> Reading {
    let reading = READINGS.iter().find(|(known, ..)| *known == name);
    reading.map_or(Reading::Type, |(_, reading, ..)| *reading)
}

/// The types of conditions on documents and of orders by them.
pub(super) fn define() -> [InputObject; 2] {
    let mut filter = InputObject::new(FILTER)
        .description(
            "Conditions on what stands at a path within a JSON document; all that are given must \
             be met.",
        )
        .field(path_input())
        .field(
            InputValue::new("exists", TypeRef::named(TypeRef::BOOLEAN))
                .description("Whether there is anything at the path; a null is something."),
        )
        .field(
            InputValue::new("isNull", TypeRef::named(TypeRef::BOOLEAN)).description(
                "Whether a null stands at the path; where there is nothing, there is none.",
            ),
        );
    let mut order = InputObject::new(ORDER)
        .description(
            "Sorts by what stands at a path within a JSON document: as numbers, texts or truth \
             values, exactly one of which is said. What is of another type, or is not there, \
             counts as null.",
        )
        .field(path_input());
    for (name, _, kind, what) in READINGS {
        filter = filter.field(
            InputValue::new(name, TypeRef::named(operator::type_name(&kind))).description(format!(
                "Conditions on {what}. What is of another type, or is not there, counts as null."
            )),
        );
        order = order.field(
            InputValue::new(name, TypeRef::named(DIRECTION))
                .description(format!("As {}.", scalar::type_name(&kind))),
        );
    }
    [filter, order]
}

impl<'c, 'r> Reader<'c, 'r> {
    /// The path that a field says, which is checked even if nothing is asked
    /// of what stands there.
    pub(super) fn path_argument(
        &self,
        field: &'r Selected,
    ) -> Result<(Input<'r>, Vec<Step>), ApiError> {
        let path = Input::given(field, PATH, self.variables())
            .ok_or_else(|| ApiError::internal(&"a document without a path"))?;
        Ok((path, steps(path)?))
    }

    /// What stands at the path that an argument says, read so.
    pub(super) fn json_value(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        path: Input<'_>,
        reading: Reading,
    ) -> Result<Scalar<'c>, ApiError> {
        self.at_path(source, field, path, reading)
            .map_err(|error| error.within(PATH))
    }

    /// Reads conditions on what stands in a document.
    pub(super) fn json_conditions(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        input: Input<'_>,
        without: Option<&[Step]>,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no condition. Leave it out."));
        }
        let mut conditions = Vec::new();
        for (place, item) in input.items().into_iter().enumerate() {
            if without.is_some() && without == path_of(item).ok().as_deref() {
                continue;
            }
            for (name, value) in item.entries() {
                self.spend_condition(0)?;
                if name == PATH {
                    // Checked even if nothing is said of it.
                    steps(value).map_err(|error| error.within(place.to_string()))?;
                    continue;
                }
                let condition = self
                    .json_condition(source, field, entry(item, PATH)?, name, value)
                    .map_err(|error| error.within(place.to_string()))?;
                conditions.push(condition);
            }
        }
        Ok(Predicate::all(conditions))
    }

    fn json_condition(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        path: Input<'_>,
        name: &str,
        input: Input<'_>,
    ) -> Result<Predicate<'c>, ApiError> {
        let reading = READINGS.iter().find(|(known, ..)| *known == name);
        if let Some((_, reading, ..)) = reading {
            let scalar = self
                .at_path(source, field, path, *reading)
                .map_err(|error| error.within(PATH))?;
            return self
                .value_conditions(source.entity(), &scalar, input)
                .map_err(|error| error.within(name));
        }
        let type_name = self
            .at_path(source, field, path, Reading::Type)
            .map_err(|error| error.within(PATH))?;
        let wanted = input.boolean().ok_or_else(|| {
            ApiError::input("Expected true or false; leave it out otherwise.").within(name)
        })?;
        Ok(match (name, wanted) {
            ("exists", true) => Predicate::IsNull(type_name).negate(),
            ("exists", false) => Predicate::IsNull(type_name),
            (_, wanted) => {
                let null = self.bind(Value::Text("null".to_owned()));
                let is_null = Predicate::Compare(type_name, Comparison::Equal, null);
                if wanted { is_null } else { is_null.negate() }
            }
        })
    }

    /// Reads an order by what stands in a document.
    pub(super) fn json_order(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        self.charge(cost::SORT);
        let (reading, value) = said(input)?;
        let scalar = self
            .at_path(source, field, entry(input, PATH)?, reading)
            .map_err(|error| error.within(PATH))?;
        Self::term(scalar, value)
    }

    fn at_path(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        input: Input<'_>,
        reading: Reading,
    ) -> Result<Scalar<'c>, ApiError> {
        let steps = read(input.text().unwrap_or_default())?;
        let mut text = String::from("$");
        let mut arrays = Vec::new();
        for step in steps {
            match step {
                Step::Name(name) => {
                    text.push_str(".\"");
                    text.push_str(&name);
                    text.push('"');
                }
                Step::Place(place) => {
                    if place == 0 {
                        arrays.push(self.bind(Value::Text(text.clone())));
                    }
                    text.push('[');
                    text.push_str(&place.to_string());
                    text.push(']');
                }
            }
        }
        let path = JsonPath {
            path: self.bind(Value::Text(text.clone())),
            arrays,
            reading,
            text,
        };
        Ok(self.json_path(source, field, path))
    }
}

/// The path that an input object says. Paths that lead to the same are equal,
/// however they are written.
pub(super) fn path_of(input: Input<'_>) -> Result<Vec<Step>, ApiError> {
    steps(entry(input, PATH)?)
}

/// The path to what a field tells of a document: none to all of it, nor where
/// the path is none.
pub(super) fn part(field: &Selected, variables: &JsonMap) -> Vec<Step> {
    let path = Input::given(field, PATH, variables);
    let path = path.and_then(|path| steps(path).ok());
    path.unwrap_or_default()
}

/// The steps of a path.
pub(super) fn steps(path: Input<'_>) -> Result<Vec<Step>, ApiError> {
    read(path.text().unwrap_or_default()).map_err(|error| error.within(PATH))
}

/// The field of that name of an input object.
pub(super) fn entry<'r>(input: Input<'r>, name: &str) -> Result<Input<'r>, ApiError> {
    input
        .entry(name)
        .ok_or_else(|| ApiError::input(format!("The {name} is missing.")))
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To a member of an object.
    Name(String),
    /// To an item of an array.
    Place(u32),
}

/// Reads a path. What it may hold is so narrow that it has one meaning in the
/// path languages of all databases, in which it is bound as a parameter;
/// `MariaDB` finds no name that begins with a hyphen.
fn read(text: &str) -> Result<Vec<Step>, ApiError> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() || steps.is_empty() {
        if steps.len() == MOST_STEPS {
            return Err(ApiError::input(format!(
                "A path has at most {MOST_STEPS} steps."
            )));
        }
        let step;
        (step, rest) = if let Some(inside) = rest.strip_prefix('[') {
            place(inside)?
        } else if steps.is_empty() {
            name(rest)?
        } else {
            let after = rest.strip_prefix('.').ok_or_else(|| {
                ApiError::input("A dot stands before each further name of a path.")
            })?;
            name(after)?
        };
        steps.push(step);
    }
    Ok(steps)
}

fn place(inside: &str) -> Result<(Step, &str), ApiError> {
    inside
        .split_once(']')
        .filter(|(digits, _)| {
            digits.len() <= MOST_DIGITS
                && digits.bytes().all(|digit| digit.is_ascii_digit())
                && (*digits == "0" || !digits.starts_with('0'))
        })
        .and_then(|(digits, rest)| Some((Step::Place(digits.parse().ok()?), rest)))
        .ok_or_else(|| {
            ApiError::input(format!(
                "In brackets stands the place in an array: a number of at most {MOST_DIGITS} digits."
            ))
        })
}

fn name(text: &str) -> Result<(Step, &str), ApiError> {
    let (name, rest) = match text.strip_prefix('"') {
        Some(inside) => inside
            .split_once('"')
            .ok_or_else(|| ApiError::input("A quoted name of a path is not closed."))?,
        None => text.split_at(text.find(['.', '[']).unwrap_or(text.len())),
    };
    let quoted = text.starts_with('"');
    let wrong = !quoted && (name.trim() != name || name.contains(']'))
        || name
            .chars()
            .any(|character| matches!(character, '"' | '\\') || character.is_control());
    if name.is_empty() || wrong {
        return Err(ApiError::input(
            "A step of a path is a name, without quotes, backslashes, control characters and \
             blanks around it, or a place in an array, as in ports[0].kind.",
        ));
    }
    if name.starts_with('-') {
        return Err(ApiError::input(
            "A name in a path does not begin with a hyphen: not every database finds it.",
        ));
    }
    if name.len() > LONGEST_NAME {
        return Err(ApiError::input(format!(
            "A name in a path has at most {LONGEST_NAME} bytes."
        )));
    }
    Ok((Step::Name(name.to_owned()), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Step {
        Step::Name(name.to_owned())
    }

    #[test]
    fn names_and_places_are_read() {
        let steps = read("ports[0].kind").unwrap();
        assert_eq!(steps, [named("ports"), Step::Place(0), named("kind")]);
        assert_eq!(read("[12][3]").unwrap(), [Step::Place(12), Step::Place(3)]);
        assert_eq!(read("größe in cm").unwrap(), [named("größe in cm")]);
        assert_eq!(
            read(r#"a."b.c[0] ".d"#).unwrap(),
            [named("a"), named("b.c[0] "), named("d")]
        );
        assert_eq!(read("0").unwrap(), [named("0")]);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a[",
            "a[]",
            "a[-1]",
            "a[01]",
            "a[1",
            "a[1]b",
            "a]b",
            "a\"b",
            "\"a",
            "\"a\"b",
            "\"\"",
            "a\\b",
            "a\u{0}",
            "a\nb",
            " a",
            "a[*]",
            "a[last]",
            "a[1234567]",
            "$[",
            "-a",
            "a.\"-\"",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn paths_are_short() {
        assert!(read(&vec!["a"; MOST_STEPS].join(".")).is_ok());
        assert!(read(&vec!["a"; MOST_STEPS + 1].join(".")).is_err());
        assert!(read(&"a".repeat(LONGEST_NAME + 1)).is_err());
    }
}
