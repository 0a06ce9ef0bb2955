//! Makes an operation that fails small enough to read.

use std::collections::HashSet;

use apollo_compiler::ast::{
    Argument, Definition, DirectiveList, Document, IntValue, Selection, Value as Written,
};
use apollo_compiler::{Name, Node};
use serde_json::{Map, Value};

use super::operations::Operation;

/// How often a smaller operation is tried at most.
const MOST_TRIES: usize = 1500;

/// Takes parts out of an operation for as long as it still fails. What is left
/// is of one piece: no variable or fragment without a use.
pub async fn shrink(
    mut operation: Operation,
    still_fails: impl AsyncFn(&Operation) -> bool,
) -> Operation {
    let mut tries = 0;
    loop {
        let before = operation.clone();
        // Places count from the start, where the large parts are.
        let mut place = 0;
        while let Some(smaller) = without(&operation, place) {
            tries += 1;
            if tries > MOST_TRIES {
                return operation;
            }
            if smaller != operation && still_fails(&smaller).await {
                operation = smaller;
            } else {
                place += 1;
            }
        }
        if operation == before {
            return operation;
        }
    }
}

/// The operation with one part less, or made simpler in one place; nothing
/// where there are not that many places.
fn without(operation: &Operation, place: usize) -> Option<Operation> {
    let mut knife = Knife { countdown: place };
    let mut next = operation.clone();
    // What does not parse is cut as a text.
    match Document::parse(operation.document.as_str(), "shrunk.graphql") {
        Ok(mut document) => {
            if knife.document(&mut document) {
                tidy(&mut document);
                next.document = document.serialize().no_indent().to_string();
                next.variables
                    .retain(|name, _| next.document.contains(&format!("${name}")));
                return Some(next);
            }
        }
        Err(_) => {
            if knife.text(&mut next.document) {
                return Some(next);
            }
        }
    }
    let cut = knife.json_members(&mut next.variables) || knife.json_members(&mut next.extensions);
    cut.then_some(next)
}

/// Counts the places where something can be cut, and cuts at one of them.
/// Every method says whether it has cut.
struct Knife {
    countdown: usize,
}

impl Knife {
    /// Whether this is the place.
    fn here(&mut self) -> bool {
        if self.countdown == 0 {
            return true;
        }
        self.countdown -= 1;
        false
    }

    fn document(&mut self, document: &mut Document) -> bool {
        if let Some(inlined) = self.inline_fragments(document) {
            *document = inlined;
            return true;
        }
        document
            .definitions
            .iter_mut()
            .any(|definition| match definition {
                Definition::OperationDefinition(operation) => {
                    let operation = operation.make_mut();
                    if operation.name.is_some() && self.here() {
                        operation.name = None;
                        return true;
                    }
                    self.selections(&mut operation.selection_set)
                        || operation.variables.iter_mut().any(|variable| {
                            let default = variable.default_value.is_some();
                            default && self.here() && {
                                variable.make_mut().default_value = None;
                                true
                            }
                        })
                }
                Definition::FragmentDefinition(fragment) => {
                    self.selections(&mut fragment.make_mut().selection_set)
                }
                _ => false,
            })
    }

    /// Puts the selections of one named fragment where it is spread.
    fn inline_fragments(&mut self, document: &Document) -> Option<Document> {
        let fragments: Vec<_> = document
            .definitions
            .iter()
            .filter_map(Definition::as_fragment_definition)
            .collect();
        let fragment = fragments.into_iter().find(|_| self.here())?.clone();
        let mut inlined = document.clone();
        for definition in &mut inlined.definitions {
            let set = match definition {
                Definition::OperationDefinition(operation) => {
                    &mut operation.make_mut().selection_set
                }
                Definition::FragmentDefinition(other) => &mut other.make_mut().selection_set,
                _ => continue,
            };
            replace_spreads(set, &fragment.name, &fragment.selection_set);
        }
        Some(inlined)
    }

    fn selections(&mut self, set: &mut Vec<Selection>) -> bool {
        for place in 0..set.len() {
            if set.len() > 1 && self.here() {
                set.remove(place);
                return true;
            }
        }
        for place in 0..set.len() {
            if let Selection::InlineFragment(fragment) = &set[place]
                && self.here()
            {
                let inner = fragment.selection_set.clone();
                set.splice(place..=place, inner);
                return true;
            }
        }
        set.iter_mut().any(|selection| match selection {
            Selection::Field(field) => {
                let field = field.make_mut();
                if field.alias.is_some() && self.here() {
                    field.alias = None;
                    return true;
                }
                self.directives(&mut field.directives)
                    || self.arguments(&mut field.arguments)
                    || field
                        .selection_set
                        .as_mut()
                        .is_some_and(|set| self.selections(set))
            }
            Selection::InlineFragment(fragment) => {
                let fragment = fragment.make_mut();
                self.directives(&mut fragment.directives)
                    || self.selections(&mut fragment.selection_set)
            }
            Selection::FragmentSpread(spread) => self.directives(&mut spread.make_mut().directives),
        })
    }

    fn directives(&mut self, directives: &mut DirectiveList) -> bool {
        let cut = !directives.is_empty() && self.here();
        if cut {
            directives.clear();
        }
        cut
    }

    fn arguments(&mut self, arguments: &mut Vec<Node<Argument>>) -> bool {
        self.remove_one(arguments)
            || arguments
                .iter_mut()
                .any(|argument| self.value(argument.make_mut().value.make_mut()))
    }

    fn remove_one<T>(&mut self, items: &mut Vec<T>) -> bool {
        let found = (0..items.len()).find(|_| self.here());
        if let Some(place) = found {
            items.remove(place);
        }
        found.is_some()
    }

    fn value(&mut self, value: &mut Written) -> bool {
        match value {
            Written::List(items) => {
                if items.len() == 1 && self.here() {
                    *value = (*items[0]).clone();
                    return true;
                }
                self.remove_one(items) || items.iter_mut().any(|item| self.value(item.make_mut()))
            }
            Written::Object(fields) => {
                // A condition in place of `not`, `and` and the like.
                let inner = fields
                    .iter()
                    .find(|(_, field)| matches!(**field, Written::Object(_)) && self.here());
                if let Some((_, inner)) = inner {
                    *value = (**inner).clone();
                    return true;
                }
                self.remove_one(fields)
                    || fields
                        .iter_mut()
                        .any(|(_, field)| self.value(field.make_mut()))
            }
            Written::String(text) => self.text(text),
            Written::Int(number) if number.as_str().len() > 1 && self.here() => {
                *number = IntValue::new_parsed("1");
                true
            }
            _ => false,
        }
    }

    /// Half of a text, or a letter less.
    fn text(&mut self, text: &mut String) -> bool {
        let letters: Vec<char> = text.chars().collect();
        let half = letters.len() / 2;
        if letters.is_empty() {
            return false;
        }
        for kept in [&letters[..half], &letters[half..], &letters[1..]] {
            if self.here() {
                *text = kept.iter().collect();
                return true;
            }
        }
        false
    }

    fn json(&mut self, value: &mut Value) -> bool {
        match value {
            Value::Array(items) => {
                self.remove_one(items) || items.iter_mut().any(|item| self.json(item))
            }
            Value::Object(members) => self.json_members(members),
            Value::String(text) => self.text(text),
            Value::Number(number) if number.to_string().len() > 1 && self.here() => {
                *value = 1.into();
                true
            }
            _ => false,
        }
    }

    fn json_members(&mut self, members: &mut Map<String, Value>) -> bool {
        let cut = members.keys().find(|_| self.here()).cloned();
        if let Some(name) = cut {
            members.shift_remove(&name);
            return true;
        }
        members.values_mut().any(|value| self.json(value))
    }
}

fn replace_spreads(set: &mut Vec<Selection>, fragment: &Name, by: &[Selection]) {
    let mut replaced = Vec::new();
    for mut selection in std::mem::take(set) {
        match &mut selection {
            Selection::FragmentSpread(spread) if spread.fragment_name == *fragment => {
                replaced.extend(by.iter().cloned());
                continue;
            }
            Selection::FragmentSpread(_) => {}
            Selection::Field(field) => {
                if let Some(inner) = &mut field.make_mut().selection_set {
                    replace_spreads(inner, fragment, by);
                }
            }
            Selection::InlineFragment(inline) => {
                replace_spreads(&mut inline.make_mut().selection_set, fragment, by);
            }
        }
        replaced.push(selection);
    }
    *set = replaced;
}

/// Removes fragments and variables that nothing uses.
fn tidy(document: &mut Document) {
    loop {
        let text = document.to_string();
        let words: HashSet<&str> = text
            .split(|letter: char| !letter.is_alphanumeric() && !"_$.".contains(letter))
            .collect();
        let before = document.definitions.len();
        document.definitions.retain(|definition| match definition {
            Definition::FragmentDefinition(fragment) => {
                words.contains(format!("...{}", fragment.name).as_str())
            }
            _ => true,
        });
        if document.definitions.len() == before {
            break;
        }
    }
    let text = document.to_string();
    for definition in &mut document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            operation.make_mut().variables.retain(|variable| {
                let name = format!("${}", variable.name);
                let uses = text.match_indices(&name).filter(|(at, _)| {
                    let rest = &text[at + name.len()..];
                    !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
                });
                uses.count() > 1
            });
        }
    }
}

/// Takes bytes out of a request for as long as it still fails.
pub async fn shrink_bytes(mut body: Vec<u8>, still_fails: impl AsyncFn(&[u8]) -> bool) -> Vec<u8> {
    let mut tries = 0;
    let mut length = body.len() / 2;
    while length > 0 {
        let mut start = 0;
        while start < body.len() {
            tries += 1;
            if tries > MOST_TRIES {
                return body;
            }
            let mut smaller = body.clone();
            smaller.drain(start..body.len().min(start + length));
            if still_fails(&smaller).await {
                body = smaller;
            } else {
                start += length;
            }
        }
        length /= 2;
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Operation, shrink, shrink_bytes};

    #[tokio::test]
    async fn what_does_not_matter_is_taken_out() {
        let document = "query Q($a: Int, $b: String) { ...F x: reviews(first: $a) { totalCount } } \
                        fragment F on Query { p: products(first: 3, filter: { and: [{ not: { name: \
                        { eq: $b } } }, { stock: { gt: 2 } }] }) { nodes { id sku } totalCount } }";
        let variables = json!({ "a": 1, "b": "abcßdef" })
            .as_object()
            .unwrap()
            .clone();
        let operation = Operation::new(document.to_owned(), variables);
        let small = shrink(operation, async |operation| {
            let text = operation.body();
            text.contains("products") && text.contains("eq") && text.contains('ß')
        })
        .await;
        assert_eq!(
            small.document,
            "query($b: String) { products(filter: {eq: $b}) { totalCount } }"
        );
        assert_eq!(json!(small.variables), json!({ "b": "ß" }));
    }

    #[tokio::test]
    async fn bytes_that_do_not_matter_are_taken_out() {
        let body = b"something with a \xff in it".to_vec();
        let small = shrink_bytes(body, async |body| body.contains(&0xff)).await;
        assert_eq!(small, b"\xff");
    }
}
