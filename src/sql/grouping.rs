use super::fill::COMBINATIONS;
use super::statement::Writer;
use super::statistic::{Computed, Over};
use crate::catalog::Kind;
use crate::plan::{
    Alias, Derived, GroupColumn, Grouping, Measure, Output, ParamId, Predicate, Row, Rows,
};

/// The key of the surrounding row, where groups of all of them are made at
/// once.
pub(super) const PARENT: &str = "#p";
/// The value that a statistic comes to, where it is computed on its own.
const VALUE: &str = "#v";
/// How many rows have it.
const COUNT: &str = "#c";
/// The place of a row within its group, counted from 1.
pub(super) const NUMBER: &str = "#n";

/// The name of a column of the table that groups make.
pub(super) fn column_of(column: GroupColumn) -> String {
    match column {
        GroupColumn::Key(place) => format!("#k{place}"),
        GroupColumn::Measure(place) => format!("#m{place}"),
        GroupColumn::Derived(place) => format!("#d{place}"),
    }
}

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
            Derived::Share(measure, told) => {
                let is_float = *grouping.measures[&measure].kind() == Kind::Float;
                let rounded = if is_float {
                    self.grammar.rounded()
                } else {
                    "{}"
                };
                self.template(rounded, |writer| writer.share(grouping, measure, told));
            }
        }
    }

    fn share(&mut self, grouping: &Grouping<'_>, measure: usize, told: Option<(usize, ParamId)>) {
        let double = self.grammar.double();
        let part = |writer: &mut Self| {
            if let Some((rows, least)) = told {
                writer.push("CASE WHEN g.");
                writer.group_column(GroupColumn::Measure(rows));
                writer.push(" >= ");
                writer.param(least);
                writer.push(" THEN ");
            }
            writer.push("g.");
            writer.group_column(GroupColumn::Measure(measure));
            writer.push(if told.is_some() { " END" } else { "" });
        };
        self.template(double, part);
        self.push("/NULLIF(");
        self.template(double, |writer| {
            writer.push("sum(");
            part(writer);
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

    /// Writes the groups that rows make as a derived table. Statistics that are
    /// computed on their own are put under one another with the others and
    /// gathered: to join them takes long where keys are texts or can be null.
    pub(super) fn made(&mut self, grouping: &Grouping<'_>) {
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
        self.measures_put_together(grouping);
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

    /// Writes the statistics of groups from rows of which one at most has each.
    pub(super) fn measures_put_together(&mut self, grouping: &Grouping<'_>) {
        for place in grouping.measures.keys() {
            self.push(", max(");
            self.group_column(GroupColumn::Measure(*place));
            self.push(") AS ");
            self.group_column(GroupColumn::Measure(*place));
        }
    }

    /// Writes `SELECT …` of groups with the statistics that are computed by
    /// aggregate functions, and null for the others, if there are any.
    fn together(&mut self, grouping: &Grouping<'_>) {
        let is_all = (grouping.measures.values()).all(|measure| self.computed_inline(measure));
        let makes_keys = self.makes_keys(grouping);
        if makes_keys {
            self.push("SELECT ");
            self.keys_of_equals(grouping);
            for place in grouping.measures.keys() {
                self.push(", ");
                self.group_column(GroupColumn::Measure(*place));
            }
            if !is_all {
                self.push(", ");
                self.name(COUNT);
            }
            self.push(" FROM (");
        }
        self.push("SELECT ");
        self.equals(grouping);
        for (place, measure) in &grouping.measures {
            self.push(", ");
            if self.computed_inline(measure) {
                self.inline(measure);
            } else {
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
        self.group_by(grouping, None);
        if let Some(enough) = &grouping.enough {
            self.push(" HAVING ");
            self.enough(Over::Population(&grouping.population), enough);
        }
        if makes_keys {
            self.push(") g");
        }
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
    pub(super) fn members_of_groups(
        &mut self,
        grouping: &Grouping<'_>,
        further: &[&Predicate<'_>],
    ) {
        if self.gathers_all(grouping) {
            self.population_of_all(&grouping.population, further);
        } else {
            self.population(&grouping.population, further);
        }
    }

    /// Writes the name of a column of the table that groups make.
    pub(super) fn group_column(&mut self, column: GroupColumn) {
        self.name(&column_of(column));
    }

    /// Writes what is told of a group.
    pub(super) fn output(&mut self, alias: Alias, output: &Output) {
        self.alias(alias);
        self.push(".");
        self.group_column(output.column);
    }

    /// Writes what a page of groups is joined to, to tell some of the rows of
    /// each: the ids of the first rows of every group, gathered by its keys.
    /// What is read of a row is not computed for groups beyond the page.
    pub(super) fn samples(&mut self, grouping: &Grouping<'_>) {
        let all: Vec<_> = (0..grouping.keys.len()).collect();
        let source = &grouping.population.source;
        let (alias, id) = (source.alias(), &source.entity().key().name);
        let groups = format!("t{}", grouping.alias.0);
        for (place, sample) in grouping.samples.iter().enumerate() {
            self.push(" LEFT JOIN (SELECT ");
            self.key_columns(grouping, "");
            self.push(", ");
            let gathered = self.grammar.gather_ids();
            self.fill(gathered, |writer, name| match name {
                "id" => writer.column(alias, id),
                _ => writer.column(alias, NUMBER),
            });
            self.push(" AS ");
            self.name(VALUE);
            self.push(" FROM (SELECT ");
            self.column(alias, id);
            self.push(", ");
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
            self.alias(alias);
            self.push(" WHERE ");
            self.column(alias, NUMBER);
            self.push(" <= ");
            self.param(sample.first);
            self.group_by(grouping, None);
            self.push(&format!(") r{place} ON "));
            self.same_group(grouping, &all, &groups, &format!("r{place}"));
        }
    }

    /// Writes some of the rows of a group, which are those of its sample.
    pub(super) fn sample(&mut self, place: usize, row: &Row<'_>) {
        self.push("(SELECT ");
        let or_empty = self.grammar.or_empty();
        self.template(or_empty, |writer| {
            writer.push(writer.grammar.json_gather());
            writer.around_sample(place, row, |writer| writer.object(&row.object));
            writer.push(" ORDER BY k.n)");
        });
        self.push(" FROM ");
        self.rows_of_sample(place, row);
        self.push(")");
    }

    /// Writes the rows of a sample, out of its ids.
    pub(super) fn rows_of_sample(&mut self, place: usize, row: &Row<'_>) {
        let table = self.grammar.rows_of_ids();
        self.fill(table, |writer, name| match name {
            "ids" => writer.ids_of_sample(place),
            "table" => writer.table(&row.source),
            _ => writer.column(row.source.alias(), &row.source.entity().key().name),
        });
    }

    /// Writes the ids of a sample of each group, gathered.
    pub(super) fn ids_of_sample(&mut self, place: usize) {
        self.push(&format!("r{place}."));
        self.name(VALUE);
    }
}
