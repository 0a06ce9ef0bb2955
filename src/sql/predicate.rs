use migration::search::COLUMN;

use super::statement::Writer;
use crate::catalog::{Column, Entity};
use crate::plan::{
    Alias, Comparison, Content, Direction, Function, GroupColumn, Link, Nulls, OrderTerm, ParamId,
    Predicate, Proposed, Scalar, Source, spell_out,
};

impl Writer {
    /// Writes a condition, in parentheses where it needs them.
    pub(super) fn predicate(&mut self, predicate: &Predicate<'_>) {
        match predicate {
            Predicate::True => self.push("1=1"),
            Predicate::False => self.push("1=0"),
            Predicate::And(members) => self.joined(members, " AND "),
            Predicate::Or(members) => self.joined(members, " OR "),
            Predicate::Not(inner) => match &**inner {
                Predicate::IsNull(scalar) => {
                    self.operand(scalar);
                    self.push(" IS NOT NULL");
                }
                other => {
                    self.push("(");
                    self.predicate(other);
                    self.push(") IS NOT TRUE");
                }
            },
            Predicate::Compare(scalar, comparison, param) => {
                self.readable(scalar, |writer, value| {
                    writer.operand(value);
                    writer.push(operator(*comparison));
                    writer.push(writer.grammar.before_estimated());
                    writer.param(*param);
                });
            }
            Predicate::CompareRow(keys, comparison) if self.grammar.seeks_rows() => {
                self.push("(");
                self.separated(keys, ",", |writer, (scalar, _)| writer.operand(scalar));
                self.push(")");
                self.push(operator(*comparison));
                self.push("(");
                self.separated(keys, ",", |writer, (_, param)| {
                    writer.push(writer.grammar.before_estimated());
                    writer.param(*param);
                });
                self.push(")");
            }
            Predicate::CompareRow(keys, comparison) => {
                self.predicate(&spell_out(keys, *comparison));
            }
            Predicate::IsNull(scalar) => {
                self.operand(scalar);
                self.push(" IS NULL");
            }
            Predicate::In(scalar, list) => self.readable(scalar, |writer, value| {
                writer.operand(value);
                let template = writer.grammar.in_list(value.kind());
                writer.template(template, |writer| writer.param(*list));
            }),
            Predicate::Matches(scalar, place, param) => {
                let template = self.grammar.matches(*place);
                self.readable(scalar, |writer, value| {
                    writer.with_param(template, *param, |writer| writer.operand(value));
                });
            }
            Predicate::MatchesCaseless(scalar, param) => {
                let template = self.grammar.matches_pattern();
                self.readable(scalar, |writer, value| {
                    writer.with_param(template, *param, |writer| writer.operand(value));
                });
            }
            Predicate::Exists(source) => self.exists(source),
            Predicate::Reached(key, walk) => {
                self.operand(key);
                self.push(" IN (");
                self.reached(walk, true);
                self.push(")");
            }
            Predicate::Search {
                alias,
                entity,
                words,
                rare,
            } => self.search(*alias, entity, *words, *rare),
        }
    }

    /// Writes that a source has a row. What statistics tell is asked for all
    /// rows at once where it would be computed for each surrounding row anew;
    /// but not if one may be out of range, which would be an error even of a
    /// row that no surrounding one leads to.
    fn exists(&mut self, source: &Source<'_>) {
        match source.link() {
            Some(Link::Column(join))
                if self.grammar.repeats_conditions()
                    && source.has_statistic(|_| true)
                    && !source.has_statistic(Function::may_be_out_of_range) =>
            {
                // The plus keeps the order in which the surrounding rows are
                // read.
                self.push("+");
                self.column(join.parent, &join.parent_column.name);
                self.push(" IN (SELECT ");
                self.column(source.alias(), &join.column.name);
                self.push(" FROM ");
                self.table(source);
                self.conditions(" WHERE ", source, &[], |_| false);
            }
            _ => {
                self.push(self.grammar.exists());
                self.push("SELECT 1 ");
                self.from(source, &[]);
            }
        }
        self.push(")");
    }

    fn joined(&mut self, members: &[Predicate<'_>], separator: &str) {
        self.push("(");
        self.separated(members, separator, Self::predicate);
        self.push(")");
    }

    /// Writes a condition that no null meets. Where a mask is in force it
    /// stands beside the condition rather than around the column, so that an
    /// index on the column can be used.
    fn readable(&mut self, scalar: &Scalar<'_>, condition: impl Fn(&mut Self, &Scalar<'_>)) {
        match &scalar.mask {
            Some(mask) if scalar.through.is_empty() => {
                self.push("(");
                self.predicate(mask);
                self.push(" AND ");
                let stored = Scalar {
                    mask: None,
                    ..scalar.clone()
                };
                condition(self, &stored);
                self.push(")");
            }
            _ => condition(self, scalar),
        }
    }

    /// Writes a value as the requester may see it.
    pub(super) fn operand(&mut self, scalar: &Scalar<'_>) {
        for _ in &scalar.through {
            self.push("(SELECT ");
        }
        match &scalar.mask {
            None => self.content(scalar),
            Some(mask) => {
                self.push("CASE WHEN ");
                self.predicate(mask);
                self.push(" THEN ");
                self.content(scalar);
                self.push(" END");
            }
        }
        for step in scalar.through.iter().rev() {
            self.push(" ");
            self.from(&step.source, &[]);
            self.push(")");
        }
    }

    fn content(&mut self, scalar: &Scalar<'_>) {
        match &scalar.content {
            Content::Column(column) => self.column(scalar.alias, &column.name),
            Content::Path(column, path) => {
                let guard = self.grammar.is_array();
                let guard = guard.filter(|_| !path.arrays.is_empty());
                if let Some(template) = guard {
                    self.push("CASE WHEN ");
                    self.separated(&path.arrays, " AND ", |writer, array| {
                        writer.with_param(template, *array, |writer| {
                            writer.column(scalar.alias, &column.name);
                        });
                    });
                    self.push(" THEN ");
                }
                let template = self.grammar.json_path(path.reading);
                self.with_param(template, path.path, |writer| {
                    writer.column(scalar.alias, &column.name);
                });
                if guard.is_some() {
                    self.push(" END");
                }
            }
            Content::Output(output) => self.output(scalar.alias, output),
            Content::Statistic(statistic) => self.statistic(&statistic.0, &statistic.1),
            Content::Relevance(terms) => {
                self.push("(0");
                for (condition, weight) in terms {
                    self.push("+CASE WHEN ");
                    self.predicate(condition);
                    self.push(&format!(" THEN {weight} ELSE 0 END"));
                }
                self.push(")");
            }
        }
    }

    /// Writes `FROM … WHERE …`. It takes a [`Source`], and a source carries
    /// its row rule: no other file writes a table's name.
    pub(super) fn from(&mut self, source: &Source<'_>, further: &[&Predicate<'_>]) {
        self.push("FROM ");
        self.table(source);
        self.conditions(" WHERE ", source, further, |writer| writer.link(source));
    }

    /// Writes the column by which the rows of a source hang on a surrounding
    /// one.
    pub(super) fn link_column(&mut self, source: &Source<'_>) {
        if let Some(Link::Column(join)) = source.link() {
            self.column(source.alias(), &join.column.name);
        }
    }

    /// Writes how the rows of a source hang on a surrounding one, if they do.
    pub(super) fn link(&mut self, source: &Source<'_>) -> bool {
        match source.link() {
            None => return false,
            Some(Link::Column(join)) => {
                self.column(source.alias(), &join.column.name);
                self.push(" = ");
                self.column(join.parent, &join.parent_column.name);
            }
            Some(Link::Group(groups, key)) => {
                self.column(source.alias(), &source.entity().key().name);
                self.push(" = ");
                self.alias(*groups);
                self.push(".");
                self.group_column(GroupColumn::Key(*key));
            }
            Some(Link::Name(..)) => {
                self.column(source.alias(), &source.entity().key().name);
                self.push(" = named.id");
            }
            Some(Link::Walk(walk)) => {
                self.column(source.alias(), &source.entity().key().name);
                self.push(" IN (");
                self.reached(walk, false);
                self.push(")");
            }
        }
        true
    }

    /// Writes a keyword and conditions: first what `link` writes, if it writes
    /// anything, then those of `source` and the further ones.
    pub(super) fn conditions(
        &mut self,
        keyword: &str,
        source: &Source<'_>,
        further: &[&Predicate<'_>],
        link: impl FnOnce(&mut Self) -> bool,
    ) {
        let before = self.length();
        self.push(keyword);
        let mut linked = link(self);
        for predicate in source.condition().chain(further.iter().copied()) {
            if matches!(predicate, Predicate::True) {
                continue;
            }
            if linked {
                self.push(" AND ");
            }
            linked = true;
            self.predicate(predicate);
        }
        if !linked {
            self.truncate(before);
        }
    }

    /// Writes that a row has every word of a search. Where the index is not
    /// asked about the row itself, it is asked for keys.
    fn search(&mut self, alias: Alias, entity: &Entity, words: ParamId, rare: bool) {
        let index = format!("{}_{COLUMN}", entity.table);
        let template = self.grammar.search(rare);
        self.fill(template, |writer, name| match name {
            "key" => writer.column(alias, &entity.key().name),
            "id" => writer.name(&entity.key().name),
            "column" => writer.column(alias, COLUMN),
            "table" => writer.name(&entity.table),
            "index" => writer.name(&index),
            "rows" => writer.name(&format!("{index}_rows")),
            _ => writer.param(words),
        });
    }

    /// Writes `SELECT` of a column of every row there is, whoever may see it:
    /// nothing but equality with a row that may be seen may be asked of it.
    pub(super) fn every(&mut self, entity: &Entity, column: &Column, name: &str) {
        self.push("SELECT ");
        self.name(&column.name);
        self.push(" AS ");
        self.name(name);
        self.push(" FROM ");
        self.name(&entity.table);
    }

    pub(super) fn table(&mut self, source: &Source<'_>) {
        match source.proposed() {
            Some(proposed) => self.proposed(source.entity(), proposed),
            None => self.name(&source.entity().table),
        }
        self.push(" ");
        self.alias(source.alias());
    }

    /// Writes a table of what a write would make of rows. Its first half has no
    /// row: it is there for the types and collations of the columns, which
    /// parameters have not.
    fn proposed(&mut self, entity: &Entity, proposed: &Proposed<'_>) {
        let columns = entity.columns();
        self.push("(SELECT ");
        self.separated(columns, ",", |writer, column| writer.name(&column.name));
        self.push(" FROM ");
        self.name(&entity.table);
        self.push(" WHERE 1=0");
        for row in &proposed.rows {
            self.push(" UNION ALL SELECT ");
            self.separated(columns, ",", |writer, column| {
                match row.iter().find(|(known, _)| known.name == column.name) {
                    Some((_, value)) => {
                        let (before, after) = writer.grammar.stored(&column.kind);
                        writer.push(before);
                        writer.param(*value);
                        writer.push(after);
                    }
                    None if proposed.stored.is_some() => writer.name(&column.name),
                    None => writer.push("NULL"),
                }
            });
        }
        if let Some(keys) = proposed.stored {
            self.push(" FROM ");
            self.name(&entity.table);
            self.push(" WHERE ");
            self.name(&entity.key().name);
            let template = self.grammar.in_list(&entity.key().kind);
            self.template(template, |writer| writer.param(keys));
        }
        self.push(")");
    }

    /// Writes the keys of an ORDER BY.
    pub(super) fn order(&mut self, terms: &[OrderTerm<'_>], backward: bool) {
        self.separated(terms, ", ", |writer, term| {
            if backward {
                writer.order_term(&term.reversed());
            } else {
                writer.order_term(term);
            }
        });
    }

    fn order_term(&mut self, term: &OrderTerm<'_>) {
        let descending = term.direction == Direction::Descending;
        let last = term.nulls == Nulls::Last;
        let words = if term.scalar.nullable() {
            let words = self.grammar.nulls(last);
            // Null is the least value then, so only the other end needs a key
            // of its own.
            if words.is_none() && last != descending {
                self.operand(&term.scalar);
                self.push(if last {
                    " IS NULL, "
                } else {
                    " IS NULL DESC, "
                });
            }
            words
        } else {
            None
        };
        self.operand(&term.scalar);
        if descending {
            self.push(" DESC");
        }
        self.push(words.unwrap_or_default());
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => " = ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}
