use apollo_compiler::executable::Field as Selected;
use async_graphql::dynamic::{Object, TypeRef};

use super::form::Form;
use super::values::Draft;
use crate::catalog::Entity;
use crate::error::ApiError;
use crate::graphql::input::Input;
use crate::graphql::schema::answered;
use crate::graphql::selection::Reader;
use crate::graphql::user_error::{USER_ERROR, UserError};
use crate::graphql::verb::{Asked, Doing, Member, USER_ERRORS};
use crate::plan::write::{Change, Write};
use crate::plan::{Each, Plan, Predicate, Root, Value};

/// The field that tells whether an upsert made the row.
const CREATED: &str = "created";
/// The field with the number of rows of a bulk change.
const COUNT: &str = "count";

/// A write that is asked for, read.
pub(in crate::graphql) struct AskedWrite<'c> {
    /// What is to be done, or what is wrong with it.
    pub write: Result<Write<'c>, Vec<UserError>>,
}

/// The type of what is told of a write.
pub(super) fn define(form: Form, entity: &Entity) -> Object {
    let (row, rows) = (entity.words(), entity.plural_words());
    let object = Object::new(form.payload(entity)).description("What became of it.");
    let object = if form.is_bulk() {
        let described = match form {
            Form::DeleteMany => format!("The {rows} as they were, in the order of their ids."),
            _ => format!("The {rows}, as far as you may see them, in the order of their ids."),
        };
        object
            .field(
                answered(&entity.plural_field, TypeRef::named_nn_list(&entity.name))
                    .description(described),
            )
            .field(
                answered(COUNT, TypeRef::named(TypeRef::INT))
                    .description(format!("How many {rows} it was.")),
            )
    } else {
        let described = match form {
            Form::Delete => format!("The {row} as it was."),
            _ => format!("The {row}, if you may see it."),
        };
        object.field(
            answered(&entity.singular_field, TypeRef::named(&entity.name)).description(described),
        )
    };
    let object = match form {
        Form::Upsert => object.field(
            answered(CREATED, TypeRef::named(TypeRef::BOOLEAN))
                .description("Whether it was not there before."),
        ),
        Form::Delete => object.field(
            answered(deleted_id(entity), TypeRef::named(TypeRef::ID))
                .description(format!("The id that the {row} had.")),
        ),
        Form::DeleteMany => object.field(
            answered(
                format!("{}s", deleted_id(entity)),
                TypeRef::named_nn_list(TypeRef::ID),
            )
            .description(format!("The ids that the {rows} had.")),
        ),
        _ => object,
    };
    object.field(
        answered(USER_ERRORS, TypeRef::named_nn_list_nn(USER_ERROR)).description(
            "What you can do something about. Where there is anything, nothing was done, and the \
             other fields are null.",
        ),
    )
}

fn deleted_id(entity: &Entity) -> String {
    format!("deleted{}Id", entity.name)
}

impl AskedWrite<'_> {
    /// Whether it moves rows within a tree.
    pub(in crate::graphql) fn moves_in_tree(&self) -> bool {
        self.write.as_ref().is_ok_and(Write::moves_in_tree)
    }

    /// What is wrong with what it is given.
    pub(in crate::graphql) fn faults(&self) -> &[UserError] {
        self.write.as_ref().err().map_or(&[], Vec::as_slice)
    }
}

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads a write that is asked for.
    pub(in crate::graphql) fn asked_write(
        &mut self,
        entity: &'c Entity,
        form: Form,
        fields: &[&'r Selected],
    ) -> Result<Asked<'c>, ApiError> {
        let mut draft = Draft::default();
        let change = self.change(&mut draft, entity, form, fields[0])?;
        let most = rows_of(&change);
        let Draft { book, faults, .. } = draft;
        let references = self.references(book)?;
        let write = if faults.is_empty() {
            Ok(Write { references, change })
        } else {
            Err(faults.into_errors())
        };
        let payload = self.payload_of(entity, form, fields, most)?;
        Ok(Asked {
            doing: Doing::Write(Box::new(AskedWrite { write })),
            payload,
        })
    }

    fn change(
        &mut self,
        draft: &mut Draft<'c>,
        entity: &'c Entity,
        form: Form,
        field: &'r Selected,
    ) -> Result<Change<'c>, ApiError> {
        Ok(match form {
            Form::Create | Form::CreateMany => {
                let input = Input::argument(field, super::create::INPUT, self.variables())
                    .ok_or_else(|| ApiError::internal(&"a creation without input"))?;
                let rows: Vec<_> = if form == Form::Create {
                    vec![(None, input)]
                } else {
                    let rows = input.items().into_iter().enumerate();
                    rows.map(|(place, row)| (Some(place), row)).collect()
                };
                let name = Some(super::create::INPUT);
                let creation = self.at(draft, name, |reader, draft| {
                    if rows.is_empty() {
                        draft.faults.add("Give at least one.");
                    }
                    let few = reader.few(draft, rows.len());
                    reader.creation(draft, entity, if few { rows } else { Vec::new() })
                });
                Change::Create(Box::new(creation?))
            }
            Form::Update => Change::Update(Box::new(self.update_one(draft, entity, field)?)),
            Form::UpdateMany => Change::Update(Box::new(self.update_many(draft, entity, field)?)),
            Form::Upsert => self.upsert(draft, entity, field)?,
            Form::Delete => Change::Delete(Box::new(self.removal(draft, entity, field, false)?)),
            Form::DeleteMany => Change::Delete(Box::new(self.removal(draft, entity, field, true)?)),
        })
    }

    /// Reads what is to be told of a write of up to `most` rows.
    fn payload_of(
        &mut self,
        entity: &'c Entity,
        form: Form,
        fields: &[&'r Selected],
        most: u64,
    ) -> Result<Vec<(String, Member<'c>)>, ApiError> {
        let type_name = form.payload(entity);
        let collected = self.collect(fields, &type_name)?;
        let deleted = deleted_id(entity);
        let mut members = Vec::with_capacity(collected.len());
        for (key, fields) in collected {
            let name = fields[0].name.as_str();
            let member = if name == USER_ERRORS {
                Member::Errors(self.under(key, |reader| reader.errors(&fields))?)
            } else if form.is_bulk() && name == entity.plural_field {
                let (plan, param) = self.rows_of(key, entity, &fields, most)?;
                Member::Rows("rows", Box::new(plan), param)
            } else if !form.is_bulk() && name == entity.singular_field {
                let (plan, param) = self.row_of(key, &entity.name, &fields)?;
                Member::Row("row", Box::new(plan), param)
            } else if name == CREATED {
                Member::Gift(CREATED)
            } else if name == COUNT {
                Member::Gift(COUNT)
            } else if name.starts_with(&deleted) {
                Member::Gift(if form.is_bulk() { "ids" } else { "id" })
            } else {
                Member::Typename(type_name.clone())
            };
            members.push((key.to_owned(), member));
        }
        Ok(members)
    }

    /// Plans the rows that a write will name.
    fn rows_of(
        &mut self,
        key: &str,
        entity: &'c Entity,
        fields: &[&'r Selected],
        most: u64,
    ) -> Result<(Plan<'c>, crate::plan::ParamId), ApiError> {
        self.apart_plan(|reader| {
            reader.under(key, |reader| {
                reader.per_row(most, |reader| {
                    let mut source = reader.source(entity);
                    let list = reader.bind(Value::List(crate::catalog::Kind::Uuid, Vec::new()));
                    let scalar = reader.key(&source);
                    source.narrow(Predicate::In(scalar, list));
                    let object = reader.object(&source, fields)?;
                    let row = crate::plan::Row { source, object };
                    let each = Each {
                        row,
                        most: None,
                        locked: false,
                    };
                    Ok((Root::Each(Box::new(each)), list))
                })
            })
        })
    }
}

/// How many rows a write is about at most.
fn rows_of(change: &Change<'_>) -> u64 {
    let targets = match change {
        Change::Create(creation) => return creation.rows.len() as u64,
        Change::Upsert(..) => return 1,
        Change::Update(alteration) => &alteration.targets,
        Change::Delete(removal) => &removal.targets,
    };
    targets.most()
}
