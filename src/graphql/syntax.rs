//! Documents, as the specification (September 2025) writes them.
//!
//! The tokens are told by apollo-parser. What it builds of them is not used: it
//! looks names, texts and all that they are in up in tables whose hashes anybody
//! can compute, so that 20,000 tokens can take seconds.

mod reader;
#[cfg(test)]
mod tests;
mod text;

use std::collections::HashSet;

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Argument, Definition, Directive, DirectiveList, Document, Field, FloatValue,
    FragmentDefinition, FragmentSpread, InlineFragment, IntValue, OperationDefinition,
    OperationType, Selection, Type, Value, VariableDefinition,
};
use apollo_parser::TokenKind;

use self::reader::{Place, Reader, named, node};
use super::limits::Limits;
use super::place;
use crate::error::{ApiError, Code};

/// Reads a document, whatever the schema.
///
/// # Errors
/// What is wrong first, or too much.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Document, ApiError> {
    let mut reader = Reader::new(text, limits)?;
    let mut definitions = Vec::new();
    loop {
        definitions.push(reader.definition()?);
        if reader.peek().is_none() {
            break;
        }
    }
    Ok(Document {
        sources: place::sources(),
        definitions,
    })
}

/// Whether a value may hold variables.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Variables {
    Any,
    None,
}

impl Reader<'_> {
    fn definition(&mut self) -> Result<Definition, ApiError> {
        let begin = self.place();
        let description = self.description()?;
        let operation_type = match self.next_name() {
            Some("query") => OperationType::Query,
            Some("mutation") => OperationType::Mutation,
            Some("subscription") => OperationType::Subscription,
            Some("fragment") => {
                self.advance()?;
                return self.fragment(begin, description);
            }
            None if description.is_none() && self.is_next(TokenKind::LCurly) => {
                let operation = OperationDefinition {
                    description,
                    operation_type: OperationType::Query,
                    name: None,
                    variables: Vec::new(),
                    directives: DirectiveList::default(),
                    selection_set: self.selections()?,
                };
                return Ok(Definition::OperationDefinition(node(begin, operation)));
            }
            _ => return Err(self.unexpected("a query, a mutation or a fragment")),
        };
        self.advance()?;
        let operation = OperationDefinition {
            description,
            operation_type,
            name: match self.next_name() {
                Some(_) => Some(self.name("a name")?),
                None => None,
            },
            variables: self.variables()?,
            directives: self.directives(Variables::Any)?,
            selection_set: self.selections()?,
        };
        Ok(Definition::OperationDefinition(node(begin, operation)))
    }

    fn description(&mut self) -> Result<Option<Node<str>>, ApiError> {
        let begin = self.place();
        let Some(token) = self.peek() else {
            return Ok(None);
        };
        if token.kind() != TokenKind::StringValue {
            return Ok(None);
        }
        let text = text::value(token.data());
        self.advance()?;
        Ok(Some(match begin.span {
            Some(span) => Node::new_str_parsed(&text, span),
            None => Node::new_str(&text),
        }))
    }

    fn fragment(
        &mut self,
        begin: Place,
        description: Option<Node<str>>,
    ) -> Result<Definition, ApiError> {
        if self.next_name() == Some("on") {
            return Err(self.unexpected("the name of a fragment"));
        }
        let name = self.name("the name of a fragment")?;
        if self.next_name() != Some("on") {
            return Err(self.unexpected("\"on\""));
        }
        self.advance()?;
        let fragment = FragmentDefinition {
            description,
            name,
            type_condition: self.name("the name of a type")?,
            directives: self.directives(Variables::Any)?,
            selection_set: self.selections()?,
        };
        Ok(Definition::FragmentDefinition(node(begin, fragment)))
    }

    fn variables(&mut self) -> Result<Vec<Node<VariableDefinition>>, ApiError> {
        let mut variables = Vec::new();
        if !self.is_next(TokenKind::LParen) {
            return Ok(variables);
        }
        self.advance()?;
        loop {
            let begin = self.place();
            let description = self.description()?;
            self.expect(
                TokenKind::Dollar,
                if variables.is_empty() {
                    "a variable"
                } else {
                    "a variable or )"
                },
            )?;
            let name = self.name("the name of a variable")?;
            self.expect(TokenKind::Colon, ":")?;
            let place = self.place();
            let variable = VariableDefinition {
                description,
                name,
                ty: node(place, self.ty()?),
                default_value: if self.is_next(TokenKind::Eq) {
                    self.advance()?;
                    Some(self.value(Variables::None)?)
                } else {
                    None
                },
                directives: self.directives(Variables::None)?,
            };
            variables.push(node(begin, variable));
            if self.is_next(TokenKind::RParen) {
                self.advance()?;
                return Ok(variables);
            }
        }
    }

    fn ty(&mut self) -> Result<Type, ApiError> {
        let ty = if self.is_next(TokenKind::LBracket) {
            let item = self.nested(Self::ty)?;
            self.expect(TokenKind::RBracket, "]")?;
            item.list()
        } else {
            Type::Named(self.name("a type")?)
        };
        if self.is_next(TokenKind::Bang) {
            self.advance()?;
            return Ok(ty.non_null());
        }
        Ok(ty)
    }

    fn selections(&mut self) -> Result<Vec<Selection>, ApiError> {
        let begin = self.place();
        if !self.is_next(TokenKind::LCurly) {
            return Err(self.unexpected("{"));
        }
        self.nested(|reader| {
            let mut selections = Vec::new();
            while !reader.is_next(TokenKind::RCurly) {
                selections.push(reader.selection()?);
            }
            if selections.is_empty() {
                let message = "A selection set names at least one field.";
                return Err(reader.fault(Code::GraphqlParseFailed, begin.byte, message));
            }
            reader.advance()?;
            Ok(selections)
        })
    }

    fn selection(&mut self) -> Result<Selection, ApiError> {
        let begin = self.place();
        if !self.is_next(TokenKind::Spread) {
            return self.field(begin);
        }
        self.advance()?;
        let type_condition = match self.next_name() {
            Some("on") => {
                self.advance()?;
                Some(self.name("the name of a type")?)
            }
            Some(_) => {
                let spread = FragmentSpread {
                    fragment_name: self.name("the name of a fragment")?,
                    directives: self.directives(Variables::Any)?,
                };
                return Ok(Selection::FragmentSpread(node(begin, spread)));
            }
            None => None,
        };
        let fragment = InlineFragment {
            type_condition,
            directives: self.directives(Variables::Any)?,
            selection_set: self.selections()?,
        };
        Ok(Selection::InlineFragment(node(begin, fragment)))
    }

    fn field(&mut self, begin: Place) -> Result<Selection, ApiError> {
        let name = self.name("a field or }")?;
        let (alias, name) = if self.is_next(TokenKind::Colon) {
            self.advance()?;
            (Some(name), self.name("the name of a field")?)
        } else {
            (None, name)
        };
        let field = Field {
            alias,
            name,
            arguments: self.arguments(Variables::Any)?,
            directives: self.directives(Variables::Any)?,
            selection_set: if self.is_next(TokenKind::LCurly) {
                Some(self.selections()?)
            } else {
                None
            },
        };
        Ok(Selection::Field(node(begin, field)))
    }

    fn directives(&mut self, variables: Variables) -> Result<DirectiveList, ApiError> {
        let mut directives = DirectiveList::default();
        while self.is_next(TokenKind::At) {
            let begin = self.place();
            self.advance()?;
            let directive = Directive {
                name: self.name("the name of a directive")?,
                arguments: self.arguments(variables)?,
            };
            directives.0.push(node(begin, directive));
        }
        Ok(directives)
    }

    fn arguments(&mut self, variables: Variables) -> Result<Vec<Node<Argument>>, ApiError> {
        let mut arguments = Vec::new();
        if !self.is_next(TokenKind::LParen) {
            return Ok(arguments);
        }
        self.advance()?;
        let mut given = HashSet::new();
        loop {
            let begin = self.place();
            if self.next_name().is_some_and(|name| !given.insert(name)) {
                // It would not do to take them for two.
                let message = "An argument is given once.";
                return Err(self.fault(Code::GraphqlValidationFailed, begin.byte, message));
            }
            let argument = Argument {
                name: self.name(if arguments.is_empty() {
                    "an argument"
                } else {
                    "an argument or )"
                })?,
                value: self.given(variables, begin, "An argument has a value.")?,
            };
            arguments.push(node(begin, argument));
            if self.is_next(TokenKind::RParen) {
                self.advance()?;
                return Ok(arguments);
            }
        }
    }

    /// A value after a colon: without one, a condition would mean everything.
    fn given(
        &mut self,
        variables: Variables,
        begin: Place,
        message: &str,
    ) -> Result<Node<Value>, ApiError> {
        if !self.is_next(TokenKind::Colon) {
            return Err(self.fault(Code::GraphqlParseFailed, begin.byte, message));
        }
        self.advance()?;
        self.value(variables)
    }

    fn value(&mut self, variables: Variables) -> Result<Node<Value>, ApiError> {
        let begin = self.place();
        let Some(token) = self.peek() else {
            return Err(self.unexpected("a value"));
        };
        let value = match token.kind() {
            TokenKind::LBracket => return self.list(variables),
            TokenKind::LCurly => return self.object(variables),
            TokenKind::Dollar if variables == Variables::Any => {
                self.advance()?;
                let name = self.name("the name of a variable")?;
                return Ok(node(begin, Value::Variable(name)));
            }
            TokenKind::Name => match token.data() {
                "true" => Value::Boolean(true),
                "false" => Value::Boolean(false),
                "null" => Value::Null,
                _ => Value::Enum(named(token.data(), begin)),
            },
            TokenKind::Int => Value::Int(IntValue::new_parsed(token.data())),
            TokenKind::Float => Value::Float(FloatValue::new_parsed(token.data())),
            TokenKind::StringValue => Value::String(text::value(token.data())),
            TokenKind::Dollar => return Err(self.unexpected("a value without variables")),
            _ => return Err(self.unexpected("a value")),
        };
        self.advance()?;
        Ok(node(begin, value))
    }

    fn list(&mut self, variables: Variables) -> Result<Node<Value>, ApiError> {
        let begin = self.place();
        self.nested(|reader| {
            let mut items = Vec::new();
            while !reader.is_next(TokenKind::RBracket) {
                items.push(reader.value(variables)?);
            }
            reader.advance()?;
            Ok(node(begin, Value::List(items)))
        })
    }

    fn object(&mut self, variables: Variables) -> Result<Node<Value>, ApiError> {
        let begin = self.place();
        self.nested(|reader| {
            let (mut fields, mut given) = (Vec::new(), HashSet::new());
            while !reader.is_next(TokenKind::RCurly) {
                let begin = reader.place();
                if reader.next_name().is_some_and(|name| !given.insert(name)) {
                    let message = "A field of an input object is given once.";
                    return Err(reader.fault(Code::GraphqlValidationFailed, begin.byte, message));
                }
                let name = reader.name("a field of an input object or }")?;
                let message = "A field of an input object has a value.";
                fields.push((name, reader.given(variables, begin, message)?));
            }
            reader.advance()?;
            Ok(node(begin, Value::Object(fields)))
        })
    }
}
