//! The rows that are there for someone, and the way from one to others.

use std::cell::Cell as Shared;
use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::model::{Entity, Link, Relation};
use crate::generated::rules::Viewer;
use crate::generated::shop::{Cell, Record, Shop, id_of};

/// How many levels of a tree are gone through.
pub const LEVELS: usize = 64;

/// What someone sees of a shop.
pub struct Rows<'s> {
    shop: &'s Shop,
    viewer: Viewer,
    seen: BTreeMap<&'static str, HashSet<Uuid>>,
    exceeded: Shared<bool>,
}

impl<'s> Rows<'s> {
    pub fn new(shop: &'s Shop, viewer: Viewer) -> Self {
        let tables = shop.tables().map(|table| {
            let rows = table.rows.iter();
            let seen = rows.filter(|(_, row)| viewer.sees(shop, table.name, row));
            (table.name, seen.map(|(id, _)| *id).collect())
        });
        Self {
            shop,
            viewer,
            seen: tables.collect(),
            exceeded: Shared::new(false),
        }
    }

    /// Notes that a statistic is beyond what can be told.
    pub fn exceed(&self) {
        self.exceeded.set(true);
    }

    /// Whether a statistic has been, since this was last asked.
    pub fn has_exceeded(&self) -> bool {
        self.exceeded.take()
    }

    /// Who asks, if that is somebody.
    pub fn viewer(&self) -> Option<Uuid> {
        self.viewer.id
    }

    fn is_seen(&self, entity: &Entity, row: &Record) -> bool {
        self.seen[entity.table].contains(&id_of(row))
    }

    pub fn all(&self, entity: &Entity) -> impl Iterator<Item = &'s Record> {
        let rows = self.shop.table(entity.table).rows.values();
        rows.filter(|row| self.is_seen(entity, row))
    }

    pub fn by_id(&self, entity: &Entity, id: Uuid) -> Option<&'s Record> {
        let row = self.shop.row(entity.table, id);
        row.filter(|row| self.is_seen(entity, row))
    }

    /// What is in a column; null where it may not be read.
    pub fn cell<'r>(&self, entity: &Entity, row: &'r Record, column: &str) -> &'r Cell {
        if self.viewer.reads(entity.table, column, row) {
            &row[column]
        } else {
            &Cell::Null
        }
    }

    /// The row that a row refers to.
    pub fn related(&self, relation: &Relation, row: &Record) -> Option<&'s Record> {
        match relation.link {
            Link::One(column) => self.by_id(relation.entity(), row[column].id()?),
            Link::Many(_) => panic!("{} leads to many", relation.name),
        }
    }

    /// The rows that refer to a row.
    pub fn relating(
        &self,
        relation: &Relation,
        row: &Record,
    ) -> impl Iterator<Item = &'s Record> + use<'s, '_> {
        let entity = relation.entity();
        let Link::Many(column) = relation.link else {
            panic!("{} leads to one", relation.name)
        };
        let rows = self.shop.referring(entity.table, column, id_of(row));
        rows.filter(move |row| self.is_seen(entity, row))
    }

    /// The rows above one in its tree, the nearest first; none twice, where
    /// rows refer to each other in a circle.
    pub fn ancestors(&self, entity: &Entity, row: &Record) -> Vec<&'s Record> {
        let mut above = Vec::new();
        let mut passed = HashSet::from([id_of(row)]);
        let mut next = &row[entity.parent.unwrap()];
        while let Some(parent) = next.id().and_then(|id| self.by_id(entity, id)) {
            if above.len() == LEVELS || !passed.insert(id_of(parent)) {
                break;
            }
            above.push(parent);
            next = &parent[entity.parent.unwrap()];
        }
        above
    }

    /// The row above one at a level of its tree, or itself: 1 is the level of
    /// rows without a parent. What is in a circle, or below one, has no level.
    pub fn at_level(&self, entity: &Entity, row: &'s Record, level: usize) -> Option<&'s Record> {
        let mut way = vec![row];
        way.extend(self.ancestors(entity, row));
        way.reverse();
        let parent = way[0][entity.parent.unwrap()].id();
        if parent.is_some_and(|id| self.by_id(entity, id).is_some()) {
            return None;
        }
        way.get(level - 1).copied()
    }

    /// The rows below one in its tree, down to so many levels.
    pub fn descendants(&self, entity: &Entity, row: &Record, levels: usize) -> Vec<&'s Record> {
        let mut below = Vec::new();
        let mut passed = HashSet::from([id_of(row)]);
        let mut level = vec![id_of(row)];
        for _ in 0..levels {
            let parents = std::mem::take(&mut level);
            for parent in parents {
                let rows = self
                    .shop
                    .referring(entity.table, entity.parent.unwrap(), parent);
                for row in rows.filter(|row| self.is_seen(entity, row)) {
                    if passed.insert(id_of(row)) {
                        level.push(id_of(row));
                        below.push(row);
                    }
                }
            }
        }
        below
    }
}
