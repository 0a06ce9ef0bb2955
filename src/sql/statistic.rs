use super::statement::Writer;
use crate::catalog::Kind;
use crate::plan::{Aggregate, Function, Measure, Population, Predicate, Rows, Scalar, Statistic};

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

/// What statistics are computed over.
#[derive(Clone, Copy)]
pub(super) enum Over<'p, 'c> {
    Population(&'p Population<'c>),
    Groups(&'p Rows<'c>),
}

impl Writer {
    /// Writes `SELECT <object> FROM …` of statistics: always one row.
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate<'_>) {
        self.statistics(Over::Population(&aggregate.population), &aggregate.members);
    }

    /// Writes the same of statistics over anything.
    pub(super) fn statistics(&mut self, over: Over<'_, '_>, members: &[(String, Statistic<'_>)]) {
        self.push("SELECT ");
        self.statistic_members(over, members);
        if self.aggregates(members) {
            self.push(" ");
            self.over(over, &[]);
        }
    }

    fn over(&mut self, over: Over<'_, '_>, further: &[&Predicate<'_>]) {
        match over {
            Over::Population(population) => self.population(population, further),
            Over::Groups(rows) => self.rows_from(rows, further),
        }
    }

    fn statistic_members(&mut self, over: Over<'_, '_>, members: &[(String, Statistic<'_>)]) {
        self.members(members, |writer, member| match member {
            Statistic::Typename(name) => writer.literal(name),
            Statistic::Object(members) => writer.statistic_members(over, members),
            Statistic::Measure(measure) => {
                let template = match measure.kind() {
                    // As precise as it is printed anyway.
                    Kind::Float => "{}",
                    kind => writer.grammar.json_value(&kind),
                };
                writer.template(template, |writer| writer.measure(over, measure));
            }
        });
    }

    /// Whether statistics hold an aggregate function, without which a SELECT
    /// from rows would have one for each of them.
    fn aggregates(&self, members: &[(String, Statistic<'_>)]) -> bool {
        members.iter().any(|(_, member)| match member {
            Statistic::Typename(_) => false,
            Statistic::Object(members) => self.aggregates(members),
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
                self.over(over, &[&is_there, condition]);
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
                self.over(over, &[]);
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
        match measure.function {
            Function::Percentile { param, .. } => {
                self.with_param(template, param, |writer| writer.measured(measure, operand));
            }
            _ => self.template(template, |writer| writer.measured(measure, operand)),
        }
    }

    /// Writes what comes of the variance of values `x` with the mean `m`.
    pub(super) fn distance(&mut self, template: &str) {
        self.push("CASE WHEN max(abs(x)) > 1e100 THEN abs(-9223372036854775807-(count(x)>0)) ");
        self.push("WHEN count(x) > 1 THEN ");
        self.template(template, |writer| {
            writer.push("sum((x-m)*(x-m))/(count(x)-1)");
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

    /// Writes the same of the rows that hang on any surrounding row.
    pub(super) fn population_of_all(
        &mut self,
        population: &Population<'_>,
        further: &[&Predicate<'_>],
    ) {
        self.with_joins(population);
        self.conditions(" WHERE ", &population.source, further, |_| false);
    }

    fn with_joins(&mut self, population: &Population<'_>) {
        self.push("FROM ");
        self.table(&population.source);
        for step in &population.joins {
            self.push(if step.always { " JOIN " } else { " LEFT JOIN " });
            self.table(&step.source);
            self.conditions(" ON ", &step.source, &[], |writer| {
                writer.link(&step.source)
            });
        }
    }
}
