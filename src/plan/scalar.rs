use super::{
    Alias, Function, Link, Measure, Output, ParamId, Planner, Population, Predicate, Source,
};
use crate::access;
use crate::catalog::{Column, Field, Kind};

/// A value of a row, as the requester may see it. This is the one way to name
/// a column, in output, filters, orders and cursors alike, so a mask binds
/// wherever the column does.
#[derive(Clone, Debug)]
pub struct Scalar<'c> {
    /// The row.
    pub alias: Alias,
    /// What is read of it.
    pub content: Content<'c>,
    /// Rows on which the value may be read; null elsewhere.
    pub mask: Option<Box<Predicate<'c>>>,
    /// The to-one steps from the row that surrounds the value to its own,
    /// outermost first; none where they are the same.
    pub through: Vec<Step<'c>>,
}

/// A step from a row to the one that it refers to.
#[derive(Clone, Debug)]
pub struct Step<'c> {
    /// The row, as far as the requester may see it.
    pub source: Source<'c>,
    /// Whether every row that may be seen has one there.
    pub always: bool,
}

/// What is read of a row.
#[derive(Clone, Debug)]
pub enum Content<'c> {
    /// A column.
    Column(&'c Column),
    /// What stands at a path within a JSON column.
    Path(&'c Column, Box<JsonPath>),
    /// How well the row meets a search: the weights of the conditions that it
    /// meets, added up.
    Relevance(Vec<(Predicate<'c>, u32)>),
    /// A key or statistic of a group.
    Output(Box<Output>),
    /// A statistic over rows that hang on the row.
    Statistic(Box<(Population<'c>, Measure<'c>)>),
}

/// A path within a JSON document, and as what the value there is read.
#[derive(Clone, Debug)]
pub struct JsonPath {
    /// The path, as in `$."ports"[0]`.
    pub path: ParamId,
    /// The paths before each `[0]` in it, which some databases would also
    /// take to mean the value itself where it is no array.
    pub arrays: Vec<ParamId>,
    /// What is read there.
    pub reading: Reading,
    /// The path as the client may write it, for cursors.
    pub text: String,
}

/// As what a value within a JSON document is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As it is; null where there is nothing.
    Json,
    /// A number; null where there is none, or one of 1.797e308 or more either
    /// way, which doubles end at.
    Number,
    /// A text; null where there is none.
    Text,
    /// A truth value; null where there is none.
    Boolean,
    /// The name of its type in small letters, such as `null`; null where
    /// there is nothing.
    Type,
}

impl Reading {
    /// What it reads.
    #[must_use]
    pub fn kind(self) -> &'static Kind {
        match self {
            Self::Json => &Kind::Json,
            Self::Number => &Kind::Float,
            Self::Text | Self::Type => &Kind::Text,
            Self::Boolean => &Kind::Boolean,
        }
    }
}

impl Scalar<'_> {
    /// What the value is.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        match &self.content {
            Content::Column(column) => &column.kind,
            Content::Path(_, path) => path.reading.kind(),
            Content::Relevance(_) => &Kind::BigInt,
            Content::Output(output) => &output.kind,
            Content::Statistic(statistic) => statistic.1.kind(),
        }
    }

    /// Whether the value can be null: stored so, masked, or not there.
    #[must_use]
    pub fn nullable(&self) -> bool {
        let stored = match &self.content {
            Content::Column(column) => column.nullable,
            Content::Path(..) => true,
            Content::Relevance(_) => false,
            Content::Output(output) => output.nullable,
            Content::Statistic(statistic) => statistic.1.function.nullable(),
        };
        stored || self.mask.is_some() || self.through.iter().any(|step| !step.always)
    }

    /// Whether other rows are looked up to tell it.
    #[must_use]
    pub fn asks_others(&self) -> bool {
        let is_elsewhere = match &self.content {
            Content::Column(_) | Content::Path(..) | Content::Output(_) => false,
            Content::Relevance(_) | Content::Statistic(_) => true,
        };
        let is_masked = |mask: &Predicate<'_>| mask.asks_others();
        is_elsewhere || !self.through.is_empty() || self.mask.as_deref().is_some_and(is_masked)
    }

    /// Whether statistics over other rows that pass a test are computed to
    /// tell it.
    pub fn has_statistic(&self, test: fn(Function) -> bool) -> bool {
        let is_one = matches!(&self.content, Content::Statistic(statistic)
            if test(statistic.1.function));
        let mut steps = self.through.iter();
        is_one
            || steps.any(|step| step.source.has_statistic(test))
            || (self.mask.as_ref()).is_some_and(|mask| mask.has_statistic(test))
    }

    /// A text that tells it from every other value of the same row.
    #[must_use]
    pub fn label(&self) -> String {
        let mut label = String::new();
        for Step { source, .. } in &self.through {
            if let Some(Link::Column(join)) = source.link() {
                label.push_str(&join.label(source.entity()));
                label.push('.');
            }
        }
        match &self.content {
            Content::Column(column) => label.push_str(&column.name),
            Content::Path(column, path) => {
                label.push_str(&column.name);
                label.push_str(match path.reading {
                    Reading::Json => " Json ",
                    Reading::Number => " Number ",
                    Reading::Text => " Text ",
                    Reading::Boolean => " Boolean ",
                    Reading::Type => " Type ",
                });
                label.push_str(&path.text);
            }
            Content::Relevance(_) => label.push_str("relevance"),
            Content::Output(output) => label.push_str(&output.label),
            Content::Statistic(statistic) => {
                let (population, measure) = &**statistic;
                let source = &population.source;
                if let Some(Link::Column(join)) = source.link() {
                    label.push_str(&join.label(source.entity()));
                }
                label.push(' ');
                label.push_str(&population.label(measure));
            }
        }
        label
    }
}

impl<'c> Planner<'c> {
    /// An exposed column of the rows of `source`, masked where the requester
    /// may not read it.
    pub fn scalar(&mut self, source: &Source<'c>, field: &'c Field) -> Scalar<'c> {
        let content = Content::Column(source.entity().column_of(field));
        self.masked(source, field, content)
    }

    /// What stands at a path within an exposed JSON column.
    pub fn json_path(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        path: JsonPath,
    ) -> Scalar<'c> {
        let content = Content::Path(source.entity().column_of(field), Box::new(path));
        self.masked(source, field, content)
    }

    fn masked(
        &mut self,
        source: &Source<'c>,
        field: &'c Field,
        content: Content<'c>,
    ) -> Scalar<'c> {
        let (entity, alias) = (source.entity(), source.alias());
        Scalar {
            alias,
            content,
            mask: access::field_mask(self, entity, alias, field).map(Box::new),
            through: Vec::new(),
        }
    }

    /// The primary key of the rows of `source`, which every visible row shows.
    pub fn key(&mut self, source: &Source<'c>) -> Scalar<'c> {
        Scalar::bare(source.alias(), source.entity().key())
    }
}

impl<'c> Scalar<'c> {
    /// A statistic over rows that hang on a row, as a value of this.
    #[must_use]
    pub fn over(population: &Population<'c>, measure: Measure<'c>) -> Self {
        let around = population.source.joined_to();
        Self {
            alias: around.map_or(population.source.alias(), |(parent, _)| parent),
            content: Content::Statistic(Box::new((population.clone(), measure))),
            mask: None,
            through: Vec::new(),
        }
    }

    /// A column as it is stored, for keys and rules: they decide on stored
    /// values, never on masked ones.
    pub(crate) fn bare(alias: Alias, column: &'c Column) -> Self {
        Self {
            alias,
            content: Content::Column(column),
            mask: None,
            through: Vec::new(),
        }
    }
}
