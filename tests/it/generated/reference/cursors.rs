//! Cursors are opaque: what one stands for is known from the answer that it
//! came in.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use serde_json::Value;

use super::sorting::{Position, Sorting};
use super::{Stop, refused, skipped};

/// The cursors of all answers so far.
#[derive(Default)]
pub struct Cursors {
    known: Mutex<HashMap<String, Position>>,
    /// Texts of answers that nothing is known of; cursors may be among them.
    unread: Mutex<HashSet<String>>,
}

impl Cursors {
    /// What is wrong with a cursor in the place of this position, if it has
    /// stood in the place of another.
    pub fn learn(&self, cursor: &str, position: &Position) -> Option<String> {
        let mut known = self.known.lock().unwrap();
        let before = known.entry(cursor.to_owned()).or_insert(position.clone());
        (before != position).then(|| format!("{cursor} is of {before:?} and of {position:?}"))
    }

    /// Notes an answer whose cursors nobody can place.
    pub fn give_up(&self, answer: &Value) {
        match answer {
            Value::String(text) => {
                self.unread.lock().unwrap().insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| self.give_up(item)),
            Value::Object(members) => members.values().for_each(|member| self.give_up(member)),
            _ => {}
        }
    }

    /// Where a cursor stands in a list of that order.
    pub fn position(&self, cursor: &str, sorting: &Sorting) -> Result<Position, Stop> {
        let known = self.known.lock().unwrap();
        match known.get(cursor) {
            Some(position) if sorting.takes(position) => Ok(position.clone()),
            None if self.unread.lock().unwrap().contains(cursor) => {
                skipped("a cursor of an answer that was skipped")
            }
            _ => refused("INVALID_CURSOR"),
        }
    }
}
