use super::grouping::PARENT;
use super::statement::Writer;
use crate::plan::{Alias, Bucket, GroupColumn, GroupKey, Grouping};

impl Writer {
    /// Writes the keys of a row's group, with their names.
    pub(super) fn keys(&mut self, grouping: &Grouping<'_>) {
        let all: Vec<_> = (0..grouping.keys.len()).collect();
        self.keys_at(grouping, &all);
    }

    /// Writes some of the keys of a row's group, with their names.
    pub(super) fn keys_at(&mut self, grouping: &Grouping<'_>, places: &[usize]) {
        self.named(grouping, places, Self::key);
    }

    fn named(
        &mut self,
        grouping: &Grouping<'_>,
        places: &[usize],
        write: fn(&mut Self, &GroupKey<'_>),
    ) {
        if self.gathers_all(grouping) {
            self.parent(grouping);
            self.push(" AS ");
            self.name(PARENT);
            self.push(", ");
        }
        self.separated(places, ", ", |writer, place| {
            write(writer, &grouping.keys[*place]);
            writer.push(" AS ");
            writer.group_column(GroupColumn::Key(*place));
        });
    }

    /// Writes the keys of a row's group.
    pub(super) fn key_values(&mut self, grouping: &Grouping<'_>) {
        if self.gathers_all(grouping) {
            self.parent(grouping);
            self.push(", ");
        }
        self.separated(&grouping.keys, ", ", Self::key);
    }

    /// Writes the names of the keys.
    pub(super) fn key_columns(&mut self, grouping: &Grouping<'_>, of: &str) {
        if self.gathers_all(grouping) {
            self.push(of);
            self.name(PARENT);
            self.push(", ");
        }
        self.separated(0..grouping.keys.len(), ", ", |writer, place| {
            writer.push(of);
            writer.group_column(GroupColumn::Key(place));
        });
    }

    /// Writes that rows of two derived tables are alike in these keys. Only
    /// plain equality lets every database look the others up.
    pub(super) fn same_group(
        &mut self,
        grouping: &Grouping<'_>,
        keys: &[usize],
        one: &str,
        other: &str,
    ) {
        let same = self.grammar.same();
        if self.gathers_all(grouping) {
            self.push(one);
            self.push(".");
            self.name(PARENT);
            self.push(" = ");
            self.push(other);
            self.push(".");
            self.name(PARENT);
            self.push(if keys.is_empty() { "" } else { " AND " });
        }
        self.separated(keys, " AND ", |writer, place| {
            writer.push(one);
            writer.push(".");
            writer.group_column(GroupColumn::Key(*place));
            writer.push(if grouping.keys[*place].nullable {
                same
            } else {
                " = "
            });
            writer.push(other);
            writer.push(".");
            writer.group_column(GroupColumn::Key(*place));
        });
    }

    pub(super) fn group_by(&mut self, grouping: &Grouping<'_>, also: Option<&str>) {
        self.push(" GROUP BY ");
        self.key_columns(grouping, "");
        if let Some(also) = also {
            self.push(", ");
            self.name(also);
        }
    }

    /// Writes what the rows of a group are equal in, with the names of the
    /// keys, which are made of it. It is cheaper to group by.
    pub(super) fn equals(&mut self, grouping: &Grouping<'_>) {
        let all: Vec<_> = (0..grouping.keys.len()).collect();
        self.named(grouping, &all, Self::equal);
    }

    /// Whether keys are made of what the rows of a group are equal in.
    pub(super) fn makes_keys(&self, grouping: &Grouping<'_>) -> bool {
        grouping.keys.iter().any(|key| self.made_of(key) != "{}")
    }

    /// Writes the keys out of what the rows of a group are equal in.
    pub(super) fn keys_of_equals(&mut self, grouping: &Grouping<'_>) {
        if self.gathers_all(grouping) {
            self.name(PARENT);
            self.push(", ");
        }
        self.separated(
            grouping.keys.iter().enumerate(),
            ", ",
            |writer, (place, key)| {
                let column = GroupColumn::Key(place);
                let template = writer.made_of(key);
                writer.template(template, |writer| writer.group_column(column));
                if template != "{}" {
                    writer.push(" AS ");
                    writer.group_column(column);
                }
            },
        );
    }

    fn parent(&mut self, grouping: &Grouping<'_>) {
        self.link_column(&grouping.population.source);
    }

    fn key(&mut self, key: &GroupKey<'_>) {
        let template = self.made_of(key);
        self.template(template, |writer| writer.equal(key));
    }

    /// Template: a key, out of what the rows of its group are equal in.
    fn made_of(&self, key: &GroupKey<'_>) -> &'static str {
        match &key.bucket {
            Bucket::Time { unit, clock, .. } => {
                let kind = key.scalar.kind();
                self.grammar.stretch(*unit, kind, clock.is_some()).key
            }
            _ => "{}",
        }
    }

    fn equal(&mut self, key: &GroupKey<'_>) {
        let kind = key.scalar.kind();
        match &key.bucket {
            Bucket::Value | Bucket::Level { .. } => self.operand(&key.scalar),
            Bucket::Steps { width, origin, .. } => {
                let template = self.grammar.step(kind);
                self.fill(template, |writer, name| match name {
                    "width" => writer.param(*width),
                    "origin" => writer.param(*origin),
                    _ => writer.operand(&key.scalar),
                });
            }
            Bucket::Time { unit, clock, .. } => {
                let stretch = self.grammar.stretch(*unit, kind, clock.is_some());
                self.timed(&stretch.equal, key, *clock);
            }
            Bucket::Part { part, clock, .. } => {
                let part = self.grammar.part(*part, kind, clock.is_some());
                self.timed(&part, key, *clock);
            }
        }
    }

    /// Writes a template about the moment of a key.
    fn timed(&mut self, template: &str, key: &GroupKey<'_>, clock: Option<Alias>) {
        self.fill(template, |writer, name| match clock {
            Some(clock) if name == "z" => writer.alias(clock),
            _ => writer.operand(&key.scalar),
        });
    }
}
