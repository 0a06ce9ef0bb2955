use async_graphql::dynamic::{Field, InputValue, SchemaBuilder, TypeRef};

use super::{create, key, nested, payload, targets, update, upsert};
use crate::catalog::Entity;
use crate::graphql::schema::answered;
use crate::graphql::view::View;
use crate::graphql::{filter, lookup};

/// A way to write rows of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) enum Form {
    /// One new row.
    Create,
    /// Several.
    CreateMany,
    /// New values of one row.
    Update,
    /// Of all that meet a filter.
    UpdateMany,
    /// New values of a row if it is there, a new one otherwise.
    Upsert,
    /// One row is deleted.
    Delete,
    /// All that meet a filter are.
    DeleteMany,
}

impl Form {
    /// Every form, in the order of the schema.
    const ALL: [Self; 7] = [
        Self::Create,
        Self::CreateMany,
        Self::Update,
        Self::UpdateMany,
        Self::Upsert,
        Self::Delete,
        Self::DeleteMany,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Create | Self::CreateMany => "create",
            Self::Update | Self::UpdateMany => "update",
            Self::Upsert => "upsert",
            Self::Delete | Self::DeleteMany => "delete",
        }
    }

    /// Whether it is about any number of rows.
    pub(super) fn is_bulk(self) -> bool {
        matches!(self, Self::CreateMany | Self::UpdateMany | Self::DeleteMany)
    }

    /// What the name of the mutation ends with.
    fn noun(self, entity: &Entity) -> &str {
        if self.is_bulk() {
            &entity.plural
        } else {
            &entity.name
        }
    }

    /// The name of the type of its payload.
    pub(super) fn payload(self, entity: &Entity) -> String {
        let (first, rest) = self.word().split_at(1);
        let noun = self.noun(entity);
        format!("{}{rest}{noun}Payload", first.to_ascii_uppercase())
    }

    fn exists(self, view: View<'_>, entity: &Entity) -> bool {
        match self {
            Self::Create | Self::CreateMany => view.creates(entity),
            Self::Update | Self::UpdateMany => view.updates(entity),
            Self::Upsert => {
                view.creates(entity)
                    && view.updates(entity)
                    && !key::unique_keys(view, entity).is_empty()
            }
            Self::Delete | Self::DeleteMany => view.deletes(entity),
        }
    }

    fn description(self, entity: &Entity) -> String {
        let (row, rows) = (entity.words(), entity.plural_words());
        match self {
            Self::Create => format!("Makes a {row}."),
            Self::CreateMany => format!("Makes {rows}: all of them, or none."),
            Self::Update => format!("Changes one {row}."),
            Self::UpdateMany => format!(
                "Changes all {rows} that meet a filter, out of those that you may change so; none \
                 where there are more than you expect."
            ),
            Self::Upsert => {
                format!("Changes the {row} with a unique key if it is there; makes it otherwise.")
            }
            Self::Delete => format!("Deletes one {row}."),
            Self::DeleteMany => format!(
                "Deletes all {rows} that meet a filter, out of those that you may delete; none \
                 where there are more than you expect."
            ),
        }
    }

    fn arguments(self, view: View<'_>, entity: &Entity) -> Vec<InputValue> {
        let row = entity.words();
        let input = create::type_name(entity);
        let by = InputValue::new(update::BY, TypeRef::named_nn(lookup::type_name(entity)))
            .description("What names it.");
        let patch = InputValue::new(update::PATCH, TypeRef::named_nn(update::type_name(entity)))
            .description("What becomes of it.");
        let version = view.version(entity).map(|_| {
            InputValue::new(targets::IF_VERSION, TypeRef::named("BigInt")).description(format!(
                "Only if this is still the version of the {row}, and a `StaleVersionError` \
                 otherwise."
            ))
        });
        let filter = || filter::required_argument(entity);
        let most = || {
            InputValue::new(targets::AT_MOST, TypeRef::named_nn(TypeRef::INT))
                .default_value(1)
                .description("How many you expect at most. Where there are more, nothing is done.")
        };
        match self {
            Self::Create => vec![
                InputValue::new(create::INPUT, TypeRef::named_nn(input))
                    .description(format!("What the {row} is.")),
            ],
            Self::CreateMany => vec![
                InputValue::new(create::INPUT, TypeRef::named_nn_list_nn(input))
                    .description("What each of them is."),
            ],
            Self::Update => [by, patch].into_iter().chain(version).collect(),
            Self::UpdateMany => vec![filter(), patch, most()],
            Self::Upsert => vec![
                InputValue::new(upsert::ON, TypeRef::named_nn(key::type_name(entity)))
                    .description("Which unique key tells whether it is there."),
                InputValue::new(create::INPUT, TypeRef::named_nn(input)).description(format!(
                    "What the {row} is. Where it is there already, what is left out stays as it is."
                )),
            ],
            Self::Delete => std::iter::once(by).chain(version).collect(),
            Self::DeleteMany => vec![filter(), most()],
        }
    }
}

/// The entity and the way to write its rows that a mutation is named after.
pub(in crate::graphql) fn form_of<'c>(view: View<'c>, name: &str) -> Option<(&'c Entity, Form)> {
    view.entities().find_map(|entity| {
        let form = Form::ALL.into_iter().find(|form| {
            name.strip_prefix(form.word())
                .is_some_and(|noun| noun == form.noun(entity))
        });
        Some((entity, form?))
    })
}

/// The fields of the mutation root that write rows of an entity, and their
/// types.
pub(in crate::graphql) fn define(
    view: View<'_>,
    entity: &Entity,
    mut builder: SchemaBuilder,
) -> (SchemaBuilder, Vec<Field>) {
    let mut fields = Vec::new();
    for form in Form::ALL {
        if !form.exists(view, entity) {
            continue;
        }
        builder = builder.register(payload::define(form, entity));
        let name = format!("{}{}", form.word(), form.noun(entity));
        let field = answered(name, TypeRef::named_nn(form.payload(entity)))
            .description(form.description(entity));
        let arguments = form.arguments(view, entity).into_iter();
        fields.push(arguments.fold(field, Field::argument));
        builder = match form {
            Form::Create => builder.register(create::define(view, entity)),
            Form::Update => builder.register(update::define(view, entity)),
            Form::Upsert => builder.register(key::define(view, entity)),
            _ => builder,
        };
    }
    if view.creates(entity) || view.updates(entity) {
        for object in nested::define(view, entity) {
            builder = builder.register(object);
        }
    }
    (builder, fields)
}
