//! Full-text indexes, kept in step by the database itself.
//!
//! A word is letters and decimal digits (Unicode categories L and Nd) with anything else between,
//! whatever their case, and has one meaning on every database: no stemming, no stop words, no accents
//! removed. The few letters whose lower case databases do not agree on are replaced: İ by i, ẞ by ß,
//! ς by σ, the micro sign by μ. What databases still differ in, `docs/reading.md` says.
//!
//! | | how |
//! |---|---|
//! | SQLite | an FTS5 table without content, `<table>_search_index`, whose row numbers `<table>_search_index_rows` ties to keys; triggers fill both |
//! | PostgreSQL | a generated column `search_index` of type tsvector, in the configuration `simple`, with a GIN index |
//! | MariaDB | a generated column `search_index` of text with a FULLTEXT index. Each word stands there behind `zz`, for InnoDB leaves out words of fewer than three characters, and common ones |

use std::ops::RangeInclusive;

use sea_orm_migration::SchemaManager;
use sea_orm_migration::sea_orm::{ConnectionTrait as _, DbBackend, DbErr};

use crate::identifiers::constraint;

/// Combining marks that FTS5 takes for parts of the word before them, whatever it is told.
const MARKS: [RangeInclusive<u32>; 8] = [
    0x300..=0x304,
    0x306..=0x30c,
    0x30f..=0x30f,
    0x311..=0x311,
    0x31b..=0x31b,
    0x323..=0x328,
    0x32d..=0x32e,
    0x330..=0x331,
];
/// Signs and pictures. FTS5 knows the characters of an early version of Unicode, and takes those that
/// came later for letters.
const SIGNS: [RangeInclusive<char>; 14] = [
    '\u{58d}'..='\u{58e}',
    '\u{61c}'..='\u{61d}',
    '\u{2066}'..='\u{2069}',
    '\u{20ba}'..='\u{20cf}',
    '\u{218a}'..='\u{218b}',
    '\u{23f4}'..='\u{23ff}',
    '\u{2700}'..='\u{2700}',
    '\u{2b4d}'..='\u{2bff}',
    '\u{2e3c}'..='\u{2e7f}',
    '\u{32ff}'..='\u{32ff}',
    '\u{ab5b}'..='\u{ab5b}',
    '\u{ab6a}'..='\u{ab6b}',
    '\u{fdfe}'..='\u{fdff}',
    '\u{1f000}'..='\u{1fbff}',
];

/// The column that the index is on, and what the tables that make one are called after.
pub const COLUMN: &str = "search_index";

/// A full-text index over some texts of a table.
#[derive(Clone, Debug)]
pub struct SearchIndex {
    table: &'static str,
    key: &'static str,
    columns: Vec<&'static str>,
}

impl SearchIndex {
    /// An index over these columns, the same that the declaration of the entity names.
    #[must_use]
    pub fn new(table: &'static str, columns: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            table,
            key: "id",
            columns: columns.into_iter().collect(),
        }
    }

    /// What the primary key of the entity is called, where that is not `id`.
    #[must_use]
    pub fn key(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// Makes the index and fills it with the rows there are.
    ///
    /// # Errors
    /// What the database says.
    pub async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        for statement in self.statements(manager.get_database_backend()) {
            manager
                .get_connection()
                .execute_unprepared(&statement)
                .await?;
        }
        Ok(())
    }

    /// The statements of [`SearchIndex::create`], for tests and for reading.
    #[must_use]
    pub fn statements(&self, backend: DbBackend) -> Vec<String> {
        match backend {
            DbBackend::Postgres => self.postgres(),
            DbBackend::MySql => vec![self.mariadb()],
            _ => self.sqlite(),
        }
    }

    fn list(&self, one: impl Fn(&str) -> String, between: &str) -> String {
        let columns = self.columns.iter();
        columns
            .map(|column| one(column))
            .collect::<Vec<_>>()
            .join(between)
    }

    fn sqlite(&self) -> Vec<String> {
        let (table, key) = (self.table, self.key);
        let index = format!("{table}_{COLUMN}");
        let rows = format!("{index}_rows");
        let columns = self.list(|column| format!("\"{column}\""), ", ");
        let text = |row: &str, column: &str| {
            // FTS5 knows the other letters.
            let letters = format!("replace({row}\"{column}\", 'İ', 'i')");
            let marks = MARKS.iter().cloned().flatten();
            marks.fold(letters, |text, mark| {
                format!("replace({text}, char({mark}), ' ')")
            })
        };
        let old = self.list(|column| text(&format!("\"{table}\"."), column), ", ");
        let new = self.list(|column| text("new.", column), ", ");
        let set = self.list(
            |column| format!("\"{column}\" = {}", text("new.", column)),
            ", ",
        );
        let signs = SIGNS.into_iter().flatten().collect::<String>();
        let number =
            |row: &str| format!("(SELECT number FROM \"{rows}\" WHERE id = {row}.\"{key}\")");
        vec![
            format!(
                "CREATE TABLE \"{rows}\" (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE)"
            ),
            format!(
                "CREATE VIRTUAL TABLE \"{index}\" USING fts5({columns}, content='', \
                 contentless_delete=1, \
                 tokenize=\"unicode61 remove_diacritics 0 categories 'L* Nd' \
                 separators '{signs}'\")"
            ),
            format!("INSERT INTO \"{rows}\" (id) SELECT \"{key}\" FROM \"{table}\""),
            format!(
                "INSERT INTO \"{index}\" (rowid, {columns}) \
                 SELECT \"{rows}\".number, {old} FROM \"{rows}\" \
                 JOIN \"{table}\" ON \"{table}\".\"{key}\" = \"{rows}\".id"
            ),
            format!(
                "CREATE TRIGGER \"{index}_insert\" AFTER INSERT ON \"{table}\" BEGIN \
                 INSERT INTO \"{rows}\" (id) VALUES (new.\"{key}\"); \
                 INSERT INTO \"{index}\" (rowid, {columns}) VALUES ({}, {new}); END",
                number("new")
            ),
            format!(
                "CREATE TRIGGER \"{index}_update\" AFTER UPDATE OF \"{key}\", {columns} ON \"{table}\" BEGIN \
                 UPDATE \"{index}\" SET {set} WHERE rowid = {}; \
                 UPDATE \"{rows}\" SET id = new.\"{key}\" WHERE id = old.\"{key}\"; END",
                number("old")
            ),
            format!(
                "CREATE TRIGGER \"{index}_delete\" AFTER DELETE ON \"{table}\" BEGIN \
                 DELETE FROM \"{index}\" WHERE rowid = {}; \
                 DELETE FROM \"{rows}\" WHERE id = old.\"{key}\"; END",
                number("old")
            ),
        ]
    }

    fn postgres(&self) -> Vec<String> {
        let table = self.table;
        let text = self.list(
            |column| format!("coalesce(\"{column}\", '')"),
            " || ' ' || ",
        );
        vec![
            // Not to_tsvector: its parser has ideas of its own about addresses, hyphens and numbers.
            // What is longer than a lexeme may be is no word.
            format!(
                "ALTER TABLE \"{table}\" ADD COLUMN search_index tsvector GENERATED ALWAYS AS \
                 (array_to_tsvector(array_remove(string_to_array(regexp_replace(regexp_replace(\
                 translate(lower(translate({text}, 'İẞ', 'iß') COLLATE \"und-x-icu\"), \
                 'ς\u{b5}', 'σ\u{3bc}'), \
                 '[^[:alnum:]]+', ' ', 'g'), '[[:alnum:]]{{255,}}', ' ', 'g'), ' '), ''))) STORED"
            ),
            format!(
                "CREATE INDEX \"{}\" ON \"{table}\" USING gin (search_index)",
                constraint(table, &[COLUMN], "idx")
            ),
        ]
    }

    fn mariadb(&self) -> String {
        let table = self.table;
        let columns = self.list(|column| format!("`{column}`"), ", ");
        format!(
            "ALTER TABLE `{table}` ADD COLUMN search_index LONGTEXT GENERATED ALWAYS AS \
             (REGEXP_REPLACE(REPLACE(REPLACE(LOWER(REPLACE(REPLACE(CONCAT_WS(' ', '', {columns}), \
             'İ', 'i'), 'ẞ', 'ß') COLLATE utf8mb4_unicode_520_ci) COLLATE utf8mb4_nopad_bin, \
             'ς', 'σ'), '\u{b5}', '\u{3bc}'), '[^\\\\p{{L}}\\\\p{{Nd}}]+', ' zz')) \
             PERSISTENT, ADD FULLTEXT INDEX `{}` (search_index)",
            constraint(table, &[COLUMN], "idx")
        )
    }
}
