use super::statement::Writer;
use crate::plan::{Comparison, Direction, Nulls, OrderTerm, Predicate, Scalar, Source, spell_out};

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
                self.operand(scalar);
                self.push(operator(*comparison));
                self.push(self.grammar.before_estimated());
                self.param(*param);
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
            Predicate::In(scalar, list) => {
                self.operand(scalar);
                let template = self.grammar.in_list(&scalar.column.kind);
                self.template(template, |writer| writer.param(*list));
            }
            Predicate::Matches(scalar, kind, param) => {
                let mut parts = self.grammar.matches(*kind).split("{?}");
                let first = parts.next().unwrap_or_default();
                self.template(first, |writer| writer.operand(scalar));
                for part in parts {
                    self.param(*param);
                    self.template(part, |writer| writer.operand(scalar));
                }
            }
            Predicate::Exists(source) => {
                self.push("EXISTS(SELECT 1 ");
                self.from(source, &[]);
                self.push(")");
            }
        }
    }

    fn joined(&mut self, members: &[Predicate<'_>], separator: &str) {
        self.push("(");
        self.separated(members, separator, Self::predicate);
        self.push(")");
    }

    /// Writes a column as the requester may see it.
    pub(super) fn operand(&mut self, scalar: &Scalar<'_>) {
        match &scalar.mask {
            None => self.column(scalar.alias, &scalar.column.name),
            Some(mask) => {
                self.push("CASE WHEN ");
                self.predicate(mask);
                self.push(" THEN ");
                self.column(scalar.alias, &scalar.column.name);
                self.push(" END");
            }
        }
    }

    /// Writes `FROM … WHERE …`. It takes a [`Source`], and a source carries
    /// its row rule: no other function writes a table's name.
    pub(super) fn from(&mut self, source: &Source<'_>, further: &[&Predicate<'_>]) {
        self.push("FROM ");
        self.table(source);
        let mut conditions = 0;
        let mut begin = |writer: &mut Self| {
            writer.push(if conditions == 0 { " WHERE " } else { " AND " });
            conditions += 1;
        };
        if let Some(link) = source.link() {
            begin(self);
            self.column(source.alias(), &link.column.name);
            self.push(" = ");
            self.column(link.parent, &link.parent_column.name);
        }
        let further = further.iter().copied();
        for predicate in source.condition().chain(further) {
            if matches!(predicate, Predicate::True) {
                continue;
            }
            begin(self);
            self.predicate(predicate);
        }
    }

    pub(super) fn table(&mut self, source: &Source<'_>) {
        self.name(&source.entity().table);
        self.push(" ");
        self.alias(source.alias());
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
