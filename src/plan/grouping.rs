use super::{Alias, Content, Measure, ParamId, Planner, Population, Predicate, Scalar, Source};
use crate::catalog::Kind;

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
    /// What is computed of each group.
    pub measures: Vec<Measure<'c>>,
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
}

/// A column of the table that groups make.
#[derive(Clone, Debug)]
pub struct Output {
    /// Which.
    pub column: GroupColumn,
    /// What is added to it.
    pub plus: Option<ParamId>,
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
}

impl<'c> Grouping<'c> {
    /// A key, as a value of a group.
    #[must_use]
    pub fn key(&self, place: usize) -> Scalar<'c> {
        let key = &self.keys[place];
        let bucket = match &key.bucket {
            Bucket::Value => "",
            Bucket::Steps { text, .. } => text,
        };
        // Two keys of one value differ in their buckets, and what is joined
        // twice in its way there.
        let path = self.population.path_to(key.scalar.alias);
        self.output(Output {
            column: GroupColumn::Key(place),
            plus: None,
            kind: key.scalar.kind().clone(),
            nullable: key.nullable,
            label: format!("key {path}{}{bucket}", key.scalar.label()),
        })
    }

    /// A statistic over the rows of a group, as a value of it.
    pub fn measure(&mut self, measure: Measure<'c>) -> Scalar<'c> {
        let label = self.label(&measure);
        let known = self.measures.iter().position(|known| {
            known.condition.is_none() && measure.condition.is_none() && self.label(known) == label
        });
        let (kind, nullable) = (measure.kind(), measure.function.nullable());
        let place = known.unwrap_or_else(|| {
            self.measures.push(measure);
            self.measures.len() - 1
        });
        self.output(Output {
            column: GroupColumn::Measure(place),
            plus: None,
            kind,
            nullable,
            label,
        })
    }

    fn label(&self, measure: &Measure<'c>) -> String {
        let of = measure
            .operand
            .as_ref()
            .map_or_else(String::new, |operand| {
                let path = self.population.path_to(operand.alias);
                format!("{path}{}", operand.label())
            });
        format!("{} of {of}", measure.function.label())
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
    Entity(Source<'c>),
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
            population,
            alias: self.alias(),
            keys: Vec::new(),
            measures: Vec::new(),
            having: Predicate::True,
        }
    }
}
