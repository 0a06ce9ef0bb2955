use std::borrow::Cow;

use super::{
    Alias, Enough, Level, Link, ParamId, Planner, Predicate, Scalar, Source, Step, Value, Zone,
};
use crate::catalog::{Entity, Kind, Relation};

/// The rows that statistics are about, with the rows that they refer to.
#[derive(Clone, Debug)]
pub struct Population<'c> {
    /// The rows.
    pub source: Source<'c>,
    /// The rows that they refer to, each after the one that it is referred to
    /// from.
    pub joins: Vec<Step<'c>>,
    /// The rows of trees that they are below.
    pub levels: Vec<Level<'c>>,
    /// The clocks by which moments of theirs are told.
    pub clocks: Vec<Clock<'c>>,
}

/// The clocks of a time zone at a moment that each row has.
#[derive(Clone, Debug)]
pub struct Clock<'c> {
    /// The name of the span of the zone that the moment is in.
    pub alias: Alias,
    /// The moment.
    pub moment: Scalar<'c>,
    /// The spans of the zone, by years.
    pub spans: ParamId,
    /// The name of the zone.
    pub zone: String,
}

impl<'c> From<Source<'c>> for Population<'c> {
    /// Rows by themselves.
    fn from(source: Source<'c>) -> Self {
        Self {
            source,
            joins: Vec::new(),
            levels: Vec::new(),
            clocks: Vec::new(),
        }
    }
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

    /// A text that tells a statistic without a condition from every other.
    #[must_use]
    pub fn label(&self, measure: &Measure<'_>) -> String {
        let of = measure
            .operand
            .as_ref()
            .map_or_else(String::new, |operand| {
                format!("{}{}", self.path_to(operand.alias), operand.label())
            });
        format!("{} of {of}", measure.function.label())
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

impl<'c> Planner<'c> {
    /// The clocks of a zone at a moment that each row of a population has.
    pub fn clock(
        &mut self,
        population: &mut Population<'c>,
        moment: &Scalar<'c>,
        zone: &Zone,
    ) -> Alias {
        let is_there = |clock: &&Clock<'_>| {
            clock.zone == zone.name
                && clock.moment.alias == moment.alias
                && clock.moment.label() == moment.label()
        };
        if let Some(clock) = population.clocks.iter().find(is_there) {
            return clock.alias;
        }
        let alias = self.alias();
        population.clocks.push(Clock {
            alias,
            moment: moment.clone(),
            spans: self.bind(Value::Text(zone.by_year())),
            zone: zone.name.clone(),
        });
        alias
    }
}

/// Statistics over all rows of a population, as one object.
#[derive(Clone, Debug)]
pub struct Aggregate<'c> {
    /// The rows.
    pub population: Population<'c>,
    /// Response keys and what stands under them, in response order.
    pub members: Vec<(String, Statistic<'c>)>,
    /// When they are told; null otherwise.
    pub enough: Option<Enough<'c>>,
}

/// What stands under a response key among statistics.
#[derive(Clone, Debug)]
pub enum Statistic<'c> {
    /// The name of the object's type.
    Typename(Cow<'c, str>),
    /// Several of them, or null where they are not told.
    Object(Vec<(String, Statistic<'c>)>, Option<Box<Enough<'c>>>),
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
    /// Whether there are values of which it cannot be told exactly.
    #[must_use]
    pub fn may_be_out_of_range(self) -> bool {
        match self {
            Self::Count
            | Self::CountDistinct
            | Self::CountTrue
            | Self::CountFalse
            | Self::Min
            | Self::Max
            | Self::Mode => false,
            Self::Sum
            | Self::Average
            | Self::Percentile { .. }
            | Self::Variance
            | Self::Deviation => true,
        }
    }

    /// Whether it is one of the values.
    #[must_use]
    pub fn tells_one(self) -> bool {
        matches!(self, Self::Min | Self::Max | Self::Mode)
    }

    /// What comes of values of a kind.
    #[must_use]
    pub fn kind(self, of: &Kind) -> &Kind {
        match self {
            Self::Count | Self::CountDistinct | Self::CountTrue | Self::CountFalse => &Kind::BigInt,
            Self::Average | Self::Variance | Self::Deviation | Self::Percentile { .. } => {
                &Kind::Float
            }
            Self::Sum | Self::Min | Self::Max | Self::Mode => match of {
                Kind::Int => &Kind::BigInt,
                kind => kind,
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
    pub fn kind(&self) -> &Kind {
        let of = self.operand.as_ref().map_or(&Kind::BigInt, Scalar::kind);
        self.function.kind(of)
    }
}
