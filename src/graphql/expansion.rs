mod given;
pub(super) mod heights;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{
    Definition, DirectiveList, Document, Field, FragmentDefinition, OperationDefinition, Selection,
};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};

use given::Given;
use heights::{Depth, Heights};

/// Prices of what apollo-compiler does, in hundredths of a microsecond of one
/// processor.
mod price {
    /// To build a selection and to look at it, and as much for what is selected
    /// below it.
    pub const SELECTION: usize = 40;
    /// To hash a field, a directive, a value, or an argument that a field may
    /// have: once for every field around it.
    pub const HASHED: usize = 12;
    /// As much is this many bytes of names and texts.
    pub const BYTES: usize = 256;
    /// To look for one argument, directive or field of an object literal among
    /// so many: each is compared with each.
    pub const SQUARES: usize = 4;
    /// To compare a use of a variable with a variable.
    pub const VARIABLE: usize = 1;
    /// To look at a selection in search of a circle: for each fragment again.
    pub const WALKED: usize = 1;
    /// To look at one that spreads another fragment there.
    pub const SPREAD: usize = 8;
    /// To compare a selection with another, for all that have one hash, and the
    /// same for what surrounds it.
    pub const ALIKE: usize = 1;
    /// To compare a field with another of the same response key, and to tell of
    /// it: for each argument and part of one.
    pub const MERGED: usize = 3;
    /// As much is this many bytes of them.
    pub const TOLD_BYTES: usize = 16;
    /// To compare a field of an interface with one kind of object, and to tell
    /// of it.
    pub const KIND: usize = 60;
    /// To tell of a mistake: a field that an input object must have and has not,
    /// or a directive.
    pub const MISTAKE: usize = 60;
}

/// Why a document is not validated.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Excess<'d> {
    /// It comes to too many selections.
    TooMany,
    /// It is too much work, however few they are.
    TooMuch,
    /// Something in it leads down too far.
    TooDeep(Depth),
    /// This fragment leads to itself.
    Circle(&'d Node<FragmentDefinition>),
    /// There is another fragment of this one's name.
    Twice(&'d Node<FragmentDefinition>),
}

/// How much a document may come to.
#[derive(Clone, Copy)]
pub(super) struct Most {
    /// Selections, directives and values of arguments.
    pub selections: usize,
    /// What it takes to validate it, in hundredths of a microsecond.
    pub work: usize,
}

/// Looks whether a document is little enough to be validated: to tell whether
/// fields can be merged (GraphQL specification, section 5.3.2), all operations
/// are looked at with every fragment in place. An object has each fragment once,
/// as when it is answered. Names have few bytes, and are looked up for nothing.
///
/// # Errors
/// [`Excess`] where it is more, and where nobody could tell.
pub(super) fn check<'d>(
    document: &'d Document,
    schema: &'d Schema,
    most: Most,
) -> Result<(), Excess<'d>> {
    let mut fragments = HashMap::new();
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition
            && fragments.insert(&fragment.name, fragment).is_some()
        {
            return Err(Excess::Twice(fragment));
        }
    }
    let mut heights = Heights::new(&fragments);
    for definition in &document.definitions {
        heights.check(definition)?;
    }
    let mut expansion = Expansion {
        schema,
        fragments: &fragments,
        keys: HashMap::new(),
        variables: 0,
        reached: HashSet::new(),
        alike: Alike::default(),
        left: most,
    };
    for definition in &document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            expansion.operation(operation)?;
        }
    }
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition {
            expansion.unless_reached(fragment)?;
        }
    }
    expansion.walk()?;
    expansion.compare(most)
}

type Fragments<'d> = HashMap<&'d Name, &'d Node<FragmentDefinition>>;

struct Expansion<'f, 'd> {
    schema: &'d Schema,
    fragments: &'f Fragments<'d>,
    /// What stands under each response key, wherever it does.
    keys: HashMap<&'d Name, Key<'d>>,
    /// How many variables the operation has.
    variables: usize,
    /// The fragments that any operation reaches, or another that none does.
    reached: HashSet<&'d Name>,
    alike: Alike,
    /// How much may still come.
    left: Most,
}

/// What stands under a response key.
#[derive(Default)]
struct Key<'d> {
    fields: usize,
    /// What it takes to compare one of them with that which has most arguments.
    merging: usize,
    /// How many fields are of interfaces.
    abstracts: usize,
    /// Of which kinds of objects the others are.
    kinds: HashSet<&'d Name>,
}

/// Fields that can be made to have one hash. It is known to everybody and of
/// three arguments or more, in whatever order they are: only their hashes are put
/// together, and a third one makes up for what the others have.
#[derive(Default)]
struct Alike {
    fields: usize,
    /// What it takes to compare that which has most arguments with another.
    comparing: usize,
    /// How many fields are around that which has most of them.
    around: usize,
}

/// Where selections stand.
#[derive(Clone, Copy)]
struct Place<'d> {
    /// Of what type they are, where that is known.
    parent: Option<&'d Name>,
    /// How many fields are around them, as far as they are written there.
    around: usize,
}

impl<'d> Expansion<'_, 'd> {
    fn operation(&mut self, operation: &'d OperationDefinition) -> Result<(), Excess<'d>> {
        self.variables = operation.variables.len();
        let place = Place {
            parent: self.schema.root_operation(operation.operation_type),
            around: 0,
        };
        for variable in &operation.variables {
            let mut given = self.directives(&variable.directives);
            if let Some(value) = &variable.default_value {
                given.value(self.schema, value, Some(variable.ty.inner_named_type()));
            }
            self.beside(given)?;
        }
        self.beside(self.directives(&operation.directives))?;
        self.gather(place, &operation.selection_set, &mut HashSet::new())
    }

    /// Follows a fragment that no operation reaches, which is looked at as well.
    fn unless_reached(&mut self, fragment: &'d FragmentDefinition) -> Result<(), Excess<'d>> {
        if !self.reached.insert(&fragment.name) {
            return Ok(());
        }
        self.beside(self.directives(&fragment.directives))?;
        let place = Place {
            parent: Some(&fragment.type_condition),
            around: 0,
        };
        self.gather(place, &fragment.selection_set, &mut HashSet::new())
    }

    /// Follows selections of an object, of which these fragments are in place.
    fn gather(
        &mut self,
        place: Place<'d>,
        selections: &'d [Selection],
        spread: &mut HashSet<&'d Name>,
    ) -> Result<(), Excess<'d>> {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(place, field)?,
                Selection::InlineFragment(fragment) => {
                    self.select(place, self.directives(&fragment.directives), 0)?;
                    let parent = fragment.type_condition.as_ref().or(place.parent);
                    let place = Place { parent, ..place };
                    self.gather(place, &fragment.selection_set, spread)?;
                }
                Selection::FragmentSpread(fragment) => {
                    self.select(place, self.directives(&fragment.directives), 0)?;
                    let name = &fragment.fragment_name;
                    let Some(fragment) = self.fragments.get(name) else {
                        continue;
                    };
                    let place = Place {
                        parent: Some(&fragment.type_condition),
                        around: 0,
                    };
                    self.beside(self.directives(&fragment.directives))?;
                    if spread.insert(name) {
                        self.reached.insert(name);
                        self.gather(place, &fragment.selection_set, spread)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, place: Place<'d>, field: &'d Node<Field>) -> Result<(), Excess<'d>> {
        let parent = place.parent;
        let definition = parent.and_then(|parent| {
            let definition = self.schema.type_field(parent, &field.name);
            definition.ok()
        });
        let mut given = self.directives(&field.directives);
        given.arguments(self.schema, &field.arguments, definition.map(AsRef::as_ref));
        let key = self.keys.entry(field.response_name()).or_default();
        key.fields += 1;
        key.merging = key.merging.max(given.merging());
        match parent.and_then(|parent| self.schema.types.get(parent)) {
            Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => key.abstracts += 1,
            _ => key.kinds.extend(parent),
        }
        let arguments = definition.map_or(0, |definition| definition.arguments.len());
        self.select(place, given, arguments)?;
        if field.selection_set.is_some() {
            self.work(price::SELECTION)?;
        }
        let place = Place {
            parent: definition.map(|definition| definition.ty.inner_named_type()),
            around: place.around + 1,
        };
        self.gather(place, below(field), &mut HashSet::new())
    }

    /// Counts a selection, of which this is given, and which may have so many
    /// arguments.
    fn select(
        &mut self,
        place: Place<'d>,
        given: Given,
        arguments: usize,
    ) -> Result<(), Excess<'d>> {
        self.count(1)?;
        self.given(given)?;
        if given.may_be_alike {
            self.alike.fields += 1;
            self.alike.comparing = self.alike.comparing.max(given.comparing());
            self.alike.around = self.alike.around.max(place.around);
        }
        let hashed = given.hashed() + (1 + arguments) * price::HASHED;
        self.work(price::SELECTION + hashed * (place.around + 1))
    }

    /// Counts what is given to something that is hashed by itself.
    fn beside(&mut self, given: Given) -> Result<(), Excess<'d>> {
        self.given(given)?;
        self.work(given.hashed())
    }

    fn given(&mut self, given: Given) -> Result<(), Excess<'d>> {
        self.count(given.parts)?;
        let variables = given.variables * self.variables * price::VARIABLE;
        self.work(variables + given.mistakes * price::MISTAKE)
    }

    /// The search for circles: it sets out from each fragment, and comes to each
    /// other one once.
    fn walk(&mut self) -> Result<(), Excess<'d>> {
        let fragments = self.fragments.values();
        let steps: usize = fragments.map(|one| steps(&one.selection_set)).sum();
        self.work(self.fragments.len() * steps)
    }

    /// What may have to be compared, and told of where it differs.
    fn compare(&mut self, most: Most) -> Result<(), Excess<'d>> {
        let selections = most.selections - self.left.selections;
        let Alike {
            fields,
            comparing,
            around,
        } = self.alike;
        // Each with each other, and what stands beside it.
        let compared = selections * price::ALIKE + fields * comparing / 2;
        let alike = fields.saturating_sub(1) * compared;
        self.work(alike * (around + 1))?;
        let keys = self.keys.values().map(|key| {
            let kinds = key.kinds.len().saturating_sub(1);
            key.fields * key.merging + key.abstracts * kinds * (price::KIND + key.merging)
        });
        self.work(keys.fold(0, usize::saturating_add))
    }

    fn directives(&self, directives: &DirectiveList) -> Given {
        let mut given = Given::default();
        given.directives(self.schema, directives);
        given
    }

    fn count(&mut self, selections: usize) -> Result<(), Excess<'d>> {
        let left = self.left.selections.checked_sub(selections);
        self.left.selections = left.ok_or(Excess::TooMany)?;
        Ok(())
    }

    fn work(&mut self, work: usize) -> Result<(), Excess<'d>> {
        self.left.work = self.left.work.checked_sub(work).ok_or(Excess::TooMuch)?;
        Ok(())
    }
}

/// What it takes to look at selections in search of a circle, as they are written.
fn steps(selections: &[Selection]) -> usize {
    let steps = selections.iter().map(|selection| match selection {
        Selection::Field(field) => price::WALKED + steps(below(field)),
        Selection::InlineFragment(fragment) => price::WALKED + steps(&fragment.selection_set),
        Selection::FragmentSpread(_) => price::SPREAD,
    });
    steps.sum()
}

fn below(field: &Field) -> &[Selection] {
    field.selection_set.as_deref().unwrap_or_default()
}
