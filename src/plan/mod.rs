//! The intermediate form of one root field: authorised, costed, free of any
//! dialect.
//!
//! Owns the plan's types and the [`Planner`] that is the only way to make a
//! [`Source`], which is the only thing a FROM is written from. Must not know
//! async-graphql, axum or connections. The flow goes on in [`crate::sql`].

mod calendar;
mod columns;
mod connection;
mod cursor;
mod enough;
mod grouping;
mod keyset;
mod level;
mod order;
mod planner;
mod predicate;
mod projection;
mod scalar;
mod source;
mod statistic;
mod value;
mod walk;
pub mod write;
mod zone;

pub use calendar::{Part, Unit, Weekday};
pub use connection::{Connection, ConnectionMember, EdgeMember, Facet, Outside, PageInfoMember};
pub use cursor::{Cursor, CursorError, Fingerprint};
pub use enough::{Enough, Subset};
pub use grouping::{Bucket, Derived, Fill, GroupColumn, GroupKey, Grouping, Output, Rows, Sample};
pub use keyset::{Bound, Side, spell_out};
pub use level::Level;
pub use order::{Direction, Nulls, OrderTerm};
pub use planner::{Param, ParamId, Planner};
pub use predicate::{Comparison, Match, Predicate};
pub use projection::{Member, Object};
pub use scalar::{Content, JsonPath, Reading, Scalar, Step};
pub use source::{Alias, Join, Link, Proposed, Source};
pub use statistic::{Aggregate, Clock, Function, Measure, Population, Statistic};
pub use value::{SearchWord, Value};
pub use walk::{DEEPEST_TREE, Walk};
pub use zone::{Span, Zone};

use crate::access::AppliedRule;

/// What one root field reads.
#[derive(Clone, Debug)]
pub enum Root<'c> {
    /// At most one row: an object, or null.
    Row(Box<Row<'c>>),
    /// A page of rows or groups.
    Connection(Box<Connection<'c>>),
    /// Statistics over rows.
    Aggregate(Box<Aggregate<'c>>),
    /// Several rows named one by one, in that order; null where there is none.
    Rows(Box<Named<'c>>),
    /// Every row of a source, each an answer of its own.
    Each(Box<Each<'c>>),
    /// How many rows there are.
    Count(Box<Source<'c>>),
}

/// Rows named one by one, of several kinds.
#[derive(Clone, Debug)]
pub struct Named<'c> {
    /// Which they are: a JSON array of pairs, the place of a kind and a key.
    pub names: ParamId,
    /// What is read of the rows of each kind.
    pub kinds: Vec<Row<'c>>,
}

/// Every row of a source, in the order of their keys.
#[derive(Clone, Debug)]
pub struct Each<'c> {
    /// The rows.
    pub row: Row<'c>,
    /// How many at most.
    pub most: Option<ParamId>,
    /// Whether they are going to be written, so that nobody else does until
    /// the transaction is over.
    pub locked: bool,
}

/// One row of a source, as an object.
#[derive(Clone, Debug)]
pub struct Row<'c> {
    /// Where the row is looked for.
    pub source: Source<'c>,
    /// What is read of it.
    pub object: Object<'c>,
}

/// A complete plan: nothing about it is left to decide, and no SQL has run.
#[derive(Clone, Debug)]
pub struct Plan<'c> {
    /// What is read.
    pub root: Root<'c>,
    /// The values the statement binds.
    pub params: Vec<Param>,
    /// The rules that narrow what is read.
    pub rules: Vec<AppliedRule<'c>>,
}
