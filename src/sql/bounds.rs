use super::statement::Writer;
use crate::plan::{Bucket, Derived, GroupColumn, Grouping, Unit};

/// The last second that every database has a date for: what would end after it
/// ends then. (One database takes a constant for the least of it and null.)
const CALENDAR_ENDS: i64 = 253_402_300_799;

impl Writer {
    /// Writes where the stretches and steps begin and end that are keys of the
    /// groups of a page, each after a comma.
    pub(super) fn bounds(&mut self, grouping: &Grouping<'_>) {
        for (place, derived) in &grouping.derived {
            if !derived.is_bound() {
                continue;
            }
            self.push(", ");
            match derived {
                Derived::Start(key, _) => self.shown_first(*place, |writer| {
                    writer.key_of_group(grouping, *key);
                }),
                Derived::End(key, clocks) => self.end(grouping, *place, *key, clocks.is_some()),
                Derived::Previous(_) | Derived::Share(..) => {}
            }
            self.push(" AS ");
            self.group_column(GroupColumn::Derived(*place));
        }
    }

    fn end(&mut self, grouping: &Grouping<'_>, place: usize, key: usize, is_zoned: bool) {
        match &grouping.keys[key].bucket {
            Bucket::Steps { width, .. } => {
                self.key_of_group(grouping, key);
                self.push(" + ");
                self.param(*width);
            }
            Bucket::Time {
                unit: Unit::Hour, ..
            } if is_zoned => {
                self.push(self.grammar.least());
                self.push(&format!("d{place}.g,"));
                self.key_of_group(grouping, key);
                self.push("-((");
                self.key_of_group(grouping, key);
                self.push(&format!(
                    "+d{place}.o)%3600+3600)%3600+3600,{CALENDAR_ENDS}+0*"
                ));
                self.key_of_group(grouping, key);
                self.push(")");
            }
            Bucket::Time { unit, .. } if is_zoned => {
                self.shown_first(place, |writer| {
                    writer.following(grouping, *unit, key);
                });
            }
            Bucket::Time { unit, .. } => self.following(grouping, *unit, key),
            Bucket::Value | Bucket::Level { .. } | Bucket::Part { .. } => self.push("NULL"),
        }
    }

    /// Writes the first moment at which clocks show a time.
    fn shown_first(&mut self, place: usize, time: impl FnOnce(&mut Self)) {
        self.push(self.grammar.greatest());
        time(self);
        self.push(&format!("-d{place}.o,d{place}.f)"));
    }

    /// Writes when the stretch of time after a key begins.
    fn following(&mut self, grouping: &Grouping<'_>, unit: Unit, key: usize) {
        let following = self.grammar.following(unit);
        self.template(following, |writer| writer.key_of_group(grouping, key));
    }

    pub(super) fn key_of_group(&mut self, grouping: &Grouping<'_>, key: usize) {
        self.alias(grouping.alias);
        self.push(".");
        self.group_column(GroupColumn::Key(key));
    }

    /// Writes the joins of the spans of zones that these are told by.
    pub(super) fn spans_of_bounds(&mut self, grouping: &Grouping<'_>) {
        for (place, derived) in &grouping.derived {
            self.span_of_bound(grouping, *place, *derived);
        }
    }

    fn span_of_bound(&mut self, grouping: &Grouping<'_>, place: usize, derived: Derived) {
        let (Derived::Start(key, param) | Derived::End(key, Some(param))) = derived else {
            return;
        };
        let Bucket::Time { unit, .. } = grouping.keys[key].bucket else {
            return;
        };
        let (spans, begin, end) = match unit {
            Unit::Hour => (self.grammar.spans(), 'f', 'g'),
            _ => (self.grammar.times(), 'b', 'e'),
        };
        let is_end = matches!(derived, Derived::End(..)) && unit != Unit::Hour;
        let time = |writer: &mut Self| {
            if is_end {
                writer.following(grouping, unit, key);
            } else {
                writer.key_of_group(grouping, key);
            }
        };
        self.push(" LEFT JOIN ");
        self.with_param(spans, param, |_| {});
        self.push(&format!(" d{place} ON d{place}.y="));
        let year = self.grammar.year();
        self.template(year, time);
        self.push(" AND ");
        time(self);
        self.push(&format!(">=d{place}.{begin} AND "));
        time(self);
        self.push(&format!("<d{place}.{end}"));
    }
}
