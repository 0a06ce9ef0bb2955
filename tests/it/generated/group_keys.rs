//! Keys: what rows are grouped by, and how it is selected.

use apollo_compiler::Name;
use apollo_compiler::ast::{Selection, Value as Written};

use super::draft::{Draft, argument, name};
use super::facts::paths;
use super::groupings::{nested, plain};
use super::operands::integer;
use super::times::Time;

/// Something that rows are grouped by.
pub struct Key {
    /// The relations on the way there.
    pub path: Vec<Name>,
    /// The entity at the end of the way.
    entity: String,
    pub field: Name,
    way: Way,
}

enum Way {
    Value,
    Time(Time),
    Number(Steps),
    Document(String, &'static str, Steps),
    Level(i64),
}

/// How numbers are grouped: how wide steps are, and where one begins.
#[derive(Clone, Copy, PartialEq)]
struct Steps([(&'static str, Option<i64>); 2]);

impl Draft<'_> {
    /// What rows of an entity are grouped by.
    pub fn keys(&mut self, entity: &str) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for _ in 0..self.random.between(1, 3) {
            let may_fill = !keys.iter().any(Key::fills) || self.errs(60);
            let key = self.key(entity, Vec::new(), may_fill);
            if self.errs(20) || keys.iter().all(|known| known.written() != key.written()) {
                keys.push(key);
            }
        }
        keys
    }

    /// A filter that bounds a key which is filled in.
    pub fn bounds_of(&mut self, key: &Key) -> Written {
        match &key.way {
            Way::Time(time) => self.bounds(&key.entity, &key.way_there(), time),
            _ => Written::Object(Vec::new()),
        }
    }

    fn key(&mut self, entity: &str, mut path: Vec<Name>, may_fill: bool) -> Key {
        let object = self.vocabulary.input_object(&format!("{entity}GroupBy"));
        let fields: Vec<_> = object.unwrap().fields.values().cloned().collect();
        let (related, own): (Vec<_>, Vec<_>) = fields
            .into_iter()
            .partition(|field| self.is_of_entity(field.ty.inner_named_type(), "GroupBy"));
        if path.len() < 2 && !related.is_empty() && self.random.percent(35) {
            let field = self.random.pick(&related).clone();
            path.push(field.name.clone());
            let target = field.ty.inner_named_type().strip_suffix("GroupBy");
            return self.key(target.unwrap(), path, may_fill);
        }
        // Few of the others have the same value on several rows.
        let field = loop {
            let field = self.random.pick(&own);
            let is_unique = matches!(field.name.as_str(), "rowId" | "slug" | "sku" | "number");
            if !is_unique || self.random.percent(15) {
                break field.clone();
            }
        };
        let way = match field.ty.inner_named_type().as_str() {
            "BigIntGroupBy" | "FloatGroupBy" => Way::Number(self.steps()),
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
                Way::Document(path, reading, self.steps())
            }
            "DateTimeGroupBy" => Way::Time(self.time(may_fill)),
            "Int" if self.errs(40) => Way::Level(*self.random.pick(&[0, -1, 65])),
            "Int" => Way::Level(*self.random.pick(&[1, 2, 2, 3, 5, 64])),
            _ => Way::Value,
        };
        Key {
            path,
            entity: entity.to_owned(),
            field: field.name.clone(),
            way,
        }
    }

    fn steps(&mut self) -> Steps {
        let wide = [1, 2, 3, 7, 10, 100, 1000, 9999];
        let width = self.random.percent(60).then(|| *self.random.pick(&wide));
        let has_origin = width.is_some() && self.random.percent(30);
        let origin = has_origin.then(|| *self.random.pick(&[-1, 0, 1, 5, 12345]));
        Steps([("width", width), ("origin", origin)])
    }
}

impl Key {
    /// Whether stretches of time without rows are groups as well.
    pub fn fills(&self) -> bool {
        matches!(&self.way, Way::Time(time) if time.fills)
    }

    fn way_there(&self) -> Vec<Name> {
        let path = self.path.iter().cloned();
        path.chain([self.field.clone()]).collect()
    }

    /// The key as an item of `by`.
    pub fn written(&self) -> Written {
        let value = |way| Written::Enum(name(way));
        let steps = |Steps(steps): &Steps| {
            let given = steps
                .iter()
                .filter_map(|(label, number)| Some((label, (*number)?)));
            let members = given.map(|(label, number)| (name(label), integer(number).into()));
            Written::Object(members.collect())
        };
        let by = match &self.way {
            Way::Value => value("VALUE"),
            Way::Time(time) => time.written(),
            Way::Number(by) => steps(by),
            Way::Level(level) => integer(*level),
            Way::Document(path, reading, by) => {
                let by = if *reading == "number" {
                    steps(by)
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

    pub fn within(&self, value: Written) -> Written {
        nested(&self.way_there(), value)
    }

    /// The key as a selection, under an alias.
    pub fn selected(&self, alias: Name) -> Selection {
        let leaf = |label: &str| plain(label, Vec::new(), None, None);
        let number = || vec![leaf("value"), leaf("start"), leaf("end")];
        let (arguments, selections) = match &self.way {
            Way::Value => (Vec::new(), None),
            Way::Time(time) => {
                let members = ["value", "start", "end", "part"].map(leaf);
                (time.arguments(), Some(members.to_vec()))
            }
            Way::Number(Steps(steps)) => {
                let given = steps
                    .iter()
                    .filter_map(|(label, number)| Some((label, (*number)?)));
                let arguments = given.map(|(label, number)| argument(label, integer(number)));
                (arguments.collect(), Some(number()))
            }
            Way::Level(level) => {
                let members = vec![leaf("id"), leaf("name")];
                (vec![argument("level", integer(*level))], Some(members))
            }
            Way::Document(path, reading, _) => {
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
