use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::catalog::{Column, Entity};

/// A constraint that a statement violated, so that it wrote nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub kind: ViolationKind,
    /// What the database says of it: its name, or its columns.
    hint: String,
    /// Of a reference, the table that refers, as far as the database says it.
    refers: Option<String>,
    /// Of a reference, the columns on the side that is written, likewise.
    columns: Vec<String>,
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

/// How an update that a reference forbids can be told.
pub(super) enum Told {
    /// By what the database says.
    By(Violation),
    /// By which of the columns it was.
    NotYet(Violation),
}

/// `MariaDB`'s error of a CHECK, which `sqlx` knows by `MySQL`'s number only.
const MARIADB_CHECK: u16 = 4025;
/// `MariaDB`'s errors of a row that others refer to.
const MARIADB_REFERRED: [u16; 2] = [1217, 1451];
/// `SQLite`'s error of a row that others refer to by RESTRICT, which counts as a
/// trigger of its own.
const SQLITE_RESTRICTED: &str = "1811";

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
        let number = error.try_downcast_ref().map(MySqlDatabaseError::number);
        let kind = match error.kind() {
            ErrorKind::UniqueViolation => ViolationKind::Unique,
            ErrorKind::ForeignKeyViolation
                if number.is_some_and(|number| MARIADB_REFERRED.contains(&number)) =>
            {
                ViolationKind::Referred
            }
            ErrorKind::ForeignKeyViolation => ViolationKind::Reference,
            ErrorKind::NotNullViolation | ErrorKind::CheckViolation => ViolationKind::Value,
            _ if number == Some(MARIADB_CHECK) || does_not_fit(error.as_ref()) => {
                ViolationKind::Value
            }
            _ if error.message() == "FOREIGN KEY constraint failed" => {
                match error.code().as_deref() {
                    Some(SQLITE_RESTRICTED) => ViolationKind::Referred,
                    _ => ViolationKind::Reference,
                }
            }
            _ => return None,
        };
        let hint = match error.constraint() {
            Some(name) => name.to_owned(),
            None => last_part(error.message()).to_owned(),
        };
        let is_reference = kind == ViolationKind::Reference;
        Some(Self {
            kind,
            hint,
            refers: error.table().filter(|_| is_reference).map(str::to_owned),
            columns: if is_reference {
                columns_of(error.as_ref())
            } else {
                Vec::new()
            },
        })
    }

    /// That some unique key is taken.
    pub fn of_some_key() -> Self {
        Self {
            kind: ViolationKind::Unique,
            hint: String::new(),
            refers: None,
            columns: Vec::new(),
        }
    }

    /// The same of an update, which may change what other rows refer to.
    pub fn of_update(self, entity: &Entity) -> Told {
        if self.kind != ViolationKind::Reference {
            return Told::By(self);
        }
        match &self.refers {
            Some(table) if *table != entity.table => Told::By(self.of_referred()),
            // A row that refers to others of its table.
            Some(_) if self.is_about_key(entity) => Told::By(self.of_referred()),
            None if self.columns.is_empty() => Told::NotYet(self),
            _ => Told::By(self),
        }
    }

    /// The same, of what other rows refer to.
    pub fn of_referred(self) -> Self {
        Self {
            kind: ViolationKind::Referred,
            ..self
        }
    }

    /// Whether the columns that it is about are those of a unique key.
    fn is_about_key(&self, entity: &Entity) -> bool {
        let mut keys = entity.writes.keys.iter();
        keys.any(|places| {
            let names = places.iter().map(|place| &entity.column_at(*place).name);
            names.eq(&self.columns)
        })
    }

    /// Whether a reference may be that of a column, as far as the database says
    /// which it is.
    pub fn may_be_of(&self, column: &Column) -> bool {
        self.columns.is_empty() || self.columns.contains(&column.name)
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

    /// The column that a constraint of values is about, if it is known: the
    /// database says it, or its name is in that of the constraint or the index.
    pub fn column<'c>(&self, entity: &'c Entity) -> Option<&'c Column> {
        let inputs = entity.writes.inputs.iter();
        let mut columns = inputs.map(|input| entity.column_at(input.column));
        if !self.columns.is_empty() {
            return columns.find(|column| self.columns.contains(&column.name));
        }
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

/// The columns on the side that is written, where a database names them, each
/// in whatever language: `PostgreSQL` with their values (`Key (a, b)=(1, 2) …`),
/// `MariaDB` as the constraint was declared (`FOREIGN KEY (`a`, `b`) …`).
fn columns_of(error: &(dyn DatabaseError + 'static)) -> Vec<String> {
    let detail = error.try_downcast_ref().and_then(PgDatabaseError::detail);
    let named = match detail {
        Some(detail) => detail.split_once(")=(").map(|(named, _)| named),
        None => (error.message().split_once("FOREIGN KEY ("))
            .and_then(|(_, after)| after.split_once(')'))
            .map(|(named, _)| named),
    };
    let Some(named) = named else {
        return Vec::new();
    };
    let named = named.split_once('(').map_or(named, |(_, named)| named);
    let named = named.split(", ");
    named
        .map(|name| name.trim_matches(['`', '"']).to_owned())
        .collect()
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
