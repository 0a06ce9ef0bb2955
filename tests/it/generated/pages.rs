//! Pages: their arguments, and the way from one page to the next.

use apollo_compiler::Node;
use apollo_compiler::ast::{Argument, FieldDefinition, Type, Value as Written};
use serde_json::Value;

use super::draft::{Draft, Slot, argument, name};
use super::operands::integer;
use super::operations::Operation;
use super::random::Random;
use super::selections::Place;

/// The size of a page that does not say how long it is.
const DEFAULT_SIZE: usize = 20;
/// The greatest size of a page.
const LARGEST_SIZE: usize = 100;

/// The variables that take cursors of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cursors {
    pub after: Option<String>,
    pub before: Option<String>,
}

/// Where an answer has cursors.
#[derive(Clone, Debug, PartialEq)]
pub struct CursorPlace {
    /// The response keys on the way there; lists on the way are gone through.
    pub path: Vec<String>,
    /// The list that they belong to.
    pub list: Cursors,
}

/// A page that is asked for.
pub struct Page {
    /// How many rows it has at most.
    pub size: usize,
    /// What takes its cursors, where something does.
    pub cursors: Option<Cursors>,
}

impl Draft<'_> {
    /// The arguments of a page.
    pub fn page(&mut self, field: &FieldDefinition, place: &Place) -> (Vec<Node<Argument>>, Page) {
        let mut arguments = Vec::new();
        let room = place.room();
        let size = match self.random.below(20) {
            0 => 0,
            1 => LARGEST_SIZE,
            2 | 3 => self.random.between(6, 30),
            _ => self.random.between(1, 5),
        };
        let size = size.min(room);
        if self.errs(30) {
            let wrong = [("first", 101), ("first", -1), ("last", 101), ("offset", -1)];
            let (label, number) = *self.random.pick(&wrong);
            arguments.push(argument(label, integer(number)));
            return (
                arguments,
                Page {
                    size,
                    cursors: None,
                },
            );
        }
        if self.errs(20) && field.argument_by_name("last").is_some() {
            let other = *self.random.pick(&["first", "offset"]);
            arguments.push(argument("last", integer(1)));
            arguments.push(argument(other, integer(1)));
            return (
                arguments,
                Page {
                    size,
                    cursors: None,
                },
            );
        }
        let mut cursors = None;
        let int = Type::Named(name("Int"));
        let count = integer(i64::try_from(size).unwrap());
        // A variable that is left out would make the page as long as it likes.
        let sized = |draft: &mut Self, label| {
            let value = draft.place(&int, Slot::Required, |_| count);
            argument(label, value)
        };
        let mut length = size;
        match self.random.below(10) {
            0 | 1 if room >= DEFAULT_SIZE => length = DEFAULT_SIZE,
            2 => {
                let most = *self.random.pick(&[3, 40, 3000]);
                let skipped = integer(i64::try_from(self.random.below(most)).unwrap());
                let offset = self.place(&int, Slot::Optional, |_| skipped);
                arguments.push(sized(self, "first"));
                arguments.push(argument("offset", offset));
            }
            3 | 4 => arguments.push(sized(self, "last")),
            _ => arguments.push(sized(self, "first")),
        }
        let offset = arguments.len() == 2;
        if !offset && !self.constant && self.random.percent(50) {
            let mut found = Cursors::default();
            let text = Type::Named(name("String"));
            let both = self.random.percent(20);
            let after = self.random.percent(60);
            if after || both {
                let variable = self.declare(&text, None, None);
                found.after = Some(variable.to_string());
                arguments.push(argument("after", Written::Variable(variable)));
            }
            if !after || both {
                let variable = self.declare(&text, None, None);
                found.before = Some(variable.to_string());
                arguments.push(argument("before", Written::Variable(variable)));
            }
            cursors = Some(found);
        } else if !offset && self.errs(40) {
            let junk = [
                "",
                "abc",
                "00000000.1",
                "deadbeef.-.0192f0c47b1e7c3d9a5e8f0011223344",
            ];
            let junk = Written::String((*self.random.pick(&junk)).to_owned());
            arguments.push(argument("after", junk));
        }
        if self.random.percent(2) {
            let missing = ["first", "last", "after", "before", "offset"]
                .into_iter()
                .find(|label| arguments.iter().all(|argument| argument.name != *label));
            if let Some(label) = missing {
                arguments.push(argument(label, Written::Null));
            }
        }
        (
            arguments,
            Page {
                size: length,
                cursors,
            },
        )
    }
}

/// The same operation over other pages of one of its lists, from the cursors
/// of its answer.
pub fn follow_up(random: &mut Random, operation: &Operation, answer: &Value) -> Option<Operation> {
    let mut found = Vec::new();
    for place in &operation.cursors {
        let mut cursors = Vec::new();
        gather(&answer["data"], &place.path, &mut cursors);
        found.extend(cursors.into_iter().map(|cursor| (&place.list, cursor)));
    }
    if found.is_empty() || random.percent(35) {
        return None;
    }
    let (list, _) = *random.pick(&found);
    let mut own = found.clone();
    // Now and then the cursor of another list, which has to be refused.
    if !random.percent(4) {
        own.retain(|(other, _)| *other == list);
    }
    let mut next = operation.clone();
    for (label, variable) in [("after", &list.after), ("before", &list.before)] {
        let both = list.after.is_some() && list.before.is_some();
        let Some(variable) = variable.as_ref().filter(|_| !both || random.percent(60)) else {
            continue;
        };
        let (_, cursor) = *random.pick(&own);
        next.variables.insert(variable.clone(), cursor.clone());
        if random.percent(25) {
            write_out(&mut next, label, variable, cursor);
        }
    }
    Some(next)
}

/// Writes a cursor into the document, in place of its variable.
fn write_out(operation: &mut Operation, label: &str, variable: &str, cursor: &Value) {
    operation.variables.shift_remove(variable);
    let document = &mut operation.document;
    for end in [',', ')'] {
        let used = format!("{label}: ${variable}{end}");
        *document = document.replace(&used, &format!("{label}: {cursor}{end}"));
    }
    for (declared, rest) in [
        (format!("${variable}: String, "), ""),
        (format!(", ${variable}: String)"), ")"),
        (format!("(${variable}: String)"), ""),
    ] {
        *document = document.replace(&declared, rest);
    }
    for place in &mut operation.cursors {
        for end in [&mut place.list.after, &mut place.list.before] {
            end.take_if(|name| name == variable);
        }
    }
    let is_open = |place: &CursorPlace| place.list != Cursors::default();
    operation.cursors.retain(is_open);
}

fn gather<'a>(value: &'a Value, path: &[String], found: &mut Vec<&'a Value>) {
    match (value, path) {
        (Value::Array(items), _) => {
            for item in items {
                gather(item, path, found);
            }
        }
        (Value::String(_), []) => found.push(value),
        (Value::Object(members), [key, rest @ ..]) => {
            if let Some(member) = members.get(key) {
                gather(member, rest, found);
            }
        }
        _ => {}
    }
}
