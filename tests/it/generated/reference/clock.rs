//! What the clocks of a time zone show, and when.

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// The clocks of a time zone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock(Tz);

impl Clock {
    pub const UTC: Self = Self(Tz::UTC);

    pub fn named(zone: &str) -> Option<Self> {
        zone.parse().ok().map(Self)
    }

    /// How far clocks are ahead of UTC. They are put forward and back from
    /// 1970 to 2099 only.
    pub fn ahead(self, at: DateTime<Utc>) -> TimeDelta {
        let begin = Utc.with_ymd_and_hms(1970, 1, 1, 0, 0, 0).unwrap();
        let end = Utc.with_ymd_and_hms(2099, 12, 31, 23, 59, 59).unwrap();
        let known = at.clamp(begin, end).with_timezone(&self.0);
        TimeDelta::seconds(known.offset().fix().local_minus_utc().into())
    }

    pub fn shows(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc() + self.ahead(at)
    }

    /// The first moment at which clocks show this time, or at which they skip
    /// it.
    pub fn first(self, time: NaiveDateTime) -> DateTime<Utc> {
        let near = time.and_utc();
        let [before, after] = [-2, 2].map(|days| self.ahead(near + TimeDelta::days(days)));
        let [early, late] = [near - before, near - after];
        if self.ahead(early) == before {
            return early;
        }
        if self.ahead(late) == after {
            return late;
        }
        // In between, the clocks are put forward.
        let mut skipped = late;
        while self.ahead(skipped) != after {
            skipped += TimeDelta::minutes(1);
        }
        skipped
    }
}
