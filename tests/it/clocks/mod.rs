//! Groups by time around every switch of some clocks in a year, beside what
//! comes of going through that year minute by minute.
//!
//! [`ticks`] makes the rows and asks for groups of them, and [`year`] says
//! which stretch of time a moment is in. `days` does the same for days.

mod days;
mod ticks;
mod year;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike as _, SecondsFormat, TimeDelta, Timelike as _, Utc, Weekday};
use chrono_tz::Tz;
use futures_util::future::join_all;
use serde_json::{Value, json};

use self::ticks::{Series, Ticks};
use self::year::{Stretch, Unit, Year};

/// Zones whose clocks are put forward and back: at night, by half an hour and
/// in the other half of the year, and such that midnight is skipped or shown
/// twice.
const ZONES: [Tz; 5] = [
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::Africa__Cairo,
    Tz::Asia__Beirut,
];

const UNITS: [(Unit, &str); 7] = [
    (Unit::Hour, "unit: HOUR"),
    (Unit::Day, "unit: DAY"),
    (Unit::Week(Weekday::Mon), "unit: WEEK"),
    (Unit::Week(Weekday::Sun), "unit: WEEK, weekStart: SUNDAY"),
    (Unit::Month, "unit: MONTH"),
    (Unit::Quarter, "unit: QUARTER"),
    (Unit::Year, "unit: YEAR"),
];

/// A part of a longer stretch of time, out of what a clock shows.
type Part = fn(&DateTime<Tz>) -> u32;

const PARTS: [(Part, &str); 6] = [
    (|at| at.hour(), "HOUR_OF_DAY"),
    (|at| at.weekday().number_from_monday(), "DAY_OF_WEEK"),
    (|at| at.day(), "DAY_OF_MONTH"),
    (|at| at.iso_week().week(), "WEEK_OF_YEAR"),
    (|at| at.month(), "MONTH_OF_YEAR"),
    (|at| at.month().div_ceil(3), "QUARTER_OF_YEAR"),
];

/// The year in every zone.
static YEARS: LazyLock<[Year; 5]> =
    LazyLock::new(|| ZONES.map(|zone| Year::new(zone, UNITS.map(|(unit, _)| unit))));

/// When the clocks of a zone are put forward or back, twice in each.
fn switches() -> Vec<DateTime<Utc>> {
    let mut switches = Vec::new();
    for year in &*YEARS {
        assert_eq!(year.switches.len(), 2, "{}", year.zone);
        switches.extend(&year.switches);
    }
    switches
}

/// Compares what is told of ticks on every database.
async fn on_every_database(compare: impl AsyncFn(&Ticks)) {
    let all = ticks::on_every_database(&switches()).await;
    join_all(all.into_iter().map(async |ticks| {
        compare(&ticks).await;
        ticks.remove().await;
    }))
    .await;
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn key(stretch: &Stretch) -> Value {
    json!({
        "value": null,
        "start": written(stretch.start),
        "end": written(stretch.end),
        "part": null,
    })
}

#[tokio::test]
async fn moments_are_grouped_by_stretches_of_local_time() {
    on_every_database(async |ticks| {
        for year in &*YEARS {
            for (unit, by) in UNITS {
                let mut counts: BTreeMap<Stretch, usize> = BTreeMap::new();
                let stretches = year.stretches(unit);
                for at in ticks.moments(Series::Dense) {
                    *counts.entry(year::around(stretches, at)).or_default() += 1;
                }
                let expected: Vec<_> = counts
                    .iter()
                    .map(
                        |(stretch, count)| json!({ "key": { "at": key(stretch) }, "count": count }),
                    )
                    .collect();
                let query = format!(
                    "{{ tickGroups(first: 1000, filter: {{ series: {{ eq: \"dense\" }} }}, \
                     by: [{{ at: {{ {by}, timeZone: \"{}\" }} }}]) {{ \
                     nodes {{ key {{ at {{ value start end part }} }} count }} }} }}",
                    year.zone
                );
                ticks.assert_groups(&query, &expected).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn moments_are_grouped_by_parts_of_local_time() {
    on_every_database(async |ticks| {
        for year in &*YEARS {
            for (part, name) in PARTS {
                let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
                for at in ticks.moments(Series::Dense) {
                    let local = at.with_timezone(&year.zone);
                    *counts.entry(part(&local)).or_default() += 1;
                }
                let expected: Vec<_> = counts
                    .iter()
                    .map(|(part, count)| {
                        let key =
                            json!({ "value": null, "start": null, "end": null, "part": part });
                        json!({ "key": { "at": key }, "count": count })
                    })
                    .collect();
                let query = format!(
                    "{{ tickGroups(filter: {{ series: {{ eq: \"dense\" }} }}, \
                     by: [{{ at: {{ part: {name}, timeZone: \"{}\" }} }}]) {{ \
                     nodes {{ key {{ at {{ value start end part }} }} count }} }} }}",
                    year.zone
                );
                ticks.assert_groups(&query, &expected).await;
            }
        }
    })
    .await;
}

/// Both ends of a range by their operators, and how far the ends are from a
/// switch, in minutes.
const RANGES: [([&str; 2], [i64; 2]); 4] = [
    // Ends within hours and days.
    (["gte", "lt"], [-30 * 60 + 17, 31 * 60 + 43]),
    // The end is the beginning of an hour, which is not part of it, or is.
    (["gte", "lt"], [-60, 120]),
    (["gte", "lte"], [-60, 120]),
    (["gt", "lte"], [0, 26 * 60]),
];

#[tokio::test]
async fn stretches_without_moments_are_filled_in() {
    on_every_database(async |ticks| {
        let mut empty = 0;
        for year in &*YEARS {
            for switch in &year.switches {
                for (unit, by) in UNITS {
                    for (operators, minutes) in RANGES {
                        let ends = minutes.map(|minutes| *switch + TimeDelta::minutes(minutes));
                        let groups = filled(ticks, year, unit, operators, ends);
                        empty += groups.iter().filter(|group| group["count"] == 0).count();
                        let [from, until] = ends.map(written);
                        let [after, before] = operators;
                        let query = format!(
                            "{{ tickGroups(first: 1000, filter: {{ series: {{ eq: \"sparse\" }}, \
                             at: {{ {after}: \"{from}\", {before}: \"{until}\" }} }}, \
                             by: [{{ at: {{ {by}, timeZone: \"{}\", fill: true }} }}]) {{ \
                             nodes {{ key {{ at {{ value start end part }} }} count \
                             previous {{ count at {{ min }} }} at {{ min }} }} }} }}",
                            year.zone
                        );
                        ticks.assert_groups(&query, &groups).await;
                    }
                }
            }
        }
        assert!(empty > 300, "only {empty} groups are empty");
    })
    .await;
}

/// The groups of the sparse moments of a range, with those that have none.
fn filled(
    ticks: &Ticks,
    year: &Year,
    unit: Unit,
    operators: [&str; 2],
    [from, until]: [DateTime<Utc>; 2],
) -> Vec<Value> {
    let is_within = |at: &DateTime<Utc>| {
        let is_after = *at > from || *at == from && operators[0] == "gte";
        let is_before = *at < until || *at == until && operators[1] == "lte";
        is_after && is_before
    };
    let moments: Vec<_> = ticks.moments(Series::Sparse).filter(is_within).collect();
    let mut before = Value::Null;
    let mut groups = Vec::new();
    for stretch in year.stretches(unit) {
        let begins = stretch.start < until || stretch.start == until && operators[1] == "lte";
        if stretch.end <= from || !begins {
            continue;
        }
        let within = moments
            .iter()
            .filter(|at| stretch.start <= **at && **at < stretch.end);
        let statistics = json!({
            "count": within.clone().count(),
            "at": { "min": within.min().map(|at| written(*at)) },
        });
        groups.push(json!({
            "key": { "at": key(stretch) },
            "count": statistics["count"],
            "previous": before,
            "at": statistics["at"],
        }));
        before = statistics;
    }
    groups
}

#[tokio::test]
async fn every_series_is_filled_in() {
    on_every_database(async |ticks| {
        for year in &*YEARS {
            for switch in &year.switches {
                let (from, until) = (*switch - TimeDelta::hours(40), *switch + TimeDelta::hours(3));
                let operators = ["gte", "lt"];
                let mut groups = Vec::new();
                let all = ticks.moments(Series::Dense).chain(ticks.moments(Series::Sparse));
                let total = all.filter(|at| (from..until).contains(at)).count();
                for stretch in year.stretches(Unit::Hour) {
                    if stretch.end <= from || stretch.start >= until {
                        continue;
                    }
                    for series in [Series::Dense, Series::Sparse] {
                        let within = ticks.moments(series).filter(|at| {
                            (from..until).contains(at)
                                && (stretch.start..stretch.end).contains(at)
                        });
                        let count = within.count();
                        groups.push(json!({
                            "key": { "at": { "start": written(stretch.start) }, "series": series.name() },
                            "count": count,
                            "share": { "count": ticks::part(count, total) },
                        }));
                    }
                }
                let [after, before] = operators;
                let query = format!(
                    "{{ tickGroups(first: 1000, filter: {{ at: {{ {after}: \"{}\", {before}: \"{}\" }} }}, \
                     by: [{{ at: {{ unit: HOUR, timeZone: \"{}\", fill: true }} }}, {{ series: VALUE }}]) {{ \
                     nodes {{ key {{ at {{ start }} series }} count share {{ count }} }} }} }}",
                    written(from), written(until), year.zone
                );
                ticks.assert_groups(&query, &groups).await;
            }
        }
    })
    .await;
}
