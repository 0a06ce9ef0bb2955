//! What a database says about a table of its own, in the same words for all three.

use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, QueryResult, Statement};
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct Column {
    pub nullable: bool,
    /// In characters; where the database enforces it by type.
    pub max_length: Option<u32>,
    /// Of text columns, where the database names one.
    pub collation: Option<String>,
}

pub async fn columns(db: &DatabaseConnection, table: &str) -> BTreeMap<String, Column> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            r#"SELECT name, CASE WHEN "notnull" THEN 'NO' ELSE 'YES' END AS nullable,
                      NULL AS max_length, NULL AS collation FROM pragma_table_info('{table}')"#
        }
        DbBackend::MySql => {
            "SELECT column_name AS name, is_nullable AS nullable,
                    CAST(CASE data_type WHEN 'varchar' THEN character_maximum_length END AS SIGNED) AS max_length,
                    CASE WHEN data_type = 'varchar' OR column_type = 'longtext' AND collation_name <> 'utf8mb4_bin'
                         THEN collation_name END AS collation
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '{table}'"
        }
        _ => {
            "SELECT column_name::text AS name, is_nullable::text AS nullable,
                    character_maximum_length::bigint AS max_length, collation_name::text AS collation
             FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '{table}'"
        }
    };
    let rows = query(db, sql, table).await;
    let column = |row: QueryResult| {
        let name: String = row.try_get("", "name").expect("a name");
        let nullable: String = row.try_get("", "nullable").expect("YES or NO");
        let max_length: Option<i64> = row.try_get("", "max_length").expect("a length");
        let fact = Column {
            nullable: nullable == "YES",
            max_length: max_length.map(|length| u32::try_from(length).expect("a small length")),
            collation: row.try_get("", "collation").expect("a collation"),
        };
        (name, fact)
    };
    rows.into_iter().map(column).collect()
}

/// The columns of each index in order, primary key included.
pub async fn indexes(db: &DatabaseConnection, table: &str) -> Vec<Vec<String>> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT list.name AS name, info.name AS column_name
             FROM pragma_index_list('{table}') AS list, pragma_index_info(list.name) AS info
             ORDER BY list.name, info.seqno"
        }
        DbBackend::MySql => {
            "SELECT index_name AS name, column_name AS column_name FROM information_schema.statistics
             WHERE table_schema = DATABASE() AND table_name = '{table}' ORDER BY index_name, seq_in_index"
        }
        _ => {
            "SELECT class.relname::text AS name, attribute.attname::text AS column_name
             FROM pg_index AS ix
             JOIN pg_class AS class ON class.oid = ix.indexrelid
             CROSS JOIN LATERAL unnest(ix.indkey) WITH ORDINALITY AS part(number, position)
             JOIN pg_attribute AS attribute
               ON attribute.attrelid = ix.indrelid AND attribute.attnum = part.number
             WHERE ix.indrelid = '{table}'::regclass ORDER BY class.relname, part.position"
        }
    };
    let mut indexes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in query(db, sql, table).await {
        let name: String = row.try_get("", "name").expect("an index name");
        let column: String = row.try_get("", "column_name").expect("a column name");
        indexes.entry(name).or_default().push(column);
    }
    indexes.into_values().collect()
}

async fn query(db: &DatabaseConnection, sql: &str, table: &str) -> Vec<QueryResult> {
    let statement =
        Statement::from_string(db.get_database_backend(), sql.replace("{table}", table));
    db.query_all_raw(statement)
        .await
        .expect("the catalogue can be read")
}
