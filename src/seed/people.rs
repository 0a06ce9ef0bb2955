//! Users: mostly customers, some staff, two administrators, and four whom the manual knows by name.

use super::calendar::{Calendar, as_recorded, date, end, midnight, month_start};
use super::random::{Purpose, Random};
use super::words::{FAMILY_NAMES, GIVEN_NAMES, NICKNAMES};
use chrono::{DateTime, TimeDelta, Utc};
use entity::user::{self, Role};
use uuid::Uuid;

/// Ada, a customer with orders in several states and with reviews.
pub(super) const ADA: u64 = 0;
/// Alan, a customer with a few orders.
pub(super) const ALAN: u64 = 3;
/// The demo users come first; everyone after them is made up.
pub const DEMO_USERS: [(&str, &str, Role); 4] = [
    ("ada@example.com", "Ada Lovelace", Role::Customer),
    ("grace@example.com", "Grace Hopper", Role::Staff),
    ("root@example.com", "Root", Role::Admin),
    ("alan@example.com", "Alan Turing", Role::Customer),
];

pub(super) struct Key {
    pub(super) id: Uuid,
    pub(super) created_at: DateTime<Utc>,
}

/// The id of a user and when the account was created, with the numbers for the rest of the row.
pub(super) fn key(arrivals: &Calendar, index: u64, total: u64) -> (Key, Random) {
    let mut random = Random::new(Purpose::User, index);
    let moment = arrivals.moment(index, total, random.jitter());
    let created_at = match index {
        _ if demo(index).is_some() => midnight(date(2023, 1, 1)) + TimeDelta::hours(9),
        // Accounts of an older shop were imported once a month.
        _ if index % 8 == 5 => month_start(moment),
        _ => as_recorded(moment, index),
    };
    let id = random.id(created_at);
    (Key { id, created_at }, random)
}

pub(super) fn role(index: u64) -> Role {
    match index {
        9 => Role::Admin,
        _ if demo(index).is_some_and(|user| user.2 == Role::Admin) => Role::Admin,
        _ if demo(index).is_some_and(|user| user.2 == Role::Staff) => Role::Staff,
        _ if index % 40 == 17 && index < 400 => Role::Staff,
        _ => Role::Customer,
    }
}

pub(super) fn user(arrivals: &Calendar, index: u64, total: u64) -> user::Model {
    let (key, mut random) = key(arrivals, index, total);
    let (email, display_name) = names(index, &mut random);
    let disabled = demo(index).is_none() && role(index) != Role::Admin && random.percent(3);
    let used = span(key.created_at, end());
    let disabled_at = disabled.then(|| key.created_at + fraction(used, random.below(100)));
    let edits = if random.percent(70) {
        0
    } else {
        random.below(4)
    };
    let updated_at = match (disabled_at, edits) {
        (Some(at), _) => at,
        (None, 0) => key.created_at,
        (None, _) => key.created_at + fraction(used, random.below(100)),
    };
    user::Model {
        id: key.id,
        email,
        display_name,
        role: role(index),
        password_hash: None,
        disabled_at: disabled_at.map(|at| as_recorded(at, index)),
        version: 1 + i64::try_from(edits).unwrap_or_default() + i64::from(disabled),
        created_at: key.created_at,
        updated_at: as_recorded(updated_at, index).max(key.created_at),
    }
}

fn demo(index: u64) -> Option<&'static (&'static str, &'static str, Role)> {
    DEMO_USERS.get(usize::try_from(index).ok()?)
}

fn names(index: u64, random: &mut Random) -> (String, String) {
    if let Some((email, display_name, _)) = demo(index) {
        return ((*email).to_owned(), (*display_name).to_owned());
    }
    let given = random.pick(&GIVEN_NAMES);
    let family = random.pick(&FAMILY_NAMES);
    let email = format!("{}.{}{index}@example.com", given.1, family.1);
    let display_name = match index % 25 {
        11 => "Alex Smith".to_owned(),
        19 => random.pick(&NICKNAMES).to_owned(),
        _ => full_name(given.0, family.0),
    };
    (email, display_name)
}

/// A made-up name for an address.
pub(super) fn any_name(random: &mut Random) -> String {
    full_name(random.pick(&GIVEN_NAMES).0, random.pick(&FAMILY_NAMES).0)
}

fn full_name(given: &str, family: &str) -> String {
    format!("{given} {family}")
}

/// The time from `from` to `to`, or none when there is none.
pub(super) fn span(from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    (to - from).max(TimeDelta::zero())
}

/// So many hundredths of a time span.
pub(super) fn fraction(span: TimeDelta, hundredths: u64) -> TimeDelta {
    let micros = i128::from(span.num_microseconds().unwrap_or_default());
    let part = micros * i128::from(hundredths) / 100;
    TimeDelta::microseconds(i64::try_from(part).unwrap_or_default())
}
