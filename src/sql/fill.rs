use super::grouping::{NUMBER, PARENT};
use super::statement::Writer;
use crate::plan::{Fill, GroupColumn, Grouping};

/// For how many combinations of other keys groups are filled in.
pub(super) const COMBINATIONS: &str = "#f";

impl Writer {
    /// How groups are filled in, where too many of one surrounding row are told
    /// from those of the others.
    pub(super) fn marked<'g, 'c>(&self, grouping: &'g Grouping<'c>) -> Option<&'g Fill<'c>> {
        let fill = grouping.fill.as_ref();
        fill.filter(|_| self.gathers_all(grouping) && grouping.keys.len() > 1)
    }

    /// Writes groups as a derived table, those without rows among them: every
    /// value of the filled key with all that the other keys come to.
    pub(super) fn filled(&mut self, grouping: &Grouping<'_>) {
        let Some(fill) = &grouping.fill else {
            return self.made(grouping);
        };
        self.push("(");
        let once = self.writes_groups_once();
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

    /// Whether groups are written where they are needed rather than named in
    /// front: `MariaDB` makes them for each use all the same, and loses its way
    /// in a second one within what is gathered from rows.
    fn writes_groups_once(&self) -> bool {
        !self.grammar.correlates_derived_tables()
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
        self.measures_put_together(grouping);
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
        match (others, gathers_all) {
            ([], false) => {}
            ([], true) => {
                self.push(" CROSS JOIN ");
                self.parents(grouping, fill);
                self.push(" o");
            }
            (others, false) => {
                self.push(" CROSS JOIN ");
                self.others(grouping, others);
            }
            (others, true) => {
                self.push(" CROSS JOIN (SELECT o.*, row_number() OVER (PARTITION BY o.");
                self.name(PARENT);
                self.push(") AS ");
                self.name(NUMBER);
                self.push(", count(*) OVER (PARTITION BY o.");
                self.name(PARENT);
                self.push(") AS ");
                self.name(COMBINATIONS);
                self.push(" FROM (SELECT DISTINCT ");
                self.keys_at(grouping, others);
                self.push(" ");
                self.members_of_groups(grouping, &[]);
                self.push(") o) o");
            }
        }
    }

    /// Writes what the other keys come to among the groups that there are.
    fn others(&mut self, grouping: &Grouping<'_>, others: &[usize]) {
        self.push("(SELECT DISTINCT ");
        if self.writes_groups_once() {
            self.keys_at(grouping, others);
            self.push(" ");
            self.members_of_groups(grouping, &[]);
            self.push(") o");
            return;
        }
        self.separated(others, ", ", |writer, other| {
            writer.group_column(GroupColumn::Key(*other));
        });
        self.push(" FROM g) o");
    }

    /// Writes a derived table of the rows that groups are made for.
    fn parents(&mut self, grouping: &Grouping<'_>, fill: &Fill<'_>) {
        let source = &grouping.population.source;
        self.push("(");
        if !self.those_around(source, PARENT)
            && let (Some(parent), Some((_, column))) = (fill.parent, source.joined_to())
        {
            self.every(parent, column, PARENT);
        }
        self.push(")");
    }

    /// Writes that there are no more combinations than may be filled in. Where
    /// those of all surrounding rows are there, one stands for too many.
    /// Elsewhere they are counted on their own, before anything is joined:
    /// whether that is an error must not hang on the plan, which rows that
    /// nobody may see decide as well.
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
                writer.push("(SELECT count(*) FROM ");
                writer.others(grouping, others);
                writer.push(")");
            });
        }
    }
}
