use super::statement::Writer;
use super::statistic::{Computed, Over};
use crate::catalog::Kind;
use crate::plan::{
    Alias, Bucket, Derived, Fill, GroupColumn, GroupKey, Grouping, Measure, Output, Predicate,
    Rows, Unit,
};

/// The key of the surrounding row, where groups of all of them are made at
/// once.
pub(super) const PARENT: &str = "#p";
/// The value that a statistic comes to, where it is computed on its own.
const VALUE: &str = "#v";
/// How many rows have it.
const COUNT: &str = "#c";
/// The place of a row within its group, counted from 1.
const NUMBER: &str = "#n";
/// For how many combinations of other keys groups are filled in.
const COMBINATIONS: &str = "#f";

impl Writer {
    /// Writes `FROM … WHERE …` of rows or groups. Of groups only what is read
    /// is computed.
    pub(super) fn rows_from(
        &mut self,
        rows: &Rows<'_>,
        further: &[&Predicate<'_>],
        read: &[GroupColumn],
    ) {
        match rows {
            Rows::Entity(source) => self.from(source, further),
            Rows::Groups(grouping) => {
                let grouping = &grouping.reading(read, further);
                self.push("FROM ");
                self.groups(grouping);
                let mut keyword = " WHERE ";
                if self.gathers_all(grouping) {
                    self.push(keyword);
                    self.of_parent(grouping);
                    keyword = " AND ";
                }
                self.wanted_groups(keyword, grouping, further);
            }
        }
    }

    /// Whether the groups of all surrounding rows are made at once, for a
    /// derived table cannot refer to one.
    pub(super) fn gathers_all(&self, grouping: &Grouping<'_>) -> bool {
        grouping.population.source.link().is_some() && !self.grammar.correlates_derived_tables()
    }

    /// Writes that groups are those of the surrounding row, and an error where
    /// they are too many to be filled in.
    pub(super) fn of_parent(&mut self, grouping: &Grouping<'_>) {
        self.same_parent(grouping);
        if let Some(fill) = self.marked(grouping) {
            // Only of this row: the condition may be met before the other.
            self.push(" AND CASE WHEN ");
            self.same_parent(grouping);
            self.push(" THEN ");
            let at_most = self.grammar.at_most();
            self.with_param(at_most, fill.combinations, |writer| {
                writer.column(grouping.alias, COMBINATIONS);
            });
            self.push(" END");
        }
    }

    fn same_parent(&mut self, grouping: &Grouping<'_>) {
        self.column(grouping.alias, PARENT);
        self.push(" = ");
        if let Some((parent, column)) = grouping.population.source.joined_to() {
            self.column(parent, &column.name);
        }
    }

    /// How groups are filled in, where too many of one surrounding row are told
    /// from those of the others.
    fn marked<'g, 'c>(&self, grouping: &'g Grouping<'c>) -> Option<&'g Fill<'c>> {
        let fill = grouping.fill.as_ref();
        fill.filter(|_| self.gathers_all(grouping) && grouping.keys.len() > 1)
    }

    /// Writes a keyword and which groups are meant, unless all of them are. A
    /// group that stands for too many is.
    pub(super) fn wanted_groups(
        &mut self,
        keyword: &str,
        grouping: &Grouping<'_>,
        further: &[&Predicate<'_>],
    ) {
        let conditions = std::iter::once(&grouping.having).chain(further.iter().copied());
        let conditions: Vec<_> = conditions
            .filter(|predicate| !matches!(predicate, Predicate::True))
            .collect();
        if conditions.is_empty() {
            return;
        }
        self.push(keyword);
        let marked = self.marked(grouping);
        if let Some(fill) = marked {
            self.push("(");
            self.column(grouping.alias, COMBINATIONS);
            self.push(" > ");
            self.param(fill.combinations);
            self.push(" OR ");
        }
        self.separated(conditions, " AND ", Self::predicate);
        self.push(if marked.is_some() { ")" } else { "" });
    }

    /// Writes the derived table of groups: their keys, and of each what is
    /// asked.
    pub(super) fn groups(&mut self, grouping: &Grouping<'_>) {
        let derived = || {
            grouping
                .derived
                .iter()
                .filter(|(_, derived)| !derived.is_bound())
        };
        if derived().next().is_none() {
            self.filled(grouping);
        } else {
            self.push("(SELECT g.*");
            for (place, derived) in derived() {
                self.push(", ");
                self.derived(grouping, *derived);
                self.push(" AS ");
                self.group_column(GroupColumn::Derived(*place));
            }
            self.push(" FROM ");
            self.filled(grouping);
            self.push(" g)");
        }
        self.push(" ");
        self.alias(grouping.alias);
    }

    /// Writes groups as a derived table, those without rows among them: every
    /// value of the filled key with all that the other keys come to.
    fn filled(&mut self, grouping: &Grouping<'_>) {
        let Some(fill) = &grouping.fill else {
            return self.made(grouping);
        };
        self.push("(");
        // MariaDB loses its way in a second use of groups within what is
        // gathered from rows.
        let once = self.gathers_all(grouping);
        if !once {
            self.push("WITH g AS ");
            self.made(grouping);
            self.push(" ");
        }
        if self.grammar.joins_null_keys() {
            self.filled_by_join(grouping, fill);
        } else {
            self.filled_by_grouping(grouping, fill, once);
        }
        self.push(")");
    }

    /// Joins the groups that there are to those that are to be there.
    fn filled_by_join(&mut self, grouping: &Grouping<'_>, fill: &Fill<'_>) {
        self.push("SELECT ");
        self.filled_keys(grouping, fill);
        for (place, measure) in &grouping.measures {
            let column = GroupColumn::Measure(*place);
            let [before, after] = if measure.function.nullable() {
                ["", ""]
            } else {
                ["coalesce(", ",0)"]
            };
            self.push(", ");
            self.push(before);
            self.push("g.");
            self.group_column(column);
            self.push(after);
            self.push(" AS ");
            self.group_column(column);
        }
        let others = fill.others(grouping);
        self.combinations(grouping, fill, &others);
        self.push(" LEFT JOIN g ON g.");
        self.group_column(GroupColumn::Key(fill.key));
        self.push(" = e.v");
        if !others.is_empty() {
            self.push(" AND ");
            self.same_group(grouping, &others, "g", "o");
        }
        self.few_combinations(grouping, fill, &others);
    }

    /// Puts the groups that there are and those that are to be there under one
    /// another and gathers them: to join them takes long where keys are texts
    /// or can be null.
    fn filled_by_grouping(&mut self, grouping: &Grouping<'_>, fill: &Fill<'_>, once: bool) {
        let marked = self.marked(grouping).is_some();
        self.push("SELECT ");
        self.key_columns(grouping, "");
        if marked {
            self.push(", max(");
            self.name(COMBINATIONS);
            self.push(") AS ");
            self.name(COMBINATIONS);
        }
        for place in grouping.measures.keys() {
            self.push(", max(");
            self.group_column(GroupColumn::Measure(*place));
            self.push(") AS ");
            self.group_column(GroupColumn::Measure(*place));
        }
        self.push(" FROM (SELECT ");
        self.key_columns(grouping, "");
        if marked {
            self.push(", NULL AS ");
            self.name(COMBINATIONS);
        }
        for place in grouping.measures.keys() {
            self.push(", ");
            self.group_column(GroupColumn::Measure(*place));
        }
        self.push(" FROM ");
        if once {
            self.made(grouping);
            self.push(" ");
        }
        self.push("g UNION ALL SELECT ");
        self.filled_keys(grouping, fill);
        if marked {
            self.push(", o.");
            self.name(COMBINATIONS);
        }
        for measure in grouping.measures.values() {
            let nullable = measure.function.nullable();
            self.push(if nullable { ", NULL" } else { ", 0" });
        }
        let others = fill.others(grouping);
        self.combinations(grouping, fill, &others);
        self.few_combinations(grouping, fill, &others);
        self.push(") g");
        self.group_by(grouping, None);
    }

    /// Writes the keys of groups that are to be there.
    fn filled_keys(&mut self, grouping: &Grouping<'_>, fill: &Fill<'_>) {
        if self.gathers_all(grouping) {
            self.push("o.");
            self.name(PARENT);
            self.push(", ");
        }
        self.separated(0..grouping.keys.len(), ", ", |writer, place| {
            let column = GroupColumn::Key(place);
            if place == fill.key {
                writer.push("e.v AS ");
            } else {
                writer.push("o.");
            }
            writer.group_column(column);
        });
    }

    /// Writes `FROM` the values of the filled key with what the other keys come
    /// to.
    fn combinations(&mut self, grouping: &Grouping<'_>, fill: &Fill<'_>, others: &[usize]) {
        let gathers_all = self.gathers_all(grouping);
        self.push(" FROM ");
        let listed = self.grammar.listed();
        self.template(listed, |writer| writer.param(fill.values));
        self.push(" e");
        if !others.is_empty() {
            self.push(" CROSS JOIN (SELECT o.*, ");
            if gathers_all {
                self.push("row_number() OVER (PARTITION BY o.");
                self.name(PARENT);
                self.push(") AS ");
                self.name(NUMBER);
                self.push(", count(*) OVER (PARTITION BY o.");
                self.name(PARENT);
            } else {
                self.push("count(*) OVER (");
            }
            self.push(") AS ");
            self.name(COMBINATIONS);
            self.push(" FROM (SELECT DISTINCT ");
            if gathers_all {
                self.keys_at(grouping, others);
                self.push(" ");
                self.members_of_groups(grouping, &[]);
            } else {
                self.separated(others, ", ", |writer, other| {
                    writer.group_column(GroupColumn::Key(*other));
                });
                self.push(" FROM g");
            }
            self.push(") o) o");
        } else if let (true, Some(parent), Some((_, column))) = (
            gathers_all,
            fill.parent,
            grouping.population.source.joined_to(),
        ) {
            self.push(" CROSS JOIN ");
            self.every(parent, column, PARENT);
            self.push(" o");
        }
    }

    /// Writes that there are no more combinations than may be filled in. Where
    /// those of all surrounding rows are there, one stands for too many.
    fn few_combinations(&mut self, grouping: &Grouping<'_>, fill: &Fill<'_>, others: &[usize]) {
        if others.is_empty() {
            return;
        }
        self.push(" WHERE ");
        if self.gathers_all(grouping) {
            self.push("(o.");
            self.name(COMBINATIONS);
            self.push(" <= ");
            self.param(fill.combinations);
            self.push(" OR o.");
            self.name(NUMBER);
            self.push(" = 1)");
        } else {
            let at_most = self.grammar.at_most();
            self.with_param(at_most, fill.combinations, |writer| {
                writer.push("o.");
                writer.name(COMBINATIONS);
            });
        }
    }

    /// Writes what is told of a group of the derived table `g` beside others.
    fn derived(&mut self, grouping: &Grouping<'_>, derived: Derived) {
        match derived {
            Derived::Start(..) | Derived::End(..) => {}
            Derived::Previous(measure) => {
                self.push("lag(g.");
                self.group_column(GroupColumn::Measure(measure));
                self.push(") OVER (");
                let filled = grouping.fill.as_ref().map(|fill| fill.key);
                let others = (0..grouping.keys.len()).filter(|place| Some(*place) != filled);
                self.partition(grouping, others.map(GroupColumn::Key));
                if let Some(filled) = filled {
                    self.push("ORDER BY g.");
                    self.group_column(GroupColumn::Key(filled));
                }
                self.push(")");
            }
            Derived::Share(measure) => {
                let is_float = *grouping.measures[&measure].kind() == Kind::Float;
                let rounded = if is_float {
                    self.grammar.rounded()
                } else {
                    "{}"
                };
                self.template(rounded, |writer| writer.share(grouping, measure));
            }
        }
    }

    fn share(&mut self, grouping: &Grouping<'_>, measure: usize) {
        let double = self.grammar.double();
        let column = GroupColumn::Measure(measure);
        self.template(double, |writer| {
            writer.push("g.");
            writer.group_column(column);
        });
        self.push("/NULLIF(");
        self.template(double, |writer| {
            writer.push("sum(g.");
            writer.group_column(column);
            writer.push(") OVER (");
            writer.partition(grouping, std::iter::empty());
            writer.push(")");
        });
        self.push(",0)");
    }

    /// Writes which groups are looked at side by side.
    fn partition(&mut self, grouping: &Grouping<'_>, by: impl Iterator<Item = GroupColumn>) {
        let mut begun = self.gathers_all(grouping);
        if begun {
            self.push("PARTITION BY g.");
            self.name(PARENT);
        }
        for column in by {
            self.push(if begun { ",g." } else { "PARTITION BY g." });
            begun = true;
            self.group_column(column);
        }
        self.push(if begun { " " } else { "" });
    }

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
                Derived::Previous(_) | Derived::Share(_) => {}
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
                self.push(&format!("+d{place}.o)%3600+3600)%3600+3600)"));
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

    fn key_of_group(&mut self, grouping: &Grouping<'_>, key: usize) {
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

    /// Writes the groups that rows make as a derived table. Statistics that are
    /// computed on their own are put under one another with the others and
    /// gathered: to join them takes long where keys are texts or can be null.
    fn made(&mut self, grouping: &Grouping<'_>) {
        let apart: Vec<_> = (grouping.measures.iter())
            .filter(|(_, measure)| !self.computed_inline(measure))
            .collect();
        if apart.is_empty() {
            self.push("(");
            self.together(grouping);
            self.push(")");
            return;
        }
        self.push("(SELECT ");
        self.key_columns(grouping, "");
        for place in grouping.measures.keys() {
            self.push(", max(");
            self.group_column(GroupColumn::Measure(*place));
            self.push(") AS ");
            self.group_column(GroupColumn::Measure(*place));
        }
        self.push(" FROM (");
        self.together(grouping);
        for (place, measure) in apart {
            self.push(" UNION ALL SELECT ");
            self.key_columns(grouping, "");
            for other in grouping.measures.keys() {
                self.push(", ");
                if other == place {
                    self.name(VALUE);
                } else {
                    self.push("NULL");
                }
            }
            self.push(", NULL FROM ");
            self.apart(grouping, measure);
            self.push(" s");
        }
        self.push(") g");
        self.group_by(grouping, None);
        if grouping.enough.is_some() {
            self.push(" HAVING max(");
            self.name(COUNT);
            self.push(") IS NOT NULL");
        }
        self.push(")");
    }

    /// Writes `SELECT …` of groups with the statistics that are computed by
    /// aggregate functions, and null for the others, if there are any.
    fn together(&mut self, grouping: &Grouping<'_>) {
        let mut is_all = true;
        self.push("SELECT ");
        self.keys(grouping);
        for (place, measure) in &grouping.measures {
            self.push(", ");
            if self.computed_inline(measure) {
                self.inline(measure);
            } else {
                is_all = false;
                self.push("NULL");
            }
            self.push(" AS ");
            self.group_column(GroupColumn::Measure(*place));
        }
        if !is_all {
            self.push(", 1 AS ");
            self.name(COUNT);
        }
        self.push(" ");
        self.members_of_groups(grouping, &[]);
        self.group_by_values(grouping);
        if let Some(enough) = &grouping.enough {
            self.push(" HAVING ");
            self.enough(Over::Population(&grouping.population), enough);
        }
    }

    /// Writes statistics over all groups, or null where some are too small to
    /// be told: what is missing would tell of them.
    pub(super) fn if_none_is_left_out(
        &mut self,
        grouping: &Grouping<'_>,
        write: impl FnOnce(&mut Self),
    ) {
        let Some(enough) = &grouping.enough else {
            return write(self);
        };
        let [before, between, after] = self.grammar.where_only();
        let over = Over::Population(&grouping.population);
        self.push(before);
        self.push("NOT EXISTS(SELECT ");
        self.keys(grouping);
        self.push(" ");
        self.population(&grouping.population, &[]);
        self.group_by_values(grouping);
        self.push(" HAVING NOT (");
        self.enough(over, enough);
        self.push("))");
        self.push(between);
        write(self);
        self.push(after);
    }

    /// Writes a statistic of each group as a derived table of its own.
    fn apart(&mut self, grouping: &Grouping<'_>, measure: &Measure<'_>) {
        let Some(operand) = &measure.operand else {
            return;
        };
        let condition = measure.condition.as_ref().unwrap_or(&Predicate::True);
        match self.grammar.measure(measure.function, operand.kind()) {
            Computed::ByDistance(template) => {
                self.push("(SELECT ");
                self.key_columns(grouping, "");
                self.push(", ");
                self.distance(template);
                self.push(" AS ");
                self.name(VALUE);
                self.push(" FROM (SELECT ");
                self.keys(grouping);
                self.push(", ");
                self.measured(measure, operand);
                self.push(" AS x, avg(");
                self.measured(measure, operand);
                self.push(") OVER (PARTITION BY ");
                self.key_values(grouping);
                self.push(") AS m ");
                self.members_of_groups(grouping, &[]);
                self.push(")");
                self.group_by(grouping, None);
                self.push(")");
            }
            Computed::ByFrequency | Computed::Inline(_) => {
                self.push("(SELECT * FROM (SELECT q.*, row_number() OVER (PARTITION BY ");
                self.key_columns(grouping, "q.");
                self.push(" ORDER BY q.");
                self.name(COUNT);
                self.push(" DESC, q.");
                self.name(VALUE);
                self.push(") AS n FROM (SELECT ");
                self.keys(grouping);
                self.push(", ");
                self.operand(operand);
                self.push(" AS ");
                self.name(VALUE);
                self.push(", count(*) AS ");
                self.name(COUNT);
                self.push(" ");
                let is_there = Predicate::IsNull(operand.clone()).negate();
                self.members_of_groups(grouping, &[&is_there, condition]);
                self.group_by(grouping, Some(VALUE));
                self.push(") q) q WHERE n = 1)");
            }
        }
    }

    /// Writes `FROM … WHERE …` of the rows that groups are made of.
    fn members_of_groups(&mut self, grouping: &Grouping<'_>, further: &[&Predicate<'_>]) {
        if self.gathers_all(grouping) {
            self.population_of_all(&grouping.population, further);
        } else {
            self.population(&grouping.population, further);
        }
    }

    /// Writes the keys of a row's group, with their names.
    fn keys(&mut self, grouping: &Grouping<'_>) {
        let all: Vec<_> = (0..grouping.keys.len()).collect();
        self.keys_at(grouping, &all);
    }

    /// Writes some of the keys of a row's group, with their names.
    fn keys_at(&mut self, grouping: &Grouping<'_>, places: &[usize]) {
        if self.gathers_all(grouping) {
            self.parent(grouping);
            self.push(" AS ");
            self.name(PARENT);
            self.push(", ");
        }
        self.separated(places, ", ", |writer, place| {
            writer.key(&grouping.keys[*place]);
            writer.push(" AS ");
            writer.group_column(GroupColumn::Key(*place));
        });
    }

    /// Writes the keys of a row's group.
    fn key_values(&mut self, grouping: &Grouping<'_>) {
        if self.gathers_all(grouping) {
            self.parent(grouping);
            self.push(", ");
        }
        self.separated(&grouping.keys, ", ", Self::key);
    }

    /// Writes the names of the keys.
    fn key_columns(&mut self, grouping: &Grouping<'_>, of: &str) {
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
    fn same_group(&mut self, grouping: &Grouping<'_>, keys: &[usize], one: &str, other: &str) {
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

    fn group_by(&mut self, grouping: &Grouping<'_>, also: Option<&str>) {
        self.push(" GROUP BY ");
        self.key_columns(grouping, "");
        if let Some(also) = also {
            self.push(", ");
            self.name(also);
        }
    }

    /// Writes by what rows are of one group, in the cheapest way.
    fn group_by_values(&mut self, grouping: &Grouping<'_>) {
        self.push(" GROUP BY ");
        if self.gathers_all(grouping) {
            self.name(PARENT);
            self.push(", ");
        }
        self.separated(
            grouping.keys.iter().enumerate(),
            ", ",
            |writer, (place, key)| {
                let Bucket::Time { unit, clock, .. } = &key.bucket else {
                    return writer.group_column(GroupColumn::Key(place));
                };
                let stretch = (writer.grammar).stretch(*unit, key.scalar.kind(), clock.is_some());
                if stretch.key == "{}" {
                    writer.group_column(GroupColumn::Key(place));
                } else {
                    writer.timed(&stretch.equal, key, *clock);
                }
            },
        );
    }

    fn parent(&mut self, grouping: &Grouping<'_>) {
        self.link_column(&grouping.population.source);
    }

    fn key(&mut self, key: &GroupKey<'_>) {
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
                self.template(stretch.key, |writer| {
                    writer.timed(&stretch.equal, key, *clock);
                });
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

    /// Writes the name of a column of the table that groups make.
    pub(super) fn group_column(&mut self, column: GroupColumn) {
        self.name(&match column {
            GroupColumn::Key(place) => format!("#k{place}"),
            GroupColumn::Measure(place) => format!("#m{place}"),
            GroupColumn::Derived(place) => format!("#d{place}"),
        });
    }

    /// Writes what is told of a group.
    pub(super) fn output(&mut self, alias: Alias, output: &Output) {
        self.alias(alias);
        self.push(".");
        self.group_column(output.column);
    }

    /// Writes what a page of groups is joined to, to tell some of the rows of
    /// each: the first rows of every group, gathered by its keys.
    pub(super) fn samples(&mut self, grouping: &Grouping<'_>) {
        let all: Vec<_> = (0..grouping.keys.len()).collect();
        let source = grouping.population.source.alias();
        let groups = format!("t{}", grouping.alias.0);
        for (place, sample) in grouping.samples.iter().enumerate() {
            self.push(" LEFT JOIN (SELECT ");
            self.key_columns(grouping, "");
            self.push(", ");
            self.push(self.grammar.json_gather());
            self.object(&sample.object);
            self.push(" ORDER BY ");
            self.column(source, NUMBER);
            self.push(") AS ");
            self.name(VALUE);
            self.push(" FROM (SELECT ");
            self.alias(source);
            self.push(".*, ");
            self.keys(grouping);
            self.push(", row_number() OVER (PARTITION BY ");
            self.key_values(grouping);
            self.push(" ORDER BY ");
            self.order(&sample.order, false);
            self.push(") AS ");
            self.name(NUMBER);
            self.push(" ");
            self.members_of_groups(grouping, &[]);
            self.push(") ");
            self.alias(source);
            self.push(" WHERE ");
            self.column(source, NUMBER);
            self.push(" <= ");
            self.param(sample.first);
            self.group_by(grouping, None);
            self.push(&format!(") r{place} ON "));
            self.same_group(grouping, &all, &groups, &format!("r{place}"));
        }
    }

    /// Writes some of the rows of a group.
    pub(super) fn sample(&mut self, place: usize) {
        let json = self.grammar.json_value(&Kind::Json);
        self.template(json, |writer| {
            writer.push(&format!("coalesce(r{place}."));
            writer.name(VALUE);
            writer.push(",'[]')");
        });
    }
}
