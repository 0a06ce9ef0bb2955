//! Column types: one function per kind, one storage per database.
//!
//! | kind | SQLite (STRICT) | PostgreSQL | MariaDB |
//! |---|---|---|---|
//! | id | BLOB, 16 bytes | uuid | BINARY(16) |
//! | text | TEXT, length checked | varchar(n) COLLATE "C" | VARCHAR(n), the table's binary collation |
//! | double | REAL, finite | double precision, finite | DOUBLE |
//! | truth | INTEGER, 0 or 1 | boolean | TINYINT(1), 0 or 1 |
//! | day | TEXT, `2025-11-22` | date | DATE |
//! | timestamp | TEXT, RFC 3339 with `+00:00` | timestamptz | DATETIME(6) |
//! | JSON | TEXT, validity checked | jsonb | JSON |
//!
//! Text compares bytewise everywhere, so that equality, order and uniqueness agree. Timestamps have
//! no database defaults: the code writes them, in UTC and in whole microseconds.

use sea_orm_migration::sea_orm::DbBackend;
use sea_orm_migration::sea_query::{
    ColumnDef, ColumnType, Expr, ExprTrait as _, Func, extension::sqlite::SqliteExpr as _,
};
use std::ops::RangeInclusive;

/// The greatest integer that JavaScript reads exactly: 2^53 − 1.
pub const MAX_EXACT_INTEGER: i64 = (1 << 53) - 1;

/// A column before it is known for which database.
#[derive(Clone, Debug)]
pub struct Column {
    name: &'static str,
    kind: Kind,
    nullable: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    PrimaryKey,
    Id,
    Text { max: u32 },
    FixedText { length: u32 },
    LongText,
    Choice(&'static [&'static str]),
    Integer(RangeInclusive<i64>),
    BigInteger(RangeInclusive<i64>),
    Double,
    Truth,
    Day,
    Timestamp,
    Json,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        nullable: false,
    }
}

/// The primary key `id`.
#[must_use]
pub const fn primary_key() -> Column {
    column("id", Kind::PrimaryKey)
}

/// The id of a row, of this or of another table.
#[must_use]
pub const fn id(name: &'static str) -> Column {
    column(name, Kind::Id)
}

/// Text of at most `max` characters.
#[must_use]
pub const fn text(name: &'static str, max: u32) -> Column {
    column(name, Kind::Text { max })
}

/// Text of exactly `length` characters.
#[must_use]
pub const fn fixed_text(name: &'static str, length: u32) -> Column {
    column(name, Kind::FixedText { length })
}

/// Text without a declared limit; it can be neither indexed nor unique.
#[must_use]
pub const fn long_text(name: &'static str) -> Column {
    column(name, Kind::LongText)
}

/// One of a closed set of words of at most 16 characters.
#[must_use]
pub const fn choice(name: &'static str, values: &'static [&'static str]) -> Column {
    column(name, Kind::Choice(values))
}

/// A 32-bit integer within `range`.
#[must_use]
pub fn integer(name: &'static str, range: RangeInclusive<i32>) -> Column {
    let (start, end) = range.into_inner();
    column(name, Kind::Integer(start.into()..=end.into()))
}

/// An amount of money in minor units, zero or more.
#[must_use]
pub const fn money(name: &'static str) -> Column {
    column(name, Kind::BigInteger(0..=MAX_EXACT_INTEGER))
}

/// A 64-bit integer, zero or more.
#[must_use]
pub const fn big_integer(name: &'static str) -> Column {
    column(name, Kind::BigInteger(0..=MAX_EXACT_INTEGER))
}

/// A double-precision number, finite. Amounts that have to be exact are no such numbers.
#[must_use]
pub const fn double(name: &'static str) -> Column {
    column(name, Kind::Double)
}

/// Whether something is so.
#[must_use]
pub const fn truth(name: &'static str) -> Column {
    column(name, Kind::Truth)
}

/// A calendar day of the years 1 to 9999.
#[must_use]
pub const fn day(name: &'static str) -> Column {
    column(name, Kind::Day)
}

/// A point in time, in UTC and whole microseconds.
#[must_use]
pub const fn timestamp(name: &'static str) -> Column {
    column(name, Kind::Timestamp)
}

/// A JSON document in canonical form.
#[must_use]
pub const fn json(name: &'static str) -> Column {
    column(name, Kind::Json)
}

/// `version`, which counts the updates of a row from 1.
#[must_use]
pub const fn version() -> Column {
    column("version", Kind::BigInteger(1..=MAX_EXACT_INTEGER))
}

impl Column {
    /// Lets the column be null; without this it is not.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// The definition of the column for one database.
    #[must_use]
    pub fn definition(&self, backend: DbBackend) -> ColumnDef {
        let mut definition = ColumnDef::new_with_type(self.name, self.storage(backend));
        if self.nullable {
            definition.null();
        } else {
            definition.not_null();
        }
        if matches!(self.kind, Kind::PrimaryKey) {
            definition.primary_key();
        }
        if let Some(check) = self.check(backend) {
            definition.check(check);
        }
        definition
    }

    fn storage(&self, backend: DbBackend) -> ColumnType {
        match backend {
            DbBackend::Sqlite => self.sqlite_storage(),
            DbBackend::MySql => self.mariadb_storage(),
            // PostgreSQL's own types are the reference; `DbBackend` is open-ended.
            _ => self.postgres_storage(),
        }
    }

    fn sqlite_storage(&self) -> ColumnType {
        ColumnType::custom(match self.kind {
            Kind::PrimaryKey | Kind::Id => "BLOB",
            Kind::Integer(_) | Kind::BigInteger(_) | Kind::Truth => "INTEGER",
            Kind::Double => "REAL",
            _ => "TEXT",
        })
    }

    fn postgres_storage(&self) -> ColumnType {
        match self.kind {
            Kind::PrimaryKey | Kind::Id => ColumnType::Uuid,
            Kind::Text { max: length } | Kind::FixedText { length } => {
                ColumnType::custom(format!("varchar({length}) COLLATE \"C\""))
            }
            Kind::Choice(_) => ColumnType::custom("varchar(16) COLLATE \"C\""),
            Kind::LongText => ColumnType::custom("text COLLATE \"C\""),
            Kind::Integer(_) => ColumnType::Integer,
            Kind::BigInteger(_) => ColumnType::BigInteger,
            Kind::Double => ColumnType::Double,
            Kind::Truth => ColumnType::Boolean,
            Kind::Day => ColumnType::Date,
            Kind::Timestamp => ColumnType::TimestampWithTimeZone,
            Kind::Json => ColumnType::JsonBinary,
        }
    }

    fn mariadb_storage(&self) -> ColumnType {
        match self.kind {
            Kind::PrimaryKey | Kind::Id => ColumnType::Binary(16),
            Kind::Text { max: length } | Kind::FixedText { length } => {
                ColumnType::custom(format!("VARCHAR({length})"))
            }
            Kind::Choice(_) => ColumnType::custom("VARCHAR(16)"),
            Kind::LongText => ColumnType::custom("LONGTEXT"),
            Kind::Integer(_) => ColumnType::Integer,
            Kind::BigInteger(_) => ColumnType::BigInteger,
            Kind::Double => ColumnType::Double,
            Kind::Truth => ColumnType::custom("TINYINT(1)"),
            Kind::Day => ColumnType::Date,
            // TIMESTAMP ends in 2038 and converts by the session's zone; DATETIME does neither.
            Kind::Timestamp => ColumnType::custom("DATETIME(6)"),
            Kind::Json => ColumnType::Json,
        }
    }

    /// What the storage type alone does not enforce on this database.
    fn check(&self, backend: DbBackend) -> Option<Expr> {
        let column = || Expr::col(self.name);
        let length = || Expr::from(Func::char_length(column()));
        let sqlite = backend == DbBackend::Sqlite;
        let mariadb = backend == DbBackend::MySql;
        match &self.kind {
            Kind::PrimaryKey | Kind::Id => {
                sqlite.then(|| Expr::from(Func::cust("length").arg(column())).eq(16))
            }
            Kind::Text { max } => sqlite.then(|| length().lte(*max)),
            Kind::FixedText { length: exact } => Some(length().eq(*exact)),
            Kind::LongText => None,
            Kind::Choice(values) => Some(column().is_in(values.iter().copied())),
            Kind::Integer(range) | Kind::BigInteger(range) => {
                Some(column().between(*range.start(), *range.end()))
            }
            // To PostgreSQL, what is no number is greater than all numbers. MariaDB has neither that nor
            // infinity.
            Kind::Double if sqlite => {
                let size = Expr::from(Func::cust("abs").arg(column()));
                Some(size.lt(Expr::cust("9e999")))
            }
            Kind::Double if mariadb => None,
            Kind::Double => Some(column().gt("-Infinity").and(column().lt("Infinity"))),
            Kind::Truth => (sqlite || mariadb).then(|| column().is_in([0, 1])),
            // Of a text that is no day of the calendar, `date` makes another text, or nothing.
            Kind::Day if sqlite => {
                let day = Expr::from(Func::cust("date").arg(column()));
                Some(day.is(column()).and(column().gte("0001-01-01")))
            }
            Kind::Day => Some(column().between("0001-01-01", "9999-12-31")),
            // The order of these texts is the order of time only while all have this form.
            Kind::Timestamp => sqlite.then(|| column().glob("????-??-??T??:??:??*+00:00")),
            Kind::Json => sqlite.then(|| Expr::from(Func::cust("json_valid").arg(column()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Column, choice, day, double, id, json, money, primary_key, text, timestamp, truth,
    };
    use sea_orm_migration::sea_orm::DbBackend;
    use sea_orm_migration::sea_query::{Table, TableCreateStatement};

    fn sql(backend: DbBackend, column: &Column) -> String {
        let table: TableCreateStatement = Table::create()
            .table("t")
            .col(column.definition(backend))
            .take();
        let sql = backend.build(&table).to_string();
        sql.replace('`', "\"")
            .trim_start_matches("CREATE TABLE \"t\" ( ")
            .trim_end_matches(" )")
            .to_owned()
    }

    #[test]
    fn every_kind_has_one_storage_per_database() {
        let columns = [
            primary_key(),
            id("parent_id").nullable(),
            text("name", 100),
            choice("status", &["draft", "active"]),
            money("price_cents"),
            double("weight"),
            truth("in_print"),
            day("born").nullable(),
            timestamp("created_at"),
            json("attributes"),
        ];
        let expected: [(DbBackend, [&str; 10]); 3] = [
            (
                DbBackend::Sqlite,
                [
                    r#""id" BLOB NOT NULL PRIMARY KEY CHECK (length("id") = 16)"#,
                    r#""parent_id" BLOB NULL CHECK (length("parent_id") = 16)"#,
                    r#""name" TEXT NOT NULL CHECK (LENGTH("name") <= 100)"#,
                    r#""status" TEXT NOT NULL CHECK ("status" IN ('draft', 'active'))"#,
                    r#""price_cents" INTEGER NOT NULL CHECK ("price_cents" BETWEEN 0 AND 9007199254740991)"#,
                    r#""weight" REAL NOT NULL CHECK (abs("weight") < (9e999))"#,
                    r#""in_print" INTEGER NOT NULL CHECK ("in_print" IN (0, 1))"#,
                    r#""born" TEXT NULL CHECK (date("born") IS "born" AND "born" >= '0001-01-01')"#,
                    r#""created_at" TEXT NOT NULL CHECK ("created_at" GLOB '????-??-??T??:??:??*+00:00')"#,
                    r#""attributes" TEXT NOT NULL CHECK (json_valid("attributes"))"#,
                ],
            ),
            (
                DbBackend::Postgres,
                [
                    r#""id" uuid NOT NULL PRIMARY KEY"#,
                    r#""parent_id" uuid NULL"#,
                    r#""name" varchar(100) COLLATE "C" NOT NULL"#,
                    r#""status" varchar(16) COLLATE "C" NOT NULL CHECK ("status" IN ('draft', 'active'))"#,
                    r#""price_cents" bigint NOT NULL CHECK ("price_cents" BETWEEN 0 AND 9007199254740991)"#,
                    r#""weight" double precision NOT NULL CHECK ("weight" > '-Infinity' AND "weight" < 'Infinity')"#,
                    r#""in_print" bool NOT NULL"#,
                    r#""born" date NULL CHECK ("born" BETWEEN '0001-01-01' AND '9999-12-31')"#,
                    r#""created_at" timestamp with time zone NOT NULL"#,
                    r#""attributes" jsonb NOT NULL"#,
                ],
            ),
            (
                DbBackend::MySql,
                [
                    r#""id" binary(16) NOT NULL PRIMARY KEY"#,
                    r#""parent_id" binary(16) NULL"#,
                    r#""name" VARCHAR(100) NOT NULL"#,
                    r#""status" VARCHAR(16) NOT NULL CHECK ("status" IN ('draft', 'active'))"#,
                    r#""price_cents" bigint NOT NULL CHECK ("price_cents" BETWEEN 0 AND 9007199254740991)"#,
                    r#""weight" double NOT NULL"#,
                    r#""in_print" TINYINT(1) NOT NULL CHECK ("in_print" IN (0, 1))"#,
                    r#""born" date NULL CHECK ("born" BETWEEN '0001-01-01' AND '9999-12-31')"#,
                    r#""created_at" DATETIME(6) NOT NULL"#,
                    r#""attributes" json NOT NULL"#,
                ],
            ),
        ];
        for (backend, expected) in expected {
            let actual = columns.each_ref().map(|column| sql(backend, column));
            assert_eq!(actual, expected, "{backend:?}");
        }
    }
}
