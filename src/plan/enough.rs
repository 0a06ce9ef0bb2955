use super::{
    Comparison, Function, Measure, ParamId, Planner, Population, Predicate, Scalar, Source, Value,
};

/// When statistics are told: of enough rows only.
#[derive(Clone, Debug)]
pub struct Enough<'c> {
    /// How many rows they are over.
    pub rows: Measure<'c>,
    /// How many others there are, which statistics over both would tell, and
    /// zero: there must be none or enough of them as well.
    pub others: Option<(Measure<'c>, ParamId)>,
    /// How many it takes.
    pub least: ParamId,
}

impl<'c> Enough<'c> {
    /// Whether there are enough rows, where each statistic is a value.
    pub fn met(&self, mut value: impl FnMut(&Measure<'c>) -> Scalar<'c>) -> Predicate<'c> {
        let at_least = Comparison::GreaterOrEqual;
        let rows = Predicate::Compare(value(&self.rows), at_least, self.least);
        let Some((others, zero)) = &self.others else {
            return rows;
        };
        let others = value(others);
        rows.and(Predicate::any([
            Predicate::Compare(others.clone(), Comparison::Equal, *zero),
            Predicate::Compare(others, at_least, self.least),
        ]))
    }
}

impl<'c> Planner<'c> {
    /// When statistics are told over rows of `source`, which are those of a
    /// population or joined to them, as far as they meet a condition. `None`
    /// where any number will do.
    pub fn enough(
        &mut self,
        population: &Population<'c>,
        source: &Source<'c>,
        condition: Option<&Predicate<'c>>,
    ) -> Option<Enough<'c>> {
        let role = self.requester().role();
        let least = self.catalog().min_group_size(source.entity(), role)?;
        Some(Enough {
            rows: self.different_rows(population, source, condition.cloned()),
            others: None,
            least: self.bind_ruled(Value::Int(i64::from(least))),
        })
    }

    /// The same of rows that meet a filter as well, beside statistics over the
    /// others.
    pub fn enough_of_some(
        &mut self,
        population: &Population<'c>,
        source: &Source<'c>,
        condition: Option<&Predicate<'c>>,
        filter: &Predicate<'c>,
    ) -> Option<Enough<'c>> {
        let with = |filter: Predicate<'c>| match condition {
            Some(condition) => condition.clone().and(filter),
            None => filter,
        };
        let enough = self.enough(population, source, Some(&with(filter.clone())))?;
        let others = with(filter.clone().negate());
        let others = self.different_rows(population, source, Some(others));
        let zero = self.bind_ruled(Value::Int(0));
        Some(Enough {
            others: Some((others, zero)),
            ..enough
        })
    }

    fn different_rows(
        &mut self,
        population: &Population<'c>,
        source: &Source<'c>,
        condition: Option<Predicate<'c>>,
    ) -> Measure<'c> {
        let is_joined = source.alias() != population.source.alias();
        Measure {
            // Many rows may refer to one.
            function: if is_joined {
                Function::CountDistinct
            } else {
                Function::Count
            },
            operand: is_joined.then(|| self.key(source)),
            condition,
        }
    }
}
