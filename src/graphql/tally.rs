/// What is counted field by field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Amount {
    /// Rows that may be touched, as they are read, found or written.
    Rows,
    /// The same, as they are counted.
    Counts,
    /// The same, as values of theirs are sorted or kept apart.
    Sorting,
    /// Values of the answer.
    Values,
    /// Bytes of the texts among them.
    Bytes,
}

impl Amount {
    /// What an operation costs.
    pub const COST: [Self; 3] = [Self::Rows, Self::Counts, Self::Sorting];
}

/// So much of each amount.
type Amounts = [u64; 5];

/// What an operation comes to, by the fields of its answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// The root, which has no key, and each field after what it stands within.
    fields: Vec<Counted>,
}

#[derive(Clone, Debug, Default)]
struct Counted {
    key: String,
    within: usize,
    inner: Vec<usize>,
    own: Amounts,
}

/// Where an operation comes to most, with all that stands within.
#[derive(Clone, Debug, Default)]
pub(super) struct Most {
    /// The response keys that lead there.
    pub path: Vec<String>,
    amounts: Amounts,
}

impl Most {
    /// How much of some amounts together.
    pub fn sum(&self, of: &[Amount]) -> u64 {
        sum(&self.amounts, of)
    }
}

impl Tally {
    /// Counts so much at the field that `path` leads to.
    pub fn add(&mut self, path: &[String], amount: Amount, count: u64) {
        if self.fields.is_empty() {
            self.fields.push(Counted::default());
        }
        let field = path.iter().fold(0, |within, key| self.field(within, key));
        let own = &mut self.fields[field].own[amount as usize];
        *own = own.saturating_add(count);
    }

    fn field(&mut self, within: usize, key: &str) -> usize {
        // What is counted stands within what was counted last.
        let mut known = self.fields[within].inner.iter().rev();
        if let Some(field) = known.find(|field| self.fields[**field].key == key) {
            return *field;
        }
        let field = self.fields.len();
        self.fields[within].inner.push(field);
        self.fields.push(Counted {
            key: key.to_owned(),
            within,
            ..Counted::default()
        });
        field
    }

    /// Where most of some amounts together is: the root field that has most of
    /// it, the first of several, or what has more than half of that within it,
    /// and so on.
    pub fn most(&self, of: &[Amount]) -> Option<Most> {
        let mut sums: Vec<_> = self.fields.iter().map(|field| field.own).collect();
        for place in (1..self.fields.len()).rev() {
            let inner = sums[place];
            let outer = &mut sums[self.fields[place].within];
            for (outer, inner) in outer.iter_mut().zip(inner) {
                *outer = outer.saturating_add(inner);
            }
        }
        let most_within = |place: usize| {
            let inner = self.fields.get(place)?.inner.iter().rev();
            inner.copied().max_by_key(|inner| sum(&sums[*inner], of))
        };
        let mut place = most_within(0)?;
        let mut path = vec![self.fields[place].key.clone()];
        while let Some(inner) = most_within(place)
            && sum(&sums[inner], of) > sum(&sums[place], of) / 2
        {
            place = inner;
            path.push(self.fields[place].key.clone());
        }
        let amounts = sums[place];
        (sum(&amounts, of) > 0).then_some(Most { path, amounts })
    }
}

fn sum(amounts: &Amounts, of: &[Amount]) -> u64 {
    let amounts = of.iter().map(|amount| amounts[*amount as usize]);
    amounts.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where most is, and how much, of what each path has of rows.
    fn most(rows: &[(&str, u64)]) -> Option<(String, u64)> {
        let mut tally = Tally::default();
        for (path, count) in rows {
            let path: Vec<_> = path.split('.').map(str::to_owned).collect();
            tally.add(&path, Amount::Rows, *count);
            tally.add(&path, Amount::Bytes, 1_000);
        }
        let most = tally.most(&Amount::COST)?;
        Some((most.path.join("."), most.sum(&Amount::COST)))
    }

    #[test]
    fn most_is_where_the_root_field_has_it() {
        let named = |path: &str, sum| Some((path.to_owned(), sum));
        assert_eq!(most(&[]), None);
        assert_eq!(most(&[("a", 0)]), None);
        assert_eq!(most(&[("a", 1), ("b", 2), ("c", 2)]), named("b", 2));
        // What stands within counts, if it is much by itself or not.
        assert_eq!(
            most(&[("a", 5), ("b", 1), ("b.c", 3), ("b.d.e", 3)]),
            named("b", 7)
        );
        assert_eq!(
            most(&[("a", 9), ("a.b.c", 5), ("a.b.d", 5)]),
            named("a.b", 10)
        );
        assert_eq!(
            most(&[("a", 1), ("a.b.c", 9), ("a.b.c.d", 5)]),
            named("a.b.c", 14)
        );
        assert_eq!(most(&[("a", 3), ("a.b", 3)]), named("a", 6));
        assert_eq!(most(&[("a", 3), ("b", 3), ("a.c", 4)]), named("a.c", 4));
    }

    #[test]
    fn what_is_beyond_counting_is_most() {
        let rows = [("a.b", u64::MAX), ("a.c", u64::MAX), ("d", 1)];
        assert_eq!(most(&rows), Some(("a.b".to_owned(), u64::MAX)));
    }
}
