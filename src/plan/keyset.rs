use super::{Comparison, Direction, Nulls, OrderTerm, ParamId, Predicate};

/// A position in an ordered list: for each sort key its value, or `None` for
/// null.
#[derive(Clone, Debug)]
pub struct Bound {
    /// One entry per sort key, the primary key last.
    pub values: Vec<Option<ParamId>>,
}

/// Which part of the list is meant, seen from a [`Bound`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Rows that come later than the position.
    After,
    /// Rows that come earlier.
    Before,
}

impl Bound {
    /// Rows on `side` of the position in the order of `terms`; with
    /// `inclusive`, the row at the position as well.
    ///
    /// The condition leads with a plain range on the first key where that key
    /// cannot be null, which is what lets an index start at the position
    /// ("seek method", use-the-index-luke.com/no-offset).
    #[must_use]
    pub fn rows<'c>(&self, terms: &[OrderTerm<'c>], side: Side, inclusive: bool) -> Predicate<'c> {
        let keys: Vec<_> = terms
            .iter()
            .map(|term| match side {
                Side::After => term.clone(),
                Side::Before => term.reversed(),
            })
            .zip(self.values.iter().copied())
            .collect();
        let mut ways: Vec<_> = (0..keys.len())
            .map(|last| {
                let (term, value) = &keys[last];
                let equal = keys[..last].iter().map(|(term, value)| same(term, *value));
                Predicate::all(equal.chain([later(term, *value)]))
            })
            .collect();
        if inclusive {
            ways.push(Predicate::all(
                keys.iter().map(|(term, value)| same(term, *value)),
            ));
        }
        let lead = match keys.first() {
            Some((term, Some(value))) if keys.len() > 1 && !term.scalar.nullable() => {
                let comparison = match term.direction {
                    Direction::Ascending => Comparison::GreaterOrEqual,
                    Direction::Descending => Comparison::LessOrEqual,
                };
                Predicate::Compare(term.scalar.clone(), comparison, *value)
            }
            _ => Predicate::True,
        };
        lead.and(Predicate::any(ways))
    }
}

/// Rows with the same value in this key.
fn same<'c>(term: &OrderTerm<'c>, value: Option<ParamId>) -> Predicate<'c> {
    match value {
        Some(value) => Predicate::Compare(term.scalar.clone(), Comparison::Equal, value),
        None => Predicate::IsNull(term.scalar.clone()),
    }
}

/// Rows that this key puts strictly later.
fn later<'c>(term: &OrderTerm<'c>, value: Option<ParamId>) -> Predicate<'c> {
    let is_null = || Predicate::IsNull(term.scalar.clone());
    let nullable = term.scalar.nullable();
    match (value, term.nulls) {
        (None, Nulls::Last) => Predicate::False,
        (None, Nulls::First) => is_null().negate(),
        (Some(value), nulls) => {
            let comparison = match term.direction {
                Direction::Ascending => Comparison::Greater,
                Direction::Descending => Comparison::Less,
            };
            let beyond = Predicate::Compare(term.scalar.clone(), comparison, value);
            match nulls {
                Nulls::Last if nullable => Predicate::any([beyond, is_null()]),
                Nulls::Last | Nulls::First => beyond,
            }
        }
    }
}
