//! What an operation asks for: fields as they are answered, with fragments
//! merged, directives obeyed and variables put in place.

use apollo_compiler::ast::{DirectiveList, Value as Written};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Node};
use serde_json::{Map, Value};

use super::{Stop, refused};

/// A request that is being read.
pub struct Request<'d> {
    document: &'d ExecutableDocument,
    /// Those that have a value, given or by default.
    variables: Map<String, Value>,
}

/// A field that is to be answered.
pub struct Asked<'d> {
    /// Under which key.
    pub key: String,
    pub field: &'d Field,
    pub arguments: Map<String, Value>,
    /// Its selections; several where several fields have the same key.
    pub sets: Vec<&'d SelectionSet>,
}

impl<'d> Request<'d> {
    /// The request, and the selections at its root.
    pub fn new(
        document: &'d ExecutableDocument,
        given: &Map<String, Value>,
    ) -> Result<(Self, &'d SelectionSet), Stop> {
        let operation = document.operations.get(None).unwrap();
        let mut variables = Map::new();
        for variable in &operation.variables {
            let name = variable.name.as_str();
            let default = variable.default_value.as_deref();
            let default = default.and_then(|value| json(value, &Map::new()));
            match given.get(name).cloned().or(default) {
                Some(value) => drop(variables.insert(name.to_owned(), value)),
                None if variable.ty.is_non_null() => return refused("BAD_USER_INPUT"),
                None => {}
            }
        }
        let request = Self {
            document,
            variables,
        };
        Ok((request, &operation.selection_set))
    }

    /// The fields of these selections for an object of that type, in order.
    pub fn fields(&self, sets: &[&'d SelectionSet], object: &str) -> Vec<Asked<'d>> {
        let mut fields = Vec::new();
        for set in sets {
            self.collect(set, object, &mut fields);
        }
        fields
    }

    fn collect(&self, set: &'d SelectionSet, object: &str, fields: &mut Vec<Asked<'d>>) {
        for selection in &set.selections {
            if self.is_left_out(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => self.add(field, fields),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.type_condition.as_deref();
                    if condition.is_none_or(|condition| fits(condition, object)) {
                        self.collect(&fragment.selection_set, object, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.document.fragments[&spread.fragment_name];
                    if fits(&fragment.selection_set.ty, object) {
                        self.collect(&fragment.selection_set, object, fields);
                    }
                }
            }
        }
    }

    fn add(&self, field: &'d Node<Field>, fields: &mut Vec<Asked<'d>>) {
        let key = field.response_name().as_str();
        let known = fields.iter().position(|asked| asked.key == key);
        let place = known.unwrap_or_else(|| {
            fields.push(Asked {
                key: key.to_owned(),
                field,
                arguments: self.arguments(field),
                sets: Vec::new(),
            });
            fields.len() - 1
        });
        fields[place].sets.extend(&field.selection_set);
    }

    fn is_left_out(&self, directives: &DirectiveList) -> bool {
        directives.iter().any(|directive| {
            let mut arguments = directive.arguments.iter();
            let condition = arguments.find(|argument| argument.name == "if").unwrap();
            let truth = json(&condition.value, &self.variables) == Some(Value::Bool(true));
            truth == (directive.name == "skip")
        })
    }

    fn arguments(&self, field: &Field) -> Map<String, Value> {
        let arguments = field.arguments.iter();
        arguments
            .filter_map(|argument| {
                let value = json(&argument.value, &self.variables)?;
                Some((argument.name.to_string(), value))
            })
            .collect()
    }
}

fn fits(condition: &str, object: &str) -> bool {
    condition == object || condition == "Node"
}

/// A value with its variables; nothing where it is a variable without a value.
fn json(value: &Written, variables: &Map<String, Value>) -> Option<Value> {
    Some(match value {
        Written::Null => Value::Null,
        Written::Enum(name) => name.to_string().into(),
        Written::Variable(name) => return variables.get(name.as_str()).cloned(),
        Written::String(text) => text.clone().into(),
        Written::Int(number) => serde_json::from_str(number.as_str()).unwrap(),
        Written::Float(number) => serde_json::from_str(number.as_str()).unwrap(),
        Written::Boolean(truth) => (*truth).into(),
        Written::List(items) => items
            .iter()
            .map(|item| json(item, variables).unwrap_or_default())
            .collect(),
        Written::Object(members) => members
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), json(value, variables)?)))
            .collect::<Map<_, _>>()
            .into(),
    })
}

/// The items of a list, for which one of them may stand.
pub fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// The one member of an object.
pub fn only(value: &Value) -> Option<(&String, &Value)> {
    value.as_object().and_then(|members| members.iter().next())
}
