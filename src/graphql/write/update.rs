use async_graphql::dynamic::{InputObject, InputValue, TypeRef};

use super::create::type_of;
use super::nested::{self, Further};
use super::rights::When;
use super::targets::Purpose;
use super::values::{Draft, rules_of, stamped, written};
use crate::access::Rule;
use crate::catalog::{self, Entity};
use crate::error::ApiError;
use crate::graphql::Selected;
use crate::graphql::cost::WRITE;
use crate::graphql::input::Input;
use crate::graphql::selection::Reader;
use crate::graphql::view::View;
use crate::plan::write::{Alteration, Cell, Named, Nested, Targets, Written};

/// The name of the argument that names one row.
pub(super) const BY: &str = "by";
/// That of the one with new values.
pub(super) const PATCH: &str = "patch";

/// The name of the type of new values.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Patch", entity.name)
}

/// The type of new values.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    let object = InputObject::new(type_name(entity)).description(format!(
        "What becomes of a {}. What is left out stays as it is; null is nothing.",
        entity.words()
    ));
    let object = view
        .inputs(entity, When::Update)
        .fold(object, |object, input| {
            let input_type = TypeRef::named(type_of(view, entity, input));
            object.field(InputValue::new(&input.name, input_type).description(&input.description))
        });
    nested::define_fields(view, entity)
        .into_iter()
        .fold(object, InputObject::field)
}

/// What a patch says, before it is known of which rows.
pub(super) struct Patch<'c> {
    pub sets: Vec<(Written<'c>, Cell)>,
    pub rules: Vec<&'c Rule>,
    nested: Nested<'c>,
}

impl<'c> Patch<'c> {
    /// The values that change.
    pub fn changed(&self) -> Vec<Written<'c>> {
        self.sets.iter().map(|(written, _)| *written).collect()
    }
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads a change of one row.
    pub(super) fn update_one(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        field: &'r Selected,
    ) -> Result<Alteration<'c>, ApiError> {
        let mut patch = self.patch_of(draft, entity, field, true)?;
        let changed = patch.changed();
        let targets = self.one_target(draft, entity, field, &mut patch.rules, &changed)?;
        self.alteration(entity, patch, targets)
    }

    /// Reads a change of all rows that meet a filter.
    pub(super) fn update_many(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        field: &'r Selected,
    ) -> Result<Alteration<'c>, ApiError> {
        let patch = self.patch_of(draft, entity, field, false)?;
        let changed = patch.changed();
        let purpose = Purpose {
            rules: &patch.rules,
            changed: &changed,
        };
        let targets = self.matching_targets(entity, field, &purpose, &mut draft.faults)?;
        self.alteration(entity, patch, targets)
    }

    fn patch_of(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        field: &'r Selected,
        nests: bool,
    ) -> Result<Patch<'c>, ApiError> {
        let given = Input::argument(field, PATCH, self.variables())
            .ok_or_else(|| ApiError::internal(&"an update without a patch"))?;
        self.at(draft, Some(PATCH), |reader, draft| {
            let mut patch = reader.patch(draft, entity, given)?;
            let mut further = Further::default();
            reader.further(draft, entity, given, &Cell::Parent, &mut further)?;
            if !nests && !further.is_empty() {
                draft
                    .faults
                    .add("Rows that refer to it can only be written with one row at a time.");
            }
            patch.nested = reader.nested(further)?;
            Ok(patch)
        })
    }

    /// Reads the values of a patch, and the rules that bind them.
    pub(super) fn patch(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        given: Input<'_>,
    ) -> Result<Patch<'c>, ApiError> {
        let cells = self.patched(draft, entity, given)?;
        Ok(self.patch_with(entity, cells))
    }

    pub(super) fn patch_with(
        &mut self,
        entity: &'c Entity,
        cells: Vec<(&'c catalog::Input, Cell)>,
    ) -> Patch<'c> {
        let catalog = self.view().catalog;
        let mut rules: Vec<&'c Rule> = entity.writes.update.iter().collect();
        rules.extend(rules_of(entity, cells.iter().map(|(input, _)| *input)));
        let sets = cells.into_iter();
        let sets = sets.map(|(input, cell)| (written(catalog, entity, input), cell));
        Patch {
            sets: sets.collect(),
            rules,
            nested: Nested::default(),
        }
    }

    /// Reads which one row is to be written.
    pub(super) fn one_target(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        field: &'r Selected,
        rules: &mut Vec<&'c Rule>,
        changed: &[Written<'c>],
    ) -> Result<Targets<'c>, ApiError> {
        let by = Input::argument(field, BY, self.variables())
            .ok_or_else(|| ApiError::internal(&"a write of no row"))?;
        let (key, value) = self.key_of(entity, by).map_err(|error| error.within(BY))?;
        self.spend_texts(&value);
        let version = self.if_version(&mut draft.faults, entity, field);
        rules.extend(version.map(|(_, rule)| rule));
        let purpose = Purpose { rules, changed };
        let path = draft.faults.under(BY, |faults| faults.path());
        let named = vec![Named { value, path }];
        let mut targets = self.named_targets(entity, key, named, &purpose)?;
        targets.if_version = version.map(|(version, _)| version);
        Ok(targets)
    }

    pub(super) fn alteration(
        &mut self,
        entity: &'c Entity,
        patch: Patch<'c>,
        targets: Targets<'c>,
    ) -> Result<Alteration<'c>, ApiError> {
        self.charge(WRITE.saturating_mul(targets.most()));
        let changed = patch.changed();
        let check = self.check_of(entity, &patch.rules, Some(&changed))?;
        let sets = stamped(entity, patch.sets);
        Ok(Alteration {
            entity,
            targets,
            sets,
            path: vec![PATCH.to_owned()],
            check,
            nested: patch.nested,
        })
    }
}
