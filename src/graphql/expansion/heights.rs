use std::collections::HashMap;
use std::fmt;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Selection, Type};

use super::{Excess, Fragments, below};

/// How many levels selections lead down, those of fragments among them.
/// apollo-compiler follows them no further.
pub(in crate::graphql) const DEEPEST: usize = 500;
/// How many fields lead down to one another, with every fragment in place.
/// apollo-compiler compares none that are further down.
const FIELDS: usize = 128;
/// How many fragments lead to one another. apollo-compiler follows them no
/// further in search of a circle.
pub(in crate::graphql) const LONGEST_CHAIN: usize = 100;
/// How many lists the type of a variable is.
const LISTS: usize = 8;

/// What leads down too far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) enum Depth {
    Selections,
    Fields,
    Fragments,
    Lists,
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Selections => write!(
                f,
                "Selections of the document lead more than {DEEPEST} levels down, fragments among \
                 them."
            ),
            Self::Fields => write!(
                f,
                "Fields of the document are more than {FIELDS} levels down, with every fragment in \
                 place."
            ),
            Self::Fragments => write!(
                f,
                "More than {LONGEST_CHAIN} fragments of the document lead from one to the next."
            ),
            Self::Lists => write!(
                f,
                "The type of a variable is more than {LISTS} lists, one in another."
            ),
        }
    }
}

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
    /// Those of fields alone.
    fields: usize,
    /// How many fragments lead to one another.
    chain: usize,
}

impl Height {
    fn max(self, other: Self) -> Self {
        Self {
            levels: self.levels.max(other.levels),
            fields: self.fields.max(other.fields),
            chain: self.chain.max(other.chain),
        }
    }

    fn too_deep(self) -> Option<Depth> {
        match self {
            _ if self.levels > DEEPEST => Some(Depth::Selections),
            _ if self.fields > FIELDS => Some(Depth::Fields),
            _ if self.chain > LONGEST_CHAIN => Some(Depth::Fragments),
            _ => None,
        }
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
                    return Err(Excess::TooDeep(Depth::Lists));
                }
                self.of(&operation.selection_set, 0)?
            }
            Definition::FragmentDefinition(fragment) => self.of_fragment(&fragment.name, 0)?,
            _ => Height::default(),
        };
        match height.too_deep() {
            Some(depth) => Err(Excess::TooDeep(depth)),
            None => Ok(()),
        }
    }

    /// That of selections which are so deep down by now.
    fn of(&mut self, selections: &'d [Selection], depth: usize) -> Result<Height, Excess<'d>> {
        if depth > DEEPEST {
            return Err(Excess::TooDeep(Depth::Selections));
        }
        let mut highest = Height::default();
        for selection in selections {
            let mut height = match selection {
                Selection::Field(field) => {
                    let below = self.of(below(field), depth + 1)?;
                    Height {
                        fields: below.fields + 1,
                        ..below
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.of(&fragment.selection_set, depth + 1)?
                }
                Selection::FragmentSpread(fragment) => {
                    self.of_fragment(&fragment.fragment_name, depth + 1)?
                }
            };
            height.levels += 1;
            highest = highest.max(height);
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

    fn too_deep(text: &str) -> Option<Depth> {
        of(text, |document, schema| {
            match check(document, schema, MOST) {
                Ok(()) => None,
                Err(Excess::TooDeep(depth)) => Some(depth),
                Err(other) => panic!("{other:?}"),
            }
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
        assert_eq!(too_deep(&one(LONGEST_CHAIN)), None);
        assert_eq!(too_deep(&one(LONGEST_CHAIN + 1)), Some(Depth::Fragments));
        assert_eq!(too_deep(&all(LONGEST_CHAIN)), None);
        assert_eq!(too_deep(&all(LONGEST_CHAIN + 1)), Some(Depth::Fragments));
    }

    #[test]
    fn selections_lead_down_so_far_in_whatever_order_fragments_are_spread() {
        // Each fragment is five levels, its spread among them.
        let next = "... { ... { ... { a { ...F+ } } } }";
        let one = |count: usize, last: &str| {
            chain(count, "...F0", next) + &format!("fragment F{count} on Query {{ {last} }}")
        };
        let levels = DEEPEST / 5;
        let (three, five) = ("... { ... { a } }", "... { ... { ... { ... { a } } } }");
        assert_eq!(too_deep(&one(levels - 1, three)), None);
        assert_eq!(too_deep(&one(levels - 1, five)), Some(Depth::Selections));
        let all = format!("...F{} {}", levels - 1, backwards(levels - 1));
        let all = |last: &str| one(levels - 1, last).replacen("...F0", &all, 1);
        assert_eq!(too_deep(&all(three)), None);
        assert_eq!(too_deep(&all(five)), Some(Depth::Selections));
    }

    #[test]
    fn fields_lead_down_so_far_with_every_fragment_in_place() {
        let of = |levels: usize| {
            let half = |inner: &str| {
                let (open, close) = ("a { ... { ".repeat(levels / 2), "} } ".repeat(levels / 2));
                format!("{{ {open}{inner}{close} }}")
            };
            format!("{} fragment F on A {}", half("...F"), half("a"))
        };
        assert_eq!(too_deep(&of(FIELDS - 2)), None);
        assert_eq!(too_deep(&of(FIELDS)), Some(Depth::Fields));
    }

    #[test]
    fn variables_are_of_few_lists_in_each_other() {
        let of = |lists: usize| {
            let (open, close) = ("[".repeat(lists), "]".repeat(lists));
            format!("query($a: {open}Int{close}) {{ a }}")
        };
        assert_eq!(too_deep(&of(LISTS)), None);
        assert_eq!(too_deep(&of(LISTS + 1)), Some(Depth::Lists));
    }
}
