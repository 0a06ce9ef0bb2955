use super::{Alias, Function, ParamId, Scalar, Source, Walk};
use crate::catalog::Entity;

/// A condition on rows, with values as parameters.
///
/// Conditions are two-valued where they can be negated: [`Predicate::Not`] is
/// the exact complement, so a row that an unknown (null) comparison leaves out
/// is in the complement.
#[derive(Clone, Debug)]
pub enum Predicate<'c> {
    /// Every row.
    True,
    /// No row.
    False,
    /// Rows that meet all of these.
    And(Vec<Predicate<'c>>),
    /// Rows that meet at least one of these.
    Or(Vec<Predicate<'c>>),
    /// Rows that do not meet this.
    Not(Box<Predicate<'c>>),
    /// Rows whose value compares so with a parameter; never a null value.
    Compare(Scalar<'c>, Comparison, ParamId),
    /// Rows whose values, none of which can be null, compare so with
    /// parameters as a whole: by the first that differs.
    CompareRow(Vec<(Scalar<'c>, ParamId)>, Comparison),
    /// Rows whose value is null.
    IsNull(Scalar<'c>),
    /// Rows whose value is in a list.
    In(Scalar<'c>, ParamId),
    /// Rows whose text contains, starts or ends with a parameter, letter by
    /// letter: no character is special.
    Matches(Scalar<'c>, Match, ParamId),
    /// The same whatever the case of the letters: the parameter, which says
    /// where, is a [`Value::Caseless`](super::Value::Caseless).
    MatchesCaseless(Scalar<'c>, ParamId),
    /// Rows for which the source has at least one row.
    Exists(Box<Source<'c>>),
    /// Rows whose key is among those that a walk reaches, its start included.
    Reached(Scalar<'c>, Box<Walk<'c>>),
    /// Rows of a searchable entity that have every word that a parameter holds:
    /// a [`Value::Search`](super::Value::Search), or a
    /// [`Value::RareSearch`](super::Value::RareSearch) if it is rare.
    Search {
        /// The row.
        alias: Alias,
        /// Its entity.
        entity: &'c Entity,
        /// The words.
        words: ParamId,
        /// Whether their letters are rare.
        rare: bool,
    },
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Less than.
    Less,
    /// Less than or equal.
    LessOrEqual,
    /// Greater than.
    Greater,
    /// Greater than or equal.
    GreaterOrEqual,
}

/// Where in a text another one is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// The whole text is it. Only whatever the case of the letters; see
    /// [`Comparison::Equal`].
    Whole,
    /// Anywhere.
    Contains,
    /// At the start.
    StartsWith,
    /// At the end.
    EndsWith,
}

impl Predicate<'_> {
    /// Whether other rows are looked up to tell.
    #[must_use]
    pub fn asks_others(&self) -> bool {
        self.any_part(&|part| match part {
            Self::Exists(_) | Self::Reached(..) | Self::Search { .. } => true,
            _ => part.values().any(Scalar::asks_others),
        })
    }

    /// Whether statistics over other rows that pass a test are computed to
    /// tell.
    pub fn has_statistic(&self, test: fn(Function) -> bool) -> bool {
        self.any_part(&|part| match part {
            Self::Exists(source) => source.has_statistic(test),
            _ => part.values().any(|scalar| scalar.has_statistic(test)),
        })
    }

    /// Whether any condition that this one is made of passes a test.
    fn any_part(&self, test: &dyn Fn(&Self) -> bool) -> bool {
        match self {
            Self::And(members) | Self::Or(members) => {
                members.iter().any(|member| member.any_part(test))
            }
            Self::Not(inner) => inner.any_part(test),
            part => test(part),
        }
    }

    /// The values that are compared.
    fn values(&self) -> impl Iterator<Item = &Scalar<'_>> {
        let (row, one) = match self {
            Self::CompareRow(keys, _) => (keys.as_slice(), None),
            Self::Compare(scalar, ..)
            | Self::IsNull(scalar)
            | Self::In(scalar, _)
            | Self::Matches(scalar, ..)
            | Self::MatchesCaseless(scalar, _) => ([].as_slice(), Some(scalar)),
            _ => ([].as_slice(), None),
        };
        row.iter().map(|(scalar, _)| scalar).chain(one)
    }

    /// Rows that meet both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// Rows that meet every one of `predicates`; all rows if there is none.
    #[must_use]
    pub fn all(predicates: impl IntoIterator<Item = Self>) -> Self {
        let mut members = Vec::new();
        for predicate in predicates {
            match predicate {
                Self::True => {}
                Self::False => return Self::False,
                Self::And(inner) => members.extend(inner),
                other => members.push(other),
            }
        }
        match members.len() {
            0 => Self::True,
            1 => members.remove(0),
            _ => Self::And(members),
        }
    }

    /// Rows that meet at least one of `predicates`; no row if there is none.
    #[must_use]
    pub fn any(predicates: impl IntoIterator<Item = Self>) -> Self {
        let mut members = Vec::new();
        for predicate in predicates {
            match predicate {
                Self::False => {}
                Self::True => return Self::True,
                Self::Or(inner) => members.extend(inner),
                other => members.push(other),
            }
        }
        match members.len() {
            0 => Self::False,
            1 => members.remove(0),
            _ => Self::Or(members),
        }
    }

    /// The complement.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}
