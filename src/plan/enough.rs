use super::{
    Comparison, Function, Measure, ParamId, Planner, Population, Predicate, Scalar, Source, Value,
};

/// Those of some rows that meet a filter, within those that meet another, and
/// so on.
#[derive(Clone, Debug)]
pub struct Subset<'c> {
    /// What they meet.
    pub rows: Predicate<'c>,
    /// What the others of each of the wholes meet, which do not.
    pub others: Vec<Predicate<'c>>,
}

impl<'c> Subset<'c> {
    /// The subset of all rows, or of a subset of them, that meets a filter.
    #[must_use]
    pub fn of(whole: Option<&Self>, filter: Predicate<'c>) -> Self {
        let Some(whole) = whole else {
            return Self {
                others: vec![filter.clone().negate()],
                rows: filter,
            };
        };
        let left_out = whole.rows.clone().and(filter.clone().negate());
        let mut others: Vec<_> = (whole.others.iter())
            .map(|others| Predicate::any([others.clone(), left_out.clone()]))
            .collect();
        others.push(left_out);
        Self {
            rows: whole.rows.clone().and(filter),
            others,
        }
    }
}

/// When statistics are told: of enough rows only.
#[derive(Clone, Debug)]
pub struct Enough<'c> {
    /// How many rows they are over.
    pub rows: Measure<'c>,
    /// How many others there are in each of the wholes that they are a part of,
    /// which statistics over both would tell: there must be none or enough of
    /// them as well.
    pub others: Vec<Measure<'c>>,
    /// How many it takes.
    pub least: ParamId,
    /// Zero.
    pub none: ParamId,
}

impl<'c> Enough<'c> {
    /// Whether there are enough rows, where each statistic is a value.
    pub fn met(&self, mut value: impl FnMut(&Measure<'c>) -> Scalar<'c>) -> Predicate<'c> {
        let at_least = Comparison::GreaterOrEqual;
        let rows = Predicate::Compare(value(&self.rows), at_least, self.least);
        self.others.iter().fold(rows, |met, others| {
            let others = value(others);
            met.and(Predicate::any([
                Predicate::Compare(others.clone(), Comparison::Equal, self.none),
                Predicate::Compare(others, at_least, self.least),
            ]))
        })
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
        let condition = subset.map(|subset| subset.rows.clone());
        let rows = self.different_rows(population, source, condition);
        let others = subset.map_or(&[][..], |subset| &subset.others);
        let others = others
            .iter()
            .map(|others| self.different_rows(population, source, Some(others.clone())))
            .collect();
        Some(Enough {
            rows,
            others,
            least: self.bind_ruled(Value::Int(i64::from(least))),
            none: self.bind_ruled(Value::Int(0)),
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
