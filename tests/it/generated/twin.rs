//! Another shop that someone cannot tell from the first: whatever they may
//! not read is different.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::disguise::{Disguise, another};
use super::random::Random;
use super::rules::{REFERENCES, Viewer, target};
use super::shop::{Cell, Record, Shop, Table, id_of};

/// Tables in an order in which rows only refer to rows of tables before.
const ORDER: [&str; 10] = [
    "users",
    "categories",
    "products",
    "reviews",
    "orders",
    "order_items",
    "sessions",
    "audit_entries",
    "idempotency_keys",
    "outbox",
];
/// Of a hundred hidden rows, how many are gone.
const GONE: usize = 25;
/// Of a hundred hidden rows, how many are there twice, the second time as a
/// row of its own.
const COPIED: usize = 25;

/// The same shop for the viewer, and another one for everybody else. `label`
/// sets texts apart that have to be unique.
pub fn twin(shop: &Shop, viewer: Viewer, label: &str, seed: u64) -> Shop {
    let mut making = Making {
        shop,
        viewer,
        random: Random::new(seed, label, 0),
        disguise: Disguise::new(shop, viewer, label),
        made: BTreeMap::new(),
        hidden: BTreeMap::new(),
        others: BTreeMap::new(),
    };
    for name in ORDER {
        making.table(name);
    }
    Shop::of(making.made.into_values())
}

struct Making<'s> {
    shop: &'s Shop,
    viewer: Viewer,
    random: Random,
    disguise: Disguise<'s>,
    made: BTreeMap<&'static str, Table>,
    /// The rows of each made table that the viewer must not see.
    hidden: BTreeMap<&'static str, Vec<Uuid>>,
    /// All rows of each made table but the viewer's own.
    others: BTreeMap<&'static str, Vec<Uuid>>,
}

impl Making<'_> {
    fn table(&mut self, name: &'static str) {
        let table = self.shop.table(name);
        let mut rows = Vec::new();
        let mut hidden = Vec::new();
        let mut gone = 0;
        let mut pairs = BTreeSet::new();
        for row in table.rows.values() {
            if self.viewer.sees(self.shop, name, row) {
                rows.push(self.partly(table, row));
                continue;
            }
            // Of the first two, one is gone and one copied for sure.
            let part = match hidden.len() + gone {
                0 => 0,
                1 => 99,
                _ => self.random.below(100),
            };
            let copies = if part < GONE && !self.is_needed(name, row) {
                gone += 1;
                0
            } else {
                1 + usize::from(part >= 100 - COPIED)
            };
            for copy in 0..copies {
                let mut made = self.wholly(table, row);
                if copy > 0 {
                    made.insert("id", Cell::Id(another(&mut self.random, id_of(row))));
                }
                if name == "reviews" {
                    // There is one of each author and product.
                    let pair = [&made["product_id"], &made["author_id"]].map(Cell::id);
                    if !pairs.insert(pair) {
                        continue;
                    }
                }
                hidden.push(id_of(&made));
                rows.push(made);
            }
        }
        let others = rows.iter().map(id_of);
        let others = others.filter(|id| Some(*id) != self.viewer.id).collect();
        self.others.insert(name, others);
        self.made.insert(name, table.with(rows));
        self.hidden.insert(name, hidden);
    }

    /// Whether a row that the viewer sees refers to this one.
    fn is_needed(&self, table: &str, row: &Record) -> bool {
        REFERENCES.iter().any(|(from, column, to)| {
            *to == table
                && self
                    .shop
                    .referring(from, column, id_of(row))
                    .any(|other| self.viewer.sees(self.shop, from, other))
        })
    }

    /// A row that the viewer sees, changed where it may not look.
    fn partly(&mut self, table: &Table, row: &Record) -> Record {
        let mut made = row.clone();
        for column in &table.columns {
            let cell = &row[column.name];
            if !self.viewer.reads(table.name, column.name, row) {
                let other = self
                    .disguise
                    .cell(&mut self.random, table.name, column, cell);
                made.insert(column.name, other);
            } else if let Some(to) = target(table.name, column.name)
                && !cell.id().is_none_or(|id| self.is_visible(to, id))
            {
                // From one hidden row to another.
                made.insert(column.name, other(&mut self.random, &self.hidden[to], cell));
            }
        }
        made
    }

    fn is_visible(&self, table: &str, id: Uuid) -> bool {
        let row = self.shop.row(table, id);
        row.is_some_and(|row| self.viewer.sees(self.shop, table, row))
    }

    /// A row that the viewer does not see, changed in everything but its id.
    fn wholly(&mut self, table: &Table, row: &Record) -> Record {
        let mut made = row.clone();
        for column in table.columns.iter().filter(|column| column.name != "id") {
            let cell = &row[column.name];
            let other = match target(table.name, column.name) {
                Some(to) => {
                    let ids = match (table.name, column.name) {
                        // These are seen with what they refer to.
                        ("reviews", "product_id") | ("order_items", "order_id") => &self.hidden[to],
                        _ => &self.others[to],
                    };
                    other(&mut self.random, ids, cell)
                }
                None => self
                    .disguise
                    .cell(&mut self.random, table.name, column, cell),
            };
            made.insert(column.name, other);
        }
        if table.name == "order_items" {
            let amount = made["quantity"]
                .integer()
                .zip(made["unit_price_cents"].integer());
            let (quantity, price) = amount.unwrap();
            made.insert("line_total_cents", Cell::Integer(quantity * price));
        }
        made
    }
}

/// One of the ids, another than before where there is one.
fn other(random: &mut Random, ids: &[Uuid], before: &Cell) -> Cell {
    if ids.is_empty() {
        return before.clone();
    }
    loop {
        let id = *random.pick(ids);
        if Some(id) != before.id() || ids.len() == 1 {
            return Cell::Id(id);
        }
    }
}
