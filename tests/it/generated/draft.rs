//! A document that is being made.

use std::collections::HashSet;

use apollo_compiler::ast::{
    Argument, Definition, Directive, DirectiveList, Document, FragmentDefinition,
    OperationDefinition, OperationType, Type, Value as Written, VariableDefinition,
};
use apollo_compiler::{Name, Node};
use serde_json::{Map, Value, json};

use super::facts::Facts;
use super::operations::Operation;
use super::pages::CursorPlace;
use super::random::Random;
use super::vocabulary::Vocabulary;

/// What an operation is made of so far.
pub struct Draft<'g> {
    pub vocabulary: &'g Vocabulary,
    pub facts: &'g Facts,
    pub random: Random,
    /// How many more selections there may be.
    pub budget: usize,
    /// Fragments to be spread again, with how many rows they were made for.
    pub fragments: Vec<(FragmentDefinition, usize)>,
    /// The response keys on the way to what is being made.
    pub path: Vec<String>,
    pub cursors: Vec<CursorPlace>,
    /// Fields with arguments or selections that stand under their own name
    /// somewhere; elsewhere they need an alias, so that no two fields of one
    /// response key differ.
    pub plain: HashSet<String>,
    /// Whether one mistake is still to be made that only execution notices.
    pub mischief: bool,
    /// Within a value that a variable stands for, where there can be no other.
    pub constant: bool,
    variables: Vec<Node<VariableDefinition>>,
    values: Map<String, Value>,
    names: usize,
}

/// How a place takes variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// It has to be given.
    Required,
    /// It may be left out.
    Optional,
    /// The only field of a `@oneOf` input object, which must not be null.
    OneOf,
}

impl<'g> Draft<'g> {
    pub fn new(vocabulary: &'g Vocabulary, facts: &'g Facts, mut random: Random) -> Self {
        let budget = random.between(3, 45);
        let mischief = random.percent(6);
        Self {
            vocabulary,
            facts,
            random,
            budget,
            mischief,
            fragments: Vec::new(),
            path: Vec::new(),
            cursors: Vec::new(),
            plain: HashSet::new(),
            constant: false,
            variables: Vec::new(),
            values: Map::new(),
            names: 0,
        }
    }

    /// Makes the operation.
    pub fn operation(mut self) -> Operation {
        let selection_set = self.root();
        let named = !self.variables.is_empty() || self.random.percent(20);
        let operation = OperationDefinition {
            description: None,
            operation_type: OperationType::Query,
            name: (named && self.random.percent(50)).then(|| name("Generated")),
            variables: self.variables,
            directives: DirectiveList::default(),
            selection_set,
        };
        let mut document = Document::new();
        document
            .definitions
            .push(Definition::OperationDefinition(operation.into()));
        for (fragment, _) in self.fragments {
            document
                .definitions
                .push(Definition::FragmentDefinition(fragment.into()));
        }
        let mut extensions = Map::new();
        if self.random.percent(5) {
            extensions.insert("cost".to_owned(), json!(true));
        }
        Operation {
            document: document.serialize().no_indent().to_string(),
            variables: self.values,
            extensions,
            cursors: self.cursors,
        }
    }

    /// A name that nothing else in the document has.
    pub fn fresh(&mut self, prefix: &str) -> Name {
        self.names += 1;
        name(&format!("{prefix}{}", self.names))
    }

    /// Makes a mistake now, where one is to be made.
    pub fn errs(&mut self, cases: usize) -> bool {
        let errs = self.mischief && self.random.percent(cases);
        self.mischief &= !errs;
        errs
    }

    /// Makes a value here, or a variable that stands for it.
    pub fn place(
        &mut self,
        ty: &Type,
        slot: Slot,
        make: impl FnOnce(&mut Self) -> Written,
    ) -> Written {
        if self.constant || !self.random.percent(18) {
            return make(self);
        }
        self.constant = true;
        let value = make(self);
        self.constant = false;
        let ty = match slot {
            Slot::OneOf => ty.clone().non_null(),
            Slot::Required | Slot::Optional => ty.clone(),
        };
        if slot == Slot::Optional && self.random.percent(10) {
            // Left out, or with a default in its place.
            let default = self.random.percent(70).then_some(value);
            return Written::Variable(self.declare(&ty, default, None));
        }
        let json = to_json(&value);
        Written::Variable(self.declare(&ty, None, Some(json)))
    }

    /// Declares a variable.
    pub fn declare(&mut self, ty: &Type, default: Option<Written>, value: Option<Value>) -> Name {
        let name = self.fresh("v");
        if let Some(value) = value {
            self.values.insert(name.to_string(), value);
        }
        self.variables.push(
            VariableDefinition {
                description: None,
                name: name.clone(),
                ty: ty.clone().into(),
                default_value: default.map(Node::new),
                directives: DirectiveList::default(),
            }
            .into(),
        );
        name
    }

    /// `@skip` or `@include`, now and then; mostly such that it stays.
    pub fn directives(&mut self) -> DirectiveList {
        let mut list = DirectiveList::default();
        if !self.random.percent(6) {
            return list;
        }
        let skips = self.random.percent(50);
        let stays = self.random.percent(75);
        let ty = Type::NonNullNamed(name("Boolean"));
        let truth = Written::Boolean(skips != stays);
        let value = if self.random.percent(60) {
            let json = to_json(&truth);
            Written::Variable(self.declare(&ty, None, Some(json)))
        } else {
            truth
        };
        list.push(Directive {
            name: name(if skips { "skip" } else { "include" }),
            arguments: vec![argument("if", value)],
        });
        list
    }
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn argument(label: &str, value: Written) -> Node<Argument> {
    Argument {
        name: name(label),
        value: value.into(),
    }
    .into()
}

/// A value without variables as JSON, as which a variable is sent.
pub fn to_json(value: &Written) -> Value {
    match value {
        Written::Null | Written::Variable(_) => Value::Null,
        Written::Enum(name) => json!(name.as_str()),
        Written::String(text) => json!(text),
        Written::Int(number) => serde_json::from_str(number.as_str()).unwrap(),
        Written::Float(number) => serde_json::from_str(number.as_str()).unwrap(),
        Written::Boolean(truth) => json!(truth),
        Written::List(items) => items.iter().map(|item| to_json(item)).collect(),
        Written::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.to_string(), to_json(value)))
            .collect::<Map<_, _>>()
            .into(),
    }
}
