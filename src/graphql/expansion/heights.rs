use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Selection, Type};

use super::{Excess, Fragments, below};

/// How many levels selections lead down, those of fragments among them.
/// apollo-compiler follows them no further.
pub(in crate::graphql) const DEEPEST: usize = 500;
/// How many fragments lead to one another. apollo-compiler follows them no
/// further in search of a circle.
pub(in crate::graphql) const LONGEST_CHAIN: usize = 100;
/// How many lists the type of a variable is.
const LISTS: usize = 8;

/// How far selections lead down.
pub(super) struct Heights<'f, 'd> {
    fragments: &'f Fragments<'d>,
    /// Those of fragments; none while one is being followed.
    known: HashMap<&'d Name, Option<Height>>,
}

/// How far some selections lead down.
#[derive(Clone, Copy, Default)]
struct Height {
    /// Levels of selections, those of fragments among them.
    levels: usize,
    /// How many fragments lead to one another.
    chain: usize,
}

impl Height {
    fn max(self, other: Self) -> Self {
        Self {
            levels: self.levels.max(other.levels),
            chain: self.chain.max(other.chain),
        }
    }

    fn is_too_much(self) -> bool {
        self.levels > DEEPEST || self.chain > LONGEST_CHAIN
    }
}

impl<'f, 'd> Heights<'f, 'd> {
    pub fn new(fragments: &'f Fragments<'d>) -> Self {
        Self {
            fragments,
            known: HashMap::new(),
        }
    }

    /// # Errors
    /// [`Excess::TooDeep`], and [`Excess::Circle`].
    pub fn check(&mut self, definition: &'d Definition) -> Result<(), Excess<'d>> {
        let height = match definition {
            Definition::OperationDefinition(operation) => {
                let mut types = operation.variables.iter().map(|variable| &*variable.ty);
                if types.any(|ty| lists(ty) > LISTS) {
                    return Err(Excess::TooDeep);
                }
                self.of(&operation.selection_set, 0)?
            }
            Definition::FragmentDefinition(fragment) => self.of_fragment(&fragment.name, 0)?,
            _ => Height::default(),
        };
        if height.is_too_much() {
            return Err(Excess::TooDeep);
        }
        Ok(())
    }

    /// That of selections which are so deep down by now.
    fn of(&mut self, selections: &'d [Selection], depth: usize) -> Result<Height, Excess<'d>> {
        if depth > DEEPEST {
            return Err(Excess::TooDeep);
        }
        let mut highest = Height::default();
        for selection in selections {
            let height = match selection {
                Selection::Field(field) => self.of(below(field), depth + 1)?,
                Selection::InlineFragment(fragment) => {
                    self.of(&fragment.selection_set, depth + 1)?
                }
                Selection::FragmentSpread(fragment) => {
                    self.of_fragment(&fragment.fragment_name, depth + 1)?
                }
            };
            highest = highest.max(Height {
                levels: height.levels + 1,
                ..height
            });
        }
        Ok(highest)
    }

    fn of_fragment(&mut self, name: &'d Name, depth: usize) -> Result<Height, Excess<'d>> {
        let Some(fragment) = self.fragments.get(name) else {
            return Ok(Height::default());
        };
        match self.known.get(name) {
            Some(Some(height)) => return Ok(*height),
            Some(None) => return Err(Excess::Circle(fragment)),
            None => {}
        }
        self.known.insert(name, None);
        let below = self.of(&fragment.selection_set, depth)?;
        let height = Height {
            chain: below.chain + 1,
            ..below
        };
        self.known.insert(name, Some(height));
        Ok(height)
    }
}

fn lists(ty: &Type) -> usize {
    match ty {
        Type::List(item) | Type::NonNullList(item) => 1 + lists(item),
        Type::Named(_) | Type::NonNullNamed(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::super::tests::{MOST, of};
    use super::*;

    fn is_too_deep(text: &str) -> bool {
        of(text, |document, schema| {
            let checked = check(document, schema, MOST);
            assert!(
                matches!(checked, Ok(()) | Err(Excess::TooDeep)),
                "{checked:?}"
            );
            checked.is_err()
        })
    }

    /// So many fragments, each of which leads to the next by this.
    fn chain(count: usize, spread: &str, next: &str) -> String {
        let chain = (0..count).map(|n| {
            let next = next.replace('+', &format!("{}", n + 1));
            format!("fragment F{n} on Query {{ {next} }} ")
        });
        format!("{{ {spread} }} {}", chain.collect::<String>())
    }

    fn backwards(count: usize) -> String {
        let spread = (0..count).rev().map(|n| format!("...F{n} "));
        spread.collect()
    }

    #[test]
    fn fragments_lead_to_one_another_so_far_in_whatever_order_they_are_spread() {
        let one = |count: usize| chain(count, "...F0", "...F+");
        let all = |count: usize| chain(count, &backwards(count), "...F+");
        assert!(!is_too_deep(&one(LONGEST_CHAIN)));
        assert!(is_too_deep(&one(LONGEST_CHAIN + 1)));
        assert!(!is_too_deep(&all(LONGEST_CHAIN)));
        assert!(is_too_deep(&all(LONGEST_CHAIN + 1)));
    }

    #[test]
    fn selections_lead_down_so_far_in_whatever_order_fragments_are_spread() {
        // Each fragment is five levels, its spread among them.
        let next = "a { a { a { a { ...F+ } } } }";
        let one = |count: usize, last: &str| {
            chain(count, "...F0", next) + &format!("fragment F{count} on Query {{ {last} }}")
        };
        let levels = DEEPEST / 5;
        assert!(!is_too_deep(&one(levels - 1, "a { a { a } }")));
        assert!(is_too_deep(&one(levels - 1, "a { a { a { a { a } } } }")));
        let all = format!("...F{} {}", levels - 1, backwards(levels - 1));
        let all = |last: &str| one(levels - 1, last).replacen("...F0", &all, 1);
        assert!(!is_too_deep(&all("a { a { a } }")));
        assert!(is_too_deep(&all("a { a { a { a { a } } } }")));
    }

    #[test]
    fn variables_are_of_few_lists_in_each_other() {
        let of = |lists: usize| {
            let (open, close) = ("[".repeat(lists), "]".repeat(lists));
            format!("query($a: {open}Int{close}) {{ a }}")
        };
        assert!(!is_too_deep(&of(LISTS)));
        assert!(is_too_deep(&of(LISTS + 1)));
    }
}
