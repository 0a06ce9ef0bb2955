use super::{Planner, Predicate};
use crate::access::{self, Context};
use crate::catalog::{Column, Entity, Relation};

/// The name a table goes by within one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alias(pub usize);

/// A join of a source to a row that surrounds it.
#[derive(Clone, Copy, Debug)]
pub struct Link<'c> {
    /// The surrounding row.
    pub parent: Alias,
    /// Its column.
    pub parent_column: &'c Column,
    /// The column of this source that equals it.
    pub column: &'c Column,
}

/// Rows of one entity, as far as the requester may see them.
///
/// The fields are private and [`Planner::source`] and [`Planner::child`] are
/// the only constructors, so that no FROM exists without its row rule.
#[derive(Clone, Debug)]
pub struct Source<'c> {
    entity: &'c Entity,
    alias: Alias,
    scope: Predicate<'c>,
    link: Option<Link<'c>>,
    filter: Predicate<'c>,
}

impl<'c> Source<'c> {
    /// The entity the rows belong to.
    #[must_use]
    pub fn entity(&self) -> &'c Entity {
        self.entity
    }

    /// The name of the rows within the statement.
    #[must_use]
    pub fn alias(&self) -> Alias {
        self.alias
    }

    /// How the rows hang on a surrounding row, if they do.
    #[must_use]
    pub fn link(&self) -> Option<Link<'c>> {
        self.link
    }

    /// The condition that every row meets, the link apart: the row rule and
    /// what was asked for.
    pub fn condition(&self) -> impl Iterator<Item = &Predicate<'c>> {
        [&self.scope, &self.filter]
            .into_iter()
            .filter(|predicate| !matches!(predicate, Predicate::True))
    }

    /// Narrows the rows further. The row rule stays.
    pub fn narrow(&mut self, predicate: Predicate<'c>) {
        let filter = std::mem::replace(&mut self.filter, Predicate::True);
        self.filter = filter.and(predicate);
    }
}

impl<'c> Planner<'c> {
    /// All rows of `entity` that the requester may see.
    pub fn source(&mut self, entity: &'c Entity) -> Source<'c> {
        self.scoped(entity, None, None)
    }

    /// The rows behind `relation`, seen from a row of `parent`.
    pub fn child(&mut self, parent: &Source<'c>, relation: &'c Relation) -> Source<'c> {
        let target = self.catalog().entity(relation.target);
        let link = Link {
            parent: parent.alias,
            parent_column: parent.entity.column_at(relation.from),
            column: target.column_at(relation.to),
        };
        // The parent row passed its own rule, so a child that is visible
        // through exactly this link need not ask again.
        let context = Context {
            parent: parent.entity,
            column: link.column,
            parent_column: link.parent_column,
        };
        self.scoped(target, Some(link), Some(context))
    }

    /// The row that `column` of `from` refers to in `target`, for rules.
    pub(crate) fn referred(
        &mut self,
        from: Alias,
        column: &'c Column,
        target: &'c Entity,
    ) -> Source<'c> {
        let link = Link {
            parent: from,
            parent_column: column,
            column: target.key(),
        };
        self.scoped(target, Some(link), None)
    }

    fn scoped(
        &mut self,
        entity: &'c Entity,
        link: Option<Link<'c>>,
        context: Option<Context<'c>>,
    ) -> Source<'c> {
        let alias = self.alias();
        let scope = access::row_scope(self, entity, alias, context);
        Source {
            entity,
            alias,
            scope,
            link,
            filter: Predicate::True,
        }
    }
}
