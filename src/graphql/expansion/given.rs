use apollo_compiler::ast::{Argument, DirectiveList, FieldDefinition, Value};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use apollo_compiler::{Name, Node, Schema};

use super::price;

/// How many arguments can be made to have the same hash as others.
const ALIKE: usize = 3;

/// What is given to a selection: arguments and directives.
#[derive(Clone, Copy, Default)]
pub(super) struct Given {
    /// How many directives and values there are.
    pub parts: usize,
    /// How many bytes their names and texts have.
    pub bytes: usize,
    /// How many pairs there are of names that stand beside each other.
    pub squares: usize,
    /// How often variables are used.
    pub variables: usize,
    /// How many mistakes may be told of it: fields that input objects must have and
    /// have not, and directives.
    pub mistakes: usize,
    /// Whether something has so many arguments that others can be made to have
    /// the same hash.
    pub may_be_alike: bool,
}

impl Given {
    /// Adds arguments of a field, if it is known, or of something else.
    pub fn arguments(
        &mut self,
        schema: &Schema,
        arguments: &[Node<Argument>],
        field: Option<&FieldDefinition>,
    ) {
        self.beside(arguments.len());
        self.may_be_alike |= arguments.len() >= ALIKE;
        for argument in arguments {
            self.bytes += argument.name.len();
            let definition = field.and_then(|field| field.argument_by_name(&argument.name));
            let ty = definition.map(|definition| definition.ty.inner_named_type());
            self.value(schema, &argument.value, ty);
        }
    }

    /// Adds directives.
    pub fn directives(&mut self, schema: &Schema, directives: &DirectiveList) {
        self.beside(directives.len());
        for directive in directives {
            self.parts += 1;
            self.mistakes += 1;
            self.bytes += directive.name.len();
            self.arguments(schema, &directive.arguments, None);
        }
    }

    /// Adds a value of that type or a list of it, if that is known.
    pub fn value(&mut self, schema: &Schema, value: &Value, ty: Option<&Name>) {
        self.parts += 1;
        match value {
            Value::String(text) => self.bytes += text.len(),
            Value::Enum(name) => self.bytes += name.len(),
            Value::Variable(_) => self.variables += 1,
            Value::Int(number) => self.bytes += number.as_str().len(),
            Value::Float(number) => self.bytes += number.as_str().len(),
            Value::List(items) => items.iter().for_each(|item| self.value(schema, item, ty)),
            Value::Object(fields) => {
                self.beside(fields.len());
                let input = ty.and_then(|ty| input(schema, ty));
                self.mistakes += input.map_or(0, |input| missing(input, fields));
                for (name, field) in fields {
                    self.bytes += name.len();
                    let definition = input.and_then(|input| input.fields.get(name));
                    let ty = definition.map(|definition| definition.ty.inner_named_type());
                    self.value(schema, field, ty);
                }
            }
            Value::Null | Value::Boolean(_) => {}
        }
    }

    fn beside(&mut self, names: usize) {
        self.squares += names * names;
    }

    /// What it takes to hash all of it once.
    pub fn hashed(&self) -> usize {
        let parts = self.parts + self.bytes / price::BYTES;
        parts * price::HASHED + self.squares / price::SQUARES
    }

    /// What it takes to compare it with what something else is given.
    pub fn comparing(&self) -> usize {
        self.parts + self.bytes / price::TOLD_BYTES + self.squares / price::SQUARES
    }

    /// What it takes to compare another field with one that is given this, from
    /// either side, and to tell of it.
    pub fn merging(&self) -> usize {
        let parts = self.parts + self.bytes / price::TOLD_BYTES;
        parts * price::MERGED + 2 * self.squares / price::SQUARES
    }
}

fn input<'s>(schema: &'s Schema, ty: &Name) -> Option<&'s InputObjectType> {
    match schema.types.get(ty) {
        Some(ExtendedType::InputObject(input)) => Some(input),
        _ => None,
    }
}

/// How many fields are not given that must be.
fn missing(input: &InputObjectType, given: &[(Name, Node<Value>)]) -> usize {
    let fields = input.fields.values();
    let required = fields.filter(|field| field.is_required());
    let is_given = |name: &Name| given.iter().any(|(given, _)| given == name);
    required.filter(|field| !is_given(&field.name)).count()
}
