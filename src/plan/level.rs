use super::{Alias, Content, ParamId, Planner, Population, Scalar, Source};
use crate::catalog::{Column, Entity, Relation};

/// Of rows that make a tree, the one at a level that each is below: the roots
/// are at level 1, and a row whose parent the requester may not see is a root.
/// What is above the level is below none.
#[derive(Clone, Debug)]
pub struct Level<'c> {
    /// The name of the rows at the level.
    pub alias: Alias,
    /// The rows that are below them.
    pub of: Alias,
    /// The roots, and their parents, of which there are none.
    pub root: Source<'c>,
    /// See [`root`](Self::root).
    pub above: Source<'c>,
    /// The rows below, step by step.
    pub step: Source<'c>,
    /// The column by which a row refers to its parent.
    pub parent: &'c Column,
    /// Which level.
    pub level: ParamId,
    /// How deep the tree is at most.
    pub depth: ParamId,
}

impl<'c> Planner<'c> {
    /// The key of the row at a level that rows of `source` in a population are
    /// below.
    pub fn level(
        &mut self,
        population: &mut Population<'c>,
        source: &Source<'c>,
        relation: &'c Relation,
        level: ParamId,
        depth: ParamId,
    ) -> Scalar<'c> {
        let entity: &'c Entity = source.entity();
        let alias = self.alias();
        let root = self.source(entity);
        let above = self.child_apart(&root, relation);
        let step = self.source(entity);
        population.levels.push(Level {
            alias,
            of: source.alias(),
            root,
            above,
            step,
            parent: entity.column_at(relation.from),
            level,
            depth,
        });
        Scalar {
            alias,
            content: Content::Column(entity.key()),
            mask: None,
            through: Vec::new(),
        }
    }
}
