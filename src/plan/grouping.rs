use std::collections::BTreeMap;

use super::{
    Alias, Content, Enough, Link, Measure, OrderTerm, ParamId, Part, Planner, Population,
    Predicate, Scalar, Source, Unit,
};
use crate::catalog::{Entity, Kind};

/// Rows gathered by what they have in common: a group for every combination
/// of keys that there is, and statistics over its rows.
#[derive(Clone, Debug)]
pub struct Grouping<'c> {
    /// The rows.
    pub population: Population<'c>,
    /// The name that the groups go by.
    pub alias: Alias,
    /// What the rows of a group have in common.
    pub keys: Vec<GroupKey<'c>>,
    /// What is computed of each group, by its place among all of this.
    pub measures: BTreeMap<usize, Measure<'c>>,
    /// Groups that are there without any rows.
    pub fill: Option<Fill<'c>>,
    /// What is told of a group by its keys and statistics, once all groups are
    /// known, by its place among all of this.
    pub derived: BTreeMap<usize, Derived>,
    /// Some of the rows of each group.
    pub samples: Vec<Sample<'c>>,
    /// The groups that are told at all.
    pub enough: Option<Enough<'c>>,
    /// The groups that are meant.
    pub having: Predicate<'c>,
}

/// Something that the rows of a group have in common.
#[derive(Clone, Debug)]
pub struct GroupKey<'c> {
    /// The value that it is read from.
    pub scalar: Scalar<'c>,
    /// Whether it can be null.
    pub nullable: bool,
    /// Which values count as one.
    pub bucket: Bucket,
}

/// Which values count as one.
#[derive(Clone, Debug)]
pub enum Bucket {
    /// Equal ones.
    Value,
    /// Numbers within steps of a width, one of which begins at an origin. The
    /// key is where a step begins.
    Steps {
        /// How wide a step is.
        width: ParamId,
        /// Where one begins.
        origin: ParamId,
        /// Both in a text, for cursors.
        text: String,
    },
    /// The same row at a level of a tree.
    Level {
        /// The level and what leads there in a text, for cursors.
        text: String,
    },
    /// Moments or days in one stretch of time. The key is where it begins, in
    /// seconds; see [`Unit::key`].
    Time {
        /// Of which length.
        unit: Unit,
        /// By which of the population's clocks; by UTC without one.
        clock: Option<Alias>,
        /// All of it in a text, for cursors.
        text: String,
    },
    /// Moments or days in the same part of a longer stretch.
    Part {
        /// Which part.
        part: Part,
        /// By which of the population's clocks; by UTC without one.
        clock: Option<Alias>,
        /// All of it in a text, for cursors.
        text: String,
    },
}

/// Groups that are there without any rows: one of each of some values of a
/// key, whatever their other keys are.
#[derive(Clone, Debug)]
pub struct Fill<'c> {
    /// Which key.
    pub key: usize,
    /// Its values, all of them.
    pub values: ParamId,
    /// How many groups this may come to.
    pub groups: u64,
    /// How many combinations of the other keys there may be.
    pub combinations: ParamId,
    /// The entity of the row that the groups hang on, if they do.
    pub parent: Option<&'c Entity>,
}

impl Fill<'_> {
    /// The most groups that are filled in, for all that other keys come to.
    pub const MOST_GROUPS: u64 = 20_000;

    /// The places of the other keys of groups.
    #[must_use]
    pub fn others(&self, grouping: &Grouping<'_>) -> Vec<usize> {
        let all = 0..grouping.keys.len();
        all.filter(|place| *place != self.key).collect()
    }
}

/// The first rows of each group in an order.
#[derive(Clone, Debug)]
pub struct Sample<'c> {
    /// The order.
    pub order: Vec<OrderTerm<'c>>,
    /// How many.
    pub first: ParamId,
}

/// What is told of a group by its keys and statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derived {
    /// When the stretch of time begins that is its key, in seconds; by the
    /// times of a zone's clocks.
    Start(usize, ParamId),
    /// Where the step of a key ends, or the stretch of time, in seconds; by
    /// the times of a zone's clocks, or the spans of it for hours.
    End(usize, Option<ParamId>),
    /// A statistic of the group before it among those that the filled key
    /// alone tells apart.
    Previous(usize),
    /// A statistic as part of what it comes to over all groups, as far as it
    /// is told: where another is at least so much.
    Share(usize, Option<(usize, ParamId)>),
}

/// A column of the table that groups make.
#[derive(Clone, Debug)]
pub struct Output {
    /// Which.
    pub column: GroupColumn,
    /// Whether it is seconds that stand for a moment or a day. Nothing can be
    /// compared with these.
    pub is_seconds: bool,
    /// What it is.
    pub kind: Kind,
    /// Whether it can be null.
    pub nullable: bool,
    /// A text that tells it from every other.
    pub label: String,
}

/// Names a column of the table that groups make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupColumn {
    /// One of the keys.
    Key(usize),
    /// One of the statistics.
    Measure(usize),
    /// One of what is derived of these.
    Derived(usize),
}

impl Derived {
    /// Whether it is told by the key alone, and thus of the groups of a page
    /// only.
    #[must_use]
    pub fn is_bound(self) -> bool {
        matches!(self, Self::Start(..) | Self::End(..))
    }
}

impl<'c> Grouping<'c> {
    /// Whether what is told of the groups of a page is read from elsewhere.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        !self.samples.is_empty() || self.derived.values().any(|derived| derived.is_bound())
    }

    /// A key, as a value of a group.
    #[must_use]
    pub fn key(&self, place: usize) -> Scalar<'c> {
        let key = &self.keys[place];
        let (bucket, kind) = match &key.bucket {
            Bucket::Value => ("", key.scalar.kind().clone()),
            Bucket::Steps { text, .. } | Bucket::Level { text } => {
                (text.as_str(), key.scalar.kind().clone())
            }
            Bucket::Time { text, .. } | Bucket::Part { text, .. } => (text.as_str(), Kind::BigInt),
        };
        // Two keys of one value differ in their buckets, and what is joined
        // twice in its way there.
        let path = self.population.path_to(key.scalar.alias);
        self.output(Output {
            column: GroupColumn::Key(place),
            is_seconds: false,
            kind,
            nullable: key.nullable,
            label: format!("key {path}{}{bucket}", key.scalar.label()),
        })
    }

    /// Where the stretch of time begins that is a key, as a value of a group.
    pub fn start(&mut self, place: usize, times: Option<ParamId>) -> Scalar<'c> {
        let mut start = match times {
            None => self.key(place),
            Some(times) => self.derive(Derived::Start(place, times), Kind::DateTime, true),
        };
        self.as_moment(place, &mut start);
        start
    }

    /// Where a step or stretch of time ends that is a key, as a value of a
    /// group.
    pub fn end(&mut self, place: usize, clocks: Option<ParamId>) -> Scalar<'c> {
        let kind = self.keys[place].scalar.kind().clone();
        let mut end = self.derive(Derived::End(place, clocks), kind, true);
        if matches!(self.keys[place].bucket, Bucket::Time { .. }) {
            self.as_moment(place, &mut end);
        }
        end
    }

    fn as_moment(&self, place: usize, seconds: &mut Scalar<'c>) {
        if let Content::Output(output) = &mut seconds.content {
            output.is_seconds = true;
            output.kind = self.keys[place].scalar.kind().clone();
        }
    }

    /// A statistic over the rows of a group, as a value of it.
    pub fn measure(&mut self, measure: Measure<'c>) -> Scalar<'c> {
        let label = self.population.label(&measure);
        let (kind, nullable) = (measure.kind().clone(), measure.function.nullable());
        let place = self.place(measure);
        self.output(Output {
            column: GroupColumn::Measure(place),
            is_seconds: false,
            kind,
            nullable,
            label,
        })
    }

    /// The same of the group before it.
    pub fn previous(&mut self, measure: Measure<'c>) -> Scalar<'c> {
        let kind = measure.kind().clone();
        let place = self.place(measure);
        self.derive(Derived::Previous(place), kind, true)
    }

    /// The same as part of what it comes to over all groups of which it is
    /// told.
    pub fn share(&mut self, measure: Measure<'c>, enough: Option<Enough<'c>>) -> Scalar<'c> {
        let place = self.place(measure);
        let told = enough.map(|enough| (self.place(enough.rows), enough.least));
        self.derive(Derived::Share(place, told), Kind::Float, true)
    }

    /// The place of a statistic among those that are computed.
    fn place(&mut self, measure: Measure<'c>) -> usize {
        let label = self.population.label(&measure);
        let is_known = |known: &Measure<'_>| {
            known.condition.is_none()
                && measure.condition.is_none()
                && self.population.label(known) == label
        };
        let mut all = self.measures.iter();
        if let Some((place, _)) = all.find(|(_, known)| is_known(known)) {
            return *place;
        }
        let place = self.measures.len();
        self.measures.insert(place, measure);
        place
    }

    fn derive(&mut self, derived: Derived, kind: Kind, nullable: bool) -> Scalar<'c> {
        let mut all = self.derived.iter();
        let place = match all.find(|(_, known)| **known == derived) {
            Some((place, _)) => *place,
            None => self.derived.len(),
        };
        self.derived.insert(place, derived);
        self.output(Output {
            column: GroupColumn::Derived(place),
            is_seconds: false,
            kind,
            nullable,
            label: format!("{derived:?}"),
        })
    }

    fn output(&self, output: Output) -> Scalar<'c> {
        Scalar {
            alias: self.alias,
            content: Content::Output(Box::new(output)),
            mask: None,
            through: Vec::new(),
        }
    }
}

/// What a list is made of.
#[derive(Clone, Debug)]
pub enum Rows<'c> {
    /// Rows of an entity.
    Entity(Box<Source<'c>>),
    /// Groups of such rows.
    Groups(Box<Grouping<'c>>),
}

impl<'c> Rows<'c> {
    /// The rows that it all begins with.
    #[must_use]
    pub fn source(&self) -> &Source<'c> {
        match self {
            Self::Entity(source) => source,
            Self::Groups(grouping) => &grouping.population.source,
        }
    }

    /// Whether they are those of a derived table: groups, or what a walk
    /// reaches.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        match self {
            Self::Entity(source) => matches!(source.link(), Some(Link::Walk(_))),
            Self::Groups(_) => true,
        }
    }

    /// The name that they go by.
    #[must_use]
    pub fn alias(&self) -> Alias {
        match self {
            Self::Entity(source) => source.alias(),
            Self::Groups(grouping) => grouping.alias,
        }
    }
}

impl<'c> Planner<'c> {
    /// Groups of a population, by keys that are still to come.
    pub fn grouping(&mut self, population: Population<'c>) -> Grouping<'c> {
        Grouping {
            enough: self.enough(&population, &population.source, None),
            population,
            alias: self.alias(),
            keys: Vec::new(),
            measures: BTreeMap::new(),
            fill: None,
            derived: BTreeMap::new(),
            samples: Vec::new(),
            having: Predicate::True,
        }
    }
}
