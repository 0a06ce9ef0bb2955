//! What the clocks of a zone show in every minute of a year.

use chrono::{
    DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _,
    Timelike as _, Utc, Weekday,
};
use chrono_tz::Tz;

/// The year 2026, by the clocks of a zone.
pub struct Year {
    pub zone: Tz,
    /// When clocks are put forward or back.
    pub switches: Vec<DateTime<Utc>>,
    stretches: Vec<(Unit, Vec<Stretch>)>,
}

/// What clocks show, and how many seconds they are ahead of UTC.
type Shown = (NaiveDateTime, i32);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    Hour,
    Day,
    Week(Weekday),
    Month,
    Quarter,
    Year,
}

/// A stretch of time, from its first moment to the first after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

impl Year {
    /// Goes through every minute from a month before the year to a month after
    /// it.
    pub fn new(zone: Tz, units: impl IntoIterator<Item = Unit>) -> Self {
        let begin = Utc.with_ymd_and_hms(2025, 12, 1, 0, 0, 0).unwrap();
        let minutes = (0..425 * 24 * 60).map(|minute| {
            let at = begin + TimeDelta::minutes(minute);
            let local = at.with_timezone(&zone);
            let offset = local.offset().fix().local_minus_utc();
            (at, (local.naive_local(), offset))
        });
        let minutes: Vec<_> = minutes.collect();
        let stretches = units.into_iter().map(|unit| {
            let begins = changes(&minutes, |shown| unit.label(shown));
            let pairs = begins.windows(2);
            let stretches = pairs.map(|pair| Stretch {
                start: pair[0],
                end: pair[1],
            });
            (unit, stretches.collect())
        });
        Self {
            zone,
            switches: changes(&minutes, |(_, offset)| offset),
            stretches: stretches.collect(),
        }
    }

    /// The stretches of that length one after the other, but for those that
    /// begin before or end after what was gone through.
    pub fn stretches(&self, unit: Unit) -> &[Stretch] {
        let found = self.stretches.iter().find(|(known, _)| *known == unit);
        &found.unwrap().1
    }
}

/// The minutes in which something is not what it was in the minute before.
fn changes<T: PartialEq>(
    minutes: &[(DateTime<Utc>, Shown)],
    of: impl Fn(Shown) -> T,
) -> Vec<DateTime<Utc>> {
    let pairs = minutes.windows(2);
    let pairs = pairs.filter(|pair| of(pair[0].1) != of(pair[1].1));
    pairs.map(|pair| pair[1].0).collect()
}

/// The stretch that a moment is in.
pub fn around(stretches: &[Stretch], at: DateTime<Utc>) -> Stretch {
    let place = stretches.partition_point(|stretch| stretch.end <= at);
    let stretch = stretches[place];
    assert!(stretch.start <= at, "{at} is in no stretch");
    stretch
}

impl Unit {
    /// What the minutes of one stretch have in common, and no others.
    fn label(self, (local, offset): Shown) -> (NaiveDate, u32, i32) {
        let date = local.date();
        let first_of = |month| NaiveDate::from_ymd_opt(date.year(), month, 1).unwrap();
        match self {
            // Where the offset changes, an hour ends.
            Self::Hour => (date, local.hour(), offset),
            Self::Day => (date, 0, 0),
            Self::Week(first) => {
                let since = date.weekday().days_since(first);
                (date - Days::new(since.into()), 0, 0)
            }
            Self::Month => (first_of(date.month()), 0, 0),
            Self::Quarter => (first_of((date.month0() / 3) * 3 + 1), 0, 0),
            Self::Year => (first_of(1), 0, 0),
        }
    }
}
