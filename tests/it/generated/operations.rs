//! Operations, and where they come from.

use serde_json::{Map, Value};

use super::draft::Draft;
use super::facts::Facts;
use super::pages::CursorPlace;
use super::random::Random;
use super::servers::Caller;
use super::vocabulary::Vocabulary;

/// An operation as a client sends it.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The document; it has one operation.
    pub document: String,
    /// The values of its variables.
    pub variables: Map<String, Value>,
    /// The extensions of the request.
    pub extensions: Map<String, Value>,
    /// Where its answer has cursors, and what can be done with them.
    pub cursors: Vec<CursorPlace>,
}

impl Operation {
    pub fn new(document: String, variables: Map<String, Value>) -> Self {
        Self {
            document,
            variables,
            extensions: Map::new(),
            cursors: Vec::new(),
        }
    }

    /// The body of its request.
    pub fn body(&self) -> String {
        let mut body = Map::new();
        body.insert("query".to_owned(), self.document.clone().into());
        if !self.variables.is_empty() {
            body.insert("variables".to_owned(), self.variables.clone().into());
        }
        if !self.extensions.is_empty() {
            body.insert("extensions".to_owned(), self.extensions.clone().into());
        }
        Value::Object(body).to_string()
    }

    /// The operation as a file of `tests/corpus`.
    pub fn as_case(&self, caller: Caller) -> String {
        let mut text = String::new();
        if caller != Caller::Anonymous {
            text += &format!("# actor: {}\n", caller.name());
        }
        if !self.variables.is_empty() {
            text += &format!("# variables: {}\n", Value::Object(self.variables.clone()));
        }
        if !self.extensions.is_empty() {
            text += &format!("# extensions: {}\n", Value::Object(self.extensions.clone()));
        }
        text + self.document.trim() + "\n"
    }
}

/// Makes operations that fit a role's schema, as many as are wanted. The same
/// schema, facts and seed make the same operations.
pub struct Generator {
    vocabulary: Vocabulary,
    facts: Facts,
    seed: u64,
    caller: Caller,
}

impl Generator {
    pub fn new(caller: Caller, facts: Facts, seed: u64) -> Self {
        Self {
            vocabulary: Vocabulary::new(caller.role()),
            facts,
            seed,
            caller,
        }
    }

    /// Whose operations they are.
    pub fn caller(&self) -> Caller {
        self.caller
    }

    /// The schema that the operations fit.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The operation of that number. No other needs to be made for it.
    pub fn operation(&self, number: u64) -> Operation {
        let random = Random::new(self.seed, self.caller.name(), number);
        Draft::new(&self.vocabulary, &self.facts, random).operation()
    }

    /// The same operation over other pages, from the cursors of its answer.
    pub fn follow_up(
        &self,
        operation: &Operation,
        answer: &Value,
        number: u64,
    ) -> Option<Operation> {
        // Another stream for each step.
        let purpose = format!("{} {:?}", self.caller.name(), operation.variables);
        let mut random = Random::new(self.seed, &purpose, number);
        super::pages::follow_up(&mut random, operation, answer)
    }
}
