use super::statement::Writer;
use crate::catalog::Kind;
use crate::plan::{
    Aggregate, Enough, Function, Grouping, Measure, Population, Predicate, Rows, Scalar, Statistic,
};

/// How a database computes a statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Computed {
    /// Template: as an aggregate function of `{}`, with the parameter `{?}` if
    /// it has one.
    Inline(&'static str),
    /// As the first of the values, grouped and sorted by how many there are.
    ByFrequency,
    /// Out of the distances of the values from their mean, put in a template.
    ByDistance(&'static str),
}

/// Template, with aggregate functions: whether numbers are so great that their
/// squares and sums may be beyond doubles.
const BEYOND_DOUBLES: &str = "max(abs({})) > 1e100";

/// Template, with aggregate functions: whether a sum of integers is beyond
/// those that every client reads exactly.
const BEYOND_INTEGERS: &str = "abs(sum({})) > 9007199254740991";

/// When a statistic over values of a kind cannot be told: an error rather than
/// a wrong number.
fn limit(function: Function, kind: &Kind) -> Option<&'static str> {
    match (function, kind) {
        (Function::Percentile { .. }, _)
        | (
            Function::Sum | Function::Average | Function::Variance | Function::Deviation,
            Kind::Float,
        ) => Some(BEYOND_DOUBLES),
        (Function::Sum, _) => Some(BEYOND_INTEGERS),
        _ => None,
    }
}

/// Whether a statistic is told to twelve digits.
fn is_rounded(function: Function, kind: &Kind) -> bool {
    match function {
        Function::Sum | Function::Average => *kind == Kind::Float,
        Function::Variance | Function::Deviation => true,
        _ => false,
    }
}

/// What statistics are computed over.
#[derive(Clone, Copy)]
pub(super) enum Over<'p, 'c> {
    Population(&'p Population<'c>),
    /// All rows of groups, whose keys can be read in the population as well.
    Totals(&'p Population<'c>, &'p Grouping<'c>),
    Groups(&'p Rows<'c>),
}

impl Writer {
    /// Writes `SELECT <object> FROM …` of statistics: always one row.
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate<'_>) {
        let over = Over::Population(&aggregate.population);
        self.statistics(over, &aggregate.members, aggregate.enough.as_ref());
    }

    /// Writes the same of statistics over all rows of groups.
    pub(super) fn totals(&mut self, grouping: &Grouping<'_>, aggregate: &Aggregate<'_>) {
        let over = Over::Totals(&aggregate.population, grouping);
        self.statistics(over, &aggregate.members, aggregate.enough.as_ref());
    }

    /// Writes the same of statistics over anything, if there is enough of it.
    pub(super) fn statistics(
        &mut self,
        over: Over<'_, '_>,
        members: &[(String, Statistic<'_>)],
        enough: Option<&Enough<'_>>,
    ) {
        self.push("SELECT ");
        self.if_enough(over, enough, |writer| {
            writer.statistic_members(over, members);
        });
        if enough.is_some() || self.aggregates(members) {
            self.push(" ");
            match over {
                Over::Population(population) | Over::Totals(population, _) => {
                    self.population(population, &[]);
                }
                Over::Groups(rows) => self.rows_from(rows, &[], &rows.outputs(members)),
            }
        }
    }

    /// Writes one statistic as a value.
    pub(super) fn statistic(&mut self, population: &Population<'_>, measure: &Measure<'_>) {
        let over = Over::Population(population);
        if !self.computed_inline(measure) {
            return self.measure(over, measure);
        }
        self.push("(SELECT ");
        self.measure(over, measure);
        self.push(" ");
        self.population(population, &[]);
        self.push(")");
    }

    /// Writes `FROM … WHERE …` for one statistic.
    fn over(&mut self, over: Over<'_, '_>, measure: &Measure<'_>, further: &[&Predicate<'_>]) {
        match over {
            Over::Population(population) | Over::Totals(population, _) => {
                self.population(population, further);
            }
            Over::Groups(rows) => self.rows_from(rows, further, &rows.outputs_of(measure)),
        }
    }

    fn statistic_members(&mut self, over: Over<'_, '_>, members: &[(String, Statistic<'_>)]) {
        self.members(members, |writer, member| match member {
            Statistic::Typename(name) => writer.literal(name),
            Statistic::Object(members, enough) => {
                writer.if_enough(over, enough.as_deref(), |writer| {
                    writer.statistic_members(over, members);
                });
            }
            Statistic::Measure(measure) => {
                let template = writer.told(measure);
                writer.template(template, |writer| writer.measure(over, measure));
            }
        });
    }

    /// Template: a statistic in JSON. Of those with a fraction, databases agree
    /// to fewer digits than are printed anyway, but for what some row has.
    fn told(&self, measure: &Measure<'_>) -> &'static str {
        match (measure.kind(), measure.function) {
            (kind, Function::Min | Function::Max) => self.grammar.json_value(kind),
            (Kind::Float, _) => "{}",
            (kind, _) => self.grammar.json_value(kind),
        }
    }

    /// Writes statistics, or null where there is too little for them to be
    /// told: over all rows of groups, where there is too little in one of them,
    /// for the others together would tell of that one.
    fn if_enough(
        &mut self,
        over: Over<'_, '_>,
        enough: Option<&Enough<'_>>,
        write: impl FnOnce(&mut Self),
    ) {
        let Some(enough) = enough else {
            return write(self);
        };
        let [before, between, after] = self.grammar.where_only();
        self.push(before);
        self.enough(over, enough);
        if let Over::Totals(population, grouping) = over {
            self.push(" AND NOT EXISTS(SELECT ");
            self.equals(grouping);
            self.push(" ");
            self.population(population, &[]);
            self.group_by(grouping, None);
            self.push(" HAVING NOT (");
            self.enough(Over::Population(population), enough);
            self.push("))");
        }
        self.push(between);
        write(self);
        self.push(after);
    }

    pub(super) fn enough(&mut self, over: Over<'_, '_>, enough: &Enough<'_>) {
        self.measure(over, &enough.rows);
        self.push(" >= ");
        self.param(enough.least);
        for others in &enough.others {
            self.push(" AND (");
            self.measure(over, others);
            self.push(" = 0 OR ");
            self.measure(over, others);
            self.push(" >= ");
            self.param(enough.least);
            self.push(")");
        }
    }

    /// Whether statistics hold an aggregate function, without which a SELECT
    /// from rows would have one for each of them.
    fn aggregates(&self, members: &[(String, Statistic<'_>)]) -> bool {
        members.iter().any(|(_, member)| match member {
            Statistic::Typename(_) => false,
            Statistic::Object(members, enough) => enough.is_some() || self.aggregates(members),
            Statistic::Measure(measure) => self.computed_inline(measure),
        })
    }

    /// Whether a statistic is computed by an aggregate function.
    pub(super) fn computed_inline(&self, measure: &Measure<'_>) -> bool {
        measure.operand.as_ref().is_none_or(|operand| {
            let computed = self.grammar.measure(measure.function, operand.kind());
            matches!(computed, Computed::Inline(_))
        })
    }

    /// Writes a statistic over all of something, in a SELECT from it.
    fn measure(&mut self, over: Over<'_, '_>, measure: &Measure<'_>) {
        let Some(operand) = &measure.operand else {
            return self.count(measure);
        };
        match self.grammar.measure(measure.function, operand.kind()) {
            Computed::Inline(_) => self.inline(measure),
            Computed::ByFrequency => {
                self.push("(SELECT ");
                self.operand(operand);
                self.push(" ");
                let is_there = Predicate::IsNull(operand.clone()).negate();
                let condition = measure.condition.as_ref().unwrap_or(&Predicate::True);
                self.over(over, measure, &[&is_there, condition]);
                self.push(" GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)");
            }
            Computed::ByDistance(template) => {
                self.push("(SELECT ");
                self.distance(template);
                self.push(" FROM (SELECT ");
                self.measured(measure, operand);
                self.push(" AS x, avg(");
                self.measured(measure, operand);
                self.push(") OVER () AS m ");
                self.over(over, measure, &[]);
                self.push("))");
            }
        }
    }

    /// Writes a statistic that is computed by an aggregate function.
    pub(super) fn inline(&mut self, measure: &Measure<'_>) {
        let Some(operand) = &measure.operand else {
            return self.count(measure);
        };
        let Computed::Inline(template) = self.grammar.measure(measure.function, operand.kind())
        else {
            return;
        };
        let of = |writer: &mut Self| writer.measured(measure, operand);
        let limit = limit(measure.function, operand.kind());
        if let Some(limit) = limit {
            let out_of_range = self.grammar.out_of_range();
            self.push("CASE WHEN ");
            self.template(limit, of);
            self.push(" THEN ");
            self.template(out_of_range, of);
            self.push(" ELSE ");
        }
        let rounded = if is_rounded(measure.function, operand.kind()) {
            self.grammar.rounded()
        } else {
            "{}"
        };
        self.template(rounded, |writer| match measure.function {
            Function::Percentile { param, .. } => writer.with_param(template, param, of),
            _ => writer.template(template, of),
        });
        if limit.is_some() {
            self.push(" END");
        }
    }

    /// Writes what comes of the variance of values `x` with the mean `m`.
    pub(super) fn distance(&mut self, template: &str) {
        let (out_of_range, rounded) = (self.grammar.out_of_range(), self.grammar.rounded());
        let of = |writer: &mut Self| writer.push("x");
        self.push("CASE WHEN ");
        self.template(BEYOND_DOUBLES, of);
        self.push(" THEN ");
        self.template(out_of_range, of);
        self.push(" WHEN count(x) > 1 THEN ");
        self.template(rounded, |writer| {
            writer.template(template, |writer| {
                writer.push("sum((x-m)*(x-m))/(count(x)-1)");
            });
        });
        self.push(" END");
    }

    fn count(&mut self, measure: &Measure<'_>) {
        match &measure.condition {
            None => self.push("count(*)"),
            Some(condition) => {
                self.push("count(CASE WHEN ");
                self.predicate(condition);
                self.push(" THEN 1 END)");
            }
        }
    }

    /// Writes what a statistic is about, null on rows that it is not about.
    pub(super) fn measured(&mut self, measure: &Measure<'_>, operand: &Scalar<'_>) {
        match &measure.condition {
            None => self.operand(operand),
            Some(condition) => {
                self.push("CASE WHEN ");
                self.predicate(condition);
                self.push(" THEN ");
                self.operand(operand);
                self.push(" END");
            }
        }
    }

    /// Writes `FROM … WHERE …`, with what the rows refer to joined.
    pub(super) fn population(&mut self, population: &Population<'_>, further: &[&Predicate<'_>]) {
        self.with_joins(population);
        let source = &population.source;
        self.conditions(" WHERE ", source, further, |writer| writer.link(source));
    }

    /// Writes the same of the rows that hang on any row that may surround them.
    pub(super) fn population_of_all(
        &mut self,
        population: &Population<'_>,
        further: &[&Predicate<'_>],
    ) {
        self.with_joins(population);
        let source = &population.source;
        self.conditions(" WHERE ", source, further, |writer| {
            writer.hangs_around(source)
        });
    }

    fn with_joins(&mut self, population: &Population<'_>) {
        self.push("FROM ");
        self.table(&population.source);
        for step in &population.joins {
            self.push(if step.always {
                self.grammar.join()
            } else {
                " LEFT JOIN "
            });
            self.table(&step.source);
            self.conditions(" ON ", &step.source, &[], |writer| {
                writer.link(&step.source)
            });
        }
        for level in &population.levels {
            self.level(level);
        }
        for clock in &population.clocks {
            self.push(" LEFT JOIN ");
            let spans = self.grammar.spans();
            self.with_param(spans, clock.spans, |_| {});
            self.push(" ");
            self.alias(clock.alias);
            self.push(" ON ");
            let in_span = self.grammar.in_span();
            self.fill(in_span, |writer, name| match name {
                "z" => writer.alias(clock.alias),
                _ => writer.operand(&clock.moment),
            });
        }
    }
}
