//! How moments are grouped, and how a filter bounds those that are filled in.

use apollo_compiler::Node;
use apollo_compiler::ast::{Argument, Value as Written};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::draft::{Draft, argument, name};

/// Units, and how many minutes one has or almost.
const UNITS: [(&str, i64); 6] = [
    ("HOUR", 60),
    ("DAY", 1440),
    ("WEEK", 7 * 1440),
    ("MONTH", 30 * 1440),
    ("QUARTER", 91 * 1440),
    ("YEAR", 365 * 1440),
];
const PARTS: [&str; 6] = [
    "HOUR_OF_DAY",
    "DAY_OF_WEEK",
    "DAY_OF_MONTH",
    "WEEK_OF_YEAR",
    "MONTH_OF_YEAR",
    "QUARTER_OF_YEAR",
];
const ZONES: [&str; 5] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
];
const WEEKDAYS: [&str; 7] = [
    "MONDAY",
    "TUESDAY",
    "WEDNESDAY",
    "THURSDAY",
    "FRIDAY",
    "SATURDAY",
    "SUNDAY",
];

/// How moments are grouped.
#[derive(Default)]
pub struct Time {
    unit: Option<(&'static str, i64)>,
    part: Option<&'static str>,
    zone: Option<&'static str>,
    week_start: Option<&'static str>,
    pub fills: bool,
}

impl Draft<'_> {
    /// Some way to group moments; one that fills only where it may.
    pub fn time(&mut self, may_fill: bool) -> Time {
        let random = &mut self.random;
        let mut time = Time::default();
        match random.below(10) {
            0 => return self.wrong_time(time),
            1..=6 => time.unit = Some(*random.pick(&UNITS)),
            _ => time.part = Some(*random.pick(&PARTS)),
        }
        if random.percent(75) {
            time.zone = Some(*random.pick(&ZONES));
        }
        if matches!(time.unit, Some(("WEEK", _))) && random.percent(60) {
            time.week_start = Some(*random.pick(&WEEKDAYS));
        }
        time.fills = may_fill && time.unit.is_some() && random.percent(30);
        self.wrong_time(time)
    }

    /// The same, with a mistake where one is to be made.
    fn wrong_time(&mut self, mut time: Time) -> Time {
        if self.errs(20) {
            match self.random.below(4) {
                0 => time.zone = Some("Europe/Nowhere"),
                1 => {
                    time.unit = Some(UNITS[1]);
                    time.part = Some(PARTS[0]);
                }
                2 => {
                    time.unit = Some(UNITS[0]);
                    time.week_start = Some(WEEKDAYS[6]);
                }
                _ => {
                    time.unit = None;
                    time.fills = true;
                }
            }
        }
        time
    }

    /// A filter that bounds the moments of a key, found there by `path`, so
    /// that few stretches are filled in. By mistake it does not.
    pub fn bounds(&mut self, entity: &str, path: &[apollo_compiler::Name], time: &Time) -> Written {
        let (_, minutes) = time.unit.unwrap_or(UNITS[1]);
        let facts = self.facts;
        let field = path.last().unwrap();
        let known = facts.value(&mut self.random, entity, field);
        let known = known.and_then(|value| value.as_str()?.parse().ok());
        let known: DateTime<Utc> = known.unwrap_or_default();
        let mut draw = |most: i64| {
            let most = usize::try_from(most).unwrap();
            i64::try_from(self.random.below(most)).unwrap()
        };
        let mut before = draw(20 * minutes);
        let mut after = draw(40 * minutes);
        if draw(4) == 0 {
            // One of the ends is a moment that there is.
            before = 0;
        }
        let errs = self.errs(40);
        let mistake = self.random.below(4);
        if errs && mistake == 0 {
            after = 2000 * minutes;
        }
        let from = known - TimeDelta::minutes(before);
        let until = known + TimeDelta::minutes(after);
        let mut end = |operators: [&str; 2], moment: DateTime<Utc>| {
            let operator = if self.random.percent(75) {
                operators[0]
            } else {
                operators[1]
            };
            let moment = moment.to_rfc3339_opts(SecondsFormat::Micros, true);
            (name(operator), Written::String(moment).into())
        };
        let lower = end(["gte", "gt"], from);
        let upper = end(["lt", "lte"], until);
        let on = |operators: Vec<(apollo_compiler::Name, Node<Written>)>| {
            let inner = Written::Object(operators);
            path.iter().rev().fold(inner, |value, name| {
                Written::Object(vec![(name.clone(), value.into())])
            })
        };
        let list = |label: &str, items: Vec<Written>| {
            let items = items.into_iter().map(Node::new).collect();
            Written::Object(vec![(name(label), Written::List(items).into())])
        };
        match self.random.below(10) {
            _ if errs && mistake == 1 => on(vec![lower]),
            _ if errs && mistake == 2 => on(vec![upper]),
            _ if errs && mistake == 3 => list("or", vec![on(vec![lower, upper])]),
            0..=2 => list("and", vec![on(vec![lower]), on(vec![upper])]),
            3 => list("and", vec![list("and", vec![on(vec![lower, upper])])]),
            _ => on(vec![lower, upper]),
        }
    }
}

impl Time {
    /// As a value of `by`.
    pub fn written(&self) -> Written {
        let word = |text: &str| Written::Enum(name(text));
        let members = [
            ("unit", self.unit.map(|(unit, _)| word(unit))),
            ("part", self.part.map(word)),
            (
                "timeZone",
                self.zone.map(|zone| Written::String(zone.to_owned())),
            ),
            ("weekStart", self.week_start.map(word)),
            ("fill", self.fills.then_some(Written::Boolean(true))),
        ];
        let members = members.into_iter();
        let members = members.filter_map(|(label, value)| Some((name(label), value?.into())));
        Written::Object(members.collect())
    }

    /// The arguments that tell it from others.
    pub fn arguments(&self) -> Vec<Node<Argument>> {
        let word = |text: &str| Written::Enum(name(text));
        let is_value = self.unit.is_none() && self.part.is_none();
        let zone = self.zone.or((!is_value).then_some("UTC"));
        let arguments = [
            ("unit", self.unit.map(|(unit, _)| word(unit))),
            ("part", self.part.map(word)),
            (
                "timeZone",
                zone.map(|zone| Written::String(zone.to_owned())),
            ),
        ];
        let arguments = arguments.into_iter();
        arguments
            .filter_map(|(label, value)| Some(argument(label, value?)))
            .collect()
    }
}
