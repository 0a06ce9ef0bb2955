use apollo_compiler::ast::Value;
use apollo_compiler::executable::{
    DirectiveList, ExecutableDocument, Field, Selection, SelectionSet,
};
use apollo_compiler::response::JsonMap;

use super::json;
use super::limits::Limits;
use super::meter::within;
use super::node::NODE;
use super::user_error::USER_ERROR;
use crate::error::ApiError;

/// Fields that share a response key, in the order of the document.
pub(super) type Collected<'r> = Vec<(&'r str, Vec<&'r Field>)>;

/// How often what stands at each place has been told before it, at most: under
/// another key, or as part of a document that is told under one.
pub(super) fn told_before(collected: &[(&str, Vec<&Field>)], variables: &JsonMap) -> Vec<usize> {
    let parts: Vec<_> = collected
        .iter()
        .map(|(_, fields)| (&fields[0].name, json::part(fields[0], variables)))
        .collect();
    let mut told = Vec::with_capacity(parts.len());
    for (place, (name, part)) in parts.iter().enumerate() {
        let before = parts[..place].iter().zip(&told);
        let same = before.filter(|((other, at), _)| other == name && overlap(at, part));
        let times = same.map(|(_, times)| times + 1).max();
        told.push(times.unwrap_or(0));
    }
    told
}

/// Whether one path leads into what the other leads to.
fn overlap(one: &[json::Step], other: &[json::Step]) -> bool {
    one.starts_with(other) || other.starts_with(one)
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

#[cfg(test)]
mod tests {
    use apollo_compiler::Schema;
    use apollo_compiler::response::serde_json_bytes::json;

    use super::*;

    /// How often each part of a selection has been told before.
    fn told(selection: &str) -> Vec<usize> {
        let schema = "type Query { text: String json(path: String): String }";
        let schema = Schema::parse_and_validate(schema, "").unwrap();
        let query = format!("query($a: String, $b: String, $none: String) {{ {selection} }}");
        let document = ExecutableDocument::parse(&schema, query, "").unwrap();
        let variables = json!({ "a": "a", "b": "\"b\"" });
        let variables = variables.as_object().unwrap();
        let limits = Limits::default();
        let mut collector = Collector::new(&document, variables, "Query", &limits);
        collector.add(&document.operations.get(None).unwrap().selection_set);
        told_before(&collector.collected, variables)
    }

    #[test]
    fn a_field_is_told_again_under_another_key() {
        assert_eq!(told("text"), [0]);
        assert_eq!(told("text text"), [0]);
        assert_eq!(
            told("text __typename again: text third: text"),
            [0, 0, 1, 2]
        );
    }

    #[test]
    fn paths_are_told_again_where_one_leads_into_the_other() {
        let paths = |paths: &[&str]| {
            let fields = paths.iter().enumerate().map(|(place, path)| match *path {
                "" => format!("p{place}: json "),
                path => format!("p{place}: json(path: {path}) "),
            });
            told(&fields.collect::<String>())
        };
        assert_eq!(
            paths(&["\"a\"", "\"b\"", "\"ab\"", "\"c[0]\"", "\"c[1]\""]),
            [0; 5]
        );
        assert_eq!(
            paths(&["\"a\"", "\"a.b\"", "\"a.c\"", "\"a.c\""]),
            [0, 1, 1, 2]
        );
        assert_eq!(
            paths(&["\"a.b\"", "\"a.c\"", "\"a\"", "\"a\"", ""]),
            [0, 0, 1, 2, 3]
        );
        assert_eq!(
            paths(&["", "\"a\"", "\"b\"", "null", "$none"]),
            [0, 1, 1, 2, 3]
        );
        // However they are written, and by the values of variables.
        assert_eq!(paths(&["$a", "$b", "\"a\"", "\"b\""]), [0, 0, 1, 1]);
        assert_eq!(paths(&["$a", "\"a[0].b\"", "$b"]), [0, 1, 0]);
        // What is no path may be any.
        assert_eq!(paths(&["\"a\"", "\".\""]), [0, 1]);
    }
}
