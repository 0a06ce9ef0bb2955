//! The order of lists.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::condition::{fold, foldable};
use super::datum::{Datum, Kind};
use super::figure::Figure;
use super::model::{Entity, Relation, column_of};
use super::path::Path;
use super::request::items;
use super::rows::Rows;
use super::{Stop, refused, skipped};
use crate::generated::shop::{Cell, Record, id_of};

/// The keys by which a list is sorted; the id comes last.
#[derive(Clone, Debug, PartialEq)]
pub struct Sorting {
    entity: &'static Entity,
    keys: Vec<Key>,
}

#[derive(Clone, Debug, PartialEq)]
struct Key {
    /// From the row to the one that the key is of.
    way: Vec<&'static Relation>,
    entity: &'static Entity,
    by: By,
    descending: bool,
    nulls_first: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum By {
    Column(String),
    Document(String, Path, Kind),
    /// A statistic over the rows that this relation leads to.
    Statistic(&'static Relation, Figure),
    /// How many of these words stand in the searched texts.
    Words(Words),
    /// A value of groups that goes by this name.
    Group(String),
}

/// Words that are searched.
#[derive(Clone, Debug)]
pub struct Words(Vec<Word>);

impl PartialEq for Words {
    /// To be sorted by how many words there are is one order, whichever the
    /// words.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Word {
    text: String,
    is_start: bool,
}

/// Where a row stands in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    sorting: Arc<Sorting>,
    keys: Vec<Datum>,
    id: Uuid,
}

impl Sorting {
    /// An order of groups by values that go by these names.
    pub fn of_groups(entity: &'static Entity, keys: Vec<(String, bool, bool)>) -> Self {
        let keys = keys
            .into_iter()
            .map(|(label, descending, nulls_first)| Key {
                way: Vec::new(),
                entity,
                by: By::Group(label),
                descending,
                nulls_first,
            });
        Self {
            entity,
            keys: keys.collect(),
        }
    }

    /// Where a group with these values stands.
    pub fn position_of_group(self: &Arc<Self>, keys: Vec<Datum>) -> Position {
        Position {
            sorting: self.clone(),
            keys,
            id: Uuid::nil(),
        }
    }

    /// The order that is asked for, or the one of lists without.
    pub fn read(
        entity: &'static Entity,
        order: Option<&Value>,
        words: Option<&Words>,
    ) -> Result<Self, Stop> {
        let order = order.filter(|order| !order.is_null());
        let mut keys = Vec::new();
        for value in order.map_or(&[][..], items) {
            let key = key(entity, value)?;
            // What is sorted already cannot be sorted the other way.
            if keys.iter().all(|other| !key.is_as(other)) {
                keys.push(key);
            }
        }
        if let Some(place) = keys.iter().position(Key::is_id) {
            // Nothing is left to be sorted then.
            keys.truncate(place + 1);
            if !keys[place].descending {
                keys.pop();
            }
        }
        if order.is_none() {
            let default = entity.sorted_by.map(|column| By::Column(column.to_owned()));
            let by = match words {
                Some(words) => Some((By::Words(words.clone()), true)),
                None => default.map(|by| (by, false)),
            };
            keys.extend(by.map(|(by, descending)| Key {
                way: Vec::new(),
                entity,
                by,
                descending,
                nulls_first: descending,
            }));
        }
        Ok(Self { entity, keys })
    }

    pub fn position(self: &Arc<Self>, rows: &Rows, row: &Record) -> Position {
        let keys = self.keys.iter();
        Position {
            sorting: self.clone(),
            keys: keys.map(|key| key.of(rows, row)).collect(),
            id: id_of(row),
        }
    }

    /// Whether positions in lists sorted like this are positions here.
    pub fn takes(&self, position: &Position) -> bool {
        *position.sorting == *self
    }
}

/// Reads a key such as `{ category: { name: ASC } }`.
fn key(entity: &'static Entity, value: &Value) -> Result<Key, Stop> {
    let Some((name, value)) = value.as_object().and_then(|members| members.iter().next()) else {
        return refused("BAD_USER_INPUT");
    };
    if let Some(relation) = entity.relation(name) {
        let mut key = key(relation.entity(), value)?;
        key.way.insert(0, relation);
        return Ok(key);
    }
    if let Some(relation) = entity.relation_by(name, "Aggregate") {
        let (figure, (descending, nulls_first)) =
            Figure::sorted(relation.entity(), Vec::new(), value)?;
        return Ok(Key {
            way: Vec::new(),
            entity,
            by: By::Statistic(relation, figure),
            descending,
            nulls_first,
        });
    }
    let column = column_of(name);
    let (by, direction) = match value {
        Value::String(direction) => (By::Column(column), direction),
        Value::Object(members) => {
            let Some(Value::String(path)) = members.get("path") else {
                return refused("BAD_USER_INPUT");
            };
            let path = Path::read(path)?;
            let mut kinds = members.iter().filter(|(name, _)| *name != "path");
            let (Some((name, Value::String(direction))), None) = (kinds.next(), kinds.next())
            else {
                return refused("BAD_USER_INPUT");
            };
            let kind = match name.as_str() {
                "number" => Kind::Float,
                "text" => Kind::Text,
                "boolean" => Kind::Truth,
                _ => return skipped(&format!("the JSON order {name}")),
            };
            (By::Document(column, path, kind), direction)
        }
        _ => return refused("BAD_USER_INPUT"),
    };
    let (descending, nulls_first) = self::direction(direction)?;
    Ok(Key {
        way: Vec::new(),
        entity,
        by,
        descending,
        nulls_first,
    })
}

/// Whether a direction is descending, and whether it puts nulls first.
pub fn direction(name: &str) -> Result<(bool, bool), Stop> {
    Ok(match name {
        "ASC" | "ASC_NULLS_LAST" => (false, false),
        "ASC_NULLS_FIRST" => (false, true),
        "DESC" | "DESC_NULLS_FIRST" => (true, true),
        "DESC_NULLS_LAST" => (true, false),
        _ => return refused("BAD_USER_INPUT"),
    })
}

impl Key {
    fn is_as(&self, other: &Self) -> bool {
        self.way == other.way && self.by == other.by
    }

    /// Whether it is the id of the sorted rows themselves.
    fn is_id(&self) -> bool {
        self.way.is_empty() && self.by == By::Column("id".to_owned())
    }

    fn of(&self, rows: &Rows, row: &Record) -> Datum {
        let mut end = Some(row);
        for relation in &self.way {
            end = end.and_then(|row| rows.related(relation, row));
        }
        let Some(row) = end else {
            return Datum::Null;
        };
        match &self.by {
            By::Column(column) => Datum::of_cell(rows.cell(self.entity, row, column)),
            By::Document(column, path, kind) => match rows.cell(self.entity, row, column) {
                Cell::Json(document) => Datum::of_json(path.find(document), *kind),
                _ => Datum::Null,
            },
            By::Statistic(relation, figure) => {
                let all: Vec<_> = rows.relating(relation, row).collect();
                figure.over(rows, &all)
            }
            By::Group(_) => Datum::Null,
            By::Words(words) => Datum::Integer(words.weight(rows, self.entity, row)),
        }
    }

    fn compare(&self, one: &Datum, other: &Datum) -> Ordering {
        match (one.is_null(), other.is_null()) {
            (true, true) => Ordering::Equal,
            (false, false) if self.descending => other.compare(one),
            (false, false) => one.compare(other),
            (null, _) if null == self.nulls_first => Ordering::Less,
            _ => Ordering::Greater,
        }
    }
}

impl Position {
    /// How two positions in one list compare.
    pub fn compare(&self, other: &Self) -> Ordering {
        let keys = self.sorting.keys.iter().zip(&self.keys).zip(&other.keys);
        let mut orders = keys.map(|((key, one), other)| key.compare(one, other));
        let found = orders.find(|order| order.is_ne());
        found.unwrap_or_else(|| self.id.cmp(&other.id))
    }
}

impl Words {
    /// The words of a text that is searched for.
    pub fn read(text: &str) -> Result<Self, Stop> {
        if text.contains('\0') {
            return refused("BAD_USER_INPUT");
        }
        foldable(text)?;
        let mut words = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find(char::is_alphanumeric) {
            let word = &rest[start..];
            let end = word.find(|letter: char| !letter.is_alphanumeric());
            let (word, after) = word.split_at(end.unwrap_or(word.len()));
            let word = Word {
                text: fold(word),
                is_start: after.starts_with('*'),
            };
            if !words.contains(&word) {
                words.push(word);
            }
            rest = after;
        }
        if words.is_empty() {
            return refused("BAD_USER_INPUT");
        }
        Ok(Self(words))
    }

    /// Whether every word stands in one of the searched texts.
    pub fn stand_in(&self, rows: &Rows, entity: &Entity, row: &Record) -> bool {
        let texts = entity.searched.iter();
        let texts: Vec<_> = texts
            .map(|column| words(rows, entity, row, column))
            .collect();
        let mut all = self.0.iter();
        all.all(|word| texts.iter().flatten().any(|other| word.fits(other)))
    }

    /// The more of the words are in the earlier texts, also as parts of longer
    /// ones, the greater.
    fn weight(&self, rows: &Rows, entity: &Entity, row: &Record) -> i64 {
        let mut weight = 0;
        for (step, column) in (1..).zip(entity.searched.iter().rev()) {
            let text = fold(rows.cell(entity, row, column).text().unwrap_or_default());
            let found = self.0.iter().filter(|word| text.contains(&word.text));
            weight += step * i64::try_from(found.count()).unwrap();
        }
        weight
    }
}

impl Word {
    fn fits(&self, other: &str) -> bool {
        if self.is_start {
            other.starts_with(&self.text)
        } else {
            other == self.text
        }
    }
}

fn words(rows: &Rows, entity: &Entity, row: &Record, column: &str) -> Vec<String> {
    let text = rows.cell(entity, row, column).text().unwrap_or_default();
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(fold).collect()
}
