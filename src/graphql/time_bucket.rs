use std::borrow::Cow;

use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Enum, EnumItem, InputObject, InputValue, Object, TypeRef};

use super::input::Input;
use super::scalar;
use super::schema::answered;
use super::selection::Reader;
use crate::catalog::Kind;
use crate::error::ApiError;
use crate::plan::{
    self, Bucket, Derived, Grouping, Member, ParamId, Part, Population, Scalar, Unit, Value,
    Weekday, Zone,
};

/// The kinds of values that have buckets of time.
pub(super) const KINDS: [Kind; 2] = [Kind::DateTime, Kind::Date];

const UNIT: &str = "unit";
const PART: &str = "part";
const TIME_ZONE: &str = "timeZone";
const WEEK_START: &str = "weekStart";
pub(super) const FILL: &str = "fill";
const WEEKDAY: &str = "Weekday";
/// The zone where nothing is said.
pub(super) const UTC: &str = "UTC";

const UNITS: [(&str, Unit, &str); 6] = [
    (
        "HOUR",
        Unit::Hour,
        "Hours by the clock. One in which the clock is put forward or back ends there, and another \
         begins.",
    ),
    ("DAY", Unit::Day, "Days."),
    (
        "WEEK",
        Unit::Week(Weekday::Monday),
        "Weeks, from Monday on (ISO 8601) unless `weekStart` says otherwise.",
    ),
    ("MONTH", Unit::Month, "Months."),
    ("QUARTER", Unit::Quarter, "Quarters of a year."),
    ("YEAR", Unit::Year, "Years."),
];

const PARTS: [(&str, Part, &str); 6] = [
    ("HOUR_OF_DAY", Part::HourOfDay, "0 to 23."),
    (
        "DAY_OF_WEEK",
        Part::DayOfWeek,
        "1 for Monday to 7 for Sunday (ISO 8601).",
    ),
    ("DAY_OF_MONTH", Part::DayOfMonth, "1 to 31."),
    ("WEEK_OF_YEAR", Part::WeekOfYear, "1 to 53 (ISO 8601)."),
    ("MONTH_OF_YEAR", Part::MonthOfYear, "1 to 12."),
    ("QUARTER_OF_YEAR", Part::QuarterOfYear, "1 to 4."),
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MONDAY", Weekday::Monday),
    ("TUESDAY", Weekday::Tuesday),
    ("WEDNESDAY", Weekday::Wednesday),
    ("THURSDAY", Weekday::Thursday),
    ("FRIDAY", Weekday::Friday),
    ("SATURDAY", Weekday::Saturday),
    ("SUNDAY", Weekday::Sunday),
];

/// Whether values of a kind have buckets of time.
pub(super) fn has(kind: &Kind) -> bool {
    KINDS.contains(kind)
}

/// The name of the type of how moments or days are grouped.
pub(super) fn by_name(kind: &Kind) -> String {
    format!("{}GroupBy", scalar::type_name(kind))
}

/// The name of the type of what moments or days of a group have in common.
pub(super) fn key_name(kind: &Kind) -> String {
    format!("{}GroupKey", scalar::type_name(kind))
}

fn unit_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Date => "DateUnit",
        _ => "TimeUnit",
    }
}

fn part_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Date => "DatePart",
        _ => "TimePart",
    }
}

/// The days of the week.
pub(super) fn define_weekday() -> Enum {
    WEEKDAYS
        .iter()
        .zip(1..)
        .map(|((name, _), number)| {
            EnumItem::new(*name).description(format!("Day {number} of a week (ISO 8601)."))
        })
        .fold(
            Enum::new(WEEKDAY).description("A day of the week."),
            Enum::item,
        )
}

/// The lengths that stretches of time have, and the parts of them.
pub(super) fn define_enums(kind: &Kind) -> [Enum; 2] {
    let has_hours = *kind == Kind::DateTime;
    let item = |name: &str, description: &str| EnumItem::new(name).description(description);
    [
        UNITS
            .iter()
            .filter(|(_, unit, _)| has_hours || *unit != Unit::Hour)
            .map(|(name, _, description)| item(name, description))
            .fold(
                Enum::new(unit_name(kind))
                    .description("How long a stretch of time is, by the calendar."),
                Enum::item,
            ),
        PARTS
            .iter()
            .filter(|(_, part, _)| has_hours || *part != Part::HourOfDay)
            .map(|(name, _, description)| item(name, description))
            .fold(
                Enum::new(part_name(kind))
                    .description("What comes back in every longer stretch of time."),
                Enum::item,
            ),
    ]
}

/// How moments or days are grouped.
pub(super) fn define_by(kind: &Kind) -> InputObject {
    let object = InputObject::new(by_name(kind))
        .description(
            "How rows are grouped by time: every value a group of its own, or, with a unit, those \
             within one stretch of time, or, with a part, those in the same part of a longer one.",
        )
        .field(
            InputValue::new(UNIT, TypeRef::named(unit_name(kind)))
                .description("How long the stretches are."),
        )
        .field(
            InputValue::new(PART, TypeRef::named(part_name(kind)))
                .description("Which part, instead of a unit."),
        );
    let object = if *kind == Kind::DateTime {
        object.field(
            InputValue::new(TIME_ZONE, TypeRef::named(TypeRef::STRING)).description(
                "By which clocks: a name of the IANA time zone database, such as `Europe/Berlin`; \
                 UTC unless said. Before 1970 and after 2099 clocks keep the offset they had then.",
            ),
        )
    } else {
        object
    };
    object
        .field(
            InputValue::new(WEEK_START, TypeRef::named(WEEKDAY))
                .description("On which day weeks begin; on Monday unless said."),
        )
        .field(
            InputValue::new(FILL, TypeRef::named(TypeRef::BOOLEAN)).description(
                "Whether stretches without rows are groups as well, as far as the filter goes, \
                 which must give both ends, as in `{ gte: …, lt: … }`.",
            ),
        )
}

/// What moments or days of a group have in common.
pub(super) fn define_key(kind: &Kind) -> Object {
    let ty = scalar::type_name(kind);
    Object::new(key_name(kind))
        .description("When the rows of a group are.")
        .field(
            answered("value", TypeRef::named(ty))
                .description("The value, where every value is a group of its own."),
        )
        .field(
            answered("start", TypeRef::named(ty))
                .description("When the stretch of time begins, with groups by a unit."),
        )
        .field(
            answered("end", TypeRef::named(ty))
                .description("When the next stretch begins, which is no longer part of this one."),
        )
        .field(
            answered(PART, TypeRef::named(TypeRef::INT))
                .description("Which part it is, with groups by a part."),
        )
}

/// The arguments of a key that tell it from others of the same field.
pub(super) fn arguments(kind: &Kind) -> Vec<InputValue> {
    let mut arguments = vec![
        InputValue::new(UNIT, TypeRef::named(unit_name(kind)))
            .description("Which, where rows are grouped by several units."),
        InputValue::new(PART, TypeRef::named(part_name(kind)))
            .description("Which, where rows are grouped by several parts."),
        InputValue::new(WEEK_START, TypeRef::named(WEEKDAY))
            .description("Which, where rows are grouped by weeks from several days on."),
    ];
    if *kind == Kind::DateTime {
        arguments.push(
            InputValue::new(TIME_ZONE, TypeRef::named(TypeRef::STRING))
                .description("Which, where rows are grouped by the clocks of several time zones."),
        );
    }
    arguments
}

/// How moments or days are grouped, as it was said.
pub(super) struct Timed {
    pub unit: Option<Unit>,
    part: Option<Part>,
    /// By the clocks of which zone; none for UTC.
    pub zone: Option<Zone>,
    /// Whether stretches without rows are groups as well.
    pub fills: bool,
}

impl PartialEq for Timed {
    fn eq(&self, other: &Self) -> bool {
        (self.unit, self.part, &self.zone) == (other.unit, other.part, &other.zone)
    }
}

fn unit(input: Input<'_>) -> Option<Unit> {
    let name = input.text()?;
    let (_, unit, _) = UNITS.iter().find(|(known, ..)| *known == name)?;
    Some(*unit)
}

fn part(input: Input<'_>) -> Option<Part> {
    let name = input.text()?;
    let (_, part, _) = PARTS.iter().find(|(known, ..)| *known == name)?;
    Some(*part)
}

fn weekday(input: Input<'_>) -> Option<Weekday> {
    let name = input.text()?;
    let (_, day) = WEEKDAYS.iter().find(|(known, _)| *known == name)?;
    Some(*day)
}

fn zone(input: Input<'_>) -> Result<Option<Zone>, ApiError> {
    let zone = input.text().and_then(Zone::named).ok_or_else(|| {
        ApiError::input(
            "There is no such time zone in the IANA database. Give a name such as Europe/Berlin \
             or UTC.",
        )
        .within(TIME_ZONE)
    })?;
    Ok((!zone.is_utc()).then_some(zone))
}

impl Timed {
    /// How a key was said, without what it is a key of.
    fn read(input: Input<'_>) -> Result<Self, ApiError> {
        let given = |name| input.entry(name);
        let mut timed = Self {
            unit: given(UNIT).and_then(unit),
            part: given(PART).and_then(part),
            zone: given(TIME_ZONE).map(zone).transpose()?.flatten(),
            fills: given(FILL).and_then(Input::boolean).unwrap_or(false),
        };
        let refused = |name: &str, why: &str| Err(ApiError::input(why).within(name));
        if timed.unit.is_some() && timed.part.is_some() {
            return refused(PART, "Give either a unit or a part; for both, two keys.");
        }
        if given(TIME_ZONE).is_some() && timed.is_value() {
            return refused(
                TIME_ZONE,
                "Clocks tell units and parts of time. Give one of them.",
            );
        }
        if timed.fills && timed.unit.is_none() {
            return refused(
                FILL,
                "Only stretches of time are filled in. Give their unit.",
            );
        }
        if let Some(first) = given(WEEK_START) {
            let Some(Unit::Week(start)) = &mut timed.unit else {
                return refused(WEEK_START, "Only weeks begin on a day of the week.");
            };
            *start = weekday(first).unwrap_or(*start);
        }
        Ok(timed)
    }

    /// Whether a key that is asked with these arguments may be this one.
    pub fn is_asked(&self, asked: &Asked) -> bool {
        let same_unit = |unit: &Unit| match (unit, self.unit) {
            (Unit::Week(_), Some(Unit::Week(_))) => true,
            (unit, own) => own == Some(*unit),
        };
        asked.unit.as_ref().is_none_or(same_unit)
            && asked.part.is_none_or(|part| self.part == Some(part))
            && (asked.week).is_none_or(|start| self.unit == Some(Unit::Week(start)))
            && asked
                .zone
                .as_ref()
                .is_none_or(|zone| zone == self.zone_name())
    }

    fn zone_name(&self) -> &str {
        self.zone.as_ref().map_or(UTC, |zone| &zone.name)
    }

    /// Whether every value is a group of its own.
    pub fn is_value(&self) -> bool {
        self.unit.is_none() && self.part.is_none()
    }
}

/// The arguments that a key of time is asked with.
#[derive(Default)]
pub(super) struct Asked {
    unit: Option<Unit>,
    part: Option<Part>,
    /// The day that weeks begin on.
    week: Option<Weekday>,
    /// Its name.
    zone: Option<String>,
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads how moments or days are grouped.
    pub(super) fn times(
        &mut self,
        population: &mut Population<'c>,
        scalar: &Scalar<'c>,
        input: Input<'_>,
    ) -> Result<(Timed, Bucket), ApiError> {
        let timed = Timed::read(input)?;
        let mut clock = || {
            let zone = timed.zone.as_ref()?;
            Some(self.clock(population, scalar, zone))
        };
        let zone = timed.zone_name();
        let bucket = match (timed.unit, timed.part) {
            (Some(unit), _) => Bucket::Time {
                unit,
                clock: clock(),
                text: format!(" by {unit:?} in {zone}"),
            },
            (None, Some(part)) => Bucket::Part {
                part,
                clock: clock(),
                text: format!(" by {part:?} in {zone}"),
            },
            (None, None) => Bucket::Value,
        };
        Ok((timed, bucket))
    }

    /// Reads the arguments that a key of time is asked with.
    pub(super) fn asked_time(&self, asked: &Selected) -> Result<Asked, ApiError> {
        let given = |name| Input::given(asked, name, self.variables());
        Ok(Asked {
            unit: given(UNIT).and_then(unit),
            part: given(PART).and_then(part),
            week: given(WEEK_START).and_then(weekday),
            zone: given(TIME_ZONE)
                .map(zone)
                .transpose()?
                .map(|zone| zone.map_or_else(|| UTC.to_owned(), |zone| zone.name)),
        })
    }

    /// Reads what is asked of a time that is a key.
    pub(super) fn time_key(
        &mut self,
        grouping: &mut Grouping<'c>,
        place: usize,
        timed: &Timed,
        fields: &[&'r Selected],
    ) -> Result<Member<'c>, ApiError> {
        let type_name = key_name(grouping.keys[place].scalar.kind());
        let value = grouping.key(place);
        let mut members = Vec::new();
        for (key, fields) in self.collect(fields, &type_name)? {
            let name = fields[0].name.as_str();
            let member = match name {
                "__typename" => Member::Typename(Cow::Owned(type_name.clone())),
                "value" if timed.is_value() => Member::Scalar(value.clone()),
                "start" if timed.unit.is_some() => {
                    let times = match timed.unit {
                        Some(Unit::Hour) => None,
                        _ => self.times_of(grouping, place, timed),
                    };
                    Member::Scalar(grouping.start(place, times))
                }
                "end" if timed.unit.is_some() => {
                    let times = self.times_of(grouping, place, timed);
                    Member::Scalar(grouping.end(place, times))
                }
                PART if timed.part.is_some() => Member::Scalar(value.clone()),
                _ => Member::Null,
            };
            members.push((key.to_owned(), member));
        }
        let guard = value.nullable().then_some(value);
        Ok(Member::Object(plan::Object { members }, guard))
    }

    /// The times of the clocks by which a key is told; none for UTC.
    fn times_of(
        &mut self,
        grouping: &Grouping<'c>,
        place: usize,
        timed: &Timed,
    ) -> Option<ParamId> {
        let zone = timed.zone.as_ref()?;
        let known = grouping.derived.values().find_map(|derived| match derived {
            Derived::Start(key, times) | Derived::End(key, Some(times)) if *key == place => {
                Some(*times)
            }
            _ => None,
        });
        Some(known.unwrap_or_else(|| {
            let times = match timed.unit {
                Some(Unit::Hour) => zone.by_year(),
                _ => zone.by_clock(),
            };
            self.bind_own(Value::Text(times))
        }))
    }
}
