use apollo_compiler::ast::Value;
use apollo_compiler::executable::{
    DirectiveList, ExecutableDocument, Field, Selection, SelectionSet,
};
use apollo_compiler::response::JsonMap;

use super::limits::Limits;
use super::meter::within;
use super::node::NODE;
use super::user_error::USER_ERROR;
use crate::error::ApiError;

/// Fields that share a response key, in the order of the document.
pub(super) type Collected<'r> = Vec<(&'r str, Vec<&'r Field>)>;

/// Whether what stands at a place of `collected` stands under another key
/// before it.
pub(super) fn is_again(collected: &[(&str, Vec<&Field>)], place: usize) -> bool {
    let name = &collected[place].1[0].name;
    let mut before = collected[..place].iter();
    before.any(|(_, fields)| fields[0].name == *name)
}

/// Gathers the fields of selection sets by response key, for an object of a
/// type (GraphQL specification, section 6.3.2, `CollectFields`).
pub(super) struct Collector<'r, 't> {
    pub document: &'r ExecutableDocument,
    pub variables: &'r JsonMap,
    pub type_name: &'t str,
    pub collected: Collected<'r>,
    limits: &'r Limits,
    spread: Vec<&'r str>,
    looked_at: Selections,
}

/// How much of a document has been looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Selections {
    /// Selections.
    pub all: usize,
    /// Those of them that are fields under another name.
    pub aliases: usize,
    /// The directives on them.
    pub directives: usize,
}

impl Selections {
    /// Adds what was looked at elsewhere.
    pub fn add(&mut self, other: Self) {
        self.all += other.all;
        self.aliases += other.aliases;
        self.directives += other.directives;
    }

    /// Refuses more than an operation may have.
    pub fn check(&self, limits: &Limits) -> Result<(), ApiError> {
        within("selections", self.all, limits.selections, "selections")?;
        within("aliases", self.aliases, limits.aliases, "aliases")?;
        within(
            "directives",
            self.directives,
            limits.directives,
            "directives",
        )
    }
}

impl<'r, 't> Collector<'r, 't> {
    pub fn new(
        document: &'r ExecutableDocument,
        variables: &'r JsonMap,
        type_name: &'t str,
        limits: &'r Limits,
    ) -> Self {
        Self {
            document,
            variables,
            type_name,
            collected: Vec::new(),
            limits,
            spread: Vec::new(),
            looked_at: Selections::default(),
        }
    }

    /// Gathers from one more selection set, until there is more than may be.
    pub fn add(&mut self, set: &'r SelectionSet) {
        for selection in &set.selections {
            if self.is_full() {
                return;
            }
            self.looked_at.all += 1;
            self.looked_at.directives += selection.directives().len();
            if let Selection::Field(field) = selection {
                self.looked_at.aliases += usize::from(field.alias.is_some());
            }
            match selection {
                Selection::Field(field) if self.included(&field.directives) => {
                    let key = field.response_name().as_str();
                    match self.collected.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, fields)) => fields.push(field),
                        None => self.collected.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) if self.included(&fragment.directives) => {
                    let applies = fragment
                        .type_condition
                        .as_ref()
                        .is_none_or(|name| self.applies(name.as_str()));
                    if applies {
                        self.add(&fragment.selection_set);
                    }
                }
                Selection::FragmentSpread(spread) if self.included(&spread.directives) => {
                    let name = spread.fragment_name.as_str();
                    if self.spread.contains(&name) {
                        continue;
                    }
                    self.spread.push(name);
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.applies(fragment.type_condition().as_str())
                    {
                        self.add(&fragment.selection_set);
                    }
                }
                Selection::Field(_)
                | Selection::InlineFragment(_)
                | Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn is_full(&self) -> bool {
        self.looked_at.all > self.limits.selections
            || self.collected.len() > self.limits.members.max(self.limits.root_fields)
    }

    /// Refuses objects of too many fields.
    pub fn check(&self) -> Result<(), ApiError> {
        within(
            "fields",
            self.collected.len(),
            self.limits.members,
            "fields of one object",
        )
    }

    /// What has been looked at.
    pub fn looked_at(&self) -> Selections {
        self.looked_at
    }

    fn applies(&self, condition: &str) -> bool {
        condition == self.type_name || matches!(condition, NODE | USER_ERROR)
    }

    fn included(&self, directives: &DirectiveList) -> bool {
        let holds = |name: &str| {
            let value = directives.get(name)?.specified_argument_by_name("if")?;
            match value.as_ref() {
                Value::Boolean(value) => Some(*value),
                Value::Variable(name) => self.variables.get(name.as_str())?.as_bool(),
                _ => None,
            }
        };
        holds("skip") != Some(true) && holds("include") != Some(false)
    }
}
