use super::targets::Purpose;
use super::values::{Draft, columns_of};
use crate::access::Rule;
use crate::catalog::Entity;
use crate::error::ApiError;
use crate::graphql::Selected;
use crate::graphql::cost::WRITE;
use crate::graphql::selection::Reader;
use crate::plan::write::Removal;

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads which rows are to be deleted: one that is named, or all that meet
    /// a filter.
    pub(super) fn removal(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        field: &'r Selected,
        many: bool,
    ) -> Result<Removal<'c>, ApiError> {
        let mut rules: Vec<&'c Rule> = entity.writes.delete.iter().collect();
        // What a new row would have is what is lost with it.
        let changed = columns_of(self.view().catalog, entity);
        let targets = if many {
            let purpose = Purpose {
                rules: &rules,
                changed: &changed,
            };
            self.matching_targets(entity, field, &purpose, &mut draft.faults)?
        } else {
            self.one_target(draft, entity, field, &mut rules, &changed)?
        };
        self.charge(WRITE.saturating_mul(targets.most()));
        Ok(Removal { entity, targets })
    }
}
