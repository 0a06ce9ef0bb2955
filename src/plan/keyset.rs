use super::{Comparison, Direction, Nulls, OrderTerm, ParamId, Predicate, Scalar};

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
    /// Keys that run one way and cannot be null compare as a row, so that an
    /// index begins at the position ("seek method",
    /// use-the-index-luke.com/no-offset). Others are spelt out key by key,
    /// led by a plain range on the first where that cannot be null.
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
        uniform(&keys, inclusive).unwrap_or_else(|| spelt_out(&keys, inclusive))
    }
}

/// A sort key and its value at the position.
type Key<'c> = (OrderTerm<'c>, Option<ParamId>);

/// The rows beyond a position as one comparison, where that is possible.
fn uniform<'c>(keys: &[Key<'c>], inclusive: bool) -> Option<Predicate<'c>> {
    let direction = keys.first()?.0.direction;
    let row = keys
        .iter()
        .map(|(term, value)| {
            let plain = term.direction == direction && !term.scalar.nullable();
            Some((term.scalar.clone(), value.filter(|_| plain)?))
        })
        .collect::<Option<Vec<_>>>()?;
    let comparison = match (direction, inclusive) {
        (Direction::Ascending, false) => Comparison::Greater,
        (Direction::Ascending, true) => Comparison::GreaterOrEqual,
        (Direction::Descending, false) => Comparison::Less,
        (Direction::Descending, true) => Comparison::LessOrEqual,
    };
    Some(match row.as_slice() {
        [(scalar, value)] => Predicate::Compare(scalar.clone(), comparison, *value),
        _ => Predicate::CompareRow(row, comparison),
    })
}

/// The rows beyond a position, key by key.
fn spelt_out<'c>(keys: &[Key<'c>], inclusive: bool) -> Predicate<'c> {
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
    match (Predicate::any(ways), keys.first()) {
        // MariaDB would take what is plainly false to leave no row around
        // those that are asked for either.
        (Predicate::False, Some((term, _))) => {
            let is_null = Predicate::IsNull(term.scalar.clone());
            is_null.clone().and(is_null.negate())
        }
        (ways, _) => lead.and(ways),
    }
}

/// The same condition as [`Predicate::CompareRow`], spelt out for databases
/// that begin no index at a row.
#[must_use]
pub fn spell_out<'c>(row: &[(Scalar<'c>, ParamId)], comparison: Comparison) -> Predicate<'c> {
    let (direction, inclusive) = match comparison {
        Comparison::Greater => (Direction::Ascending, false),
        Comparison::Less => (Direction::Descending, false),
        Comparison::GreaterOrEqual => (Direction::Ascending, true),
        Comparison::LessOrEqual => (Direction::Descending, true),
        Comparison::Equal => {
            return Predicate::all(row.iter().map(|(scalar, value)| {
                Predicate::Compare(scalar.clone(), Comparison::Equal, *value)
            }));
        }
    };
    let keys: Vec<_> = row
        .iter()
        .map(|(scalar, value)| {
            let term = OrderTerm {
                scalar: scalar.clone(),
                direction,
                nulls: Nulls::Last,
            };
            (term, Some(*value))
        })
        .collect();
    spelt_out(&keys, inclusive)
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
