use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The years in which clocks are put forward and back. Before the first the
/// time zone database itself vouches for little; the rules for the last are
/// already forecasts.
const FIRST_YEAR: i16 = 1970;
const LAST_YEAR: i16 = 2099;

/// A day and a half: no clock is further from UTC.
const FURTHEST: i64 = 129_600;

/// What stands for the ends of time in what databases read.
const EARLIEST: i64 = -99_999_999_999;
const LATEST: i64 = 999_999_999_999;

/// The first days of year 1 and the last of year 9999 go by UTC, for no other
/// clock shows a time there that every database knows.
const CALENDAR_BEGINS: i64 = -62_135_423_999;
const CALENDAR_ENDS: i64 = 253_402_128_000;

/// A time zone: which offset from UTC its clocks have, and when. Moments are
/// counted in seconds since 1970 began in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name in the IANA time zone database.
    pub name: String,
    spans: Vec<Span>,
}

/// A time in which clocks keep one offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub from: i64,
    /// The first moment after it.
    pub until: i64,
    /// By how many seconds the clocks are ahead of UTC.
    pub offset: i64,
}

impl Zone {
    /// The zone of that name in the IANA time zone database, which is part of
    /// the program, so that every database has the same one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(name).ok()?;
        let begin = midnight(FIRST_YEAR);
        let end = midnight(LAST_YEAR + 1);
        let offset = |moment| i64::from(zone.to_offset(moment).seconds());
        let mut spans = Vec::new();
        let mut change = |from, offset| match spans.last_mut() {
            Some(Span { offset: last, .. }) if *last == offset => {}
            last => {
                if let Some(last) = last {
                    last.until = from;
                }
                spans.push(Span {
                    from,
                    until: LATEST,
                    offset,
                });
            }
        };
        change(EARLIEST, 0);
        change(CALENDAR_BEGINS, offset(begin));
        let changes = zone.following(begin);
        for next in changes.take_while(|next| next.timestamp() < end) {
            change(next.timestamp().as_second(), next.offset().seconds().into());
        }
        change(CALENDAR_ENDS, 0);
        Some(Self {
            name: zone.iana_name().unwrap_or(name).to_owned(),
            spans,
        })
    }

    /// Whether its clocks show UTC.
    #[must_use]
    pub fn is_utc(&self) -> bool {
        self.spans.iter().all(|span| span.offset == 0)
    }

    /// The span that a moment is in.
    #[must_use]
    pub fn at(&self, moment: i64) -> Span {
        let place = self.spans.partition_point(|span| span.until <= moment);
        self.spans[place.min(self.spans.len() - 1)]
    }

    /// The first moment at which clocks show this time, or a later one if they
    /// skip it.
    #[must_use]
    pub fn moment(&self, time: i64) -> i64 {
        let place = self
            .spans
            .partition_point(|span| span.until + span.offset <= time);
        let span = self.spans[place.min(self.spans.len() - 1)];
        (time - span.offset).max(span.from)
    }

    /// The spans by the years that moments in them are of, as a JSON array of
    /// `[year, from, until, offset]`. Moments outside of these years count as
    /// of the first or the last.
    #[must_use]
    pub fn by_year(&self) -> String {
        self.rows(|span, _| format!("{},{},{}", span.from, span.until, span.offset))
    }

    /// The spans by the years that clocks show, as a JSON array of
    /// `[year, begin, end, from, offset]`: what clocks show from `begin` until
    /// `end` is first shown in the span that begins at `from`, or skipped at
    /// its beginning.
    #[must_use]
    pub fn by_clock(&self) -> String {
        self.rows(|span, before| {
            let begin = before.map_or(EARLIEST, |before| before.until + before.offset);
            let end = span.until + span.offset;
            format!("{begin},{end},{},{}", span.from, span.offset)
        })
    }

    fn rows(&self, row: impl Fn(&Span, Option<&Span>) -> String) -> String {
        let mut rows = Vec::new();
        for year in FIRST_YEAR..=LAST_YEAR {
            let begin = match year {
                FIRST_YEAR => EARLIEST,
                year => midnight(year).as_second() - FURTHEST,
            };
            let end = match year {
                LAST_YEAR => LATEST,
                year => midnight(year + 1).as_second() + FURTHEST,
            };
            let mut before = None;
            for span in &self.spans {
                if span.from < end && span.until > begin {
                    rows.push(format!("[{year},{}]", row(span, before)));
                }
                before = Some(span);
            }
        }
        format!("[{}]", rows.join(","))
    }
}

fn midnight(year: i16) -> Timestamp {
    date(year, 1, 1)
        .to_zoned(TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
        .unwrap_or_default()
}
