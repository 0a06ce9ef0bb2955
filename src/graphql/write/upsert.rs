use super::create::INPUT;
use super::key::{Part, UniqueKey, unique_keys};
use super::references::each;
use super::rights::When;
use super::targets::Purpose;
use super::update::Patch;
use super::values::{Draft, rules_of};
use crate::catalog::Entity;
use crate::error::ApiError;
use crate::graphql::Selected;
use crate::graphql::input::Input;
use crate::graphql::selection::Reader;
use crate::plan::write::{Alteration, Cell, Change, Choice, Creation, Targets};
use crate::plan::{Comparison, ParamId, Predicate, Value};

/// The name of the argument that says which unique key is meant.
pub(super) const ON: &str = "on";

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads a change of a row if it is there, and a new row otherwise.
    pub(super) fn upsert(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        field: &'r Selected,
    ) -> Result<Change<'c>, ApiError> {
        let on = Input::argument(field, ON, self.variables()).and_then(Input::text);
        let key = unique_keys(self.view(), entity)
            .into_iter()
            .find(|key| Some(key.name.as_str()) == on)
            .ok_or_else(|| ApiError::internal(&"an upsert on no key"))?;
        let row = Input::argument(field, INPUT, self.variables())
            .ok_or_else(|| ApiError::internal(&"an upsert without input"))?;
        self.at(draft, Some(INPUT), |reader, draft| {
            let creation = reader.creation(draft, entity, vec![(None, row)])?;
            if !creation.nested.is_empty() {
                // Whether they were there before would be anybody's guess.
                draft.faults.add(
                    "Rows that refer to it can be written with one that is made or changed, not \
                     with one of which it is not known.",
                );
            }
            let alteration = reader.upserted(draft, entity, row, &key, &creation)?;
            Ok(Change::Upsert(Box::new(alteration), Box::new(creation)))
        })
    }

    /// What becomes of the row that is there: the values that are given, as far
    /// as they may change.
    fn upserted(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        row: Input<'_>,
        key: &UniqueKey<'c>,
        creation: &Creation<'c>,
    ) -> Result<Alteration<'c>, ApiError> {
        let view = self.view();
        let cells = |place: usize| {
            let column = entity.column_at(place);
            let known =
                (creation.columns.iter()).position(|written| written.column.name == column.name);
            let row = creation.rows.first()?;
            row.cells.get(known?).cloned()
        };
        let entries = row.entries();
        let mut given = Vec::new();
        for input in view.inputs(entity, When::Update) {
            let is_part = (key.parts.iter())
                .any(|part| matches!(part, Part::Input(known) if known.name == input.name));
            if !is_part
                && entries.iter().any(|(name, _)| *name == input.name)
                && let Some(cell) = cells(input.column)
            {
                given.push((input, cell));
            }
        }
        let mut patch: Patch<'c> = self.patch_with(entity, given);
        // Whoever names a row by a value must be allowed to read it there.
        let parts = key.parts.iter().filter_map(|part| match part {
            Part::Input(input) => Some(*input),
            Part::Maker(_) => None,
        });
        patch.rules.extend(rules_of(entity, parts));
        let changed = patch.changed();
        let purpose = Purpose {
            rules: &patch.rules,
            changed: &changed,
        };
        let (plan, bound) = self.apart_plan(|reader| {
            let mut source = reader.source(entity);
            let mut bound: Vec<(ParamId, Cell)> = Vec::new();
            for part in &key.parts {
                let place = match part {
                    Part::Input(input) => input.column,
                    Part::Maker(place) => *place,
                };
                let column = entity.column_at(place);
                let cell =
                    cells(place).ok_or_else(|| ApiError::internal(&"a key without value"))?;
                if let (Cell::Value(Value::Null(_)), Part::Input(input)) = (&cell, part) {
                    draft.faults.under(&input.name, |faults| {
                        faults.add("A key has no null: give a value.");
                    });
                }
                let param = reader.bind(Value::Null(column.kind.clone()));
                bound.push((param, cell));
                let scalar = source.stored_scalar(column);
                source.narrow(Predicate::Compare(scalar, Comparison::Equal, param));
            }
            let members = reader.target_members(&source, &purpose);
            Ok((each(source, members, None, true), bound))
        })?;
        let targets = Targets {
            plan,
            choice: Choice::Unique(draft.faults.path()),
            if_version: None,
            bound,
        };
        let mut alteration = self.alteration(entity, patch, targets)?;
        alteration.path = draft.faults.path();
        Ok(alteration)
    }
}
