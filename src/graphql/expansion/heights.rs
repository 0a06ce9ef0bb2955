use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Selection, Type};

use super::{Excess, Fragments, below};

/// How many levels selections lead down, those of fragments among them.
/// apollo-compiler follows them no further.
pub(in crate::graphql) const DEEPEST: usize = 500;
/// How many lists the type of a variable is.
const LISTS: usize = 8;

/// How far selections lead down.
pub(super) struct Heights<'f, 'd> {
    fragments: &'f Fragments<'d>,
    /// Those of fragments; none while one is being followed.
    known: HashMap<&'d Name, Option<usize>>,
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
            _ => 0,
        };
        if height > DEEPEST {
            return Err(Excess::TooDeep);
        }
        Ok(())
    }

    /// That of selections which are so deep down by now.
    fn of(&mut self, selections: &'d [Selection], depth: usize) -> Result<usize, Excess<'d>> {
        if depth > DEEPEST {
            return Err(Excess::TooDeep);
        }
        let mut highest = 0;
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
            highest = highest.max(height + 1);
        }
        Ok(highest)
    }

    fn of_fragment(&mut self, name: &'d Name, depth: usize) -> Result<usize, Excess<'d>> {
        let Some(fragment) = self.fragments.get(name) else {
            return Ok(0);
        };
        match self.known.get(name) {
            Some(Some(height)) => return Ok(*height),
            Some(None) => return Err(Excess::Circle(fragment)),
            None => {}
        }
        self.known.insert(name, None);
        let height = self.of(&fragment.selection_set, depth)?;
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
    use super::super::tests::of;
    use super::*;

    #[test]
    fn fragments_lead_down_so_far_in_whatever_order_they_are_spread() {
        let chain = |count: usize, spread: &str| {
            let chain = (0..count).map(|n| format!("fragment F{n} on Query {{ ...F{} }} ", n + 1));
            format!("{{ {spread} }} {}", chain.collect::<String>())
        };
        let backwards = |count: usize| {
            let spread = (0..count).rev().map(|n| format!("...F{n} "));
            chain(count, &spread.collect::<String>())
        };
        let most = DEEPEST - 1;
        for (text, is_too_deep) in [
            (chain(most, "...F0"), false),
            (chain(most + 1, "...F0"), true),
            (backwards(most), false),
            (backwards(most + 1), true),
            ("query($a: [[[[[[[[Int]]]]]]]]) { a }".to_owned(), false),
            ("query($a: [[[[[[[[[Int]]]]]]]]]) { a }".to_owned(), true),
        ] {
            of(&text, |document, schema| {
                let checked = check(document, schema, usize::MAX);
                assert_eq!(checked == Err(Excess::TooDeep), is_too_deep, "{text}");
            });
        }
    }
}
