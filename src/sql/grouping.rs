use super::statement::Writer;
use super::statistic::Computed;
use crate::plan::{
    Alias, Bucket, GroupColumn, GroupKey, Grouping, Measure, Output, Predicate, Rows,
};

/// The key of the surrounding row, where groups of all of them are made at
/// once.
pub(super) const PARENT: &str = "#p";
/// The value that a statistic comes to, where it is computed on its own.
const VALUE: &str = "#v";
/// How many rows have it.
const COUNT: &str = "#c";

impl Writer {
    /// Writes `FROM … WHERE …` of rows or groups.
    pub(super) fn rows_from(&mut self, rows: &Rows<'_>, further: &[&Predicate<'_>]) {
        match rows {
            Rows::Entity(source) => self.from(source, further),
            Rows::Groups(grouping) => {
                self.push("FROM ");
                self.groups(grouping);
                let before = self.length();
                self.push(" WHERE ");
                let mut any = false;
                if self.gathers_all(grouping) {
                    self.of_parent(grouping);
                    any = true;
                }
                let conditions = std::iter::once(&grouping.having).chain(further.iter().copied());
                for predicate in conditions {
                    if matches!(predicate, Predicate::True) {
                        continue;
                    }
                    self.push(if any { " AND " } else { "" });
                    any = true;
                    self.predicate(predicate);
                }
                if !any {
                    self.truncate(before);
                }
            }
        }
    }

    /// Whether the groups of all surrounding rows are made at once, for a
    /// derived table cannot refer to one.
    pub(super) fn gathers_all(&self, grouping: &Grouping<'_>) -> bool {
        grouping.population.source.link().is_some() && !self.grammar.correlates_derived_tables()
    }

    /// Writes that groups are those of the surrounding row.
    pub(super) fn of_parent(&mut self, grouping: &Grouping<'_>) {
        self.column(grouping.alias, PARENT);
        self.push(" = ");
        if let Some((parent, column)) = grouping.population.source.joined_to() {
            self.column(parent, &column.name);
        }
    }

    /// Writes the derived table of groups: their keys, and of each what is
    /// asked.
    pub(super) fn groups(&mut self, grouping: &Grouping<'_>) {
        let (together, apart): (Vec<_>, Vec<_>) = grouping
            .measures
            .iter()
            .enumerate()
            .partition(|(_, measure)| self.computed_inline(measure));
        if !apart.is_empty() {
            self.push("(SELECT g.*");
            for (place, _) in &apart {
                self.push(&format!(", s{place}."));
                self.name(VALUE);
                self.push(" AS ");
                self.group_column(GroupColumn::Measure(*place));
            }
            self.push(" FROM ");
        }
        self.push("(SELECT ");
        self.keys(grouping);
        for (place, measure) in together {
            self.push(", ");
            self.inline(measure);
            self.push(" AS ");
            self.group_column(GroupColumn::Measure(place));
        }
        self.push(" ");
        self.members_of_groups(grouping, &[]);
        self.group_by(grouping, None);
        self.push(") ");
        if apart.is_empty() {
            return self.alias(grouping.alias);
        }
        self.push("g");
        for (place, measure) in apart {
            self.push(" LEFT JOIN ");
            self.apart(grouping, measure);
            self.push(&format!(" s{place} ON "));
            self.same_group(grouping, "g", &format!("s{place}"));
        }
        self.push(") ");
        self.alias(grouping.alias);
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
        if self.gathers_all(grouping) {
            self.parent(grouping);
            self.push(" AS ");
            self.name(PARENT);
            self.push(", ");
        }
        self.separated(
            grouping.keys.iter().enumerate(),
            ", ",
            |writer, (place, key)| {
                writer.key(key);
                writer.push(" AS ");
                writer.group_column(GroupColumn::Key(place));
            },
        );
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

    /// Writes that rows of two derived tables are of one group.
    fn same_group(&mut self, grouping: &Grouping<'_>, one: &str, other: &str) {
        let same = self.grammar.same();
        if self.gathers_all(grouping) {
            self.push(one);
            self.push(".");
            self.name(PARENT);
            self.push(" = ");
            self.push(other);
            self.push(".");
            self.name(PARENT);
            self.push(" AND ");
        }
        self.separated(0..grouping.keys.len(), " AND ", |writer, place| {
            writer.push(one);
            writer.push(".");
            writer.group_column(GroupColumn::Key(place));
            writer.push(same);
            writer.push(other);
            writer.push(".");
            writer.group_column(GroupColumn::Key(place));
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

    fn parent(&mut self, grouping: &Grouping<'_>) {
        self.link_column(&grouping.population.source);
    }

    fn key(&mut self, key: &GroupKey<'_>) {
        match &key.bucket {
            Bucket::Value => self.operand(&key.scalar),
            Bucket::Steps { width, origin, .. } => {
                let template = self.grammar.step(key.scalar.kind());
                let mut rest = template;
                while let Some((before, (name, after))) = rest
                    .split_once('{')
                    .and_then(|(before, after)| Some((before, after.split_once('}')?)))
                {
                    self.push(before);
                    match name {
                        "width" => self.param(*width),
                        "origin" => self.param(*origin),
                        _ => self.operand(&key.scalar),
                    }
                    rest = after;
                }
                self.push(rest);
            }
        }
    }

    fn group_column(&mut self, column: GroupColumn) {
        self.name(&match column {
            GroupColumn::Key(place) => format!("#k{place}"),
            GroupColumn::Measure(place) => format!("#m{place}"),
        });
    }

    /// Writes a key or statistic of a group.
    pub(super) fn output(&mut self, alias: Alias, output: &Output) {
        if output.plus.is_some() {
            self.push("(");
        }
        self.alias(alias);
        self.push(".");
        self.group_column(output.column);
        if let Some(plus) = output.plus {
            self.push(" + ");
            self.param(plus);
            self.push(")");
        }
    }

    /// Writes a keyword and those of the conditions that rule something out.
    pub(super) fn conditions_of_all<const N: usize>(
        &mut self,
        keyword: &str,
        conditions: [&Predicate<'_>; N],
    ) {
        let conditions = conditions
            .into_iter()
            .filter(|predicate| !matches!(predicate, Predicate::True));
        for (place, predicate) in conditions.enumerate() {
            self.push(if place == 0 { keyword } else { " AND " });
            self.predicate(predicate);
        }
    }
}
