use super::{
    Comparison, Function, Measure, ParamId, Planner, Population, Predicate, Scalar, Source, Value,
};

/// Those of some rows that meet a filter.
#[derive(Clone, Debug)]
pub struct Subset<'c> {
    /// What they meet.
    pub rows: Predicate<'c>,
    /// What the others meet, which do not.
    pub others: Predicate<'c>,
}

impl<'c> Subset<'c> {
    /// The subset of all rows, or of a subset of them, that meets a filter.
    #[must_use]
    pub fn of(whole: Option<&Self>, filter: Predicate<'c>) -> Self {
        let within = |filter: Predicate<'c>| match whole {
            Some(whole) => whole.rows.clone().and(filter),
            None => filter,
        };
        Self {
            others: within(filter.clone().negate()),
            rows: within(filter),
        }
    }
}

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
    /// population or joined to them, or over a subset of them: beside statistics
    /// over the whole, those over the others could be told as well. `None`
    /// where any number will do.
    pub fn enough(
        &mut self,
        population: &Population<'c>,
        source: &Source<'c>,
        subset: Option<&Subset<'c>>,
    ) -> Option<Enough<'c>> {
        let role = self.requester().role();
        let least = self.catalog().min_group_size(source.entity(), role)?;
        let rows = subset.map(|subset| subset.rows.clone());
        let rows = self.different_rows(population, source, rows);
        let others = subset.map(|subset| {
            let others = self.different_rows(population, source, Some(subset.others.clone()));
            (others, self.bind_ruled(Value::Int(0)))
        });
        Some(Enough {
            rows,
            others,
            least: self.bind_ruled(Value::Int(i64::from(least))),
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
