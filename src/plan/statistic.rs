use std::borrow::Cow;

use super::{Alias, Link, ParamId, Predicate, Scalar, Source, Step};
use crate::catalog::{Entity, Kind, Relation};

/// The rows that statistics are about, with the rows that they refer to.
#[derive(Clone, Debug)]
pub struct Population<'c> {
    /// The rows.
    pub source: Source<'c>,
    /// The rows that they refer to, each after the one that it is referred to
    /// from.
    pub joins: Vec<Step<'c>>,
}

impl<'c> Population<'c> {
    /// What has been joined over a relation of the rows of `from` to `target`.
    #[must_use]
    pub fn related(
        &self,
        from: &Source<'c>,
        relation: &Relation,
        target: &Entity,
    ) -> Option<&Step<'c>> {
        let parent_column = from.entity().column_at(relation.from);
        let column = target.column_at(relation.to);
        self.joins.iter().find(|step| {
            matches!(step.source.link(), Some(Link::Column(join))
                if join.parent == from.alias()
                    && std::ptr::eq(join.parent_column, parent_column)
                    && std::ptr::eq(join.column, column))
        })
    }

    /// The way to the rows of that name, as columns that refer to others.
    #[must_use]
    pub fn path_to(&self, alias: Alias) -> String {
        let step = self.joins.iter().find(|step| step.source.alias() == alias);
        let Some(source) = step.map(|step| &step.source) else {
            return String::new();
        };
        let Some(Link::Column(join)) = source.link() else {
            return String::new();
        };
        let step = join.label(source.entity());
        format!("{}{step}.", self.path_to(join.parent))
    }

    /// Whether there is a row of that name for every row of the population.
    #[must_use]
    pub fn has_always(&self, alias: Alias) -> bool {
        let mut joins = self.joins.iter();
        joins
            .find(|step| step.source.alias() == alias)
            .is_none_or(|step| step.always)
    }
}

/// Statistics over all rows of a population, as one object.
#[derive(Clone, Debug)]
pub struct Aggregate<'c> {
    /// The rows.
    pub population: Population<'c>,
    /// Response keys and what stands under them, in response order.
    pub members: Vec<(String, Statistic<'c>)>,
}

/// What stands under a response key among statistics.
#[derive(Clone, Debug)]
pub enum Statistic<'c> {
    /// The name of the object's type.
    Typename(Cow<'c, str>),
    /// Several of them.
    Object(Vec<(String, Statistic<'c>)>),
    /// One of them.
    Measure(Measure<'c>),
}

/// A statistic: one value out of those of many rows.
#[derive(Clone, Debug)]
pub struct Measure<'c> {
    /// How it is computed.
    pub function: Function,
    /// Of which value of each row; `None` for the rows themselves, which can
    /// only be counted.
    pub operand: Option<Scalar<'c>>,
    /// Only over rows that meet this.
    pub condition: Option<Predicate<'c>>,
}

/// How one value comes of many. Nulls are passed over. What comes of none is
/// null, but for counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// How many there are.
    Count,
    /// How many different ones.
    CountDistinct,
    /// How many are true.
    CountTrue,
    /// How many are false.
    CountFalse,
    /// All of them added up.
    Sum,
    /// The arithmetic mean.
    Average,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The variance of a sample: the divisor is one less than their number.
    Variance,
    /// The square root of [`Variance`](Self::Variance).
    Deviation,
    /// The value below which this part of them lies. Between two of them the
    /// way is linear (Hyndman and Fan 1996, definition 7).
    Percentile {
        /// The part, from 0 to 1.
        part: f64,
        /// The same, bound.
        param: ParamId,
    },
    /// The most frequent one, the least of several.
    Mode,
}

impl Function {
    /// What comes of values of a kind.
    #[must_use]
    pub fn kind(self, of: &Kind) -> Kind {
        match self {
            Self::Count | Self::CountDistinct | Self::CountTrue | Self::CountFalse => Kind::BigInt,
            Self::Average | Self::Variance | Self::Deviation | Self::Percentile { .. } => {
                Kind::Float
            }
            Self::Sum | Self::Min | Self::Max | Self::Mode => match of {
                Kind::Int => Kind::BigInt,
                kind => kind.clone(),
            },
        }
    }

    /// A text that tells it from every other.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Percentile { part, .. } => format!("Percentile {part}"),
            function => format!("{function:?}"),
        }
    }

    /// Whether it can be null.
    #[must_use]
    pub fn nullable(self) -> bool {
        !matches!(
            self,
            Self::Count | Self::CountDistinct | Self::CountTrue | Self::CountFalse
        )
    }
}

impl Measure<'_> {
    /// How many rows there are.
    #[must_use]
    pub fn rows() -> Self {
        Self {
            function: Function::Count,
            operand: None,
            condition: None,
        }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let of = self.operand.as_ref().map_or(&Kind::BigInt, Scalar::kind);
        self.function.kind(of)
    }
}
