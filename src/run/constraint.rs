use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::{DatabaseError, ErrorKind};

use crate::catalog::{Column, Entity};

/// A constraint that a statement violated, so that it wrote nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub kind: ViolationKind,
    /// What the database says of it: its name, or its columns.
    hint: String,
}

/// What a constraint asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ViolationKind {
    /// No two rows are alike.
    Unique,
    /// The row that is referred to is there.
    Reference,
    /// No other row refers to what is changed.
    Referred,
    /// The value is one of those that are taken, and not null.
    Value,
}

/// `MariaDB`'s error of a CHECK, which `sqlx` knows by `MySQL`'s number only.
const MARIADB_CHECK: u16 = 4025;

impl Violation {
    /// The constraint that an error is about, if it is about one.
    pub fn of(error: &DbErr) -> Option<Self> {
        let (DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))) = error
        else {
            return None;
        };
        let sqlx::Error::Database(error) = error.as_ref() else {
            return None;
        };
        let by_number = error
            .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
            .is_some_and(|error| error.number() == MARIADB_CHECK);
        let kind = match error.kind() {
            ErrorKind::UniqueViolation => ViolationKind::Unique,
            ErrorKind::ForeignKeyViolation => ViolationKind::Reference,
            ErrorKind::NotNullViolation | ErrorKind::CheckViolation => ViolationKind::Value,
            _ if by_number || does_not_fit(error.as_ref()) => ViolationKind::Value,
            // What `SQLite` does for RESTRICT counts as a trigger of its own.
            _ if error.message() == "FOREIGN KEY constraint failed" => ViolationKind::Reference,
            _ => return None,
        };
        let hint = match error.constraint() {
            Some(name) => name.to_owned(),
            None => last_part(error.message()).to_owned(),
        };
        Some(Self { kind, hint })
    }

    /// That some unique key is taken.
    pub fn of_some_key() -> Self {
        Self {
            kind: ViolationKind::Unique,
            hint: String::new(),
        }
    }

    /// The same of an update, which may change what other rows refer to.
    pub fn of_update(self, changes_key: bool) -> Self {
        match self.kind {
            ViolationKind::Reference if changes_key => Self {
                kind: ViolationKind::Referred,
                ..self
            },
            _ => self,
        }
    }

    /// Whether it tells of rows that are not written.
    pub fn tells_of_others(&self) -> bool {
        matches!(self.kind, ViolationKind::Unique | ViolationKind::Referred)
    }

    /// The columns of `entity` that a unique key is made of; none where it is
    /// not known which key it is.
    pub fn key<'c>(&self, entity: &'c Entity) -> Vec<&'c Column> {
        let keys = entity.writes.keys.iter();
        let keys = keys.map(|places| {
            let columns = places.iter().map(|place| entity.column_at(*place));
            columns.collect::<Vec<_>>()
        });
        let mut named = keys.filter(|columns| {
            let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
            let table = &entity.table;
            let joined = names.join("_");
            let qualified: Vec<_> = names.iter().map(|name| format!("{table}.{name}")).collect();
            self.hint == format!("{table}_{joined}_key")
                || self.hint == joined
                || self.hint == qualified.join(", ")
        });
        named.next().unwrap_or_default()
    }

    /// The column that a constraint of values is about, if it is known: its
    /// name is in that of the constraint or the index, or the database says it.
    pub fn column<'c>(&self, entity: &'c Entity) -> Option<&'c Column> {
        let inputs = entity.writes.inputs.iter();
        let mut columns = inputs.map(|input| entity.column_at(input.column));
        columns.find(|column| {
            let begins = format!("{}_{}_", entity.table, column.name);
            let is_part = |sign: char| sign.is_alphanumeric() || sign == '_';
            let mut words = self.hint.split(|sign| !is_part(sign));
            self.hint.starts_with(&begins)
                || words.any(|word| word == column.name || word.starts_with(&begins))
        })
    }
}

/// Whether a value is too long or too great for its column (`SQLSTATE` 22001 and
/// 22003), or too long for an index of `PostgreSQL`'s.
fn does_not_fit(error: &(dyn DatabaseError + 'static)) -> bool {
    error.code().is_some_and(|code| match &*code {
        "22001" | "22003" => true,
        "54000" => error.message().starts_with("index row"),
        _ => false,
    })
}

/// What a message says of the constraint: its columns behind the colon
/// (`SQLite`), or its name in the last quotes (`MariaDB`).
fn last_part(message: &str) -> &str {
    if let Some((_, columns)) = message.split_once("constraint failed: ") {
        return columns;
    }
    if let Some((_, name)) = message.rsplit_once(" for key '") {
        return name.trim_end_matches('\'');
    }
    message
}
