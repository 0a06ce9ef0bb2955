//! Selection sets.

use apollo_compiler::ast::{
    DirectiveList, Field, FieldDefinition, FragmentDefinition, FragmentSpread, InlineFragment,
    Selection,
};
use apollo_compiler::{Name, Node};

use super::draft::{Draft, name};
use super::groupings::is_grouped;
use super::pages::{CursorPlace, Cursors};
use super::vocabulary::{NODE, is_page};

/// The most rows that a selection may come to, so that answers stay short.
const MOST_ROWS: usize = 250;
/// The rows that a list without pages is reckoned to have.
const UNPAGED: usize = 10;

/// Where a selection set stands.
#[derive(Clone)]
pub struct Place {
    /// How many levels are above it.
    pub depth: usize,
    /// How many rows it may be read for.
    pub rows: usize,
    /// Whether rows of several types share it.
    pub mixed: bool,
    /// The variables of the nearest list, for its cursors.
    pub list: Option<Cursors>,
}

impl Place {
    /// How many rows a list may have for each of the rows here.
    pub fn room(&self) -> usize {
        MOST_ROWS / self.rows.max(1)
    }
}

impl Draft<'_> {
    /// The fields of the query.
    pub fn root(&mut self) -> Vec<Selection> {
        let place = Place {
            depth: 0,
            rows: 1,
            mixed: false,
            list: None,
        };
        let fields = self.vocabulary.fields("Query");
        let most = if self.random.percent(25) { 3 } else { 1 };
        let mut selections = Vec::new();
        for _ in 0..self.random.between(1, most) {
            // Lists are what there is most to say about.
            let lists: Vec<_> = fields.iter().filter(|field| is_page(field)).collect();
            let field = if self.random.percent(70) {
                (*self.random.pick(&lists)).clone()
            } else {
                self.random.pick(&fields).clone()
            };
            selections.push(self.composite(&field, &place));
        }
        self.wrap(selections, "Query", &place)
    }

    /// Selections of a type, at least one.
    pub fn selections(&mut self, type_name: &str, place: &Place) -> Vec<Selection> {
        let selections = if type_name == NODE {
            self.node_selections(place)
        } else {
            self.object_selections(type_name, place)
        };
        self.wrap(selections, type_name, place)
    }

    fn object_selections(&mut self, type_name: &str, place: &Place) -> Vec<Selection> {
        let fields = self.vocabulary.fields(type_name);
        let (leaves, composites): (Vec<_>, Vec<_>) = fields
            .into_iter()
            .partition(|field| self.vocabulary.is_leaf(&field.ty));
        let is_row = self.vocabulary.is_entity(type_name);
        let most = match self.random.below(10) {
            _ if !is_row => leaves.len(),
            0 => leaves.len(),
            1..=6 => 3,
            _ => 6,
        };
        let mut selections = Vec::new();
        let mut wanted = self.random.below(most + 1);
        if !is_row && composites.is_empty() {
            wanted = wanted.max(1);
        }
        let mut chosen = self.random.some(&leaves, wanted);
        if place.list.is_some() && !chosen.iter().any(|field| is_cursor(field)) {
            let mut cursors = leaves.iter().filter(|field| is_cursor(field));
            chosen.extend(cursors.next_back().cloned());
        }
        for field in chosen {
            selections.push(self.leaf(type_name, &field, place));
        }
        let mut chosen = if is_row {
            let deep = place.depth >= 7 || place.room() < 1;
            let most = if deep {
                0
            } else {
                [2, 2, 1, 1, 1, 1, 1][place.depth]
            };
            let most = self.random.below(most + 1);
            self.random.some(&composites, most)
        } else {
            // The members of a page: nodes, edges, the row of an edge.
            composites
                .iter()
                .filter(|field| {
                    let cases = match field.name.as_str() {
                        "node" => 80,
                        // Where there are cursors.
                        "pageInfo" | "edges" if place.list.is_some() => 65,
                        "facets" => 25,
                        _ => 45,
                    };
                    self.random.percent(cases)
                })
                .cloned()
                .collect()
        };
        if selections.is_empty() && chosen.is_empty() {
            chosen = if is_row {
                Vec::new()
            } else {
                self.random.some(&composites, 1)
            };
        }
        for field in chosen {
            if self.budget == 0 && !selections.is_empty() {
                break;
            }
            selections.push(self.composite(&field, place));
        }
        if selections.is_empty() || self.random.percent(4) {
            selections.push(self.type_name());
        }
        if self.random.percent(3) {
            selections.push(self.random.pick(&selections).clone());
        }
        selections
    }

    /// Selections of rows whose type is not known.
    fn node_selections(&mut self, place: &Place) -> Vec<Selection> {
        let mixed = Place {
            mixed: true,
            ..place.clone()
        };
        let mut selections = Vec::new();
        let id = self.vocabulary.field(NODE, "id").unwrap();
        if self.random.percent(60) {
            selections.push(self.leaf(NODE, &id, &mixed));
        }
        if selections.is_empty() || self.random.percent(50) {
            selections.push(self.type_name());
        }
        let most = self.random.between(1, 4);
        for entity in self.random.some(&self.vocabulary.entities, most) {
            let inner = self.object_selections(&entity, &mixed);
            let directives = self.directives();
            selections.push(inline(Some(entity), directives, inner));
        }
        selections
    }

    pub fn leaf(&mut self, type_name: &str, field: &FieldDefinition, place: &Place) -> Selection {
        self.budget = self.budget.saturating_sub(1);
        let arguments = self.arguments(type_name, field, place).0;
        let clashes = place.mixed && !self.vocabulary.means_one_type(&field.name);
        let alias = if !field.arguments.is_empty() {
            self.alias(field, place)
        } else if clashes || self.random.percent(6) {
            Some(self.fresh("a"))
        } else {
            None
        };
        let key = alias.as_ref().unwrap_or(&field.name).to_string();
        if let Some(cursors) = &place.list
            && is_cursor(field)
        {
            let mut path = self.path.clone();
            path.push(key);
            self.cursors.push(CursorPlace {
                path,
                list: cursors.clone(),
            });
        }
        let directives = self.directives();
        selected(alias, field, arguments, directives, None)
    }

    pub fn composite(&mut self, field: &FieldDefinition, place: &Place) -> Selection {
        if is_grouped(field) {
            return self.groups(field, place);
        }
        self.budget = self.budget.saturating_sub(1);
        let (arguments, page) = self.arguments("", field, place);
        let alias = if field.arguments.is_empty() && !place.mixed {
            // Two of these are one, with the selections of both.
            self.random.percent(10).then(|| self.fresh("a"))
        } else {
            self.alias(field, place)
        };
        let size = match &page {
            Some(page) => page.size,
            // A page's own members are as many as the page.
            None if field.ty.is_list() && !matches!(field.name.as_str(), "nodes" | "edges") => {
                UNPAGED
            }
            None => 1,
        };
        let inner = Place {
            depth: place.depth + 1,
            rows: place.rows * size.max(1),
            mixed: false,
            list: page.map_or_else(|| place.list.clone(), |page| page.cursors),
        };
        self.path
            .push(alias.as_ref().unwrap_or(&field.name).to_string());
        let selections = self.selections(field.ty.inner_named_type(), &inner);
        self.path.pop();
        let directives = self.directives();
        selected(alias, field, arguments, directives, Some(selections))
    }

    /// An alias for a field that must not share its key with another.
    fn alias(&mut self, field: &FieldDefinition, place: &Place) -> Option<Name> {
        if place.mixed || self.random.percent(15) || !self.plain.insert(field.name.to_string()) {
            Some(self.fresh("a"))
        } else {
            None
        }
    }

    fn type_name(&mut self) -> Selection {
        let field = Field {
            alias: self.random.percent(20).then(|| self.fresh("a")),
            name: name("__typename"),
            arguments: Vec::new(),
            directives: DirectiveList::default(),
            selection_set: None,
        };
        Selection::Field(field.into())
    }

    /// Puts some of the selections into fragments.
    fn wrap(
        &mut self,
        mut selections: Vec<Selection>,
        type_name: &str,
        place: &Place,
    ) -> Vec<Selection> {
        if self.random.percent(12) {
            let from = self.random.below(selections.len());
            let inner = selections.split_off(from);
            let directives = self.directives();
            let condition = match self.random.below(3) {
                0 => None,
                1 if self.vocabulary.is_entity(type_name) => {
                    // Through the interface and back.
                    let own = inline(Some(name(type_name)), DirectiveList::default(), inner);
                    selections.push(inline(Some(name(NODE)), directives, vec![own]));
                    return selections;
                }
                _ => Some(name(type_name)),
            };
            selections.push(inline(condition, directives, inner));
        } else if self.random.percent(8) {
            let from = self.random.below(selections.len());
            let inner = selections.split_off(from);
            let fragment = self.fresh("F");
            let directives = self.directives();
            selections.push(spread(&fragment, directives));
            let definition = FragmentDefinition {
                description: None,
                name: fragment,
                type_condition: name(type_name),
                directives: DirectiveList::default(),
                selection_set: inner,
            };
            self.fragments.push((definition, place.rows));
        } else if self.random.percent(15) && !place.mixed {
            let fitting: Vec<_> = self
                .fragments
                .iter()
                .filter(|(fragment, rows)| {
                    fragment.type_condition == type_name && *rows >= place.rows
                })
                .map(|(fragment, _)| fragment.name.clone())
                .collect();
            if !fitting.is_empty() {
                let fragment = self.random.pick(&fitting).clone();
                let directives = self.directives();
                selections.push(spread(&fragment, directives));
            }
        }
        selections
    }
}

/// Whether a field tells a position in a list.
fn is_cursor(field: &FieldDefinition) -> bool {
    matches!(field.name.as_str(), "cursor" | "startCursor" | "endCursor")
}

fn selected(
    alias: Option<Name>,
    field: &FieldDefinition,
    arguments: Vec<Node<apollo_compiler::ast::Argument>>,
    directives: DirectiveList,
    selection_set: Option<Vec<Selection>>,
) -> Selection {
    let field = Field {
        alias,
        name: field.name.clone(),
        arguments,
        directives,
        selection_set,
    };
    Selection::Field(field.into())
}

fn inline(
    type_condition: Option<Name>,
    directives: DirectiveList,
    selection_set: Vec<Selection>,
) -> Selection {
    let fragment = InlineFragment {
        type_condition,
        directives,
        selection_set,
    };
    Selection::InlineFragment(fragment.into())
}

fn spread(fragment: &Name, directives: DirectiveList) -> Selection {
    let spread = FragmentSpread {
        fragment_name: fragment.clone(),
        directives,
    };
    Selection::FragmentSpread(spread.into())
}
