use std::any::TypeId;
use std::sync::Arc;

use entity::metadata::{self, DescribedEnum};
use sea_orm::sea_query::{StringLen, TableName, TableRef};
use sea_orm::{
    ColumnTrait, ColumnType, EntityName, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn,
    RelationDef, RelationTrait, RelationType,
};

use super::model::{Column, EnumValue, Enumeration, Kind, RelationKind};
use super::names;
use super::writes::DeclaredWrites;
use crate::access::{Role, Rule, everyone};

/// A declaration as data, ready to be checked against the others.
#[derive(Debug)]
pub struct Declaration {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) table: String,
    pub(super) schema: Option<String>,
    /// Which entity it is of: two may have tables of one name.
    pub(super) entity: TypeId,
    pub(super) key: Vec<String>,
    pub(super) columns: Vec<(String, Result<Column, Unhandled>)>,
    pub(super) read: Option<Rule>,
    pub(super) fields: Vec<DeclaredField>,
    pub(super) relations: Vec<DeclaredRelation>,
    pub(super) lookups: Vec<String>,
    pub(super) search: Vec<String>,
    pub(super) tree: Option<String>,
    pub(super) accounts: bool,
    pub(super) default_sort: Vec<(String, bool)>,
    pub(super) min_group_sizes: Vec<(Role, u32)>,
    pub(super) enumerations: Vec<(String, Arc<Enumeration>)>,
    pub(super) unique_keys: Vec<Vec<String>>,
    /// The columns by which rows refer to others, exposed or not.
    pub(super) references: Vec<String>,
    pub(super) writes: DeclaredWrites,
}

#[derive(Debug)]
pub(super) struct DeclaredField {
    pub column: String,
    pub name: String,
    pub description: Option<String>,
    pub read: Rule,
}

#[derive(Debug)]
pub(super) struct DeclaredRelation {
    pub name: String,
    pub kind: RelationKind,
    pub refers: bool,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub table: String,
    /// Whether the entity leaves out some of the rows that are joined.
    pub conditional: bool,
}

/// A declaration being written. See [`expose`].
#[derive(Debug)]
pub struct Expose<E> {
    pub(super) declaration: Declaration,
    entity: std::marker::PhantomData<E>,
}

/// Begins the declaration of an entity under the name of its GraphQL type.
///
/// Nothing is exposed until it is named: rows by [`Expose::read`], columns by
/// [`Expose::fields`] and [`Expose::field`], related rows by
/// [`Expose::relations`]. Descriptions are the comments of the entity.
pub fn expose<E: EntityTrait>(name: &str) -> Expose<E> {
    let entity = E::default();
    Expose {
        declaration: Declaration {
            name: name.to_owned(),
            description: EntityName::comment(&entity).map(str::to_owned),
            table: entity.table_name().to_owned(),
            schema: entity.schema_name().map(str::to_owned),
            entity: TypeId::of::<E>(),
            key: E::PrimaryKey::iter()
                .map(|key| key.into_column().as_str().to_owned())
                .collect(),
            columns: E::Column::iter()
                .map(|column| (column.as_str().to_owned(), describe::<E>(column)))
                .collect(),
            read: None,
            fields: Vec::new(),
            relations: Vec::new(),
            lookups: Vec::new(),
            search: Vec::new(),
            tree: None,
            accounts: false,
            default_sort: Vec::new(),
            min_group_sizes: Vec::new(),
            enumerations: Vec::new(),
            unique_keys: metadata::unique_keys::<E>(),
            references: E::Relation::iter()
                .map(|relation| relation.def())
                .filter(|relation| !relation.is_owner)
                .flat_map(|relation| {
                    relation
                        .from_col
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                })
                .collect(),
            writes: DeclaredWrites::default(),
        },
        entity: std::marker::PhantomData,
    }
}

impl<E: EntityTrait> Expose<E> {
    /// Which rows may be read. Without it, none.
    #[must_use]
    pub fn read(mut self, rule: Rule) -> Self {
        self.declaration.read = Some(rule);
        self
    }

    /// Columns that may be read on every row that may be read.
    #[must_use]
    pub fn fields<const N: usize>(self, columns: [E::Column; N]) -> Self {
        columns
            .into_iter()
            .fold(self, |this, column| this.field(column, everyone()))
    }

    /// A column that may be read only where `rule` admits the requester. On
    /// the other rows it reads as null, in filters and orders too.
    #[must_use]
    pub fn field(mut self, column: E::Column, rule: Rule) -> Self {
        // The interface `Node` names it.
        let name = match column.as_str() {
            key if self.declaration.key == [key] => "id".to_owned(),
            column => names::camel(column),
        };
        self.declaration.fields.push(DeclaredField {
            column: column.as_str().to_owned(),
            name,
            description: metadata::comment::<E>(column),
            read: rule,
        });
        self
    }

    /// Says that a text column holds the values of `A`, and names the GraphQL
    /// enum.
    #[must_use]
    pub fn enumeration<A: DescribedEnum>(mut self, column: E::Column, name: &str) -> Self {
        let values = A::iter()
            .map(|value| {
                let stored = value.to_value();
                EnumValue {
                    name: stored.to_ascii_uppercase(),
                    description: value.description().to_owned(),
                    stored,
                }
            })
            .collect();
        let enumeration = Enumeration {
            name: name.to_owned(),
            description: A::DESCRIPTION.to_owned(),
            values,
        };
        self.declaration
            .enumerations
            .push((column.as_str().to_owned(), Arc::new(enumeration)));
        self
    }

    /// Unique columns by which a row can be named, beside its id.
    #[must_use]
    pub fn lookup<const N: usize>(mut self, columns: [E::Column; N]) -> Self {
        let names = columns.iter().map(|column| column.as_str().to_owned());
        self.declaration.lookups.extend(names);
        self
    }

    /// Texts that lists can be searched by, word by word. Words in earlier
    /// columns count more. The table needs an index over the same columns:
    /// see `migration::search`.
    #[must_use]
    pub fn search<const N: usize>(mut self, columns: [E::Column; N]) -> Self {
        let names = columns.iter().map(|column| column.as_str().to_owned());
        self.declaration.search.extend(names);
        self
    }

    /// Says that the rows make a tree, and which of the relations leads to a
    /// row's parent. Rows get `ancestors` and `descendants`, and filters
    /// `inSubtreeOf`.
    #[must_use]
    pub fn tree(mut self, parent: E::Relation) -> Self {
        self.declaration.tree = Some(names::camel(&format!("{parent:?}")));
        self
    }

    /// Says that the rows are those who sign in: `me` is the requester's.
    #[must_use]
    pub fn accounts(mut self) -> Self {
        self.declaration.accounts = true;
        self
    }

    /// Related rows, as far as their own declaration admits the requester.
    #[must_use]
    pub fn relations<const N: usize>(mut self, relations: [E::Relation; N]) -> Self {
        for relation in relations {
            let RelationDef {
                rel_type,
                is_owner,
                from_col,
                to_col,
                to_tbl,
                on_condition,
                ..
            } = relation.def();
            self.declaration.relations.push(DeclaredRelation {
                name: names::camel(&format!("{relation:?}")),
                kind: match rel_type {
                    RelationType::HasOne => RelationKind::ToOne,
                    RelationType::HasMany => RelationKind::ToMany,
                },
                refers: !is_owner,
                from: from_col.iter().map(ToString::to_string).collect(),
                to: to_col.iter().map(ToString::to_string).collect(),
                table: table_name(&to_tbl),
                conditional: on_condition.is_some(),
            });
        }
        self
    }

    /// Adds a key, smallest first, to the order of lists that ask for none.
    #[must_use]
    pub fn ascending(mut self, column: E::Column) -> Self {
        let name = column.as_str().to_owned();
        self.declaration.default_sort.push((name, false));
        self
    }

    /// Adds a key, greatest first, to the order of lists that ask for none.
    #[must_use]
    pub fn descending(mut self, column: E::Column) -> Self {
        let name = column.as_str().to_owned();
        self.declaration.default_sort.push((name, true));
        self
    }

    /// How many of these rows it takes at least for statistics over them to be
    /// told to a role, and to those below it. Smaller groups are left out, and
    /// other statistics over fewer rows are null. It binds reports; which rows
    /// a role may read one by one is for [`read`](Self::read) to say.
    #[must_use]
    pub fn min_group_size(mut self, role: Role, rows: u32) -> Self {
        self.declaration.min_group_sizes.push((role, rows));
        self
    }

    /// Ends the declaration.
    #[must_use]
    pub fn done(self) -> Declaration {
        self.declaration
    }
}

impl Declaration {
    /// The column of that name, to join by.
    pub(super) fn joint(&self, name: &str) -> Option<Joint<'_>> {
        let readable = self.columns.iter();
        let readable = readable.filter_map(|(_, column)| column.as_ref().ok());
        let mut readable = readable.enumerate();
        let (place, column) = readable.find(|(_, column)| column.name == name)?;
        let mut enumerations = self.enumerations.iter();
        let enumeration = enumerations.find(|(column, _)| column == name);
        let mut fields = self.fields.iter();
        Some(Joint {
            place,
            column,
            kind: enumeration.map_or_else(
                || column.kind.clone(),
                |(_, enumeration)| Kind::Enum(enumeration.clone()),
            ),
            unique: column.unique || self.key == [name],
            read: fields
                .find(|field| field.column == name)
                .map(|field| &field.read),
        })
    }
}

/// A column by which tables are joined.
pub(super) struct Joint<'d> {
    /// Where it is among those that can be read.
    pub place: usize,
    pub column: &'d Column,
    /// What it holds, by what is declared of it.
    pub kind: Kind,
    /// Whether it tells rows apart.
    pub unique: bool,
    /// On which rows it may be read, where it is exposed.
    pub read: Option<&'d Rule>,
}

/// The name of the table that a relation leads to.
#[must_use]
pub fn table_name(table: &TableRef) -> String {
    match table {
        // No declared table is called so: those that name a schema are refused.
        TableRef::Table(TableName(Some(schema), name), _) => format!("{}.{name}", schema.1),
        TableRef::Table(TableName(None, name), _) => name.to_string(),
        // Relations of entities always lead to a table; anything else matches
        // no declared one and is refused when the catalogue is checked.
        _ => String::new(),
    }
}

/// A column of a type that the engine cannot handle.
#[derive(Debug)]
pub(super) struct Unhandled {
    pub kind: ColumnType,
    /// Whether new rows need no value for it.
    pub may_be_left_out: bool,
}

/// What the engine needs to know of a column.
fn describe<E: EntityTrait>(column: E::Column) -> Result<Column, Unhandled> {
    let definition = column.def();
    let filled = definition.get_column_default().is_some();
    let kind = match definition.get_column_type() {
        ColumnType::Uuid => Kind::Uuid,
        ColumnType::BigInteger => Kind::BigInt,
        ColumnType::Integer | ColumnType::SmallInteger | ColumnType::TinyInteger => Kind::Int,
        ColumnType::Double => Kind::Float,
        ColumnType::Boolean => Kind::Boolean,
        ColumnType::String(_) | ColumnType::Text => Kind::Text,
        ColumnType::TimestampWithTimeZone => Kind::DateTime,
        ColumnType::Date => Kind::Date,
        ColumnType::Json | ColumnType::JsonBinary => Kind::Json,
        other => {
            return Err(Unhandled {
                kind: other.clone(),
                may_be_left_out: definition.is_null() || filled,
            });
        }
    };
    Ok(Column {
        name: column.as_str().to_owned(),
        kind,
        nullable: definition.is_null(),
        length: match definition.get_column_type() {
            ColumnType::String(StringLen::N(characters)) => Some(*characters),
            _ => None,
        },
        range: match definition.get_column_type() {
            ColumnType::Integer => Some((i32::MIN.into(), i32::MAX.into())),
            ColumnType::SmallInteger => Some((i16::MIN.into(), i16::MAX.into())),
            ColumnType::TinyInteger => Some((i8::MIN.into(), i8::MAX.into())),
            _ => None,
        },
        filled,
        unique: definition.is_unique(),
        indexed: metadata::is_indexed::<E>(column),
    })
}
