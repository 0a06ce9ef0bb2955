//! The one place where the demo shop meets a database: all of it in one transaction, or nothing.

use std::fmt;

use super::copy;
use super::shop::Shop;
use entity::{
    audit_entry, category, idempotency_key, identity, order, order_item, outbox, product, review,
    revocation, session, user,
};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityName,
    EntityTrait, IntoActiveModel, Iterable as _, QuerySelect as _, TransactionTrait as _, sqlx,
};

/// How many parameters a statement may have: what `SQLite`, the strictest of the three, allows.
const MAX_PARAMETERS: usize = 32_766;
/// Longer statements do not load faster.
const MAX_ROWS: usize = 1_000;
/// `COPY` has no parameters, and each has a cost of its own.
const MAX_COPIED_ROWS: usize = 10_000;

/// How far a table has been loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The name of the table.
    pub table: &'static str,
    /// How many of its rows have been written.
    pub done: u64,
    /// How many rows it will have.
    pub total: u64,
}

/// How many rows were loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows of `users`.
    pub users: u64,
    /// Rows of `categories`.
    pub categories: u64,
    /// Rows of `products`.
    pub products: u64,
    /// Rows of `reviews`.
    pub reviews: u64,
    /// Rows of `orders`.
    pub orders: u64,
    /// Rows of `order_items`.
    pub order_items: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "demo shop: {} users, {} categories, {} products, {} reviews, {} orders, {} items",
            self.users, self.categories, self.products, self.reviews, self.orders, self.order_items
        )
    }
}

/// Why the demo shop could not be loaded. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The scale was zero.
    #[error("the scale of the demo shop must be 1 or more")]
    NoScale,
    /// There is a shop already.
    #[error(
        "the database already has rows in {table}; to replace everything by the demo shop, add --reset"
    )]
    NotEmpty {
        /// The first table with rows.
        table: &'static str,
    },
    /// The database refused something.
    #[error("cannot load the demo shop: {0}")]
    Database(#[from] DbErr),
    /// The database refused a `COPY`.
    #[error("cannot load the demo shop: {0}")]
    Copy(#[from] sqlx::Error),
}

/// Fills a migrated database with a demo shop of `scale` times a thousand products, calling
/// `progress` after every batch of rows. With `reset`, deletes all rows of all tables first.
///
/// # Errors
/// [`SeedError::NotEmpty`] when there are rows already and `reset` is not set; otherwise what the
/// database answered. The load is one transaction, so an error leaves everything as it was.
pub async fn load(
    db: &DatabaseConnection,
    scale: u32,
    reset: bool,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Summary, SeedError> {
    if scale == 0 {
        return Err(SeedError::NoScale);
    }
    if !reset && let Some(table) = first_with_rows(db).await? {
        return Err(SeedError::NotEmpty { table });
    }
    let shop = Shop::new(scale);
    let mut sink = Sink::begin(db).await?;
    if reset {
        sink.clear().await?;
    }
    let mut loader = Loader { sink, progress };
    loader
        .table::<user::Entity>(shop.user_rows(), shop.users())
        .await?;
    loader
        .table::<category::Entity>(shop.category_rows(), shop.categories())
        .await?;
    loader
        .table::<product::Entity>(shop.product_rows(), shop.products())
        .await?;
    loader
        .table::<review::Entity>(shop.review_rows(), shop.reviews())
        .await?;
    loader
        .table::<order::Entity>(shop.order_rows(), shop.orders())
        .await?;
    loader
        .table::<order_item::Entity>(shop.order_item_rows(), shop.order_items())
        .await?;
    loader
        .table::<session::Entity>(shop.session_rows(), shop.sessions())
        .await?;
    loader
        .table::<audit_entry::Entity>(shop.audit_entry_rows(), shop.audit_entries())
        .await?;
    loader.sink.commit().await?;
    analyze(db).await?;
    Ok(Summary {
        users: shop.users(),
        categories: shop.categories(),
        products: shop.products(),
        reviews: shop.reviews(),
        orders: shop.orders(),
        order_items: shop.order_items(),
    })
}

/// All tables that a reset empties, children before parents.
fn tables() -> [&'static str; 12] {
    [
        outbox::Entity.table_name(),
        revocation::Entity.table_name(),
        identity::Entity.table_name(),
        idempotency_key::Entity.table_name(),
        audit_entry::Entity.table_name(),
        session::Entity.table_name(),
        order_item::Entity.table_name(),
        order::Entity.table_name(),
        review::Entity.table_name(),
        product::Entity.table_name(),
        category::Entity.table_name(),
        user::Entity.table_name(),
    ]
}

async fn first_with_rows(db: &DatabaseConnection) -> Result<Option<&'static str>, DbErr> {
    if has_rows::<user::Entity>(db).await? {
        return Ok(Some(user::Entity.table_name()));
    }
    if has_rows::<category::Entity>(db).await? {
        return Ok(Some(category::Entity.table_name()));
    }
    Ok(None)
}

/// Everything else in the shop refers to a user or a category.
async fn has_rows<E: EntityTrait>(db: &DatabaseConnection) -> Result<bool, DbErr> {
    let key = E::PrimaryKey::iter().map(sea_orm::PrimaryKeyToColumn::into_column);
    let query = E::find().select_only().columns(key).limit(1);
    Ok(query
        .into_tuple::<sea_orm::prelude::Uuid>()
        .one(db)
        .await?
        .is_some())
}

/// Fresh statistics, without which the planner takes full tables for empty ones.
async fn analyze(db: &DatabaseConnection) -> Result<(), DbErr> {
    let tables = tables().join(", ");
    let statement = match db.get_database_backend() {
        // A sample of each index is enough, and takes no longer for a large shop.
        DbBackend::Sqlite => "PRAGMA analysis_limit = 1000; ANALYZE".to_owned(),
        DbBackend::MySql => format!("ANALYZE TABLE {tables}"),
        _ => format!("ANALYZE {tables}"),
    };
    db.execute_unprepared(&statement).await.map(drop)
}

struct Loader<'a> {
    sink: Sink,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl Loader<'_> {
    async fn table<E>(
        &mut self,
        mut rows: impl Iterator<Item = E::Model> + Send,
        total: u64,
    ) -> Result<(), SeedError>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        let table = E::default().table_name();
        let mut done = 0;
        (self.progress)(Progress { table, done, total });
        let batch = self.sink.batch(E::Column::iter().count());
        loop {
            let batch: Vec<E::Model> = rows.by_ref().take(batch).collect();
            if batch.is_empty() {
                return Ok(());
            }
            done += batch.len() as u64;
            self.sink.write::<E>(batch).await?;
            (self.progress)(Progress { table, done, total });
        }
    }
}

/// Where the rows go, in a transaction: `COPY` where there is one, else `INSERT`s of many rows.
enum Sink {
    Insert(DatabaseTransaction),
    Copy(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Sink {
    async fn begin(db: &DatabaseConnection) -> Result<Self, SeedError> {
        Ok(match db.get_database_backend() {
            DbBackend::Postgres => Self::Copy(db.get_postgres_connection_pool().begin().await?),
            _ => Self::Insert(db.begin().await?),
        })
    }

    fn batch(&self, columns: usize) -> usize {
        match self {
            Self::Insert(_) => (MAX_PARAMETERS / columns.max(1)).min(MAX_ROWS),
            Self::Copy(_) => MAX_COPIED_ROWS,
        }
    }

    async fn clear(&mut self) -> Result<(), SeedError> {
        match self {
            Self::Insert(transaction) => {
                // A category that others refer to cannot be deleted, not even together with them.
                transaction
                    .execute_unprepared("UPDATE categories SET parent_id = NULL")
                    .await?;
                for table in tables() {
                    transaction
                        .execute_unprepared(&format!("DELETE FROM {table}"))
                        .await?;
                }
            }
            Self::Copy(transaction) => copy::truncate(transaction, &tables()).await?,
        }
        Ok(())
    }

    async fn write<E>(&mut self, rows: Vec<E::Model>) -> Result<(), SeedError>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        match self {
            Self::Insert(transaction) => {
                let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
                E::insert_many(rows)
                    .exec_without_returning(transaction)
                    .await?;
            }
            Self::Copy(transaction) => copy::rows::<E>(transaction, &rows).await?,
        }
        Ok(())
    }

    async fn commit(self) -> Result<(), SeedError> {
        match self {
            Self::Insert(transaction) => transaction.commit().await?,
            Self::Copy(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
