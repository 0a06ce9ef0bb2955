//! The intermediate form of what is written: authorised, dialect-free, and
//! complete but for what only rows can tell.

use uuid::Uuid;

use super::{Member, Object, Param, ParamId, Plan, Proposed, Root, Scalar, Source, Value};
use crate::catalog::{Column, Entity, Kind};

/// What one root field writes: complete but for what only rows can tell, such
/// as which keys its references stand for.
#[derive(Clone, Debug)]
pub struct Write<'c> {
    /// The rows that it refers to.
    pub references: Vec<References<'c>>,
    /// What is written.
    pub change: Change<'c>,
}

/// What is written.
#[derive(Clone, Debug)]
pub enum Change<'c> {
    /// New rows.
    Create(Box<Creation<'c>>),
    /// New values of rows.
    Update(Box<Alteration<'c>>),
    /// New values of a row if it is there, a new row otherwise.
    Upsert(Box<Alteration<'c>>, Box<Creation<'c>>),
    /// Rows are deleted.
    Delete(Box<Removal<'c>>),
}

/// Rows that are named by values of one unique field.
#[derive(Clone, Debug)]
pub struct References<'c> {
    /// Reads them as far as the requester may see them: [`VALUE`] and
    /// [`REFERRED`] of each.
    pub plan: Plan<'c>,
    /// The column that rows refer to them by.
    pub to: &'c Column,
    /// The values. Each must name a row.
    pub named: Vec<Named>,
}

/// The key of a row, in what is read for writes: 32 hexadecimal digits.
pub const KEY: &str = "key";
/// The value by which it is named.
pub const VALUE: &str = "value";
/// The value by which rows refer to it.
pub const REFERRED: &str = "referred";
/// Its version.
pub const VERSION: &str = "version";
/// Whether it may be written.
pub const ALLOWED: &str = "allowed";
/// Its values that are to change, by the names of their fields.
pub const BEFORE: &str = "before";

/// A row that the client names.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// By which value.
    pub value: Value,
    /// Where in the arguments.
    pub path: Vec<String>,
}

/// A column that is written.
#[derive(Clone, Copy, Debug)]
pub struct Written<'c> {
    /// The column.
    pub column: &'c Column,
    /// Its name in audit entries and errors, if it has one.
    pub name: Option<&'c str>,
    /// Of a reference, what the ids of such rows begin with.
    pub prefix: Option<&'c str>,
}

/// A value that is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// As the client gave it, or as the declaration says.
    Value(Value),
    /// What stands for a row that is referred to: of the [`References`] at the
    /// first place, the row that is named at the second.
    Reference(usize, usize),
    /// The key of the row that this one is written with.
    Parent,
    /// The moment of the operation.
    Now,
}

/// Rows that are made.
#[derive(Clone, Debug)]
pub struct Creation<'c> {
    /// Of what.
    pub entity: &'c Entity,
    /// The columns that have a value.
    pub columns: Vec<Written<'c>>,
    /// The rows.
    pub rows: Vec<NewRow>,
    /// What they must turn out to be.
    pub checks: Vec<Check<'c>>,
    /// The rows that are made and attached with them.
    pub nested: Nested<'c>,
}

/// A row that is made.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// Its key.
    pub key: Uuid,
    /// Its values, one for each column.
    pub cells: Vec<Cell>,
    /// Where in the arguments it is.
    pub path: Vec<String>,
    /// Which check it must meet, if any.
    pub check: Option<usize>,
}

/// What is written one relation further.
#[derive(Clone, Debug, Default)]
pub struct Nested<'c> {
    /// Rows that are made.
    pub created: Vec<Creation<'c>>,
    /// Rows that are there already, and refer to this row from now on.
    pub attached: Vec<Alteration<'c>>,
}

/// Rows that are changed.
#[derive(Clone, Debug)]
pub struct Alteration<'c> {
    /// Of what.
    pub entity: &'c Entity,
    /// Which.
    pub targets: Targets<'c>,
    /// What becomes of them. The version counts by itself.
    pub sets: Vec<(Written<'c>, Cell)>,
    /// Where in the arguments the new values are.
    pub path: Vec<String>,
    /// What they must turn out to be.
    pub check: Option<Check<'c>>,
    /// The rows that are made and attached with them.
    pub nested: Nested<'c>,
}

/// Rows that are deleted.
#[derive(Clone, Debug)]
pub struct Removal<'c> {
    /// Of what.
    pub entity: &'c Entity,
    /// Which.
    pub targets: Targets<'c>,
}

/// Rows that are there and are to be written.
#[derive(Clone, Debug)]
pub struct Targets<'c> {
    /// Reads and locks them: [`KEY`], [`VALUE`], [`VERSION`], [`ALLOWED`] and
    /// [`BEFORE`] of each.
    pub plan: Plan<'c>,
    /// How they are told.
    pub choice: Choice<'c>,
    /// The version that the client knows.
    pub if_version: Option<i64>,
    /// Parameters that only references tell.
    pub bound: Vec<(ParamId, Cell)>,
}

/// How rows that are to be written are told.
#[derive(Clone, Debug)]
pub enum Choice<'c> {
    /// One by one. Each must be there.
    Named(Vec<Named>),
    /// By a unique key, given here in the arguments. It may not be there.
    Unique(Vec<String>),
    /// By a condition.
    Matching {
        /// How many there may be.
        most: u64,
        /// Counts them.
        count: Box<Plan<'c>>,
    },
}

/// Reads which of some rows a rule admits once they are written.
#[derive(Clone, Debug)]
pub struct Check<'c> {
    /// Reads the [`KEY`] of each.
    pub plan: Plan<'c>,
    /// The keys that are asked about.
    pub keys: ParamId,
}

impl<'c> Check<'c> {
    /// Asks about rows of these keys, as they are.
    #[must_use]
    pub fn about(&self, keys: &[Uuid]) -> Plan<'c> {
        let mut plan = self.plan.clone();
        let keys = keys.iter().copied().map(Value::Uuid).collect();
        plan.params[self.keys.0] = Param::given(Value::List(Kind::Uuid, keys));
        plan
    }

    /// Asks about new rows of these keys before they are there.
    #[must_use]
    pub fn of_new(&self, keys: &[Uuid], columns: &[&'c Column], rows: &[&[Value]]) -> Plan<'c> {
        self.proposing(keys, columns, rows, None)
    }

    /// Asks about rows of these keys before they are given these values.
    #[must_use]
    pub fn of_changed(&self, keys: &[Uuid], columns: &[&'c Column], row: &[Value]) -> Plan<'c> {
        self.proposing(keys, columns, &[row], Some(self.keys))
    }

    fn proposing(
        &self,
        keys: &[Uuid],
        columns: &[&'c Column],
        rows: &[&[Value]],
        stored: Option<ParamId>,
    ) -> Plan<'c> {
        let mut plan = self.about(keys);
        let mut bind = |value: &Value| {
            plan.params.push(Param::given(value.clone()));
            ParamId(plan.params.len() - 1)
        };
        let rows = rows.iter().map(|values| {
            let values = columns.iter().zip(*values);
            values
                .map(|(column, value)| (*column, bind(value)))
                .collect()
        });
        let proposed = Proposed {
            rows: rows.collect(),
            stored,
        };
        if let Root::Each(each) = &mut plan.root {
            each.row.source.propose(proposed);
        }
        plan
    }
}

impl Write<'_> {
    /// Whether it moves rows within a tree. That no row comes to stand above
    /// itself depends on rows that are not known beforehand.
    #[must_use]
    pub fn moves_in_tree(&self) -> bool {
        match &self.change {
            Change::Create(creation) => creation.nested.moves_in_tree(),
            Change::Update(alteration) => alteration.moves_in_tree(),
            Change::Upsert(alteration, creation) => {
                alteration.moves_in_tree() || creation.nested.moves_in_tree()
            }
            Change::Delete(_) => false,
        }
    }
}

impl Nested<'_> {
    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.created.is_empty() && self.attached.is_empty()
    }

    fn moves_in_tree(&self) -> bool {
        self.attached.iter().any(Alteration::moves_in_tree)
    }
}

impl Alteration<'_> {
    fn moves_in_tree(&self) -> bool {
        let parent = self.entity.parent();
        let parent = parent.map(|relation| self.entity.column_at(relation.from));
        let mut sets = self.sets.iter();
        let moves = parent
            .is_some_and(|parent| sets.any(|(written, _)| written.column.name == parent.name));
        moves || self.nested.moves_in_tree()
    }
}

impl Targets<'_> {
    /// How many rows it can be at most.
    #[must_use]
    pub fn most(&self) -> u64 {
        match &self.choice {
            Choice::Named(named) => named.len() as u64,
            Choice::Unique(_) => 1,
            Choice::Matching { most, .. } => *most,
        }
    }
}

impl<'c> Source<'c> {
    /// The key of a row that is to be written.
    #[must_use]
    pub fn stored_key(&self) -> Member<'c> {
        self.stored(self.entity().key())
    }

    /// A value of a row that is to be written, whoever may read it. It is told
    /// to nobody but those who may read what was written.
    #[must_use]
    pub fn stored(&self, column: &'c Column) -> Member<'c> {
        Member::Scalar(self.stored_scalar(column))
    }

    /// The same to compare with: the unique key of a row that the requester
    /// writes, who learns no more of it than the constraint tells.
    #[must_use]
    pub fn stored_scalar(&self, column: &'c Column) -> Scalar<'c> {
        Scalar::bare(self.alias(), column)
    }

    /// Values of a row that is to be written, by the names of their fields.
    #[must_use]
    pub fn stored_object(&self, written: &[Written<'c>]) -> Member<'c> {
        let named = written.iter().filter_map(|written| {
            let member = match written.prefix {
                Some(prefix) => {
                    Member::GlobalId(prefix, Scalar::bare(self.alias(), written.column))
                }
                None => self.stored(written.column),
            };
            Some((written.name?.to_owned(), member))
        });
        let members = named.collect();
        Member::Object(Object { members }, None)
    }
}
