use super::faults::Faults;
use super::references::ReferenceBook;
use super::rights::When;
use super::value;
use crate::access::Rule;
use crate::catalog::{self, Column, Entity};
use crate::error::ApiError;
use crate::graphql::input::Input;
use crate::graphql::meter::bytes;
use crate::graphql::selection::Reader;
use crate::plan::Value;
use crate::plan::write::{Cell, Written};

/// What the reading of one write gathers.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Draft<'c> {
    pub book: ReferenceBook<'c>,
    pub faults: Faults,
    /// How many rows are written by it so far, those of lists within lists too.
    pub rows: u64,
}

/// The columns of new rows of an entity, whatever is given: statements are the
/// same then.
pub(super) fn columns_of<'c>(
    catalog: &'c catalog::Catalog,
    entity: &'c Entity,
) -> Vec<Written<'c>> {
    let writes = &entity.writes;
    let inputs = writes
        .inputs
        .iter()
        .map(|input| written(catalog, entity, input));
    let set = [writes.created_at, writes.updated_at, writes.version];
    let set = set.into_iter().flatten().map(|place| Written {
        column: entity.column_at(place),
        name: None,
        prefix: None,
    });
    let maker = writes
        .created_by
        .map(|place| referring(catalog, entity, place));
    inputs.chain(maker).chain(set).collect()
}

/// An input as a column that is written.
pub(super) fn written<'c>(
    catalog: &'c catalog::Catalog,
    entity: &'c Entity,
    input: &'c catalog::Input,
) -> Written<'c> {
    if input.relation.is_some() {
        return referring(catalog, entity, input.column);
    }
    Written {
        column: entity.column_at(input.column),
        name: Some(&input.name),
        prefix: None,
    }
}

/// A column that refers to another row, by the name of the relation.
fn referring<'c>(catalog: &'c catalog::Catalog, entity: &'c Entity, place: usize) -> Written<'c> {
    let mut relations = entity.relations.iter();
    let relation = relations.find(|relation| relation.from == place && relation.refers);
    Written {
        column: entity.column_at(place),
        name: relation.map(|relation| relation.name.as_str()),
        prefix: relation.and_then(|relation| {
            let target = catalog.entity(relation.target);
            let is_key = target.column_at(relation.to).name == target.key().name;
            is_key.then(|| target.id_prefix())
        }),
    }
}

/// Values that are set, and the moment at which they are.
pub(super) fn stamped<'c>(
    entity: &'c Entity,
    mut sets: Vec<(Written<'c>, Cell)>,
) -> Vec<(Written<'c>, Cell)> {
    if let Some(place) = entity.writes.updated_at {
        let column = Written {
            column: entity.column_at(place),
            name: None,
            prefix: None,
        };
        sets.push((column, Cell::Now));
    }
    sets
}

/// The rules that bind what a write gives: of each input, and of the field that
/// shows it.
pub(super) fn rules_of<'c>(
    entity: &'c Entity,
    given: impl IntoIterator<Item = &'c catalog::Input>,
) -> Vec<&'c Rule> {
    let mut rules: Vec<&'c Rule> = Vec::new();
    for input in given {
        let field = entity.field_at(input.column).map(|field| &field.read);
        for rule in [Some(&input.rule), field].into_iter().flatten() {
            if *rule != Rule::Everyone && !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    rules
}

impl<'c> Reader<'c, '_> {
    /// Reads the values of a new row. What refers to the row that it is made
    /// with is known already: the place of the column, and its value.
    pub(super) fn new_values(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        given: Input<'_>,
        attached: Option<&(usize, Cell)>,
    ) -> Result<Vec<Cell>, ApiError> {
        let writes = &entity.writes;
        let entries = given.entries();
        let view = self.view();
        let allowed: Vec<_> = view.inputs(entity, When::Create).collect();
        let mut cells = Vec::with_capacity(writes.inputs.len() + 4);
        for input in &writes.inputs {
            if let Some((_, cell)) = attached.filter(|(place, _)| *place == input.column) {
                cells.push(cell.clone());
                continue;
            }
            let column = entity.column_at(input.column);
            let entry = entries.iter().find(|(name, _)| *name == input.name);
            let entry = entry.filter(|_| allowed.iter().any(|known| known.name == input.name));
            let given = entry.map(|(_, value)| self.cell(draft, entity, input, *value));
            cells.push(match (given.transpose()?, &input.default) {
                (Some(cell), _) => cell,
                (None, Some(default)) => Cell::Value(value::default(column, default)),
                (None, None) => Cell::Value(Value::Null(column.kind.clone())),
            });
        }
        if let Some(place) = writes.created_by {
            let user = self.requester().user();
            let kind = || entity.column_at(place).kind.clone();
            cells.push(Cell::Value(
                user.map_or_else(|| Value::Null(kind()), Value::Uuid),
            ));
        }
        let moments = [writes.created_at, writes.updated_at];
        cells.extend(moments.into_iter().flatten().map(|_| Cell::Now));
        cells.extend(writes.version.map(|_| Cell::Value(Value::Int(1))));
        Ok(cells)
    }

    /// Reads the values that a patch gives, in the order of the schema.
    pub(super) fn patched(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        patch: Input<'_>,
    ) -> Result<Vec<(&'c catalog::Input, Cell)>, ApiError> {
        let entries = patch.entries();
        let view = self.view();
        let inputs: Vec<_> = view.inputs(entity, When::Update).collect();
        let mut cells = Vec::with_capacity(entries.len());
        for input in inputs {
            let entry = entries.iter().find(|(name, _)| *name == input.name);
            if let Some((_, value)) = entry {
                cells.push((input, self.cell(draft, entity, input, *value)?));
            }
        }
        Ok(cells)
    }

    /// Reads one value.
    fn cell(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        input: &'c catalog::Input,
        given: Input<'_>,
    ) -> Result<Cell, ApiError> {
        let column = entity.column_at(input.column);
        let Draft { book, faults, .. } = draft;
        faults.under(&input.name, |faults| match input.relation {
            Some(place) => {
                let relation = &entity.relations[place];
                let target = self.view().catalog.entity(relation.target);
                let to = target.column_at(relation.to);
                self.reference(book, faults, column, (target, to), given)
            }
            None => match value::read(column, &input.checks, given) {
                Ok(value) => {
                    self.spend_written(bytes(&value))?;
                    Ok(Cell::Value(value))
                }
                Err(message) => {
                    faults.add(message);
                    Ok(Cell::Value(Value::Null(column.kind.clone())))
                }
            },
        })
    }

    fn reference(
        &mut self,
        book: &mut ReferenceBook<'c>,
        faults: &mut Faults,
        column: &Column,
        target: (&'c Entity, &'c Column),
        given: Input<'_>,
    ) -> Result<Cell, ApiError> {
        if given.is_null() {
            if !column.nullable {
                faults.add("This cannot be null. Leave it out to let it be as it is.");
            }
            return Ok(Cell::Value(Value::Null(column.kind.clone())));
        }
        let found = self.named_in(book, faults, target, given)?;
        Ok(found.unwrap_or_else(|| Cell::Value(Value::Null(column.kind.clone()))))
    }

    /// Reads what names a row, for a mutation that is written by hand.
    pub(in crate::graphql) fn referred_to(
        &mut self,
        draft: &mut Draft<'c>,
        target: &'c Entity,
        given: Input<'_>,
    ) -> Result<Option<Cell>, ApiError> {
        let target = (target, target.key());
        self.named_in(&mut draft.book, &mut draft.faults, target, given)
    }

    fn named_in(
        &mut self,
        book: &mut ReferenceBook<'c>,
        faults: &mut Faults,
        (target, to): (&'c Entity, &'c Column),
        given: Input<'_>,
    ) -> Result<Option<Cell>, ApiError> {
        match self.key_of(target, given) {
            Ok((field, value)) => {
                self.spend_written(bytes(&value))?;
                Ok(Some(book.add(target, field, to, value, faults.path())))
            }
            Err(error) => {
                let name = given.only().map(|(name, _)| name).unwrap_or_default();
                faults.under(name, |faults| faults.add(error.message()));
                Ok(None)
            }
        }
    }
}
