//! Paths into JSON, and conditions on what is there.

use apollo_compiler::ast::{Type, Value as Written};
use apollo_compiler::schema::InputObjectType;
use apollo_compiler::{Name, Node};
use serde_json::{Value, json};

use super::draft::{Draft, name};
use super::facts::paths;
use super::operands::{Context, beside};

impl<'g> Draft<'g> {
    /// A path into the JSON of the context's field, mostly one that exists.
    fn json_path(&mut self, context: &Context<'g>) -> (String, Value) {
        let facts = self.facts;
        let known = context.witness.and_then(|row| row.get(&context.field));
        let json = match known {
            Some(value) if self.random.percent(85) => Some(value),
            _ => facts.value(&mut self.random, &context.entity, &context.field),
        };
        let found = json.map(paths).unwrap_or_default();
        if found.is_empty() || self.random.percent(6) {
            let absent = [
                "nothing",
                "a.b",
                "ports[7].kind",
                "dimensions.width.x",
                "x[0]",
            ];
            return ((*self.random.pick(&absent)).to_owned(), Value::Null);
        }
        self.random.pick(&found).clone()
    }

    pub fn path(&mut self, context: &Context<'g>) -> Written {
        if self.errs(50) {
            let wrong = [
                "", ".", "a..b", "[", "a[", "a[-1]", "a[x]", "$", "a.", "a b", "a\"b",
            ];
            return Written::String((*self.random.pick(&wrong)).to_owned());
        }
        Written::String(self.json_path(context).0)
    }

    /// A path, and what is said of the value there: conditions, or of an order
    /// exactly one direction.
    pub fn json_condition(&mut self, object: &InputObjectType, context: &Context<'g>) -> Written {
        let (path, value) = self.json_path(context);
        let fitting = match &value {
            Value::Number(_) => "number",
            Value::String(_) => "text",
            Value::Bool(_) => "boolean",
            _ => "exists",
        };
        let others: Vec<_> = object
            .fields
            .values()
            .filter(|field| field.name != "path")
            .collect();
        let field = others
            .iter()
            .find(|field| field.name == fitting && self.random.percent(80))
            .copied();
        let field = field.unwrap_or_else(|| *self.random.pick(&others));
        let mut fields: Vec<(Name, Node<Written>)> =
            vec![(name("path"), Written::String(path).into())];
        let said = match self.vocabulary.input_object(field.ty.inner_named_type()) {
            Some(operators) => self.json_operators(&operators, &value),
            None => match field.name.as_str() {
                "exists" => Written::Boolean(!self.random.percent(15)),
                "isNull" => Written::Boolean(value.is_null() != self.random.percent(15)),
                _ => self.value(
                    "eq",
                    &field.ty,
                    &Context {
                        field: String::new(),
                        ..context.clone()
                    },
                ),
            },
        };
        fields.push((field.name.clone(), said.into()));
        Written::Object(fields)
    }

    /// Operators on a value within JSON.
    fn json_operators(&mut self, object: &InputObjectType, value: &Value) -> Written {
        let fields: Vec<_> = object.fields.values().cloned().collect();
        let field = self.random.pick(&fields).clone();
        let nobody = Context {
            entity: String::new(),
            field: String::new(),
            witness: None,
            depth: 0,
        };
        let type_name = field.ty.inner_named_type().to_string();
        let fits = match type_name.as_str() {
            "Float" => value.is_number(),
            "Boolean" => value.is_boolean(),
            _ => value.is_string(),
        };
        let one = if field.name == "isNull" {
            Written::Boolean(self.random.percent(20))
        } else if fits && !self.random.percent(10) {
            let operand = beside(&mut self.random, &field.name, value.clone(), json!(null));
            self.written(&type_name, &operand)
        } else {
            self.noise(&type_name, &nobody)
        };
        let operand = match *field.ty {
            Type::List(_) | Type::NonNullList(_) => {
                let other = self.noise(&type_name, &nobody);
                Written::List(vec![other.into(), one.into()])
            }
            _ => one,
        };
        Written::Object(vec![(field.name.clone(), operand.into())])
    }
}
