//! What an entity says about itself beyond SeaORM's own getters: comments, indexes, enum values.

use sea_orm::{
    ActiveEnum, ColumnTrait as _, DbBackend, EntityTrait, IdenStatic as _, Iterable as _,
    PrimaryKeyToColumn as _, Schema,
};

/// A text column with a closed set of values, with one description for the type and one per value.
pub trait DescribedEnum: ActiveEnum<Value = String> {
    /// What the whole enumeration stands for.
    const DESCRIPTION: &'static str;

    /// What this value means.
    fn description(&self) -> &'static str;
}

/// The comment of a column, for people who use the API; `None` where the column has none.
#[must_use]
pub fn comment<E: EntityTrait>(column: E::Column) -> Option<String> {
    // `ColumnDef` keeps its comment private; the schema builder is the public way to it.
    Schema::new(DbBackend::Sqlite)
        .get_column_def::<E>(column)
        .get_column_spec()
        .comment
        .clone()
}

/// Whether an index starts with this column, so that sorting by it needs no full sort.
#[must_use]
pub fn is_indexed<E: EntityTrait>(column: E::Column) -> bool {
    let name = column.as_str();
    let unique_or_key = column.def().is_unique() || is_primary_key::<E>(name);
    unique_or_key
        || Schema::new(DbBackend::Sqlite)
            .create_index_from_entity(E::default())
            .iter()
            .any(|index| {
                index
                    .get_index_spec()
                    .get_column_names()
                    .first()
                    .is_some_and(|first| first == name)
            })
}

/// The columns of each unique key beside the primary one, as an index of the database has them.
#[must_use]
pub fn unique_keys<E: EntityTrait>() -> Vec<Vec<String>> {
    let single = E::Column::iter()
        .filter(|column| column.def().is_unique())
        .map(|column| vec![column.as_str().to_owned()]);
    let indexes = Schema::new(DbBackend::Sqlite).create_index_from_entity(E::default());
    let several = indexes
        .iter()
        .filter(|index| index.is_unique_key())
        .map(|index| index.get_index_spec().get_column_names())
        .filter(|columns| columns.len() > 1);
    single.chain(several).collect()
}

fn is_primary_key<E: EntityTrait>(name: &str) -> bool {
    E::PrimaryKey::iter().any(|key| key.into_column().as_str() == name)
}

#[cfg(test)]
mod tests {
    use super::{comment, is_indexed, unique_keys};
    use crate::{identity, session, user};
    use sea_orm::{
        ActiveEnum as _, ColumnTrait as _, ColumnType, EntityName as _, RelationTrait as _,
    };

    #[test]
    fn comments_of_tables_and_columns_are_readable() {
        assert!(user::Entity.comment().is_some());
        assert_eq!(
            comment::<user::Entity>(user::Column::DisabledAt).as_deref(),
            Some("When the account was disabled; null while it is in use.")
        );
        assert_eq!(comment::<user::Entity>(user::Column::PasswordHash), None);
    }

    #[test]
    fn indexed_means_an_index_starts_with_the_column() {
        assert!(is_indexed::<user::Entity>(user::Column::Id));
        assert!(is_indexed::<user::Entity>(user::Column::Email));
        assert!(is_indexed::<user::Entity>(user::Column::CreatedAt));
        assert!(!is_indexed::<user::Entity>(user::Column::DisabledAt));
    }

    #[test]
    fn unique_keys_have_one_column_or_several() {
        assert_eq!(unique_keys::<user::Entity>(), [["email"]]);
        assert_eq!(unique_keys::<identity::Entity>(), [["issuer", "subject"]]);
    }

    #[test]
    fn tables_are_related_in_both_directions() {
        let user = session::Relation::User.def();
        let sessions = user::Relation::Sessions.def();
        assert!(!user.is_owner && sessions.is_owner);
        assert_eq!(user.from_col, sessions.to_col);
    }

    #[test]
    fn enum_values_are_lower_case() {
        assert_eq!(user::Role::values(), ["customer", "staff", "admin"]);
        assert!(matches!(
            user::Column::Role.def().get_column_type(),
            ColumnType::String(_)
        ));
    }
}
