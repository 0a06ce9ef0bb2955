//! When things happen: days have weights, and rows are spread over them in proportion.
//!
//! Row `index` of `total` happens within its own share of the whole weight. Rows are therefore in
//! the order of time, and how many of them lie before a moment can be told without generating any.

use super::random::{Purpose, Random};
use chrono::{
    DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, TimeDelta, Timelike as _, Utc,
};

/// Fixed-point numbers have 32 bits after the point.
const ONE: u128 = 1 << 32;
const HOUR_MICROS: u128 = 3_600_000_000;
const DAY_HOURS: usize = 24;

/// How busy each hour is in UTC: quiet nights, a lunch break, busy evenings.
const HOURS: [u32; DAY_HOURS] = [
    10, 6, 4, 3, 3, 5, 12, 25, 40, 50, 55, 60, 62, 55, 52, 52, 55, 62, 75, 88, 95, 80, 50, 25,
];

/// The first moment after the demo data.
pub(super) fn end() -> DateTime<Utc> {
    midnight(date(2026, 1, 1))
}

/// Midnight UTC at the beginning of a day.
pub(super) fn midnight(date: NaiveDate) -> DateTime<Utc> {
    date.and_time(NaiveTime::MIN).and_utc()
}

/// A day that is known to exist.
pub(super) fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// The beginning of the month of `at`.
pub(super) fn month_start(at: DateTime<Utc>) -> DateTime<Utc> {
    midnight(at.date_naive().with_day(1).unwrap_or_default())
}

/// The beginning of the month after `at`.
pub(super) fn next_month(at: DateTime<Utc>) -> DateTime<Utc> {
    month_start(at) + Months::new(1)
}

/// Rounds down to whole seconds or milliseconds for some indexes, as clocks of several makes do.
pub(super) fn as_recorded(at: DateTime<Utc>, index: u64) -> DateTime<Utc> {
    let nanos = at.nanosecond();
    let kept = match index % 6 {
        0 | 3 => 0,
        1 => nanos - nanos % 1_000_000,
        _ => nanos - nanos % 1_000,
    };
    at.with_nanosecond(kept).unwrap_or(at)
}

/// A time span whose days have weights.
pub(super) struct Calendar {
    first: NaiveDate,
    /// The weight of all days up to and with each day.
    cumulative: Vec<u64>,
}

impl Calendar {
    /// Days from `first` to the end of the demo data, each with its weight, give or take a quarter.
    pub(super) fn new(first: NaiveDate, weight: impl Fn(NaiveDate) -> u64) -> Self {
        let end = end().date_naive();
        let days = first.iter_days().take_while(|day| *day < end);
        let cumulative = days.scan(0, |sum, day| {
            let number = u64::try_from(day.num_days_from_ce()).unwrap_or_default();
            *sum += weight(day) * (75 + Random::new(Purpose::Day, number).below(51));
            Some(*sum)
        });
        Self {
            first,
            cumulative: cumulative.collect(),
        }
    }

    /// When row `index` of `total` happens; `jitter` moves it within its share.
    pub(super) fn moment(&self, index: u64, total: u64, jitter: u32) -> DateTime<Utc> {
        let row = (u128::from(index) << 32) + u128::from(jitter);
        let position = row * u128::from(self.total()) / u128::from(total.max(1));
        let day = self
            .cumulative
            .partition_point(|end| u128::from(*end) * ONE <= position);
        let weight = u128::from(self.weight(day)).max(1);
        let elapsed = (position - u128::from(self.before(day)) * ONE) / weight;
        let date = self.first + Days::new(day as u64);
        midnight(date) + time_of_day(elapsed)
    }

    /// How many of the first rows of `total` have certainly happened before `at`.
    pub(super) fn count_before(&self, at: DateTime<Utc>, total: u64) -> u64 {
        let days = (at.date_naive() - self.first).num_days();
        let Ok(day) = usize::try_from(days) else {
            return 0;
        };
        let elapsed = u128::from(self.weight(day)) * elapsed_of_day(at);
        let position = u128::from(self.before(day)) * ONE + elapsed;
        let rows = position * u128::from(total) / (u128::from(self.total().max(1)) * ONE);
        u64::try_from(rows).unwrap_or(total).saturating_sub(1)
    }

    fn total(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or_default()
    }

    fn before(&self, day: usize) -> u64 {
        day.checked_sub(1)
            .and_then(|yesterday| self.cumulative.get(yesterday))
            .copied()
            .unwrap_or_default()
    }

    fn weight(&self, day: usize) -> u64 {
        let end = self.cumulative.get(day).copied().unwrap_or_default();
        end.saturating_sub(self.before(day))
    }
}

/// The time by which the fraction `elapsed` (of 2^32) of a day's rows have happened.
fn time_of_day(elapsed: u128) -> TimeDelta {
    let all: u128 = HOURS.iter().copied().map(u128::from).sum();
    let mut rest = elapsed * all;
    for (hour, weight) in (0..).zip(HOURS) {
        let weight = u128::from(weight);
        if rest < weight * ONE {
            let micros = hour * HOUR_MICROS + rest * HOUR_MICROS / (weight * ONE);
            return TimeDelta::microseconds(i64::try_from(micros).unwrap_or_default());
        }
        rest -= weight * ONE;
    }
    TimeDelta::hours(23)
}

/// The inverse of [`time_of_day`].
fn elapsed_of_day(at: DateTime<Utc>) -> u128 {
    let all: u128 = HOURS.iter().copied().map(u128::from).sum();
    let hour = at.hour() as usize;
    let micros = u128::from(at.minute() * 60 + at.second()) * 1_000_000
        + u128::from(at.nanosecond() / 1_000);
    let past: u128 = HOURS.iter().take(hour).copied().map(u128::from).sum();
    let weight = HOURS.get(hour).copied().map_or(0, u128::from);
    (past * ONE + weight * micros * ONE / HOUR_MICROS) / all
}

/// Customers and products: many at the start, a steady stream since.
pub(super) fn arrivals() -> Calendar {
    let opening = date(2023, 3, 1);
    Calendar::new(date(2023, 1, 1), move |day| {
        let season = [8, 9, 10, 10, 11, 10, 8, 9, 11, 12, 14, 12][day.month0() as usize];
        if day < opening { season * 12 } else { season }
    })
}

/// Orders of two years: seasons, weekends, growth, and nothing on New Year's Day.
pub(super) fn sales() -> Calendar {
    let first = date(2024, 1, 1);
    Calendar::new(first, move |day| {
        let season = [80, 72, 88, 92, 95, 84, 66, 74, 100, 112, 150, 175][day.month0() as usize];
        let weekday = [95, 88, 90, 96, 116, 138, 124];
        let weekday = weekday[day.weekday().num_days_from_monday() as usize];
        let age = u64::try_from((day - first).num_days()).unwrap_or_default();
        let growth = 100 + age / 9;
        let usual = season * weekday * growth / 10_000;
        match (day.month(), day.day()) {
            (1, 1) => 0,
            (12, 25) => usual / 8,
            _ if is_sale_day(day) => usual * 3,
            _ => usual,
        }
    })
}

/// The Friday of the great sale.
pub(super) fn is_sale_day(day: NaiveDate) -> bool {
    day == date(2024, 11, 29) || day == date(2025, 11, 28)
}

#[cfg(test)]
mod tests {
    use super::{arrivals, date, end, midnight, sales};
    use chrono::Datelike as _;

    #[test]
    fn rows_are_in_order_and_counted_without_being_generated() {
        for calendar in [arrivals(), sales()] {
            let total = 1_000;
            let moments: Vec<_> = (0..total)
                .map(|index| calendar.moment(index, total, u32::MAX / 2))
                .collect();
            assert!(moments.is_sorted());
            assert!(moments.iter().all(|moment| *moment < end()));
            for at in moments.iter().step_by(37) {
                let claimed = calendar.count_before(*at, total);
                let actual = moments.partition_point(|moment| moment < at) as u64;
                assert!(
                    (claimed..claimed + 3).contains(&actual),
                    "{claimed} or a few, not {actual}"
                );
                // Whatever the jitter, a row that is said to be past is past.
                let last = claimed.saturating_sub(1);
                assert!(calendar.moment(last, total, u32::MAX) < *at || claimed == 0);
            }
        }
    }

    #[test]
    fn sales_have_seasons_weekends_and_a_day_of_rest() {
        let calendar = sales();
        let count = |from, to| {
            calendar.count_before(midnight(to), 1_000_000)
                - calendar.count_before(midnight(from), 1_000_000)
        };
        let december = count(
            date(2025, 12, 1),
            date(2026, 1, 1).pred_opt().expect("a day"),
        );
        let july = count(date(2025, 7, 1), date(2025, 8, 1));
        assert!(december > 2 * july, "{december} {july}");
        let new_year = date(2025, 1, 1);
        assert_eq!(count(new_year, new_year.succ_opt().expect("a day")), 0);
        let sale = date(2025, 11, 28);
        assert_eq!(sale.weekday(), chrono::Weekday::Fri);
        let week_before = date(2025, 11, 21);
        let of = |day: chrono::NaiveDate| count(day, day.succ_opt().expect("a day"));
        assert!(of(sale) > of(week_before) * 2 - of(week_before) / 4);
    }
}
