use apollo_compiler::ast::Value;
use apollo_compiler::executable::{
    DirectiveList, ExecutableDocument, Field, Selection, SelectionSet,
};
use apollo_compiler::response::JsonMap;

use super::document::Limits;
use super::meter::within;
use super::node::NODE;
use super::user_error::USER_ERROR;
use crate::error::ApiError;

/// Fields that share a response key, in the order of the document.
pub(super) type Collected<'r> = Vec<(&'r str, Vec<&'r Field>)>;

/// Gathers the fields of selection sets by response key, for an object of a
/// type (GraphQL specification, section 6.3.2, `CollectFields`).
pub(super) struct Collector<'r, 't> {
    pub document: &'r ExecutableDocument,
    pub variables: &'r JsonMap,
    pub type_name: &'t str,
    pub collected: Collected<'r>,
    spread: Vec<&'r str>,
    selections: usize,
}

impl<'r, 't> Collector<'r, 't> {
    pub fn new(
        document: &'r ExecutableDocument,
        variables: &'r JsonMap,
        type_name: &'t str,
    ) -> Self {
        Self {
            document,
            variables,
            type_name,
            collected: Vec::new(),
            spread: Vec::new(),
            selections: 0,
        }
    }

    /// Gathers from one more selection set.
    pub fn add(&mut self, set: &'r SelectionSet) {
        self.collected.reserve(set.selections.len());
        for selection in &set.selections {
            self.selections += 1;
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

    /// Refuses objects of too many fields, and keys that are too long.
    pub fn check(&self, limits: &Limits) -> Result<(), ApiError> {
        within(self.collected.len(), limits.members, "fields of one object")?;
        let longest = self.collected.iter().map(|(key, _)| key.len()).max();
        within(longest.unwrap_or(0), limits.name, "characters in a name")
    }

    /// How many selections have been looked at.
    pub fn selections(&self) -> usize {
        self.selections
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
