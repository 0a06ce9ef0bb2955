use super::Scalar;

/// Which way a sort runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// Where nulls stand in a sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// Before every value.
    First,
    /// After every value.
    Last,
}

/// One sort key. Every order ends with the primary key, so that it is total.
#[derive(Clone, Debug)]
pub struct OrderTerm<'c> {
    /// What is sorted by.
    pub scalar: Scalar<'c>,
    /// Which way.
    pub direction: Direction,
    /// Where nulls stand.
    pub nulls: Nulls,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

impl Nulls {
    /// The other end.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::First => Self::Last,
            Self::Last => Self::First,
        }
    }
}

impl OrderTerm<'_> {
    /// The same key read backwards.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            scalar: self.scalar.clone(),
            direction: self.direction.reversed(),
            nulls: self.nulls.reversed(),
        }
    }
}
