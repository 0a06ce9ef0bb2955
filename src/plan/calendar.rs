use chrono::{Datelike as _, Days, Months, NaiveDate};

use super::Zone;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A stretch of time that begins and ends by the clock. Times by the clock are
/// counted in seconds since 1970 began there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An hour, or the part of one until the clock is put forward or back, or
    /// from then on.
    Hour,
    /// A calendar day.
    Day,
    /// Seven days from this one on.
    Week(Weekday),
    /// A calendar month.
    Month,
    /// Three calendar months from January, April, July or October on.
    Quarter,
    /// A calendar year.
    Year,
}

/// A day of the week, in the order of ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// What comes back in every longer stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// 0 to 23.
    HourOfDay,
    /// 1 for Monday to 7 for Sunday (ISO 8601).
    DayOfWeek,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 53 (ISO 8601).
    WeekOfYear,
    /// 1 to 12.
    MonthOfYear,
    /// 1 to 4.
    QuarterOfYear,
}

impl Weekday {
    /// How many days after Monday.
    #[must_use]
    pub fn after_monday(self) -> i64 {
        self as i64
    }
}

impl Unit {
    /// Where the stretch begins that a time by the clock is in.
    #[must_use]
    pub fn floor(self, time: i64) -> i64 {
        let day = time.div_euclid(DAY);
        match self {
            Self::Hour => time - time.rem_euclid(HOUR),
            Self::Day => day * DAY,
            Self::Week(first) => {
                // 1970 began on a Thursday.
                let since = (day + 3 - first.after_monday()).rem_euclid(7);
                (day - since) * DAY
            }
            Self::Month | Self::Quarter | Self::Year => {
                let date = date(time);
                let months = match self {
                    Self::Month => 0,
                    Self::Quarter => date.month0() % 3,
                    _ => date.month0(),
                };
                let first = date - Days::new(u64::from(date.day0()));
                seconds(first - Months::new(months))
            }
        }
    }

    /// Where the stretch after the one that begins there does.
    #[must_use]
    pub fn next(self, begin: i64) -> i64 {
        let months = |months| seconds(date(begin) + Months::new(months));
        match self {
            Self::Hour => begin + HOUR,
            Self::Day => begin + DAY,
            Self::Week(_) => begin + 7 * DAY,
            Self::Month => months(1),
            Self::Quarter => months(3),
            Self::Year => months(12),
        }
    }

    /// What stands for the stretch that a moment is in: for hours the moment
    /// of its beginning, for others their beginning by the clock.
    #[must_use]
    pub fn key(self, zone: &Zone, moment: i64) -> i64 {
        let span = zone.at(moment);
        let begin = self.floor(moment + span.offset);
        match self {
            Self::Hour => (begin - span.offset).max(span.from),
            _ => begin,
        }
    }

    /// What stands for the stretch after that.
    #[must_use]
    pub fn following(self, zone: &Zone, key: i64) -> i64 {
        match self {
            Self::Hour => {
                let span = zone.at(key);
                let begin = self.floor(key + span.offset);
                (self.next(begin) - span.offset).min(span.until)
            }
            _ => self.next(key),
        }
    }

    /// When the stretch begins that a key stands for.
    #[must_use]
    pub fn start(self, zone: &Zone, key: i64) -> i64 {
        match self {
            Self::Hour => key,
            _ => zone.moment(key),
        }
    }
}

fn date(time: i64) -> NaiveDate {
    let day = i32::try_from(time.div_euclid(DAY)).unwrap_or_default();
    NaiveDate::from_epoch_days(day).unwrap_or_default()
}

fn seconds(date: NaiveDate) -> i64 {
    i64::from(date.to_epoch_days()) * DAY
}
