use super::statement::Writer;
use crate::catalog::Kind;
use crate::plan::{Aggregate, Function, Measure, Population, Predicate, Scalar, Statistic};

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

impl Writer {
    /// Writes `SELECT <object> FROM …` of statistics: always one row.
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate<'_>) {
        let population = &aggregate.population;
        self.push("SELECT ");
        self.statistics(population, &aggregate.members);
        if self.aggregates(&aggregate.members) {
            self.push(" ");
            self.population(population, &[]);
        }
    }

    fn statistics(&mut self, population: &Population<'_>, members: &[(String, Statistic<'_>)]) {
        self.members(members, |writer, member| match member {
            Statistic::Typename(name) => writer.literal(name),
            Statistic::Object(members) => writer.statistics(population, members),
            Statistic::Measure(measure) => {
                let template = match measure.kind() {
                    // As precise as it is printed anyway.
                    Kind::Float => "{}",
                    kind => writer.grammar.json_value(&kind),
                };
                writer.template(template, |writer| writer.measure(population, measure));
            }
        });
    }

    /// Whether statistics hold an aggregate function, without which a SELECT
    /// from the population would have a row for each of its rows.
    fn aggregates(&self, members: &[(String, Statistic<'_>)]) -> bool {
        members.iter().any(|(_, member)| match member {
            Statistic::Typename(_) => false,
            Statistic::Object(members) => self.aggregates(members),
            Statistic::Measure(measure) => self.computed_inline(measure),
        })
    }

    fn computed_inline(&self, measure: &Measure<'_>) -> bool {
        measure.operand.as_ref().is_none_or(|operand| {
            let computed = self.grammar.measure(measure.function, operand.kind());
            matches!(computed, Computed::Inline(_))
        })
    }

    /// Writes a statistic over all rows of a population, in a SELECT from it.
    fn measure(&mut self, population: &Population<'_>, measure: &Measure<'_>) {
        let Some(operand) = &measure.operand else {
            return self.count(measure);
        };
        match self.grammar.measure(measure.function, operand.kind()) {
            Computed::Inline(template) => match measure.function {
                Function::Percentile { param, .. } => {
                    self.with_param(template, param, |writer| writer.measured(measure, operand));
                }
                _ => self.template(template, |writer| writer.measured(measure, operand)),
            },
            Computed::ByFrequency => {
                self.push("(SELECT ");
                self.measured(measure, operand);
                self.push(" ");
                let is_there = Predicate::IsNull(operand.clone()).negate();
                let condition = measure.condition.as_ref().unwrap_or(&Predicate::True);
                self.population(population, &[&is_there, condition]);
                self.push(" GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)");
            }
            Computed::ByDistance(template) => {
                self.push("(SELECT ");
                self.template(template, |writer| {
                    writer.push(
                        "CASE WHEN max(abs(x)) > 1e100 THEN abs(-9223372036854775807-(count(x)>0)) \
                         ELSE sum((x-m)*(x-m))/(count(x)-1) END",
                    );
                });
                self.push(" FROM (SELECT ");
                self.measured(measure, operand);
                self.push(" AS x, avg(");
                self.measured(measure, operand);
                self.push(") OVER () AS m ");
                self.population(population, &[]);
                self.push("))");
            }
        }
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
    fn measured(&mut self, measure: &Measure<'_>, operand: &Scalar<'_>) {
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
        let source = &population.source;
        self.push("FROM ");
        self.table(source);
        for step in &population.joins {
            self.push(if step.always { " JOIN " } else { " LEFT JOIN " });
            self.table(&step.source);
            self.conditions(" ON ", &step.source, &[], |writer| {
                writer.link(&step.source)
            });
        }
        self.conditions(" WHERE ", source, further, |writer| writer.link(source));
    }
}
