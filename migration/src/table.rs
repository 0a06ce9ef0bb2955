//! Tables: columns, references and indexes become the statements of one database.
//!
//! Constraints have the same names everywhere, in PostgreSQL's style: `products_sku_key` (unique),
//! `products_category_id_fkey` (reference), `products_created_at_id_idx` (index). Where one would be
//! longer than every database takes, a hash of the whole stands for its end.

use crate::columns::{Column, id, primary_key, timestamp};
use crate::identifiers::{constraint, quoted, quoted_list};
use sea_orm_migration::sea_orm::{ConnectionTrait as _, DbBackend, DbErr, StatementBuilder};
use sea_orm_migration::sea_query::{
    self, Expr, ForeignKey, ForeignKeyAction, Index, IndexCreateStatement, TableCreateStatement,
};
use sea_orm_migration::{SchemaManager, sea_orm::Statement};

/// A table before it is known for which database.
#[derive(Clone, Debug)]
pub struct Table {
    name: &'static str,
    columns: Vec<Column>,
    references: Vec<Reference>,
    indexes: Vec<KeyColumns>,
    checks: Vec<Expr>,
}

#[derive(Clone, Debug)]
struct Reference {
    column: &'static str,
    table: &'static str,
    on_delete: ForeignKeyAction,
}

#[derive(Clone, Debug)]
struct KeyColumns {
    columns: Vec<&'static str>,
    unique: bool,
}

impl Table {
    /// A table with `id`, these columns, `created_at` and `updated_at`, and an index that lists it by age.
    #[must_use]
    pub fn new(name: &'static str, columns: impl IntoIterator<Item = Column>) -> Self {
        let first = std::iter::once(primary_key());
        let last = [timestamp("created_at"), timestamp("updated_at")];
        Self {
            name,
            columns: first.chain(columns).chain(last).collect(),
            references: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
        }
        .index(["created_at", "id"])
    }

    /// `column` holds the id of a row of `table`, which cannot be deleted while it is referred to.
    #[must_use]
    pub fn references(self, column: &'static str, table: &'static str) -> Self {
        self.reference(column, table, ForeignKeyAction::Restrict)
    }

    /// `column` holds the id of a row of `table` that this row belongs to and is deleted with.
    #[must_use]
    pub fn belongs_to(self, column: &'static str, table: &'static str) -> Self {
        self.reference(column, table, ForeignKeyAction::Cascade)
    }

    /// Lists the children of a row by age, so the index that a reference needs also pages through them.
    fn reference(
        mut self,
        column: &'static str,
        table: &'static str,
        on_delete: ForeignKeyAction,
    ) -> Self {
        self.references.push(Reference {
            column,
            table,
            on_delete,
        });
        self.index([column, "created_at", "id"])
    }

    /// No two rows agree in all of these columns.
    #[must_use]
    pub fn unique(self, columns: impl IntoIterator<Item = &'static str>) -> Self {
        self.key(columns, true)
    }

    /// An index over these columns; end it with `id` when it serves a sort.
    #[must_use]
    pub fn index(self, columns: impl IntoIterator<Item = &'static str>) -> Self {
        self.key(columns, false)
    }

    fn key(mut self, columns: impl IntoIterator<Item = &'static str>, unique: bool) -> Self {
        let columns = columns.into_iter().collect();
        self.indexes.push(KeyColumns { columns, unique });
        self
    }

    /// A condition over several columns that every row meets.
    #[must_use]
    pub fn check(mut self, condition: Expr) -> Self {
        self.checks.push(condition);
        self
    }

    /// Creates the table with all its indexes.
    ///
    /// # Errors
    /// What the database answers when it refuses a statement.
    pub async fn create(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        manager.create_table(self.statement(backend)).await?;
        if backend != DbBackend::MySql {
            for index in &self.indexes {
                manager.create_index(self.index_statement(index)).await?;
            }
        }
        Ok(())
    }

    /// The statements of [`Table::create`], for tests and for reading.
    #[must_use]
    pub fn statements(&self, backend: DbBackend) -> Vec<Statement> {
        let table = StatementBuilder::build(&self.statement(backend), &backend);
        let separate = (backend != DbBackend::MySql)
            .then_some(&self.indexes)
            .into_iter()
            .flatten()
            .map(|index| StatementBuilder::build(&self.index_statement(index), &backend));
        std::iter::once(table).chain(separate).collect()
    }

    fn statement(&self, backend: DbBackend) -> TableCreateStatement {
        let mut statement = sea_query::Table::create();
        statement.table(self.name);
        for column in &self.columns {
            statement.col(column.definition(backend));
        }
        for reference in &self.references {
            statement.foreign_key(&mut self.reference_statement(reference));
        }
        for check in &self.checks {
            statement.check(check.clone());
        }
        match backend {
            DbBackend::Sqlite => {
                statement.extra("STRICT");
            }
            DbBackend::MySql => {
                // MariaDB commits every statement on its own. With its indexes inside, the table is
                // created whole or not at all, and a migration that was cut off can run again.
                statement.if_not_exists();
                for index in &self.indexes {
                    statement.index(&mut self.index_statement(index));
                }
                statement
                    .engine("InnoDB")
                    .character_set("utf8mb4")
                    .collate("utf8mb4_nopad_bin");
            }
            _ => {}
        }
        statement
    }

    fn reference_statement(&self, reference: &Reference) -> sea_query::ForeignKeyCreateStatement {
        ForeignKey::create()
            .name(constraint(self.name, &[reference.column], "fkey"))
            .from(self.name, reference.column)
            .to(reference.table, "id")
            .on_delete(reference.on_delete)
            .on_update(ForeignKeyAction::Restrict)
            .take()
    }

    fn index_statement(&self, index: &KeyColumns) -> IndexCreateStatement {
        let suffix = if index.unique { "key" } else { "idx" };
        let mut statement = Index::create();
        statement
            .name(constraint(self.name, &index.columns, suffix))
            .table(self.name);
        for column in &index.columns {
            statement.col(*column);
        }
        if index.unique {
            statement.unique();
        }
        statement
    }
}

/// Adds columns to a table that exists. They must be nullable, for nodes of the release before know
/// nothing of them.
///
/// # Errors
/// What the database answers when it refuses a statement.
pub async fn add_columns(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[Column],
) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    for column in columns {
        let mut definition = column.definition(backend);
        let mut statement = sea_query::Table::alter();
        statement.table(table);
        // MariaDB commits every statement on its own; see `Table::statement`.
        if backend == DbBackend::MySql {
            statement.add_column_if_not_exists(&mut definition);
        } else {
            statement.add_column(&mut definition);
        }
        manager.alter_table(statement).await?;
    }
    Ok(())
}

/// Adds a column with the id of a row of `other`, which cannot be deleted while it is referred to, and
/// the index that pages through the rows that refer to one by age. The column is nullable, for nodes
/// of the release before know nothing of it.
///
/// # Errors
/// What the database answers when it refuses a statement.
pub async fn add_reference(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
    other: &'static str,
) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    for statement in reference_statements(table, column, other, backend) {
        manager
            .get_connection()
            .execute_unprepared(&statement)
            .await?;
    }
    Ok(())
}

fn reference_statements(
    table: &'static str,
    column: &'static str,
    other: &str,
    backend: DbBackend,
) -> Vec<String> {
    let order = [column, "created_at", "id"];
    let quote = |name: &str| quoted(name, backend);
    let name = quote(&constraint(table, &[column], "fkey"));
    let index = quote(&constraint(table, &order, "idx"));
    let order = quoted_list(&order, backend);
    let target = format!(
        "{} ({}) ON DELETE RESTRICT ON UPDATE RESTRICT",
        quote(other),
        quote("id")
    );
    // It commits every statement on its own; see `Table::statement`.
    if backend == DbBackend::MySql {
        let (table, column) = (quote(table), quote(column));
        return vec![
            format!(
                "ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} BINARY(16) NULL, \
                 ADD INDEX IF NOT EXISTS {index} ({order})"
            ),
            format!(
                "ALTER TABLE {table} ADD CONSTRAINT {name} \
                 FOREIGN KEY IF NOT EXISTS ({column}) REFERENCES {target}"
            ),
        ];
    }
    let alter = sea_query::Table::alter()
        .table(table)
        .add_column(id(column).nullable().definition(backend))
        .take();
    let alter = StatementBuilder::build(&alter, &backend).sql;
    vec![
        format!("{alter} CONSTRAINT {name} REFERENCES {target}"),
        format!("CREATE INDEX {index} ON {} ({order})", quote(table)),
    ]
}

#[cfg(test)]
mod tests {
    use super::reference_statements;
    use sea_orm_migration::sea_orm::DbBackend;

    #[test]
    fn a_reference_is_added_with_its_constraint_and_its_index() {
        let sql = |backend| reference_statements("products", "supplier_id", "suppliers", backend);
        assert_eq!(
            sql(DbBackend::Sqlite),
            [
                "ALTER TABLE \"products\" ADD COLUMN \"supplier_id\" BLOB NULL \
                 CHECK (length(\"supplier_id\") = 16) CONSTRAINT \"products_supplier_id_fkey\" \
                 REFERENCES \"suppliers\" (\"id\") ON DELETE RESTRICT ON UPDATE RESTRICT",
                "CREATE INDEX \"products_supplier_id_created_at_id_idx\" \
                 ON \"products\" (\"supplier_id\", \"created_at\", \"id\")",
            ]
        );
        assert_eq!(
            sql(DbBackend::Postgres)[0],
            "ALTER TABLE \"products\" ADD COLUMN \"supplier_id\" uuid NULL \
             CONSTRAINT \"products_supplier_id_fkey\" \
             REFERENCES \"suppliers\" (\"id\") ON DELETE RESTRICT ON UPDATE RESTRICT"
        );
        assert_eq!(
            sql(DbBackend::MySql),
            [
                "ALTER TABLE `products` ADD COLUMN IF NOT EXISTS `supplier_id` BINARY(16) NULL, \
                 ADD INDEX IF NOT EXISTS `products_supplier_id_created_at_id_idx` \
                 (`supplier_id`, `created_at`, `id`)",
                "ALTER TABLE `products` ADD CONSTRAINT `products_supplier_id_fkey` \
                 FOREIGN KEY IF NOT EXISTS (`supplier_id`) \
                 REFERENCES `suppliers` (`id`) ON DELETE RESTRICT ON UPDATE RESTRICT",
            ]
        );
    }
}
