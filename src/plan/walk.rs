use super::{ParamId, Source};
use crate::catalog::Column;

/// The most steps of a walk through a tree.
pub const DEEPEST_TREE: u32 = 64;

/// A walk through a tree that is made of rows which refer to rows of their own
/// entity.
///
/// Every step passes the row rule, so a row that the requester may not see
/// ends the walk there, and tells nothing of what lies behind it. A walk takes
/// [`DEEPEST_TREE`] steps at most and never comes back to its start, so that
/// rows which refer to each other in a circle end it as well.
#[derive(Clone, Debug)]
pub struct Walk<'c> {
    /// Where it begins.
    pub start: Source<'c>,
    /// The rows that it may step on.
    pub step: Source<'c>,
    /// The column by which a row refers to its parent.
    pub parent: &'c Column,
    /// Whether it goes to parents rather than to children.
    pub up: bool,
    /// How many steps it takes at most.
    pub depth: ParamId,
}
