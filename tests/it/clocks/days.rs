//! The same of days, which know no zones.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use serde_json::{Value, json};

use super::on_every_database;
use super::ticks::Series;

/// What the days of one stretch have in common, and no others.
type Label = fn(NaiveDate) -> (i32, u32);

/// A week that begins on a day of the week is told by how many there were.
fn week(day: NaiveDate, first: Weekday) -> (i32, u32) {
    let begin = day - Days::new(day.weekday().days_since(first).into());
    (begin.year(), begin.ordinal())
}

const UNITS: [(Label, &str); 6] = [
    (|day| (day.year(), day.ordinal()), "unit: DAY"),
    (|day| week(day, Weekday::Mon), "unit: WEEK"),
    (
        |day| week(day, Weekday::Thu),
        "unit: WEEK, weekStart: THURSDAY",
    ),
    (|day| (day.year(), day.month()), "unit: MONTH"),
    (|day| (day.year(), day.month0() / 3), "unit: QUARTER"),
    (|day| (day.year(), 0), "unit: YEAR"),
];

/// A part of a longer stretch of time.
type Part = fn(NaiveDate) -> u32;

const PARTS: [(Part, &str); 5] = [
    (|day| day.weekday().number_from_monday(), "DAY_OF_WEEK"),
    (|day| day.day(), "DAY_OF_MONTH"),
    (|day| day.iso_week().week(), "WEEK_OF_YEAR"),
    (|day| day.month(), "MONTH_OF_YEAR"),
    (|day| day.month().div_ceil(3), "QUARTER_OF_YEAR"),
];

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// The stretches around the year, each with its first day and the first after
/// it.
fn stretches(label: Label) -> Vec<(NaiveDate, NaiveDate)> {
    let days = date(2024, 12, 1).iter_days().take(1000);
    let begins: Vec<_> = days
        .filter(|day| label(*day) != label(day.pred_opt().unwrap()))
        .collect();
    begins.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

fn group((start, end): (NaiveDate, NaiveDate), count: usize) -> Value {
    json!({ "key": { "day": { "start": start.to_string(), "end": end.to_string() } }, "count": count })
}

#[tokio::test]
async fn days_are_grouped_by_stretches_and_filled_in() {
    on_every_database(async |ticks| {
        let (from, until) = (date(2026, 3, 5), date(2026, 10, 3));
        for (label, by) in UNITS {
            let days: Vec<_> = ticks.moments(Series::Sparse).map(|at| at.date_naive()).collect();
            let count = |start, end, days: &[NaiveDate]| {
                days.iter().filter(|day| start <= **day && **day < end).count()
            };
            let all = stretches(label).into_iter();
            let found = all.clone().map(|(start, end)| group((start, end), count(start, end, &days)));
            let found: Vec<_> = found.filter(|group| group["count"] != 0).collect();
            let groups = |filter: &str, by: &str| {
                format!(
                    "{{ tickGroups(first: 1000, filter: {{ series: {{ eq: \"sparse\" }}, {filter} }}, \
                     by: [{{ day: {{ {by} }} }}]) {{ nodes {{ key {{ day {{ start end }} }} count }} }} }}"
                )
            };
            ticks.assert_groups(&groups("", by), &found).await;

            let within: Vec<_> = days.into_iter().filter(|day| (from..=until).contains(day)).collect();
            let filled = all
                .filter(|(start, end)| *end > from && *start <= until)
                .map(|(start, end)| group((start, end), count(start, end, &within)));
            let filled: Vec<_> = filled.collect();
            let range = format!("day: {{ gte: \"{from}\", lte: \"{until}\" }}");
            let by = format!("{by}, fill: true");
            ticks.assert_groups(&groups(&range, &by), &filled).await;
        }
    })
    .await;
}

#[tokio::test]
async fn days_are_grouped_by_parts() {
    on_every_database(async |ticks| {
        for (part, name) in PARTS {
            let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
            for at in ticks.moments(Series::Sparse) {
                *counts.entry(part(at.date_naive())).or_default() += 1;
            }
            let expected: Vec<_> = counts
                .iter()
                .map(|(part, count)| {
                    let key = json!({ "value": null, "start": null, "part": part });
                    json!({ "key": { "day": key }, "count": count })
                })
                .collect();
            let query = format!(
                "{{ tickGroups(filter: {{ series: {{ eq: \"sparse\" }} }}, by: [{{ day: {{ part: {name} }} }}]) {{ \
                 nodes {{ key {{ day {{ value start part }} }} count }} }} }}"
            );
            ticks.assert_groups(&query, &expected).await;
        }
    })
    .await;
}
