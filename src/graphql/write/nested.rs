use async_graphql::dynamic::{InputObject, InputValue, TypeRef};

use super::create::{self, NewRows};
use super::rights::When;
use super::targets::Purpose;
use super::values::{Draft, rules_of, stamped, written};
use crate::access::Rule;
use crate::catalog::{self, Entity, Relation, RelationKind, capitalised};
use crate::error::ApiError;
use crate::graphql::cost::WRITE;
use crate::graphql::input::Input;
use crate::graphql::lookup;
use crate::graphql::meter::bytes;
use crate::graphql::selection::Reader;
use crate::graphql::view::View;
use crate::plan::Value;
use crate::plan::write::{Alteration, Cell, Named, Nested};

/// What is given of rows that are made with another one.
const CREATE: &str = "create";
/// And of those that are there already.
const CONNECT: &str = "connect";

/// A relation to rows that may be written together with the one they refer to.
#[derive(Clone, Copy)]
struct Branch<'c> {
    relation: &'c Relation,
    target: &'c Entity,
    /// What refers to the row.
    back: &'c catalog::Input,
    creates: bool,
    connects: bool,
}

/// What is written one relation further, as it is read. Rows that hang on
/// several rows by one relation are made together.
#[derive(Default)]
pub(super) struct Further<'c> {
    made: Vec<(&'c str, NewRows<'c>)>,
    attached: Vec<Alteration<'c>>,
    /// What is attached by each relation: a row refers to one at last.
    connected: Vec<(&'c str, &'c str, Value)>,
}

impl<'c> Further<'c> {
    pub fn is_empty(&self) -> bool {
        self.made.is_empty() && self.attached.is_empty()
    }

    fn made_by(&mut self, branch: Branch<'c>) -> &mut NewRows<'c> {
        let name = branch.relation.name.as_str();
        let known = self.made.iter().position(|(known, _)| *known == name);
        let place = known.unwrap_or_else(|| {
            self.made.push((name, NewRows::of(branch.target)));
            self.made.len() - 1
        });
        &mut self.made[place].1
    }
}

fn branches<'c>(view: View<'c>, entity: &'c Entity) -> impl Iterator<Item = Branch<'c>> {
    view.relations(entity)
        .filter_map(move |(relation, target)| {
            let to_many = relation.kind == RelationKind::ToMany;
            let by_key = entity.column_at(relation.from).name == entity.key().name;
            let mut inputs = target.writes.inputs.iter();
            let back = inputs.find(|input| input.column == relation.to)?;
            let connects = view.updates(target)
                && view
                    .inputs(target, When::Update)
                    .any(|input| input.column == back.column);
            let gives = view
                .inputs(target, When::Create)
                .any(|input| input.column != back.column);
            let branch = Branch {
                relation,
                target,
                back,
                creates: gives && view.may_make(target),
                connects,
            };
            (to_many && by_key && (branch.creates || branch.connects)).then_some(branch)
        })
}

/// Whether a role gives rows that refer to a row of an entity together with it.
pub(super) fn is_given(view: View<'_>, entity: &Entity) -> bool {
    branches(view, entity).next().is_some()
}

fn type_name(entity: &Entity, relation: &Relation, end: &str) -> String {
    format!("{}{}{end}", entity.name, capitalised(&relation.name))
}

/// What is given of the rows that refer to a row, beside its own values.
pub(super) fn define_fields(view: View<'_>, entity: &Entity) -> Vec<InputValue> {
    branches(view, entity)
        .map(|branch| {
            let name = type_name(entity, branch.relation, "Input");
            let rows = branch.target.plural_words();
            InputValue::new(&branch.relation.name, TypeRef::named(name)).description(format!(
                "The {rows} that refer to it from now on. Others stay as they are."
            ))
        })
        .collect()
}

/// The types of these.
pub(super) fn define(view: View<'_>, entity: &Entity) -> Vec<InputObject> {
    let mut types = Vec::new();
    for branch in branches(view, entity) {
        let Branch {
            relation, target, ..
        } = branch;
        let (row, rows) = (target.words(), target.plural_words());
        let mut object = InputObject::new(type_name(entity, relation, "Input"))
            .description(format!("The {rows} that are to refer to a row."));
        if branch.creates {
            let name = type_name(entity, relation, "CreateInput");
            object = object.field(
                InputValue::new(CREATE, TypeRef::named_nn_list(name.as_str()))
                    .description(format!("New {rows}.")),
            );
            let made = InputObject::new(name)
                .description(format!("What a new {row} is that refers to a row."));
            types.push(create::define_inputs(
                view,
                target,
                Some(branch.back.column),
                made,
            ));
        }
        if branch.connects {
            object = object.field(
                InputValue::new(CONNECT, TypeRef::named_nn_list(lookup::type_name(target)))
                    .description(format!(
                        "What names {rows} that are there already. They cease to refer to any \
                         other row."
                    )),
            );
        }
        types.push(object);
    }
    types
}

impl<'c> Reader<'c, '_> {
    /// Reads what is written with a row whose key is `parent`.
    pub(super) fn further(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        given: Input<'_>,
        parent: &Cell,
        further: &mut Further<'c>,
    ) -> Result<(), ApiError> {
        let branches: Vec<_> = branches(self.view(), entity).collect();
        for branch in branches {
            let Some(rows) = given.entry(&branch.relation.name) else {
                continue;
            };
            self.at(draft, Some(&branch.relation.name), |reader, draft| {
                if let Some(made) = rows.entry(CREATE) {
                    reader.at(draft, Some(CREATE), |reader, draft| {
                        reader.made_with(draft, branch, made.items(), parent, further)
                    })?;
                }
                if let Some(named) = rows.entry(CONNECT) {
                    reader.at(draft, Some(CONNECT), |reader, draft| {
                        reader.connected(draft, branch, &named.items(), parent, further)
                    })?;
                }
                Ok::<_, ApiError>(())
            })?;
        }
        Ok(())
    }

    /// What is written with rows, complete.
    pub(super) fn nested(&mut self, further: Further<'c>) -> Result<Nested<'c>, ApiError> {
        let made = further.made.into_iter();
        let created = made.map(|(_, rows)| self.creation_of(rows));
        Ok(Nested {
            created: created.collect::<Result<_, _>>()?,
            attached: further.attached,
        })
    }

    fn made_with(
        &mut self,
        draft: &mut Draft<'c>,
        branch: Branch<'c>,
        rows: Vec<Input<'_>>,
        parent: &Cell,
        further: &mut Further<'c>,
    ) -> Result<(), ApiError> {
        if !self.few(draft, rows.len()) {
            return Ok(());
        }
        let attached = (branch.back.column, parent.clone());
        let made = further.made_by(branch);
        for (place, row) in rows.into_iter().enumerate() {
            self.at(draft, Some(&place.to_string()), |reader, draft| {
                reader.add_row(draft, made, row, Some(&attached))
            })?;
        }
        Ok(())
    }

    /// Reads rows that are there already, and refer to the row from now on.
    fn connected(
        &mut self,
        draft: &mut Draft<'c>,
        branch: Branch<'c>,
        rows: &[Input<'_>],
        parent: &Cell,
        further: &mut Further<'c>,
    ) -> Result<(), ApiError> {
        if !self.few(draft, rows.len()) {
            return Ok(());
        }
        let target = branch.target;
        let back = written(self.view().catalog, target, branch.back);
        let mut rules: Vec<&'c Rule> = target.writes.update.iter().collect();
        rules.extend(rules_of(target, [branch.back]));
        let mut by_field: Vec<(&'c catalog::Field, Vec<Named>)> = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let place = place.to_string();
            self.at(draft, Some(&place), |reader, draft| {
                let (field, value) = match reader.key_of(target, *row) {
                    Ok(key) => key,
                    Err(error) => {
                        draft.faults.add(error.message());
                        return Ok(());
                    }
                };
                reader.spend_written(bytes(&value))?;
                let connected = (branch.relation.name.as_str(), field.name.as_str(), value);
                if further.connected.contains(&connected) {
                    draft.faults.add("This row is connected twice.");
                }
                let path = draft.faults.path();
                let named = Named {
                    value: connected.2.clone(),
                    path,
                };
                further.connected.push(connected);
                match by_field
                    .iter_mut()
                    .find(|(known, _)| known.name == field.name)
                {
                    Some((_, known)) => known.push(named),
                    None => by_field.push((field, vec![named])),
                }
                Ok::<_, ApiError>(())
            })?;
        }
        for (field, named) in by_field {
            self.charge(WRITE * named.len() as u64);
            let changed = [back];
            let purpose = Purpose {
                rules: &rules,
                changed: &changed,
            };
            let targets = self.named_targets(target, field, named, &purpose)?;
            let check = self.check_of(target, &rules, Some(&changed))?;
            further.attached.push(Alteration {
                entity: target,
                targets,
                sets: stamped(target, vec![(back, parent.clone())]),
                path: draft.faults.path(),
                check,
                nested: Nested::default(),
            });
        }
        Ok(())
    }

    /// Whether there are no more rows than a role may write at once. More are
    /// refused, and not read.
    pub(super) fn few(&self, draft: &mut Draft<'c>, rows: usize) -> bool {
        let most = self.limits().bulk.of(self.view().role);
        draft.rows = draft.rows.saturating_add(rows as u64);
        let few = draft.rows <= most;
        if !few {
            draft
                .faults
                .add(format!("At most {most} rows can be written at once."));
        }
        few
    }
}
