//! Other values for what someone may not read: those of rows that they see,
//! so that conditions and orders made for these meet hidden ones too, and
//! those that are like no other.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use sea_orm::ColumnType;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::random::Random;
use super::rules::Viewer;
use super::shop::{Cell, Column, Shop};

/// Makes other values.
pub struct Disguise<'s> {
    /// Values by table and column: those that the viewer knows, or any.
    known: BTreeMap<(&'static str, &'static str), Vec<&'s Cell>>,
    label: &'s str,
    count: usize,
}

impl<'s> Disguise<'s> {
    pub fn new(shop: &'s Shop, viewer: Viewer, label: &'s str) -> Self {
        let mut known = BTreeMap::<_, Vec<_>>::new();
        for (table, rows) in viewer.knowledge(shop) {
            for (column, cell) in rows.into_values().flatten() {
                known.entry((table, column)).or_default().push(cell);
            }
        }
        Self {
            known,
            label,
            count: 0,
        }
    }

    /// Another value for a column.
    pub fn cell(
        &mut self,
        random: &mut Random,
        table: &'static str,
        column: &Column,
        cell: &Cell,
    ) -> Cell {
        self.count += 1;
        if let Some(values) = choices(table, column.name) {
            let others: Vec<_> = values
                .iter()
                .filter(|value| cell.text() != Some(value))
                .collect();
            return Cell::Text((**random.pick(&others)).to_owned());
        }
        if column.name == "rating" {
            return Cell::Integer(cell.integer().unwrap() % 5 + 1);
        }
        let unique = column.unique || is_unique(table, column.name);
        if !unique && random.percent(50) {
            let known = self.known.get(&(table, column.name));
            let known = known.map(|known| *random.pick(known));
            if let Some(known) = known.filter(|known| *known != cell) {
                return known.clone();
            }
        }
        if column.nullable && *cell != Cell::Null && random.percent(30) {
            return Cell::Null;
        }
        self.new_value(random, column, cell)
    }

    /// A value that nothing else has.
    fn new_value(&self, random: &mut Random, column: &Column, cell: &Cell) -> Cell {
        let Self { label, count, .. } = self;
        match (&column.kind, cell) {
            (_, Cell::Integer(number)) => {
                let step = i64::try_from(random.between(1, 5000)).unwrap();
                Cell::Integer(if *number > step && random.percent(50) {
                    number - step
                } else {
                    number + step
                })
            }
            (_, Cell::Moment(moment)) => {
                let micros = i64::try_from(random.between(1, 1 << 45)).unwrap();
                Cell::Moment(*moment - TimeDelta::microseconds(micros))
            }
            (ColumnType::TimestampWithTimeZone, _) => {
                let micros = i64::try_from(random.between(1 << 50, 3 << 49)).unwrap();
                Cell::Moment(chrono::DateTime::UNIX_EPOCH + TimeDelta::microseconds(micros))
            }
            (ColumnType::Uuid, _) => Cell::Id(another(random, cell.id().unwrap_or_default())),
            (_, Cell::Json(document)) => Cell::Json(if random.percent(50) {
                distorted(document)
            } else {
                strange(random)
            }),
            _ => match column.name {
                "email" => Cell::Text(format!("hidden.{count}@{label}.example")),
                "refresh_token_hash" | "request_hash" => Cell::Text(format!("{label}{count:050}")),
                _ => Cell::Text(format!("hidden-{label}-{count}")),
            },
        }
    }
}

/// An id that nothing else has, of about the same age.
pub fn another(random: &mut Random, id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128() ^ random.between(1, 1 << 60) as u128)
}

/// The values of columns that have a closed set of them, out of which none
/// makes a hidden row visible.
fn choices(table: &str, column: &str) -> Option<&'static [&'static str]> {
    match (table, column) {
        ("products", "status") => Some(&["draft", "archived"]),
        ("users", "role") => Some(&["customer", "staff", "admin"]),
        ("orders", "status") => Some(&[
            "pending",
            "paid",
            "shipped",
            "delivered",
            "cancelled",
            "refunded",
        ]),
        (_, "currency") => Some(&["EUR", "USD", "CHF"]),
        _ => None,
    }
}

/// What is unique together with another column.
fn is_unique(table: &str, column: &str) -> bool {
    matches!((table, column), ("idempotency_keys", "scope" | "key"))
}

/// A document with values of other types at the same places.
fn distorted(document: &Value) -> Value {
    match document {
        Value::Null => json!({ "null": null }),
        Value::Bool(truth) => json!(if *truth { "true" } else { "false" }),
        Value::Number(number) => json!(format!("{number}e")),
        Value::String(text) => json!([text.len(), text]),
        Value::Array(items) => items.iter().rev().map(distorted).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| (name.clone(), distorted(value)));
            entity::json::canonical(Value::Object(members.collect()))
        }
    }
}

/// A document that is hard to handle.
fn strange(random: &mut Random) -> Value {
    let deep = |levels| (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }));
    let documents = [
        json!({}),
        json!({ "weight_g": 1e300, "ram_gb": -0.0, "color": null }),
        json!({ "weight_g": true, "ram_gb": [], "color": {}, "tags": "t" }),
        json!({ "weight_g": "1e400", "ram_gb": "NaN", "color": "\u{0001}\u{fffd}" }),
        json!({ "weight_g": 9_007_199_254_740_993_i64, "color": ["red"], "tags": {} }),
        json!({ "": 1, ".": 2, "a.b": 3, "[0]": 4, "\"": 5, "$": 6 }),
        deep(25),
        Value::Object(
            (0..200)
                .map(|key| (format!("k{key:03}"), json!(key)))
                .collect::<Map<_, _>>(),
        ),
    ];
    random.pick(&documents).clone()
}
