//! Groups: what rows are grouped by, which groups are meant, in which order,
//! and what is asked of them.

use apollo_compiler::ast::{
    Argument, DirectiveList, Field, FieldDefinition, FloatValue, Selection, Value as Written,
};
use apollo_compiler::{Name, Node};

use super::draft::{Draft, argument, name};
use super::facts::paths;
use super::group_keys::Key;
use super::operands::integer;
use super::selections::Place;

/// What groups of rows of an entity are called.
const CONNECTION: &str = "GroupConnection";
/// Statistics that come out a little different by the order in which values
/// are added up, so that they are no good to sort or compare by.
const INEXACT: [&str; 3] = ["variance", "stddev", "percentile"];
/// The same of numbers with a fraction.
const INEXACT_OF_FLOATS: [&str; 3] = ["sum", "avg", "median"];
const DIRECTIONS: [&str; 6] = [
    "ASC",
    "ASC_NULLS_FIRST",
    "ASC_NULLS_LAST",
    "DESC",
    "DESC_NULLS_FIRST",
    "DESC_NULLS_LAST",
];

/// Whether a field tells groups.
pub fn is_grouped(field: &FieldDefinition) -> bool {
    field.ty.inner_named_type().ends_with(CONNECTION)
}

impl Draft<'_> {
    /// A field that tells groups, with its arguments and selections.
    pub fn groups(&mut self, field: &FieldDefinition, place: &Place) -> Selection {
        self.budget = self.budget.saturating_sub(1);
        let entity = field.ty.inner_named_type().strip_suffix(CONNECTION);
        let entity = entity.unwrap_or_default().to_owned();
        let (mut arguments, page) = self.page(field, place);
        let keys = self.keys(&entity);
        let by: Vec<Node<Written>> = keys.iter().map(|key| key.written().into()).collect();
        arguments.push(argument("by", Written::List(by)));
        self.narrowed(&entity, field, &keys, &mut arguments);
        if self.random.percent(45) {
            let having = self.having(&format!("{entity}Having"), 0);
            arguments.push(argument("having", having));
        }
        if self.random.percent(60) {
            let orders: Vec<_> = (0..self.random.between(1, 2))
                .map(|_| self.group_order(&entity, &keys).into())
                .collect();
            arguments.push(argument("orderBy", Written::List(orders)));
        }
        let inner = Place {
            depth: place.depth + 1,
            rows: place.rows * page.size.max(1),
            mixed: false,
            list: page.cursors,
        };
        let alias = self.fresh("a");
        self.path.push(alias.to_string());
        let mut selections = Vec::new();
        let fields = self.vocabulary.fields(field.ty.inner_named_type());
        for member in fields {
            let cases = match member.name.as_str() {
                "nodes" => 70,
                "pageInfo" | "edges" if inner.list.is_some() => 65,
                _ => 20,
            };
            if self.random.percent(cases) {
                selections.push(self.member(&member, &keys, &inner));
            }
        }
        if selections.is_empty() {
            selections.push(plain("__typename", Vec::new(), None, None));
        }
        self.path.pop();
        plain(&field.name, arguments, Some(alias), Some(selections))
    }

    /// Adds the filter and the search; a filter that bounds the key that is
    /// filled in, if one is.
    fn narrowed(
        &mut self,
        entity: &str,
        field: &FieldDefinition,
        keys: &[Key],
        arguments: &mut Vec<Node<Argument>>,
    ) {
        let Some(filled) = keys.iter().find(|key| key.fills()) else {
            return self.narrowing(entity, field, arguments);
        };
        // Without variables, for more is put around it.
        self.constant = true;
        self.narrowing(entity, field, arguments);
        self.constant = false;
        let bounds = self.bounds_of(filled);
        let given = arguments.iter_mut().find(|given| given.name == "filter");
        let Some(given) = given else {
            return arguments.push(argument("filter", bounds));
        };
        if !given.value.is_null() {
            let both = vec![bounds.into(), given.value.clone()];
            *given = argument("filter", nested(&[name("and")], Written::List(both)));
        }
    }

    fn member(&mut self, field: &FieldDefinition, keys: &[Key], place: &Place) -> Selection {
        match field.name.as_str() {
            "nodes" => {
                self.path.push("nodes".to_owned());
                let group = self.group(field, keys, place);
                self.path.pop();
                plain("nodes", Vec::new(), None, Some(group))
            }
            "edges" => {
                self.path.push("edges".to_owned());
                let edge = field.ty.inner_named_type();
                let cursor = self.vocabulary.field(edge, "cursor").unwrap();
                let cursor = self.leaf(edge, &cursor, place);
                let node = self.vocabulary.field(edge, "node").unwrap();
                self.path.push("node".to_owned());
                let group = self.group(&node, keys, place);
                self.path.pop();
                self.path.pop();
                let node = plain("node", Vec::new(), None, Some(group));
                plain("edges", Vec::new(), None, Some(vec![cursor, node]))
            }
            "totalCount" => plain("totalCount", Vec::new(), None, None),
            _ => self.composite(field, place),
        }
    }

    fn group(&mut self, field: &FieldDefinition, keys: &[Key], place: &Place) -> Vec<Selection> {
        let mut selections = Vec::new();
        if self.random.percent(80) {
            let members = keys.iter().map(|key| {
                let alias = self.fresh("a");
                key.selected(alias)
            });
            let members: Vec<_> = members.collect();
            selections.push(plain("key", Vec::new(), None, Some(members)));
        }
        if self.errs(40) {
            let key = self.vocabulary.field(field.ty.inner_named_type(), "key");
            selections.push(self.composite(&key.unwrap(), place));
        }
        if selections.is_empty() || self.random.percent(70) {
            selections.push(plain("count", Vec::new(), None, None));
        }
        let fields = self.vocabulary.fields(field.ty.inner_named_type());
        let is_filled = keys.iter().any(Key::fills);
        let fields: Vec<_> = fields
            .into_iter()
            .filter(|field| match field.name.as_str() {
                "key" | "count" => false,
                "previous" => is_filled || self.errs(20),
                _ => true,
            })
            .collect();
        for (label, cases) in [("previous", 40), ("share", 15), ("rows", 20)] {
            let field = fields.iter().find(|field| field.name == label);
            if let Some(field) = field
                && self.random.percent(cases)
            {
                selections.push(self.composite(field, place));
            }
        }
        let most = self.random.below(3);
        for field in self.random.some(&fields, most) {
            selections.push(self.composite(&field, place));
        }
        selections
    }

    fn group_order(&mut self, entity: &str, keys: &[Key]) -> Written {
        let key = self.random.pick(keys);
        let alike = keys
            .iter()
            .filter(|other| other.path == key.path && other.field == key.field);
        if alike.count() == 1 && self.random.percent(40) {
            let direction = self.random.pick(&DIRECTIONS);
            let direction = Written::Enum(name(direction));
            return nested(&[name("key")], key.within(direction));
        }
        self.statistic_order(&format!("{entity}AggregateOrder"), 0)
    }

    /// A statistic to sort by.
    pub fn statistic_order(&mut self, type_name: &str, depth: usize) -> Written {
        let object = self.vocabulary.input_object(type_name).unwrap();
        let is_float = type_name == "FloatAggregateOrder";
        let fields: Vec<_> = object
            .fields
            .values()
            .filter(|field| {
                let leads_on = self.is_of_entity(field.ty.inner_named_type(), "AggregateOrder");
                let inexact = INEXACT.contains(&field.name.as_str())
                    || is_float && INEXACT_OF_FLOATS.contains(&field.name.as_str());
                field.name != "path" && !inexact && !(leads_on && depth > 1)
            })
            .cloned()
            .collect();
        let field = self.random.pick(&fields).clone();
        let inner = field.ty.inner_named_type();
        let value = if inner == "OrderDirection" {
            let direction = self.random.pick(&DIRECTIONS);
            Written::Enum(name(direction))
        } else {
            self.statistic_order(inner, depth + 1)
        };
        let mut members = vec![(field.name.clone(), Node::new(value))];
        if type_name == "JSONAggregateOrder" {
            members.push((name("path"), Node::new(self.some_path())));
        }
        Written::Object(members)
    }

    fn some_path(&mut self) -> Written {
        let facts = self.facts;
        let document = facts.value(&mut self.random, "Product", "attributes");
        let found = document.map(paths).unwrap_or_default();
        let path = if found.is_empty() {
            "kg".to_owned()
        } else {
            self.random.pick(&found).0.clone()
        };
        Written::String(path)
    }

    pub fn is_of_entity(&self, type_name: &str, suffix: &str) -> bool {
        let entity = type_name.strip_suffix(suffix);
        entity.is_some_and(|entity| self.vocabulary.is_entity(entity))
    }

    /// Conditions on statistics.
    pub fn having(&mut self, type_name: &str, depth: usize) -> Written {
        let object = self.vocabulary.input_object(type_name).unwrap();
        let is_float = type_name == "FloatHaving";
        let fields: Vec<_> = object
            .fields
            .values()
            .filter(|field| {
                let leads_on = self.is_of_entity(field.ty.inner_named_type(), "Having");
                let inexact = INEXACT.contains(&field.name.as_str())
                    || is_float && INEXACT_OF_FLOATS.contains(&field.name.as_str());
                field.name != "path" && !inexact && !(leads_on && depth > 1)
            })
            .cloned()
            .collect();
        let count = if self.random.percent(80) { 1 } else { 2 };
        let mut members = Vec::new();
        for field in self.random.some(&fields, count) {
            let inner = field.ty.inner_named_type().to_string();
            let value = if matches!(field.name.as_str(), "and" | "or") {
                let items = (0..self.random.between(1, 2)).map(|_| self.having(&inner, depth + 1));
                let items: Vec<Node<Written>> = items.map(Node::new).collect();
                Written::List(items)
            } else if inner.ends_with("Filter") {
                self.comparison(&inner)
            } else {
                self.having(&inner, depth + 1)
            };
            members.push((field.name.clone(), Node::new(value)));
        }
        if type_name == "JSONHaving" {
            members.push((name("path"), Node::new(self.some_path())));
        }
        Written::Object(members)
    }

    /// A condition on a statistic.
    fn comparison(&mut self, type_name: &str) -> Written {
        let object = self.vocabulary.input_object(type_name).unwrap();
        let fields: Vec<_> = object
            .fields
            .values()
            .filter(|field| !field.name.ends_with("IgnoreCase"))
            .cloned()
            .collect();
        let field = self.random.pick(&fields).clone();
        if field.name == "isNull" {
            return nested(&[name("isNull")], Written::Boolean(self.random.percent(30)));
        }
        let operand = self.figure(field.ty.inner_named_type());
        let value = if field.ty.is_list() {
            let other = self.figure(field.ty.inner_named_type());
            Written::List(vec![operand.into(), other.into()])
        } else {
            operand
        };
        nested(std::slice::from_ref(&field.name), value)
    }

    fn figure(&mut self, type_name: &str) -> Written {
        match type_name {
            "BigInt" | "Int" => integer(
                *self
                    .random
                    .pick(&[0, 1, 2, 3, 4, 5, 8, 20, 100, 999, 5000, 200_000]),
            ),
            "Float" => {
                let number = *self
                    .random
                    .pick(&[0.25, 1.5, 2.75, 3.125, 10.1, 1234.56, -1.5]);
                Written::Float(FloatValue::from(number))
            }
            "DateTime" => Written::String("2024-06-01T12:00:00Z".to_owned()),
            "String" => {
                let texts = ["", "B", "M", "a", "black", "zz", "É"];
                Written::String((*self.random.pick(&texts)).to_owned())
            }
            other => {
                let values = self.vocabulary.enum_values(other);
                Written::Enum(self.random.pick(&values).clone())
            }
        }
    }
}

pub fn nested(path: &[Name], value: Written) -> Written {
    path.iter().rev().fold(value, |value, name| {
        Written::Object(vec![(name.clone(), value.into())])
    })
}

pub fn plain(
    label: &str,
    arguments: Vec<Node<Argument>>,
    alias: Option<Name>,
    selection_set: Option<Vec<Selection>>,
) -> Selection {
    let field = Field {
        alias,
        name: name(label),
        arguments,
        directives: DirectiveList::default(),
        selection_set,
    };
    Selection::Field(field.into())
}
