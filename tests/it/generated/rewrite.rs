//! Brings a database from one state of the shop to another.

use entity::{
    audit_entry, category, idempotency_key, order, order_item, outbox, product, review, session,
    user,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait as _, ConnectionTrait, DatabaseConnection,
    DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, Iterable as _,
    PrimaryKeyToColumn as _, QueryFilter as _, TransactionTrait as _,
};
use uuid::Uuid;

use super::shop::{Record, Shop, Table, active};

/// How many rows a statement is about.
const BATCH: usize = 300;

/// Writes the rows in which `to` differs from `from`, which is what the
/// database has. Rows that nothing refers to are deleted and inserted anew,
/// the last ones first, so that they lie in another order as well.
pub async fn rewrite(db: &DatabaseConnection, from: &Shop, to: &Shop) {
    let transaction = db.begin().await.unwrap();
    let db = &transaction;
    update::<user::Entity>(db, from, to, "users").await;
    update::<category::Entity>(db, from, to, "categories").await;
    update::<product::Entity>(db, from, to, "products").await;
    remove::<order_item::Entity>(db, from, to, "order_items").await;
    remove::<order::Entity>(db, from, to, "orders").await;
    remove::<review::Entity>(db, from, to, "reviews").await;
    remove::<session::Entity>(db, from, to, "sessions").await;
    remove::<audit_entry::Entity>(db, from, to, "audit_entries").await;
    remove::<idempotency_key::Entity>(db, from, to, "idempotency_keys").await;
    remove::<outbox::Entity>(db, from, to, "outbox").await;
    insert::<order::Entity>(db, from, to, "orders").await;
    insert::<order_item::Entity>(db, from, to, "order_items").await;
    insert::<review::Entity>(db, from, to, "reviews").await;
    insert::<session::Entity>(db, from, to, "sessions").await;
    insert::<audit_entry::Entity>(db, from, to, "audit_entries").await;
    insert::<idempotency_key::Entity>(db, from, to, "idempotency_keys").await;
    insert::<outbox::Entity>(db, from, to, "outbox").await;
    let gone = missing(from.table("products"), to.table("products"));
    delete::<product::Entity>(db, gone).await;
    transaction.commit().await.unwrap();
}

/// Rows of `one` that `other` has not, or not like that.
fn changed<'t>(one: &'t Table, other: &Table) -> Vec<(Uuid, &'t Record)> {
    let rows = one.rows.iter().rev();
    rows.filter(|(id, row)| other.rows.get(id) != Some(row))
        .map(|(id, row)| (*id, row))
        .collect()
}

fn missing(one: &Table, other: &Table) -> Vec<Uuid> {
    let ids = one.rows.keys();
    ids.filter(|id| !other.rows.contains_key(id))
        .copied()
        .collect()
}

/// Changes rows where they are, and inserts new ones.
async fn update<E>(db: &DatabaseTransaction, from: &Shop, to: &Shop, table: &str)
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let (from, to) = (from.table(table), to.table(table));
    let key = E::PrimaryKey::iter().next().unwrap().into_column();
    let mut new = Vec::new();
    for (id, row) in changed(to, from) {
        let Some(before) = from.rows.get(&id) else {
            new.push(active::<E>(row));
            continue;
        };
        let mut cells = row.clone();
        cells.retain(|column, cell| before[column] != *cell);
        E::update_many()
            .set(active::<E>(&cells))
            .filter(key.eq(id))
            .exec(db)
            .await
            .unwrap();
    }
    // A row may refer to one before.
    new.reverse();
    insert_all::<E>(db, new).await;
}

async fn remove<E: EntityTrait>(db: &DatabaseTransaction, from: &Shop, to: &Shop, table: &str) {
    let changed = changed(from.table(table), to.table(table));
    delete::<E>(db, changed.into_iter().map(|(id, _)| id).collect()).await;
}

async fn delete<E: EntityTrait>(db: &DatabaseTransaction, ids: Vec<Uuid>) {
    let key = E::PrimaryKey::iter().next().unwrap().into_column();
    for ids in ids.chunks(BATCH) {
        let found = key.is_in(ids.iter().copied());
        E::delete_many().filter(found).exec(db).await.unwrap();
    }
}

async fn insert<E>(db: &DatabaseTransaction, from: &Shop, to: &Shop, table: &str)
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send,
{
    let changed = changed(to.table(table), from.table(table));
    let rows = changed.into_iter().map(|(_, row)| active::<E>(row));
    insert_all::<E>(db, rows.collect()).await;
}

async fn insert_all<E>(db: &DatabaseTransaction, rows: Vec<E::ActiveModel>)
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let mut rows = rows.into_iter();
    loop {
        let batch: Vec<_> = rows.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return;
        }
        E::insert_many(batch)
            .exec_without_returning(db)
            .await
            .unwrap();
    }
}

/// Puts the rows in another order where they lie, and has the database count
/// them anew, so that plans may differ.
pub async fn shuffle(db: &DatabaseConnection, shop: &Shop) {
    let names: Vec<_> = shop.tables().map(|table| table.name).collect();
    for name in &names {
        let statement = match db.get_database_backend() {
            DbBackend::Sqlite => {
                format!("UPDATE {name} SET rowid = (SELECT 2 * max(rowid) + 1 FROM {name}) - rowid")
            }
            DbBackend::Postgres => format!(
                "CREATE INDEX shuffled ON {name} ((md5(id::text))); \
                 CLUSTER {name} USING shuffled; DROP INDEX shuffled"
            ),
            // InnoDB keeps rows in the order of their keys.
            _ => continue,
        };
        db.execute_unprepared(&statement).await.unwrap();
    }
    let statement = match db.get_database_backend() {
        DbBackend::Sqlite => "ANALYZE".to_owned(),
        DbBackend::MySql => format!("ANALYZE TABLE {}", names.join(", ")),
        _ => format!("ANALYZE {}", names.join(", ")),
    };
    db.execute_unprepared(&statement).await.unwrap();
}
