//! Lists: which rows, in which order, and which of them make the page.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::condition::{Condition, filter};
use super::cursors::Cursors;
use super::model::Entity;
use super::rows::Rows;
use super::sorting::{Position, Sorting, Words};
use super::{Stop, refused};
use crate::generated::shop::Record;
use crate::generated::vocabulary::Vocabulary;

/// How many rows a page has that does not say.
const DEFAULT_SIZE: usize = 20;
const LARGEST_SIZE: i64 = 100;

/// Rows of an entity that meet a filter and a search.
#[derive(Clone, Debug)]
pub struct Narrowed {
    entity: &'static Entity,
    condition: Condition,
    words: Option<Words>,
}

impl Narrowed {
    pub fn read(
        vocabulary: &Vocabulary,
        entity: &'static Entity,
        arguments: &Map<String, Value>,
    ) -> Result<Self, Stop> {
        let condition = match arguments.get("filter") {
            Some(value) => filter(vocabulary, entity, value)?,
            None => Condition::All(Vec::new()),
        };
        let words = match given(arguments, "search").map(Value::as_str) {
            Some(Some(text)) => Some(Words::read(text)?),
            Some(None) => return refused("BAD_USER_INPUT"),
            None => None,
        };
        Ok(Self {
            entity,
            condition,
            words,
        })
    }

    /// Those that are meant out of these.
    pub fn found<'s>(
        &self,
        rows: &Rows<'s>,
        all: impl Iterator<Item = &'s Record>,
    ) -> impl Iterator<Item = &'s Record> {
        all.filter(|row| {
            let mut words = self.words.iter();
            words.all(|words| words.stand_in(rows, self.entity, row))
                && self.condition.is_met(rows, self.entity, row)
        })
    }
}

/// What is asked of a list.
#[derive(Clone, Debug)]
pub struct Listing {
    which: Narrowed,
    sorting: Arc<Sorting>,
    window: Window,
}

/// Which part of a sorted list makes the page.
#[derive(Clone, Debug)]
pub struct Window {
    after: Option<Position>,
    before: Option<Position>,
    /// So many rows, from the start or from the end.
    size: usize,
    from_end: bool,
    skipped: usize,
}

/// A page of a list.
pub struct Page<T> {
    pub rows: Vec<(T, Position)>,
    pub total: usize,
    pub has_previous: bool,
    pub has_next: bool,
}

impl Listing {
    pub fn read(
        vocabulary: &Vocabulary,
        cursors: &Cursors,
        entity: &'static Entity,
        arguments: &Map<String, Value>,
    ) -> Result<Self, Stop> {
        let which = Narrowed::read(vocabulary, entity, arguments)?;
        let sorting = Sorting::read(entity, arguments.get("orderBy"), which.words.as_ref())?;
        let window = Window::read(cursors, &sorting, arguments, DEFAULT_SIZE, LARGEST_SIZE)?;
        Ok(Self {
            which,
            sorting: Arc::new(sorting),
            window,
        })
    }

    /// The page out of these rows.
    pub fn page<'s>(
        &self,
        rows: &Rows<'s>,
        all: impl Iterator<Item = &'s Record>,
    ) -> Page<&'s Record> {
        let found = self.which.found(rows, all);
        let list = found.map(|row| (row, self.sorting.position(rows, row)));
        self.window.cut(list.collect())
    }
}

impl Window {
    /// Whether any row has a place on a page.
    pub fn has_room(&self) -> bool {
        self.size > 0
    }

    /// Whether only the rows tell if there are more of them.
    pub fn looks_behind_its_end(&self) -> bool {
        !self.from_end || self.before.is_some()
    }

    /// Whether only the rows tell if there are others before them.
    pub fn looks_before_its_start(&self) -> bool {
        self.from_end || self.after.is_some() || self.skipped > 0
    }

    pub fn read(
        cursors: &Cursors,
        sorting: &Sorting,
        arguments: &Map<String, Value>,
        default: usize,
        largest: i64,
    ) -> Result<Self, Stop> {
        let first = number(arguments, "first", largest)?;
        let last = number(arguments, "last", largest)?;
        let offset = number(arguments, "offset", i64::MAX)?;
        let cursor = |name| match given(arguments, name).map(Value::as_str) {
            None => Ok(None),
            Some(text) => cursors
                .position(text.unwrap_or_default(), sorting)
                .map(Some),
        };
        let (after, before) = (cursor("after")?, cursor("before")?);
        let has_cursor = after.is_some() || before.is_some();
        if last.is_some() && first.is_some() || offset.is_some() && (last.is_some() || has_cursor) {
            return refused("BAD_USER_INPUT");
        }
        Ok(Self {
            after,
            before,
            size: first.or(last).unwrap_or(default),
            from_end: last.is_some(),
            skipped: offset.unwrap_or_default(),
        })
    }

    /// The page out of all there is.
    pub fn cut<T: Clone>(&self, mut list: Vec<(T, Position)>) -> Page<T> {
        list.sort_by(|(_, one), (_, other)| one.compare(other));
        let total = list.len();
        let after = self.after.as_ref().map_or(0, |cursor| {
            list.partition_point(|(_, position)| position.compare(cursor).is_le())
        });
        let before = self.before.as_ref().map_or(total, |cursor| {
            list.partition_point(|(_, position)| position.compare(cursor).is_lt())
        });
        let (start, end) = if self.from_end {
            (before.saturating_sub(self.size).max(after), before)
        } else {
            let start = (after + self.skipped).min(total);
            (start, before.min(start + self.size))
        };
        let page = list.get(start..end).unwrap_or_default();
        Page {
            rows: page.to_vec(),
            total,
            has_previous: start > 0,
            has_next: end < total,
        }
    }
}

/// How many are asked for, where it is said.
pub fn number(
    arguments: &Map<String, Value>,
    name: &str,
    most: i64,
) -> Result<Option<usize>, Stop> {
    match given(arguments, name).map(Value::as_i64) {
        None => Ok(None),
        Some(Some(number)) if (0..=most).contains(&number) => {
            Ok(Some(usize::try_from(number).unwrap()))
        }
        Some(_) => refused("BAD_USER_INPUT"),
    }
}

/// An argument that is there; null counts as left out.
fn given<'a>(arguments: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    arguments.get(name).filter(|value| !value.is_null())
}
