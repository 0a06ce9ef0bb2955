use std::sync::Arc;

use serde_json::Value as Json;

use super::checks::Checks;
use super::names;
use crate::access::{Reference, Role, Rule, Verdict};

/// Everything that is exposed, checked and resolved. Entities and columns are
/// named by their place in it.
#[derive(Debug)]
pub struct Catalog {
    pub(super) entities: Vec<Entity>,
}

/// An exposed entity.
#[derive(Debug)]
pub struct Entity {
    /// Name of the GraphQL type, such as `OrderItem`.
    pub name: String,
    /// Its plural, such as `OrderItems`.
    pub plural: String,
    /// The root field that reads one row, such as `orderItem`; also the type
    /// prefix of its global ids.
    pub singular_field: String,
    /// The root field that reads a list, such as `orderItems`.
    pub plural_field: String,
    /// What a row is, for people who use the API.
    pub description: String,
    /// Name of the table.
    pub table: String,
    /// Which rows may be read.
    pub read: Rule,
    /// Exposed columns, in the order they were declared.
    pub fields: Vec<Field>,
    /// Exposed relations.
    pub relations: Vec<Relation>,
    /// Places in [`fields`](Self::fields) of unique columns by which a row can
    /// be named, beside its id.
    pub lookups: Vec<usize>,
    /// Places in [`fields`](Self::fields) of the texts that are searched; the
    /// earlier ones count more.
    pub search: Vec<usize>,
    /// Place in [`relations`](Self::relations) of the one that leads to the
    /// row's parent, where the rows make a tree.
    pub tree: Option<usize>,
    /// Whether its rows are those who sign in.
    pub accounts: bool,
    /// The order of lists that ask for none; the primary key always follows.
    pub default_sort: Vec<Sort>,
    /// How many rows it takes at least for statistics over them to be told to a
    /// role and those below it.
    pub min_group_sizes: Vec<(Role, u32)>,
    /// How its rows are written.
    pub writes: Writes,
    pub(super) columns: Vec<Column>,
    pub(super) key: usize,
}

/// A column of an exposed table, exposed itself or not.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something about the column by itself"
)]
pub struct Column {
    /// Its name in the database.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it can be null.
    pub nullable: bool,
    /// How many characters a text has at most.
    pub length: Option<u32>,
    /// The least and the greatest of the integers that it holds.
    pub range: Option<(i64, i64)>,
    /// Whether the database has a value of its own for new rows.
    pub(super) filled: bool,
    pub(super) unique: bool,
    pub(super) indexed: bool,
}

/// What a column holds, and with it the scalar it becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A key: `ID` where it is the row's own.
    Uuid,
    /// A 64-bit integer.
    BigInt,
    /// A 32-bit integer.
    Int,
    /// A double-precision number.
    Float,
    /// A truth value.
    Boolean,
    /// Text, compared byte by byte.
    Text,
    /// Text out of a closed set.
    Enum(Arc<Enumeration>),
    /// A moment in UTC.
    DateTime,
    /// A calendar day.
    Date,
    /// A JSON document.
    Json,
}

/// A closed set of texts.
#[derive(Debug, PartialEq, Eq)]
pub struct Enumeration {
    /// Name of the GraphQL enum.
    pub name: String,
    /// What it stands for.
    pub description: String,
    /// Its values.
    pub values: Vec<EnumValue>,
}

/// A value of an [`Enumeration`]. Its GraphQL name is the stored text in
/// capitals, so that every database can print it with `upper`.
#[derive(Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// The text in the database.
    pub stored: String,
    /// The GraphQL name.
    pub name: String,
    /// What it means.
    pub description: String,
}

/// An exposed column.
#[derive(Debug)]
pub struct Field {
    /// Name of the GraphQL field.
    pub name: String,
    /// What it is, for people who use the API.
    pub description: String,
    /// On which rows it may be read, out of those the entity's rule admits.
    pub read: Rule,
    pub(super) column: usize,
}

/// An exposed relation.
#[derive(Debug)]
pub struct Relation {
    /// Name of the GraphQL field.
    pub name: String,
    /// What it is, for people who use the API.
    pub description: String,
    /// Whether it leads to one row or to many.
    pub kind: RelationKind,
    /// Whether the column on this side refers to the other, rather than the
    /// other way round.
    pub refers: bool,
    /// Place of the related entity in the catalogue.
    pub target: usize,
    /// Place of the column on this side.
    pub from: usize,
    /// Place of the column on the other side.
    pub to: usize,
}

/// How many rows a relation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// At most one.
    ToOne,
    /// Any number.
    ToMany,
}

/// How rows of an entity are written.
#[derive(Debug, Default)]
pub struct Writes {
    /// Who may make rows, and which, as they were made; nobody if none.
    pub create: Option<Rule>,
    /// Who may change rows, and which, as they were and as they become.
    pub update: Option<Rule>,
    /// Who may delete rows, and which.
    pub delete: Option<Rule>,
    /// The columns whose values clients give, in the order of the schema.
    pub inputs: Vec<Input>,
    /// The unique keys, by the places of their columns.
    pub keys: Vec<Vec<usize>>,
    /// Place of the column with the user who made the row.
    pub created_by: Option<usize>,
    /// Place of the column with the moment the row was made.
    pub created_at: Option<usize>,
    /// Place of the column with the moment the row was last changed.
    pub updated_at: Option<usize>,
    /// Place of the column that counts the changes of the row from 1 on.
    pub version: Option<usize>,
}

/// A column whose value clients give.
#[derive(Debug)]
pub struct Input {
    /// Its name in inputs: of the field that exposes it, or of the relation.
    pub name: String,
    /// What it is, for people who use the API.
    pub description: String,
    /// Place of the column.
    pub column: usize,
    /// Place of the relation, where the column refers to another row.
    pub relation: Option<usize>,
    /// Whether it is given when the row is made, and never changed.
    pub once: bool,
    /// Who may give it, and on which rows.
    pub rule: Rule,
    /// The value of new rows for which none is given, as stored.
    pub default: Option<Json>,
    /// What a value must be.
    pub checks: Checks,
}

/// A key of a default order.
#[derive(Clone, Copy, Debug)]
pub struct Sort {
    /// Place of the column.
    pub column: usize,
    /// Greatest first.
    pub descending: bool,
}

impl Kind {
    /// Whether values have an order and can be compared.
    #[must_use]
    pub fn is_sortable(&self) -> bool {
        !matches!(self, Kind::Json)
    }
}

impl Entity {
    /// The name in running text, such as `order item`.
    #[must_use]
    pub fn words(&self) -> String {
        names::words(&self.name)
    }

    /// The plural in running text, such as `order items`.
    #[must_use]
    pub fn plural_words(&self) -> String {
        names::words(&self.plural)
    }

    /// The type prefix of global ids.
    #[must_use]
    pub fn id_prefix(&self) -> &str {
        &self.singular_field
    }

    /// The primary key.
    #[must_use]
    pub fn key(&self) -> &Column {
        &self.columns[self.key]
    }

    /// The field that exposes the primary key.
    #[must_use]
    pub fn key_field(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.column == self.key)
    }

    /// Whether a field exposes the primary key.
    #[must_use]
    pub fn is_key(&self, field: &Field) -> bool {
        field.column == self.key
    }

    /// Every column, exposed or not.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column at a place.
    #[must_use]
    pub fn column_at(&self, place: usize) -> &Column {
        &self.columns[place]
    }

    /// The column of that name in the database.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column behind a field.
    #[must_use]
    pub fn column_of(&self, field: &Field) -> &Column {
        &self.columns[field.column]
    }

    /// The relation that leads to the row's parent, where the rows make a
    /// tree.
    #[must_use]
    pub fn parent(&self) -> Option<&Relation> {
        self.relations.get(self.tree?)
    }

    /// The field of that GraphQL name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field that exposes the column at a place.
    #[must_use]
    pub fn field_at(&self, column: usize) -> Option<&Field> {
        self.fields.iter().find(|field| field.column == column)
    }

    /// The root fields that tell statistics over its rows, and groups of them.
    #[must_use]
    pub fn statistics_fields(&self) -> [String; 2] {
        names::of_statistics(&self.singular_field)
    }

    /// The relation of that GraphQL name.
    #[must_use]
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name == name)
    }
}

impl Relation {
    /// The fields that tell statistics over the rows of `target` behind it, and
    /// groups of them.
    #[must_use]
    pub fn statistics_fields(&self, target: &Entity) -> [String; 2] {
        let (one, many) = (&target.singular_field, &target.plural_field);
        names::of_statistics(names::one_of(&self.name, one, many))
    }
}

impl Catalog {
    /// Every entity, in schema order.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// The entity at a place.
    #[must_use]
    pub fn entity(&self, place: usize) -> &Entity {
        &self.entities[place]
    }

    /// The entity of that GraphQL name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name == name)
    }

    /// The entity of that table.
    #[must_use]
    pub fn by_table(&self, table: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.table == table)
    }

    /// The entity whose global ids begin with that prefix.
    #[must_use]
    pub fn by_id_prefix(&self, prefix: &str) -> Option<&Entity> {
        self.entities
            .iter()
            .find(|entity| entity.id_prefix() == prefix)
    }

    /// Which rows of `entity` exist for a role.
    #[must_use]
    pub fn visibility(&self, entity: &Entity, role: Role) -> Verdict {
        self.rule_verdict(entity, &entity.read, role)
    }

    /// On which of its visible rows a field exists for a role.
    #[must_use]
    pub fn field_verdict(&self, entity: &Entity, field: &Field, role: Role) -> Verdict {
        self.rule_verdict(entity, &field.read, role)
    }

    /// How many rows of `entity` it takes at least for statistics over them to
    /// be told to a role, where not any number will do.
    #[must_use]
    pub fn min_group_size(&self, entity: &Entity, role: Role) -> Option<u32> {
        let sizes = entity.min_group_sizes.iter();
        sizes
            .filter(|(highest, _)| role <= *highest)
            .map(|(_, rows)| *rows)
            .max()
    }

    /// Whether there is such a size for any entity.
    #[must_use]
    pub fn has_min_group_sizes(&self, role: Role) -> bool {
        let mut entities = self.entities.iter();
        entities.any(|entity| self.min_group_size(entity, role).is_some())
    }

    /// What a rule on rows of `entity` says to a role before any row is read.
    #[must_use]
    pub fn rule_verdict(&self, entity: &Entity, rule: &Rule, role: Role) -> Verdict {
        rule.verdict(role, &|reference| {
            let target = self.by_table(&reference.table);
            let column = entity.column(&reference.column);
            let (Some(target), Some(column)) = (target, column) else {
                return Verdict::Never;
            };
            match self.visibility(target, role) {
                // A row that may refer to nothing is not seen through anything.
                Verdict::Always if column.nullable || reference.to != target.key().name => {
                    Verdict::PerRow
                }
                verdict => verdict,
            }
        })
    }

    /// Whether, for a role, every visible row has a visible row behind a
    /// to-one relation, so that the field is never null.
    #[must_use]
    pub fn always_related(&self, entity: &Entity, relation: &Relation, role: Role) -> bool {
        let column = entity.column_at(relation.from);
        let target = self.entity(relation.target);
        let reference = Reference {
            column: column.name.clone(),
            table: target.table.clone(),
            to: target.column_at(relation.to).name.clone(),
        };
        relation.refers
            && relation.to == target.key
            && !column.nullable
            && (self.visibility(target, role) == Verdict::Always
                || entity.read.requires(&reference))
    }
}
