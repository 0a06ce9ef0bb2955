use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{Definition, Document, Selection};

/// How many levels fragments may lead down.
const DEEPEST: usize = 1_000;

/// Whether the operations of a document come to more than `most` selections with
/// every fragment in place, or to more levels than any may have: so much is
/// looked at to tell whether fields can be merged (GraphQL specification, section
/// 5.3.2). An object has each fragment once, as when it is answered; fragments
/// that lead to themselves are followed once.
pub(super) fn is_beyond(document: &Document, most: usize) -> bool {
    let fragments = document.definitions.iter().filter_map(|definition| {
        let Definition::FragmentDefinition(fragment) = definition else {
            return None;
        };
        let fragment = Fragment {
            selections: &fragment.selection_set,
            is_open: false,
        };
        Some((definition.name()?.as_str(), fragment))
    });
    let mut expansion = Expansion {
        fragments: fragments.collect(),
        left: most,
        levels: 0,
    };
    let mut operations = document.definitions.iter();
    operations.any(|definition| match definition {
        Definition::OperationDefinition(operation) => {
            expansion.object(&operation.selection_set).is_none()
        }
        _ => false,
    })
}

/// What is still to come.
struct Expansion<'d> {
    fragments: HashMap<&'d str, Fragment<'d>>,
    /// How many selections may come.
    left: usize,
    /// How deep it is by now.
    levels: usize,
}

struct Fragment<'d> {
    selections: &'d [Selection],
    /// Whether it is being followed.
    is_open: bool,
}

impl<'d> Expansion<'d> {
    /// Follows what is selected of an object; nothing where that comes to too
    /// much.
    fn object(&mut self, selections: &'d [Selection]) -> Option<()> {
        self.gather(selections, &mut HashSet::new())
    }

    /// Follows selections of an object, of which these fragments are in place.
    fn gather(&mut self, selections: &'d [Selection], spread: &mut HashSet<&'d str>) -> Option<()> {
        if self.levels == DEEPEST {
            return None;
        }
        self.levels += 1;
        for selection in selections {
            self.left = self.left.checked_sub(1)?;
            match selection {
                Selection::Field(field) => {
                    self.object(field.selection_set.as_deref().unwrap_or_default())?;
                }
                Selection::InlineFragment(fragment) => {
                    self.gather(&fragment.selection_set, spread)?;
                }
                Selection::FragmentSpread(fragment) => {
                    let name = fragment.fragment_name.as_str();
                    if spread.insert(name) {
                        self.follow(name, spread)?;
                    }
                }
            }
        }
        self.levels -= 1;
        Some(())
    }

    fn follow(&mut self, name: &'d str, spread: &mut HashSet<&'d str>) -> Option<()> {
        let Some(fragment) = self.fragments.get_mut(name).filter(|one| !one.is_open) else {
            return Some(());
        };
        fragment.is_open = true;
        let selections = fragment.selections;
        self.gather(selections, spread)?;
        if let Some(fragment) = self.fragments.get_mut(name) {
            fragment.is_open = false;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comes_to(text: &str, count: usize) {
        let document = Document::parse(text, "test.graphql").unwrap();
        assert!(!is_beyond(&document, count), "{text}: {count}");
        assert!(is_beyond(&document, count - 1), "{text}: {count}");
    }

    #[test]
    fn an_object_has_each_fragment_once() {
        comes_to("{ a b { c } }", 3);
        comes_to("{ a } query Q { a }", 2);
        comes_to("{ ...F ...F } fragment F on Query { a b }", 4);
        comes_to("{ a { ...F } b { ...F } } fragment F on A { a b }", 8);
        comes_to(
            "{ ... on Query { ...F } ...F } fragment F on Query { a { ...F } }",
            5,
        );
        comes_to(
            "{ ...F } fragment F on A { a { ...G } ...None } fragment G on A { b ...F }",
            6,
        );
    }

    #[test]
    fn fragments_lead_down_so_far() {
        let chain = |count: usize| {
            let chain = (0..count).map(|n| format!("fragment F{n} on A {{ ...F{} }} ", n + 1));
            let text = format!("{{ ...F0 }} {}", chain.collect::<String>());
            Document::parse(text, "test.graphql").unwrap()
        };
        assert!(!is_beyond(&chain(DEEPEST - 1), usize::MAX));
        assert!(is_beyond(&chain(DEEPEST), usize::MAX));
    }
}
