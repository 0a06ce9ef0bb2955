//! Full-text indexes, kept in step by the database itself.
//!
//! A word is letters and digits with anything else between, whatever their case, and has one
//! meaning on every database: no stemming, no stop words, no accents removed.
//!
//! | | how |
//! |---|---|
//! | SQLite | an FTS5 table without content, `<table>_search_index`, whose row numbers `<table>_search_index_rows` ties to keys; triggers fill both |
//! | PostgreSQL | a generated column `search_index` of type tsvector, in the configuration `simple`, with a GIN index |
//! | MariaDB | a generated column `search_index` of text with a FULLTEXT index. Each word stands there behind `zz`, for InnoDB leaves out words of fewer than three characters, and common ones |

use sea_orm_migration::SchemaManager;
use sea_orm_migration::sea_orm::{ConnectionTrait as _, DbBackend, DbErr};

/// The column that the index is on, and what the tables that make one are called after.
pub const COLUMN: &str = "search_index";

/// A full-text index over some texts of a table.
#[derive(Clone, Debug)]
pub struct SearchIndex {
    table: &'static str,
    columns: Vec<&'static str>,
}

impl SearchIndex {
    /// An index over these columns, the same that the declaration of the entity names.
    #[must_use]
    pub fn new(table: &'static str, columns: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            table,
            columns: columns.into_iter().collect(),
        }
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

    fn statements(&self, backend: DbBackend) -> Vec<String> {
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
        let table = self.table;
        let index = format!("{table}_{COLUMN}");
        let rows = format!("{index}_rows");
        let columns = self.list(|column| format!("\"{column}\""), ", ");
        let new = self.list(|column| format!("new.\"{column}\""), ", ");
        let set = self.list(|column| format!("\"{column}\" = new.\"{column}\""), ", ");
        let number = |row: &str| format!("(SELECT number FROM \"{rows}\" WHERE id = {row}.id)");
        vec![
            format!(
                "CREATE TABLE \"{rows}\" (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE)"
            ),
            format!(
                "CREATE VIRTUAL TABLE \"{index}\" USING fts5({columns}, content='', \
                 contentless_delete=1, tokenize='unicode61 remove_diacritics 0')"
            ),
            format!("INSERT INTO \"{rows}\" (id) SELECT id FROM \"{table}\""),
            format!(
                "INSERT INTO \"{index}\" (rowid, {columns}) \
                 SELECT number, {columns} FROM \"{rows}\" JOIN \"{table}\" USING (id)"
            ),
            format!(
                "CREATE TRIGGER \"{index}_insert\" AFTER INSERT ON \"{table}\" BEGIN \
                 INSERT INTO \"{rows}\" (id) VALUES (new.id); \
                 INSERT INTO \"{index}\" (rowid, {columns}) VALUES ({}, {new}); END",
                number("new")
            ),
            format!(
                "CREATE TRIGGER \"{index}_update\" AFTER UPDATE OF id, {columns} ON \"{table}\" BEGIN \
                 UPDATE \"{index}\" SET {set} WHERE rowid = {}; \
                 UPDATE \"{rows}\" SET id = new.id WHERE id = old.id; END",
                number("old")
            ),
            format!(
                "CREATE TRIGGER \"{index}_delete\" AFTER DELETE ON \"{table}\" BEGIN \
                 DELETE FROM \"{index}\" WHERE rowid = {}; \
                 DELETE FROM \"{rows}\" WHERE id = old.id; END",
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
            // The parser sees words and blanks only: addresses, hyphens and the like would have
            // meanings of their own to it.
            format!(
                "ALTER TABLE \"{table}\" ADD COLUMN search_index tsvector GENERATED ALWAYS AS \
                 (to_tsvector('simple', regexp_replace(lower(({text}) COLLATE \"und-x-icu\"), \
                 '[^[:alnum:]]+', ' ', 'g'))) STORED"
            ),
            format!(
                "CREATE INDEX \"{table}_search_index_idx\" ON \"{table}\" USING gin (search_index)"
            ),
        ]
    }

    fn mariadb(&self) -> String {
        let table = self.table;
        let columns = self.list(|column| format!("`{column}`"), ", ");
        format!(
            "ALTER TABLE `{table}` ADD COLUMN search_index LONGTEXT GENERATED ALWAYS AS \
             (REGEXP_REPLACE(LOWER(CONCAT_WS(' ', '', {columns})), '[^\\\\p{{L}}\\\\p{{N}}]+', ' zz')) \
             PERSISTENT, ADD FULLTEXT INDEX `{table}_search_index_idx` (search_index)"
        )
    }
}
