use apollo_compiler::ast;
use apollo_compiler::executable::Field;
use apollo_compiler::response::{JsonMap, JsonValue};

use serde_json::Value as Json;

use crate::error::ApiError;

/// A value given by the client: written in the document, or within a coerced
/// variable. Validation has seen to its GraphQL type; what it means is up to
/// the reader.
#[derive(Clone, Copy)]
pub(super) enum Input<'r> {
    Written(&'r ast::Value, &'r JsonMap),
    Supplied(&'r JsonValue),
}

impl<'r> Input<'r> {
    /// The argument of that name, unless it was left out: a variable that was
    /// not supplied counts as left out.
    pub fn argument(field: &'r Field, name: &str, variables: &'r JsonMap) -> Option<Self> {
        let argument = field.arguments.iter().find(|given| given.name == name)?;
        Self::written(&argument.value, variables)
    }

    /// The argument of that name, unless it was left out or is null.
    pub fn given(field: &'r Field, name: &str, variables: &'r JsonMap) -> Option<Self> {
        Self::argument(field, name, variables).filter(|input| !input.is_null())
    }

    fn written(value: &'r ast::Value, variables: &'r JsonMap) -> Option<Self> {
        match value {
            ast::Value::Variable(name) => variables.get(name.as_str()).map(Self::Supplied),
            value => Some(Self::Written(value, variables)),
        }
    }

    pub fn is_null(self) -> bool {
        match self {
            Self::Written(value, _) => value.is_null(),
            Self::Supplied(value) => value.is_null(),
        }
    }

    /// The text of a string, an id or an enum value.
    pub fn text(self) -> Option<&'r str> {
        match self {
            Self::Written(ast::Value::String(text), _) => Some(text),
            Self::Written(ast::Value::Enum(name), _) => Some(name.as_str()),
            Self::Written(..) => None,
            Self::Supplied(value) => value.as_str(),
        }
    }

    pub fn integer(self) -> Option<i64> {
        match self {
            Self::Written(ast::Value::Int(number), _) => number.as_str().parse().ok(),
            Self::Written(..) => None,
            Self::Supplied(value) => value.as_i64(),
        }
    }

    pub fn float(self) -> Option<f64> {
        let number = match self {
            Self::Written(value, _) => value.to_f64(),
            Self::Supplied(value) => value.as_f64(),
        };
        number.filter(|number| number.is_finite())
    }

    pub fn boolean(self) -> Option<bool> {
        match self {
            Self::Written(value, _) => value.to_bool(),
            Self::Supplied(value) => value.as_bool(),
        }
    }

    /// The items of a list; a single value stands for a list of one
    /// (GraphQL specification, section 3.11, input coercion).
    pub fn items(self) -> Vec<Self> {
        match self {
            Self::Written(ast::Value::List(items), variables) => items
                .iter()
                .map(|item| {
                    Self::written(item, variables).unwrap_or(Self::Written(&NULL, variables))
                })
                .collect(),
            Self::Supplied(JsonValue::Array(items)) => items.iter().map(Self::Supplied).collect(),
            single => vec![single],
        }
    }

    /// The fields of an input object, in the client's order, without those
    /// left out.
    pub fn entries(self) -> Vec<(&'r str, Self)> {
        match self {
            Self::Written(ast::Value::Object(entries), variables) => entries
                .iter()
                .filter_map(|(name, value)| Some((name.as_str(), Self::written(value, variables)?)))
                .collect(),
            Self::Supplied(JsonValue::Object(entries)) => entries
                .iter()
                .map(|(name, value)| (name.as_str(), Self::Supplied(value)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// A field of an input object, unless it was left out or is null.
    pub fn entry(self, name: &str) -> Option<Self> {
        let mut entries = self.entries().into_iter();
        let (_, value) = entries.find(|(known, _)| *known == name)?;
        Some(value).filter(|value| !value.is_null())
    }

    /// The value of the scalar `JSON`, or why it is none.
    pub fn to_json(self) -> Result<Json, &'static str> {
        match self {
            Self::Written(value, variables) => written_json(value, variables),
            Self::Supplied(value) => serde_json::to_value(value).map_err(|_| NO_JSON),
        }
    }

    /// The one field of a `@oneOf` input object.
    pub fn only(self) -> Result<(&'r str, Self), ApiError> {
        match self.entries().as_slice() {
            [(name, value)] if !value.is_null() => Ok((name, *value)),
            _ => Err(ApiError::input("Give exactly one field here, and no null.")),
        }
    }
}

const NO_JSON: &str = "This is no JSON value.";

fn written_json(value: &ast::Value, variables: &JsonMap) -> Result<Json, &'static str> {
    Ok(match value {
        ast::Value::Null => Json::Null,
        ast::Value::Boolean(truth) => Json::Bool(*truth),
        ast::Value::String(text) => Json::String(text.clone()),
        ast::Value::Enum(_) => return Err("JSON has no enums. Write texts in quotes."),
        ast::Value::Int(number) => serde_json::from_str(number.as_str()).map_err(|_| NO_JSON)?,
        ast::Value::Float(number) => serde_json::from_str(number.as_str()).map_err(|_| NO_JSON)?,
        ast::Value::Variable(name) => match variables.get(name.as_str()) {
            Some(value) => serde_json::to_value(value).map_err(|_| NO_JSON)?,
            None => Json::Null,
        },
        ast::Value::List(items) => {
            let items = items.iter().map(|item| written_json(item, variables));
            Json::Array(items.collect::<Result<_, _>>()?)
        }
        ast::Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let value = written_json(value, variables)?;
                Ok::<_, &str>((name.to_string(), value))
            });
            Json::Object(members.collect::<Result<_, _>>()?)
        }
    })
}

static NULL: ast::Value = ast::Value::Null;
