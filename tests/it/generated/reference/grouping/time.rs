//! Keys that are moments: the stretches of time that they are in.

use chrono::{
    DateTime, Datelike as _, Days, Months, NaiveDateTime, NaiveTime, TimeDelta, Timelike as _, Utc,
    Weekday,
};
use serde_json::{Map, Value};

use super::BAD;
use crate::generated::reference::clock::Clock;
use crate::generated::reference::datum::{Datum, Kind};
use crate::generated::reference::request::items;
use crate::generated::reference::{Stop, refused, skipped};

/// The most stretches of time that are filled in.
const MOST_FILLED: usize = 1000;

/// How moments are grouped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Time {
    pub way: Way,
    pub clock: Clock,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Value,
    Unit(Unit),
    Part(Part),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    Hour,
    Day,
    Week(Weekday),
    Month,
    Quarter,
    Year,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    HourOfDay,
    DayOfWeek,
    DayOfMonth,
    WeekOfYear,
    MonthOfYear,
    QuarterOfYear,
}

fn given<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    members.get(name).and_then(Value::as_str)
}

fn unit(name: &str) -> Unit {
    match name {
        "HOUR" => Unit::Hour,
        "DAY" => Unit::Day,
        "WEEK" => Unit::Week(Weekday::Mon),
        "MONTH" => Unit::Month,
        "QUARTER" => Unit::Quarter,
        _ => Unit::Year,
    }
}

fn part(name: &str) -> Part {
    match name {
        "HOUR_OF_DAY" => Part::HourOfDay,
        "DAY_OF_WEEK" => Part::DayOfWeek,
        "DAY_OF_MONTH" => Part::DayOfMonth,
        "WEEK_OF_YEAR" => Part::WeekOfYear,
        "MONTH_OF_YEAR" => Part::MonthOfYear,
        _ => Part::QuarterOfYear,
    }
}

fn clock(zone: &str) -> Result<Clock, Stop> {
    Clock::named(zone).map_or_else(|| refused(BAD), Ok)
}

/// What tells a key from others, where it is asked.
pub struct Asked {
    unit: Option<Unit>,
    part: Option<Part>,
    week_start: Option<Weekday>,
    clock: Option<Clock>,
}

impl Asked {
    pub fn read(arguments: &Map<String, Value>) -> Result<Self, Stop> {
        Ok(Self {
            unit: given(arguments, "unit").map(unit),
            part: given(arguments, "part").map(part),
            week_start: given(arguments, "weekStart").map(|day| day.parse().unwrap()),
            clock: given(arguments, "timeZone").map(clock).transpose()?,
        })
    }

    pub fn may_be(&self, time: Time) -> bool {
        let same_unit = |asked: Unit| match (time.way, asked) {
            (Way::Unit(Unit::Week(_)), Unit::Week(_)) => true,
            (way, asked) => way == Way::Unit(asked),
        };
        self.unit.is_none_or(same_unit)
            && self.part.is_none_or(|part| time.way == Way::Part(part))
            && (self.week_start).is_none_or(|day| time.way == Way::Unit(Unit::Week(day)))
            && self.clock.is_none_or(|clock| time.clock == clock)
    }
}

impl Time {
    /// How moments are grouped, and whether stretches without any are groups
    /// as well.
    pub fn read(members: &Map<String, Value>) -> Result<(Self, bool), Stop> {
        let fills = members.get("fill") == Some(&Value::Bool(true));
        let mut way = match (given(members, "unit"), given(members, "part")) {
            (Some(_), Some(_)) => return refused(BAD),
            (Some(name), None) => Way::Unit(unit(name)),
            (None, Some(name)) => Way::Part(part(name)),
            (None, None) => Way::Value,
        };
        let zone = given(members, "timeZone");
        if zone.is_some() && way == Way::Value || fills && !matches!(way, Way::Unit(_)) {
            return refused(BAD);
        }
        if let Some(first) = given(members, "weekStart") {
            let (Way::Unit(Unit::Week(start)), Ok(first)) = (&mut way, first.parse()) else {
                return refused(BAD);
            };
            *start = first;
        }
        let clock = zone.map(clock).transpose()?.unwrap_or(Clock::UTC);
        Ok((Self { way, clock }, fills))
    }

    /// What moments of one group have in common: themselves, a number, or the
    /// beginning of a stretch. Those of hours are told by when they begin, the
    /// others by what clocks show then.
    pub fn of(self, value: &Datum) -> Datum {
        let Datum::Moment(at) = value else {
            return Datum::Null;
        };
        match self.way {
            Way::Value => value.clone(),
            Way::Part(part) => Datum::Integer(part.of(self.clock.shows(*at)).into()),
            Way::Unit(Unit::Hour) => Datum::Moment(self.hour(*at)),
            Way::Unit(unit) => Datum::Moment(unit.begin(self.clock.shows(*at)).and_utc()),
        }
    }

    /// When the hour of a moment begins.
    fn hour(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let ahead = self.clock.ahead(at);
        let begin = Unit::Hour.begin(self.clock.shows(at)).and_utc() - ahead;
        let mut minutes = (0..60).map(|minute| begin + TimeDelta::minutes(minute));
        minutes
            .find(|minute| self.clock.ahead(*minute) == ahead)
            .unwrap()
    }

    /// When a stretch begins.
    pub fn start(self, key: DateTime<Utc>) -> DateTime<Utc> {
        match self.way {
            Way::Unit(Unit::Hour) => key,
            _ => self.clock.first(key.naive_utc()),
        }
    }

    /// The stretch after one.
    fn next(self, key: DateTime<Utc>) -> DateTime<Utc> {
        match self.way {
            Way::Unit(Unit::Hour) => {
                let ahead = self.clock.ahead(key);
                let mut next = key + TimeDelta::minutes(1);
                while self.clock.ahead(next) == ahead && self.clock.shows(next).minute() != 0 {
                    next += TimeDelta::minutes(1);
                }
                next
            }
            Way::Unit(unit) => unit.next(key.naive_utc()).and_utc(),
            Way::Value | Way::Part(_) => key,
        }
    }

    pub fn end(self, key: DateTime<Utc>) -> DateTime<Utc> {
        self.start(self.next(key))
    }

    /// All stretches that a filter leaves of the moments that are found there
    /// by these names.
    pub fn filled(self, names: &[&str], filter: Option<&Value>) -> Result<Vec<Datum>, Stop> {
        let mut range = Range::default();
        if let Some(filter) = filter {
            range.narrow(names, filter)?;
        }
        let (Some(from), Some(until)) = (range.from, range.until) else {
            return refused(BAD);
        };
        if from.year() < 1000 || until.year() > 9000 {
            return skipped("stretches at the ends of the calendar");
        }
        let mut keys = Vec::new();
        let Datum::Moment(mut key) = self.of(&Datum::Moment(from)) else {
            return refused(BAD);
        };
        while self.start(key) < until {
            keys.push(Datum::Moment(key));
            if keys.len() > MOST_FILLED {
                return refused(BAD);
            }
            key = self.next(key);
        }
        Ok(keys)
    }
}

/// Moments from the first to the first after them.
#[derive(Default)]
struct Range {
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

impl Range {
    fn narrow(&mut self, names: &[&str], filter: &Value) -> Result<(), Stop> {
        for (name, value) in filter.as_object().into_iter().flatten() {
            if name == "and" {
                for item in items(value) {
                    self.narrow(names, item)?;
                }
            } else if name == names[0] {
                match names {
                    [_] => self.bound(value)?,
                    _ => self.narrow(&names[1..], value)?,
                }
            }
        }
        Ok(())
    }

    fn bound(&mut self, conditions: &Value) -> Result<(), Stop> {
        for (operator, value) in conditions.as_object().into_iter().flatten() {
            let (from, until) = match operator.as_str() {
                "eq" => (Some(0), Some(1)),
                "gte" => (Some(0), None),
                "gt" => (Some(1), None),
                "lt" => (None, Some(0)),
                "lte" => (None, Some(1)),
                _ => continue,
            };
            let Datum::Moment(moment) = Kind::Moment.read(value)? else {
                return refused(BAD);
            };
            let shifted = |micros| moment + TimeDelta::microseconds(micros);
            self.from = self.from.max(from.map(shifted));
            self.until = match (self.until, until.map(shifted)) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        Ok(())
    }
}

impl Unit {
    /// Where a stretch begins by the clock.
    fn begin(self, time: NaiveDateTime) -> NaiveDateTime {
        let date = time.date();
        let first = date.with_day(1).unwrap();
        let begin = match self {
            Self::Hour => return date.and_hms_opt(time.hour(), 0, 0).unwrap(),
            Self::Day => date,
            Self::Week(start) => date - Days::new(date.weekday().days_since(start).into()),
            Self::Month => first,
            Self::Quarter => first.with_month(date.month0() / 3 * 3 + 1).unwrap(),
            Self::Year => first.with_month(1).unwrap(),
        };
        begin.and_time(NaiveTime::MIN)
    }

    /// Where the next one does.
    fn next(self, begin: NaiveDateTime) -> NaiveDateTime {
        match self {
            Self::Hour => begin + TimeDelta::hours(1),
            Self::Day => begin + Days::new(1),
            Self::Week(_) => begin + Days::new(7),
            Self::Month => begin + Months::new(1),
            Self::Quarter => begin + Months::new(3),
            Self::Year => begin + Months::new(12),
        }
    }
}

impl Part {
    fn of(self, time: NaiveDateTime) -> u32 {
        match self {
            Self::HourOfDay => time.hour(),
            Self::DayOfWeek => time.weekday().number_from_monday(),
            Self::DayOfMonth => time.day(),
            Self::WeekOfYear => time.iso_week().week(),
            Self::MonthOfYear => time.month(),
            Self::QuarterOfYear => time.month0() / 3 + 1,
        }
    }
}
