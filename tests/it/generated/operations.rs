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
        let mut lines = Vec::new();
        if caller != Caller::Anonymous {
            lines.push(format!("# actor: {}", caller.name()));
        }
        if !self.variables.is_empty() {
            let variables = Value::Object(self.variables.clone());
            lines.push(format!("# variables: {variables}"));
        }
        if !self.extensions.is_empty() {
            let extensions = Value::Object(self.extensions.clone());
            lines.push(format!("# extensions: {extensions}"));
        }
        lines.push(format!("{}\n", self.document.trim()));
        lines.join("\n")
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

#[cfg(test)]
mod tests {
    use apollo_compiler::ExecutableDocument;

    use super::{Caller, Facts, Generator};

    #[test]
    fn a_seed_makes_the_same_operations_again() {
        let made = |seed| {
            let generator = Generator::new(Caller::Staff, Facts::default(), seed);
            [0, 1, 2].map(|number| generator.operation(number).body())
        };
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(8));
    }

    #[test]
    fn operations_fit_the_schema_even_without_facts() {
        for caller in Caller::ALL {
            let generator = Generator::new(caller, Facts::default(), 3);
            for number in 0..300 {
                let document = generator.operation(number).document;
                let schema = &generator.vocabulary().schema;
                let valid = ExecutableDocument::parse_and_validate(schema, &*document, "made");
                assert!(valid.is_ok(), "{document}\n{}", valid.unwrap_err());
            }
        }
    }
}
