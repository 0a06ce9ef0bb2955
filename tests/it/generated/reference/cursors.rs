//! Cursors are opaque: what one stands for is known from the answer that it
//! came in.

use std::collections::HashMap;
use std::sync::Mutex;

use super::sorting::{Position, Sorting};
use super::{Stop, refused};

/// The cursors of all answers so far.
#[derive(Default)]
pub struct Cursors(Mutex<HashMap<String, Position>>);

impl Cursors {
    /// What is wrong with a cursor in the place of this position, if it has
    /// stood in the place of another.
    pub fn learn(&self, cursor: &str, position: &Position) -> Option<String> {
        let mut known = self.0.lock().unwrap();
        let before = known.entry(cursor.to_owned()).or_insert(position.clone());
        (before != position).then(|| format!("{cursor} is of {before:?} and of {position:?}"))
    }

    /// Where a cursor stands in a list of that order.
    pub fn position(&self, cursor: &str, sorting: &Sorting) -> Result<Position, Stop> {
        let known = self.0.lock().unwrap();
        match known.get(cursor) {
            Some(position) if sorting.takes(position) => Ok(position.clone()),
            _ => refused("INVALID_CURSOR"),
        }
    }
}
