//! Groups: what rows are grouped by, which groups are meant, in which order,
//! and what is asked of them.

use apollo_compiler::ast::{
    Argument, DirectiveList, Field, FieldDefinition, FloatValue, Selection, Value as Written,
};
use apollo_compiler::{Name, Node};

use super::draft::{Draft, argument, name};
use super::facts::paths;
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

/// Something that rows are grouped by.
struct Key {
    /// The relations on the way there.
    path: Vec<Name>,
    field: Name,
    way: Way,
}

enum Way {
    Value,
    Number(Option<i64>),
    Document(String, &'static str),
}

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
        let count = self.random.between(1, 3);
        let mut keys: Vec<Key> = Vec::new();
        for _ in 0..count {
            let key = self.key(&entity, Vec::new());
            if self.errs(20) || keys.iter().all(|known| known.written() != key.written()) {
                keys.push(key);
            }
        }
        let by: Vec<Node<Written>> = keys.iter().map(|key| key.written().into()).collect();
        arguments.push(argument("by", Written::List(by)));
        self.narrowing(&entity, field, &mut arguments);
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
        let fields: Vec<_> = fields
            .into_iter()
            .filter(|field| !matches!(field.name.as_str(), "key" | "count"))
            .collect();
        let most = self.random.below(3);
        for field in self.random.some(&fields, most) {
            selections.push(self.composite(&field, place));
        }
        selections
    }

    fn key(&mut self, entity: &str, mut path: Vec<Name>) -> Key {
        let object = self.vocabulary.input_object(&format!("{entity}GroupBy"));
        let fields: Vec<_> = object.unwrap().fields.values().cloned().collect();
        let (related, own): (Vec<_>, Vec<_>) = fields
            .into_iter()
            .partition(|field| self.is_of_entity(field.ty.inner_named_type(), "GroupBy"));
        if path.len() < 2 && !related.is_empty() && self.random.percent(35) {
            let field = self.random.pick(&related).clone();
            path.push(field.name.clone());
            let target = field.ty.inner_named_type().strip_suffix("GroupBy");
            return self.key(target.unwrap(), path);
        }
        // Few of the others have the same value on several rows.
        let field = loop {
            let field = self.random.pick(&own);
            let is_unique = matches!(field.name.as_str(), "id" | "slug" | "sku" | "number");
            if !is_unique || self.random.percent(15) {
                break field.clone();
            }
        };
        let way = match field.ty.inner_named_type().as_str() {
            "BigIntGroupBy" | "FloatGroupBy" => Way::Number(self.width()),
            "JSONGroupBy" => {
                let facts = self.facts;
                let document = facts.value(&mut self.random, entity, &field.name);
                let found = document.map(paths).unwrap_or_default();
                let path = if found.is_empty() {
                    "nothing".to_owned()
                } else {
                    self.random.pick(&found).0.clone()
                };
                let reading = self.random.pick(&["number", "text", "boolean"]);
                Way::Document(path, reading)
            }
            _ => Way::Value,
        };
        Key {
            path,
            field: field.name.clone(),
            way,
        }
    }

    fn width(&mut self) -> Option<i64> {
        let wide = [1, 2, 3, 7, 10, 100, 1000, 9999];
        self.random.percent(60).then(|| *self.random.pick(&wide))
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

    fn statistic_order(&mut self, type_name: &str, depth: usize) -> Written {
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

    fn is_of_entity(&self, type_name: &str, suffix: &str) -> bool {
        let entity = type_name.strip_suffix(suffix);
        entity.is_some_and(|entity| self.vocabulary.is_entity(entity))
    }

    fn having(&mut self, type_name: &str, depth: usize) -> Written {
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

impl Key {
    /// The key as an item of `by`.
    fn written(&self) -> Written {
        let value = |way| Written::Enum(name(way));
        let steps = |width: Option<i64>| {
            let width = width.map(|width| (name("width"), Node::new(integer(width))));
            Written::Object(width.into_iter().collect())
        };
        let by = match &self.way {
            Way::Value => value("VALUE"),
            Way::Number(width) => steps(*width),
            Way::Document(path, reading) => {
                let by = if *reading == "number" {
                    steps(None)
                } else {
                    value("VALUE")
                };
                Written::Object(vec![
                    (name("path"), Written::String(path.clone()).into()),
                    (name(reading), by.into()),
                ])
            }
        };
        self.within(by)
    }

    fn within(&self, value: Written) -> Written {
        let path: Vec<_> = self
            .path
            .iter()
            .cloned()
            .chain([self.field.clone()])
            .collect();
        nested(&path, value)
    }

    /// The key as a selection, under an alias.
    fn selected(&self, alias: Name) -> Selection {
        let leaf = |label: &str| plain(label, Vec::new(), None, None);
        let number = || vec![leaf("value"), leaf("start"), leaf("end")];
        let (arguments, selections) = match &self.way {
            Way::Value => (Vec::new(), None),
            Way::Number(width) => {
                let width = width.map(|width| argument("width", integer(width)));
                (width.into_iter().collect(), Some(number()))
            }
            Way::Document(path, reading) => {
                let inner = (*reading == "number").then(number);
                let path = argument("path", Written::String(path.clone()));
                let reading = plain(reading, Vec::new(), None, inner);
                (vec![path], Some(vec![reading]))
            }
        };
        let leaf = plain(&self.field, arguments, Some(alias), selections);
        self.path.iter().rev().fold(leaf, |inner, relation| {
            plain(relation, Vec::new(), None, Some(vec![inner]))
        })
    }
}

fn nested(path: &[Name], value: Written) -> Written {
    path.iter().rev().fold(value, |value, name| {
        Written::Object(vec![(name.clone(), value.into())])
    })
}

fn plain(
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
