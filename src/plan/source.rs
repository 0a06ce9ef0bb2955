use super::{Function, ParamId, Planner, Predicate, Walk};
use crate::access::Rule;
use crate::access::{self, Context};
use crate::catalog::{Column, Entity, Relation};

/// The name a table goes by within one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alias(pub usize);

/// How the rows of a source hang on a row that surrounds it.
#[derive(Clone, Debug)]
pub enum Link<'c> {
    /// By a column.
    Column(Join<'c>),
    /// As what a walk through a tree reaches, its start left out.
    Walk(Box<Walk<'c>>),
    /// As the row whose primary key is a key of the groups of that name.
    Group(Alias, usize),
    /// As the row that one of several names, if it is of that kind; see
    /// [`Named`](super::Named).
    Name(ParamId, usize),
}

/// An equality of two columns.
#[derive(Clone, Copy, Debug)]
pub struct Join<'c> {
    /// The surrounding row.
    pub parent: Alias,
    /// Its column.
    pub parent_column: &'c Column,
    /// The column of this source that equals it.
    pub column: &'c Column,
    /// Whether the surrounding row refers to this one, rather than the other
    /// way round.
    pub refers: bool,
}

impl Join<'_> {
    /// A text that tells it from every other step to one row of `entity`.
    #[must_use]
    pub fn label(&self, entity: &Entity) -> String {
        let from = &self.parent_column.name;
        if self.refers {
            return from.clone();
        }
        // Rows of several entities may refer to one by its key.
        format!("{from} of {} by {}", entity.name, self.column.name)
    }
}

/// Rows of one entity, as far as the requester may see them.
///
/// The fields are private and the functions of [`Planner`] here are the only
/// constructors, so that no FROM exists without its row rule.
#[derive(Clone, Debug)]
pub struct Source<'c> {
    entity: &'c Entity,
    alias: Alias,
    scope: Predicate<'c>,
    link: Option<Link<'c>>,
    filter: Predicate<'c>,
    proposed: Option<Proposed<'c>>,
}

/// What a write would make of rows, to ask about before it is there.
#[derive(Clone, Debug)]
pub struct Proposed<'c> {
    /// The columns that have a value then, row by row.
    pub rows: Vec<Vec<(&'c Column, ParamId)>>,
    /// The keys of the rows that have their other values already, and are given
    /// those of the only one; without, there is nothing else in them.
    pub stored: Option<ParamId>,
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
    pub fn link(&self) -> Option<&Link<'c>> {
        self.link.as_ref()
    }

    /// The surrounding row that the rows hang on, and its column.
    #[must_use]
    pub fn joined_to(&self) -> Option<(Alias, &'c Column)> {
        match self.link.as_ref()? {
            Link::Column(join) => Some((join.parent, join.parent_column)),
            Link::Walk(walk) => walk.start.joined_to(),
            Link::Group(..) | Link::Name(..) => None,
        }
    }

    /// The condition that every row meets, the link apart: the row rule and
    /// what was asked for.
    pub fn condition(&self) -> impl Iterator<Item = &Predicate<'c>> {
        [&self.scope, &self.filter]
            .into_iter()
            .filter(|predicate| !matches!(predicate, Predicate::True))
    }

    /// Whether statistics over other rows that pass a test are computed to
    /// tell which rows these are.
    pub fn has_statistic(&self, test: fn(Function) -> bool) -> bool {
        self.condition()
            .any(|predicate| predicate.has_statistic(test))
    }

    /// What the rows are instead of what is stored.
    #[must_use]
    pub fn proposed(&self) -> Option<&Proposed<'c>> {
        self.proposed.as_ref()
    }

    /// Reads what a write would make of rows instead of what is stored. The row
    /// rule stays.
    pub fn propose(&mut self, proposed: Proposed<'c>) {
        self.proposed = Some(proposed);
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
        let (target, join) = self.join(parent, relation);
        // The parent row passed its own rule, so a child that is visible
        // through exactly this link need not ask again.
        let context = Context {
            parent: parent.entity,
            column: join.column,
            parent_column: join.parent_column,
        };
        self.scoped(target, Some(Link::Column(join)), Some(context))
    }

    /// The same rows, by a rule that asks nothing of the surrounding row: for
    /// what is computed of them before it is known which row that is.
    pub fn child_apart(&mut self, parent: &Source<'c>, relation: &'c Relation) -> Source<'c> {
        let (target, join) = self.join(parent, relation);
        self.scoped(target, Some(Link::Column(join)), None)
    }

    /// The rows of a source, whatever else is asked of it, by a rule that asks
    /// nothing of the surrounding row.
    pub fn apart(&mut self, source: &Source<'c>) -> Source<'c> {
        self.scoped(source.entity, source.link.clone(), None)
    }

    /// Each row of a source once more, as the one that it refers to.
    pub fn itself(&mut self, source: &Source<'c>) -> Source<'c> {
        let key = source.entity.key();
        let join = Join {
            parent: source.alias,
            parent_column: key,
            column: key,
            refers: true,
        };
        self.scoped(source.entity, Some(Link::Column(join)), None)
    }

    /// The row of `entity` whose primary key is a key of groups.
    pub fn keyed(&mut self, entity: &'c Entity, groups: Alias, key: usize) -> Source<'c> {
        self.scoped(entity, Some(Link::Group(groups, key)), None)
    }

    /// The row of `entity` that one of `names` names, as one of that kind.
    pub fn named_row(&mut self, entity: &'c Entity, names: ParamId, kind: usize) -> Source<'c> {
        self.scoped(entity, Some(Link::Name(names, kind)), None)
    }

    fn join(&self, parent: &Source<'c>, relation: &Relation) -> (&'c Entity, Join<'c>) {
        let target = self.catalog().entity(relation.target);
        let join = Join {
            parent: parent.alias,
            parent_column: parent.entity.column_at(relation.from),
            column: target.column_at(relation.to),
            refers: relation.refers,
        };
        (target, join)
    }

    /// The row that `column` of `from` refers to in `target`, for rules.
    pub(crate) fn referred(
        &mut self,
        from: Alias,
        column: &'c Column,
        target: &'c Entity,
        other: &'c Column,
    ) -> Source<'c> {
        let join = Join {
            parent: from,
            parent_column: column,
            column: other,
            refers: true,
        };
        self.scoped(target, Some(Link::Column(join)), None)
    }

    /// The rows that a walk over `relation`, from rows of `parent` to others
    /// of the same entity, reaches in at most `depth` steps from a row of
    /// `parent`.
    pub fn reached(
        &mut self,
        parent: &Source<'c>,
        relation: &'c Relation,
        up: bool,
        depth: ParamId,
    ) -> Source<'c> {
        let entity = parent.entity;
        let start = self.itself(parent);
        let walk = self.walk(start, relation, up, depth);
        self.scoped(entity, Some(Link::Walk(Box::new(walk))), None)
    }

    /// A walk over `relation` from the rows of `start`, through rows that the
    /// requester may see.
    pub fn walk(
        &mut self,
        start: Source<'c>,
        relation: &'c Relation,
        up: bool,
        depth: ParamId,
    ) -> Walk<'c> {
        let entity = start.entity;
        Walk {
            parent: entity.column_at(relation.from),
            step: self.scoped(entity, None, None),
            start,
            up,
            depth,
        }
    }

    /// The rows of `entity` that `rules` admit once they are written, whether
    /// or not the requester may see them.
    pub fn admitted(&mut self, entity: &'c Entity, rules: &[&'c Rule]) -> Source<'c> {
        let alias = self.alias();
        let rules = rules.iter();
        let scope = Predicate::all(
            rules
                .map(|rule| access::rule_scope(self, entity, alias, rule))
                .collect::<Vec<_>>(),
        );
        Source {
            entity,
            alias,
            scope,
            link: None,
            filter: Predicate::True,
            proposed: None,
        }
    }

    /// Whether `rules` admit a row of `source`.
    pub fn admits(&mut self, source: &Source<'c>, rules: &[&'c Rule]) -> Predicate<'c> {
        let rules = rules.iter();
        Predicate::all(
            rules
                .map(|rule| access::rule_scope(self, source.entity, source.alias, rule))
                .collect::<Vec<_>>(),
        )
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
            proposed: None,
        }
    }
}
