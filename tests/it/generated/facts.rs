//! What is in the shop: rows as callers see them, from which operands are
//! drawn.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::operations::Operation;
use super::random::Random;
use super::servers::{Caller, Server};
use super::vocabulary::Vocabulary;

/// A row: its plain fields, and of each to-one relation the id.
pub type Row = Map<String, Value>;

/// How many rows of each list are read from its start, its end, and after so
/// many.
const PAGES: [&str; 3] = ["first: 70", "last: 50", "first: 60, offset: 400"];

/// Rows by the name of their type.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// As the caller sees them.
    own: BTreeMap<String, Vec<Row>>,
    /// As the admin sees them, other people's among them.
    all: BTreeMap<String, Vec<Row>>,
}

impl Facts {
    /// Asks a server for them.
    pub async fn gather(server: &Server, caller: Caller) -> Self {
        Self {
            own: gather(server, caller).await,
            all: gather(server, Caller::Admin).await,
        }
    }

    /// Facts of which what is drawn is mostly about rows that the caller does
    /// not see; of types without any, about all of them.
    pub fn of_hidden_rows(&self, is_hidden: impl Fn(&Value) -> bool) -> Self {
        let own = self.own.iter().map(|(entity, own)| {
            let all = self.all.get(entity).unwrap_or(own);
            let hidden = all.iter().filter(|row| is_hidden(&row["id"]));
            let hidden: Vec<_> = hidden.cloned().collect();
            let rows = if hidden.is_empty() {
                all.clone()
            } else {
                hidden
            };
            (entity.clone(), rows)
        });
        Self {
            own: own.collect(),
            all: self.all.clone(),
        }
    }

    /// A row that the caller sees.
    pub fn row(&self, random: &mut Random, entity: &str) -> Option<&Row> {
        let rows = self.own.get(entity).filter(|rows| !rows.is_empty())?;
        Some(random.pick(rows))
    }

    /// A row whoever it belongs to; it may not be visible.
    pub fn any_row(&self, random: &mut Random, entity: &str) -> Option<&Row> {
        let rows = self.all.get(entity).filter(|rows| !rows.is_empty())?;
        Some(random.pick(rows))
    }

    /// The row of that id, where it is known.
    pub fn by_id(&self, entity: &str, id: &Value) -> Option<&Row> {
        self.own.get(entity)?.iter().find(|row| row["id"] == *id)
    }

    /// A row of `entity` that refers to the row of that id.
    pub fn referring(&self, random: &mut Random, entity: &str, id: &Value) -> Option<&Row> {
        let rows = self.own.get(entity)?;
        let found: Vec<_> = rows
            .iter()
            .filter(|row| row.values().any(|value| value.get("id") == Some(id)))
            .collect();
        (!found.is_empty()).then(|| *random.pick(&found))
    }

    /// A value of a field, whoever sees it.
    pub fn value(&self, random: &mut Random, entity: &str, field: &str) -> Option<&Value> {
        let own = random.percent(70);
        let row = if own {
            self.row(random, entity)
        } else {
            self.any_row(random, entity)
        };
        row?.get(field)
    }

    /// An id of any row, visible or not.
    pub fn any_id(&self, random: &mut Random) -> Value {
        let side = if random.percent(75) {
            &self.own
        } else {
            &self.all
        };
        // Ids of types that the caller has no word for are refused.
        let foreign = random.percent(3);
        let entities: Vec<_> = side
            .iter()
            .filter(|(name, rows)| !rows.is_empty() && (foreign || self.own.contains_key(*name)))
            .map(|(_, rows)| rows)
            .collect();
        if entities.is_empty() {
            return json!("nothing_0192f0c47b1e7c3d9a5e8f0011223344");
        }
        let rows = *random.pick(&entities);
        random.pick(rows)["id"].clone()
    }

    /// A word or two of the texts of a row.
    pub fn words(&self, random: &mut Random, entity: &str) -> Option<String> {
        let row = self.row(random, entity)?;
        let texts: Vec<_> = row
            .iter()
            .filter(|(name, _)| *name != "id")
            .filter_map(|(_, value)| value.as_str())
            .filter(|text| text.contains(' '))
            .collect();
        if texts.is_empty() {
            return None;
        }
        let words: Vec<_> = random.pick(&texts).split_whitespace().collect();
        let count = random.between(1, 2);
        Some(random.some(&words, count).join(" "))
    }
}

/// The paths into a JSON value, as `ram_gb`, `dimensions.width` or
/// `ports[0].kind`, with what is there.
pub fn paths(value: &Value) -> Vec<(String, Value)> {
    fn add(found: &mut Vec<(String, Value)>, path: &str, value: &Value) {
        if !path.is_empty() {
            found.push((path.to_owned(), value.clone()));
        }
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    let dot = if path.is_empty() { "" } else { "." };
                    add(found, &format!("{path}{dot}{name}"), value);
                }
            }
            Value::Array(items) => {
                for (place, value) in items.iter().enumerate() {
                    add(found, &format!("{path}[{place}]"), value);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    add(&mut found, "", value);
    found
}

/// Reads pages of every list of a caller's schema.
async fn gather(server: &Server, caller: Caller) -> BTreeMap<String, Vec<Row>> {
    let vocabulary = Vocabulary::new(caller.role());
    let mut rows = BTreeMap::new();
    for entity in &vocabulary.entities {
        let Some(list) = vocabulary.root_list(entity) else {
            continue;
        };
        let fields: Vec<_> = vocabulary
            .fields(entity)
            .into_iter()
            .filter_map(|field| {
                if field.ty.is_list() || field.arguments.iter().any(|input| input.is_required()) {
                    None
                } else if vocabulary.is_leaf(&field.ty) {
                    Some(field.name.to_string())
                } else {
                    let refers = vocabulary.is_entity(field.ty.inner_named_type());
                    refers.then(|| format!("{} {{ id }}", field.name))
                }
            })
            .collect();
        let pages: Vec<_> = PAGES
            .iter()
            .enumerate()
            .map(|(place, page)| {
                format!(
                    "p{place}: {list}({page}) {{ nodes {{ {} }} }}",
                    fields.join(" ")
                )
            })
            .collect();
        let operation = Operation::new(format!("{{ {} }}", pages.join(" ")), Map::new());
        let answer = server.send(&operation, caller).await;
        assert!(
            answer.has_data(),
            "{}: {}",
            operation.document,
            answer.comparable()
        );
        let mut seen = BTreeSet::new();
        let found: Vec<Row> = answer.json()["data"]
            .as_object()
            .into_iter()
            .flat_map(Map::values)
            .flat_map(|page| page["nodes"].as_array().into_iter().flatten())
            .filter_map(Value::as_object)
            .filter(|row| seen.insert(row.get("id").unwrap_or(&json!(null)).to_string()))
            .cloned()
            .collect();
        rows.insert(entity.to_string(), found);
    }
    rows
}
