use std::ops::Range;

use super::input::Input;
use super::selection::Reader;
use super::time_bucket::{FILL, Timed, UTC};
use crate::catalog::{Entity, Kind};
use crate::error::ApiError;
use crate::plan::{Fill, Value, Zone};

/// The most stretches of time that are filled in.
const MOST_STRETCHES: usize = 1_000;

const MICROSECONDS: i64 = 1_000_000;
const DAY: i64 = 86_400 * MICROSECONDS;

/// Why stretches of time are not filled in where small groups are not told.
pub(super) fn small_ones_are_left_out() -> ApiError {
    ApiError::input(
        "Groups of few rows are left out here, and would look like empty ones. Leave `fill` out.",
    )
    .within(FILL)
}

impl<'c> Reader<'c, '_> {
    /// Reads which stretches of time are groups without any rows: those that
    /// a filter on the value, which is found there by `names`, leaves.
    pub(super) fn filled(
        &mut self,
        timed: &Timed,
        key: usize,
        names: &[&str],
        filter: Option<Input<'_>>,
        parent: Option<&'c Entity>,
    ) -> Result<Fill<'c>, ApiError> {
        let mut range = i64::MIN..i64::MAX;
        if let Some(filter) = filter {
            narrow(&mut range, filter, names);
        }
        let (Some(unit), true) = (timed.unit, range.start != i64::MIN && range.end != i64::MAX)
        else {
            let name = names.last().copied().unwrap_or_default();
            return Err(ApiError::input(format!(
                "Only within a range can stretches of time be filled in. Give both ends of it in \
                 the filter, as in `{name}: {{ gte: …, lt: … }}`, not within `or` or `not`."
            ))
            .within(FILL));
        };
        let zone = match &timed.zone {
            Some(zone) => zone.clone(),
            None => Zone::named(UTC).ok_or_else(|| ApiError::internal(&"UTC is no zone"))?,
        };
        let mut values = Vec::new();
        let mut value = unit.key(&zone, range.start.div_euclid(MICROSECONDS));
        while unit.start(&zone, value).saturating_mul(MICROSECONDS) < range.end {
            if values.len() == MOST_STRETCHES {
                return Err(ApiError::input(format!(
                    "At most {MOST_STRETCHES} stretches of time are filled in, and the range has \
                     more. Narrow the filter, or take a longer unit."
                ))
                .within(FILL));
            }
            let following = unit.following(&zone, value);
            // A day that the clocks of a zone leave out is none.
            if unit.start(&zone, value) < unit.start(&zone, following) {
                values.push(Value::Int(value));
            }
            value = following;
        }
        let groups = values.len() as u64;
        let combinations = Fill::MOST_GROUPS / groups.max(1);
        Ok(Fill {
            key,
            groups,
            combinations: self.bind(Value::Int(combinations.cast_signed())),
            values: self.bind(Value::List(Kind::BigInt, values)),
            parent,
        })
    }
}

/// Narrows a range of microseconds to what a filter leaves of a value.
fn narrow(range: &mut Range<i64>, filter: Input<'_>, names: &[&str]) {
    for (name, value) in filter.entries() {
        match names {
            _ if name == "and" => {
                for item in value.items() {
                    narrow(range, item, names);
                }
            }
            [own] if name == *own => bound(range, value),
            [own, rest @ ..] if name == *own => narrow(range, value, rest),
            _ => {}
        }
    }
}

fn bound(range: &mut Range<i64>, conditions: Input<'_>) {
    for (operator, value) in conditions.entries() {
        let Some(text) = value.text() else {
            continue;
        };
        // The first microsecond of a moment or day, and the first after it.
        let (first, after) = match (Value::day(text), Value::moment(text)) {
            (Some(Value::Date(day)), _) => {
                let first = i64::from(day.to_epoch_days()) * DAY;
                (first, first + DAY)
            }
            (_, Some(Value::DateTime(moment))) => {
                let first = moment.timestamp_micros();
                (first, first + 1)
            }
            _ => continue,
        };
        if matches!(operator, "eq" | "gte") {
            range.start = range.start.max(first);
        }
        if operator == "gt" {
            range.start = range.start.max(after);
        }
        if operator == "lt" {
            range.end = range.end.min(first);
        }
        if matches!(operator, "eq" | "lte") {
            range.end = range.end.min(after);
        }
    }
}
