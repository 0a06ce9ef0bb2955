use super::nested;
use crate::access::{Role, Rule, Verdict};
use crate::catalog::{Entity, Input};
use crate::graphql::view::View;

/// When an input is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) enum When {
    /// When the row is made.
    Create,
    /// When it is changed.
    Update,
}

/// What a role may write.
impl<'c> View<'c> {
    /// Whether the role makes rows of an entity: it may, and has something to
    /// give.
    pub(in crate::graphql) fn creates(self, entity: &'c Entity) -> bool {
        let gives = self.inputs(entity, When::Create).next().is_some();
        self.may_make(entity) && (gives || nested::is_given(self, entity))
    }

    /// Whether the role may make rows of an entity, whatever there is to give.
    pub(super) fn may_make(self, entity: &Entity) -> bool {
        let may_give = |input: &Input| self.gives(entity, input);
        let writes = &entity.writes;
        let owned = writes.created_by.is_some_and(|place| {
            let column = entity.column_at(place);
            !column.nullable && self.role == Role::Anonymous
        });
        let lacks_nothing = writes
            .inputs
            .iter()
            .filter(|input| is_required(entity, input))
            .all(may_give);
        self.admits(entity, writes.create.as_ref()) && !owned && lacks_nothing
    }

    /// Whether the role may change rows of an entity.
    pub(in crate::graphql) fn updates(self, entity: &'c Entity) -> bool {
        self.admits(entity, entity.writes.update.as_ref())
            && self.inputs(entity, When::Update).next().is_some()
    }

    /// Whether the role may delete rows of an entity.
    pub(in crate::graphql) fn deletes(self, entity: &Entity) -> bool {
        self.admits(entity, entity.writes.delete.as_ref())
    }

    /// The inputs that the role may give.
    pub(in crate::graphql) fn inputs(
        self,
        entity: &'c Entity,
        when: When,
    ) -> impl Iterator<Item = &'c Input> {
        let inputs = entity.writes.inputs.iter();
        inputs
            .filter(move |input| !(when == When::Update && input.once) && self.gives(entity, input))
    }

    /// The field that tells the version of a row, where the role may read it.
    pub(in crate::graphql) fn version(
        self,
        entity: &'c Entity,
    ) -> Option<&'c crate::catalog::Field> {
        let field = entity.field_at(entity.writes.version?)?;
        self.shows(entity, field).then_some(field)
    }

    fn gives(self, entity: &Entity, input: &Input) -> bool {
        let field = entity.field_at(input.column);
        let shows = field.map(|field| self.shows(entity, field));
        let shown = match input.relation {
            Some(place) => {
                let relation = &entity.relations[place];
                let target = self.catalog.entity(relation.target);
                shows != Some(false) && self.catalog.visibility(target, self.role) != Verdict::Never
            }
            None => shows == Some(true),
        };
        shown && self.admits(entity, Some(&input.rule))
    }

    fn admits(self, entity: &Entity, rule: Option<&Rule>) -> bool {
        rule.is_some_and(|rule| {
            self.catalog.rule_verdict(entity, rule, self.role) != Verdict::Never
        })
    }
}

/// Whether a new row must have the input given.
pub(super) fn is_required(entity: &Entity, input: &Input) -> bool {
    input.default.is_none() && !entity.column_at(input.column).nullable
}
