//! The demo shop as a whole: always the same, consistent, and awkward where real data is awkward.

use super::calendar::end;
use super::{Progress, SeedError, Shop, copy, load};
use entity::{audit_entry, category, order, order_item, product, review, session, user};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, EntityTrait, PaginatorTrait as _};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Mutex;

/// FNV-1a over the rows as `COPY` would send them, since the hasher of the standard library and the
/// debug form of a model may change with any release.
fn fingerprint<E: EntityTrait>(rows: impl Iterator<Item = E::Model>) -> String {
    let text = copy::text::<E>(&rows.collect::<Vec<_>>()).expect("types that tables have");
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[test]
fn the_shop_is_the_same_everywhere() {
    let shop = Shop::new(1);
    let fingerprints = [
        ("users", fingerprint::<user::Entity>(shop.user_rows())),
        (
            "categories",
            fingerprint::<category::Entity>(shop.category_rows()),
        ),
        (
            "products",
            fingerprint::<product::Entity>(shop.product_rows()),
        ),
        ("reviews", fingerprint::<review::Entity>(shop.review_rows())),
        ("orders", fingerprint::<order::Entity>(shop.order_rows())),
        (
            "order_items",
            fingerprint::<order_item::Entity>(shop.order_item_rows()),
        ),
        (
            "sessions",
            fingerprint::<session::Entity>(shop.session_rows()),
        ),
        (
            "audit_entries",
            fingerprint::<audit_entry::Entity>(shop.audit_entry_rows()),
        ),
    ];
    // A change of the generator changes these; put the new ones here and say so in the changelog.
    let pinned = [
        ("users", "94b67bbb28db433c"),
        ("categories", "62c33f052f203bb7"),
        ("products", "fe0bfa5703f0f92a"),
        ("reviews", "f48d75a71da65cb8"),
        ("orders", "fb20a756b91dc04f"),
        ("order_items", "b5908f262f10cd82"),
        ("sessions", "352ef28599353b90"),
        ("audit_entries", "c21339bf7c292059"),
    ];
    let pinned = pinned.map(|(table, hash)| (table, hash.to_owned()));
    assert_eq!(fingerprints, pinned);
}

#[test]
fn tables_have_the_announced_sizes() {
    for scale in [1, 2] {
        let shop = Shop::new(scale);
        assert_eq!(shop.user_rows().count() as u64, shop.users());
        assert_eq!(shop.category_rows().count() as u64, shop.categories());
        assert_eq!(shop.product_rows().count() as u64, shop.products());
        assert_eq!(shop.review_rows().count() as u64, shop.reviews());
        assert_eq!(shop.order_rows().count() as u64, shop.orders());
        assert_eq!(shop.order_item_rows().count() as u64, shop.order_items());
    }
}

#[test]
fn orders_cost_what_their_items_cost() {
    let shop = Shop::new(1);
    let mut totals: HashMap<Uuid, i64> = HashMap::new();
    for item in shop.order_item_rows() {
        assert_eq!(
            item.line_total_cents,
            i64::from(item.quantity) * item.unit_price_cents
        );
        *totals.entry(item.order_id).or_default() += item.line_total_cents;
    }
    for order in shop.order_rows() {
        assert_eq!(
            totals.remove(&order.id),
            Some(order.total_cents),
            "{}",
            order.number
        );
    }
    assert!(totals.is_empty());
}

#[test]
fn what_must_be_unique_is_unique() {
    for scale in [1, 2] {
        let shop = Shop::new(scale);
        let users: Vec<_> = shop.user_rows().collect();
        assert_unique(users.iter().map(|row| row.id));
        assert_unique(users.iter().map(|row| &row.email));
        let products: Vec<_> = shop.product_rows().collect();
        assert_unique(products.iter().map(|row| row.id));
        assert_unique(products.iter().map(|row| &row.sku));
        assert_unique(products.iter().map(|row| &row.slug));
        let reviews: Vec<_> = shop.review_rows().collect();
        assert_unique(reviews.iter().map(|row| row.id));
        assert_unique(reviews.iter().map(|row| (row.product_id, row.author_id)));
        let orders: Vec<_> = shop.order_rows().collect();
        assert_unique(orders.iter().map(|row| row.id));
        assert_unique(orders.iter().map(|row| &row.number));
        assert_unique(shop.order_item_rows().map(|row| row.id));
    }
}

fn assert_unique<T: Eq + Hash + std::fmt::Debug>(keys: impl Iterator<Item = T>) {
    let mut seen = HashSet::new();
    for key in keys {
        let text = format!("{key:?}");
        assert!(seen.insert(key), "{text} twice");
    }
}

#[test]
fn nothing_happens_before_its_cause_or_after_the_end() {
    for scale in [1, 2] {
        let shop = Shop::new(scale);
        let users: HashMap<_, _> = shop.user_rows().map(|row| (row.id, row)).collect();
        let products: HashMap<_, _> = shop.product_rows().map(|row| (row.id, row)).collect();
        let orders: HashMap<_, _> = shop.order_rows().map(|row| (row.id, row)).collect();
        let lives = users.values().map(|row| (row.created_at, row.updated_at));
        let lives = lives.chain(
            products
                .values()
                .map(|row| (row.created_at, row.updated_at)),
        );
        let lives = lives.chain(orders.values().map(|row| (row.created_at, row.updated_at)));
        let lives = lives.chain(
            shop.review_rows()
                .map(|row| (row.created_at, row.updated_at)),
        );
        for (created_at, updated_at) in lives {
            assert!(
                created_at <= updated_at && updated_at < end(),
                "{created_at} {updated_at}"
            );
        }
        for review in shop.review_rows() {
            assert!(review.created_at >= users[&review.author_id].created_at);
            assert!(review.created_at >= products[&review.product_id].created_at);
        }
        for order in orders.values() {
            assert!(order.placed_at >= users[&order.customer_id].created_at);
            assert_eq!(users[&order.customer_id].role, user::Role::Customer);
        }
        for item in shop.order_item_rows() {
            let (order, product) = (&orders[&item.order_id], &products[&item.product_id]);
            assert!(order.placed_at >= product.created_at);
            assert_eq!(order.currency, product.currency);
            assert_ne!(product.status, product::Status::Draft);
        }
    }
}

#[test]
fn every_sort_column_has_ties_and_every_nullable_one_has_nulls() {
    let shop = Shop::new(1);
    let (users, products): (Vec<_>, Vec<_>) =
        (shop.user_rows().collect(), shop.product_rows().collect());
    let (reviews, orders): (Vec<_>, Vec<_>) =
        (shop.review_rows().collect(), shop.order_rows().collect());
    assert_tied(
        "users.display_name",
        users.iter().map(|row| row.display_name.clone()),
    );
    assert_tied("users.created_at", users.iter().map(|row| row.created_at));
    assert_tied("products.name", products.iter().map(|row| row.name.clone()));
    assert_tied(
        "products.price_cents",
        products.iter().map(|row| row.price_cents),
    );
    assert_tied("products.stock", products.iter().map(|row| row.stock));
    assert_tied(
        "products.created_at",
        products.iter().map(|row| row.created_at),
    );
    assert_tied("reviews.rating", reviews.iter().map(|row| row.rating));
    assert_tied(
        "reviews.created_at",
        reviews.iter().map(|row| row.created_at),
    );
    assert_tied("orders.placed_at", orders.iter().map(|row| row.placed_at));
    assert_tied(
        "orders.total_cents",
        orders.iter().map(|row| row.total_cents),
    );
    for (column, nulls, rows) in [
        (
            "users.disabled_at",
            users.iter().filter(|row| row.disabled_at.is_none()).count(),
            users.len(),
        ),
        (
            "products.description",
            products
                .iter()
                .filter(|row| row.description.is_none())
                .count(),
            products.len(),
        ),
        (
            "reviews.title",
            reviews.iter().filter(|row| row.title.is_none()).count(),
            reviews.len(),
        ),
        (
            "reviews.body",
            reviews.iter().filter(|row| row.body.is_none()).count(),
            reviews.len(),
        ),
        (
            "orders.note",
            orders.iter().filter(|row| row.note.is_none()).count(),
            orders.len(),
        ),
    ] {
        assert!(
            0 < nulls && nulls < rows,
            "{column}: {nulls} nulls of {rows}"
        );
    }
}

fn assert_tied<T: Eq + Hash>(column: &str, values: impl Iterator<Item = T>) {
    let values: Vec<T> = values.collect();
    let distinct = values.iter().collect::<HashSet<_>>().len();
    assert!(
        distinct > 1 && distinct * 100 < values.len() * 99,
        "{column}: {distinct} of {}",
        values.len()
    );
}

#[test]
fn the_demo_users_have_something_to_show() {
    for scale in [1, 4] {
        let shop = Shop::new(scale);
        let ada = shop.user_rows().next().expect("Ada comes first");
        assert_eq!(
            (ada.email.as_str(), ada.role),
            ("ada@example.com", user::Role::Customer)
        );
        let orders: Vec<order::Model> = shop
            .order_rows()
            .filter(|row| row.customer_id == ada.id)
            .collect();
        let statuses: HashSet<_> = orders.iter().map(|row| row.status).collect();
        assert_eq!(statuses.len(), 6, "{statuses:?}");
        assert!((20..30).contains(&orders.len()), "{}", orders.len());
        let reviews = shop
            .review_rows()
            .filter(|row: &review::Model| row.author_id == ada.id);
        assert!((5..15).contains(&reviews.count()));
        let roles: Vec<_> = shop
            .user_rows()
            .take(4)
            .map(|row| (row.email, row.role))
            .collect();
        assert_eq!(
            roles[1],
            ("grace@example.com".to_owned(), user::Role::Staff)
        );
        assert_eq!(roles[2], ("root@example.com".to_owned(), user::Role::Admin));
        assert_eq!(
            roles[3],
            ("alan@example.com".to_owned(), user::Role::Customer)
        );
    }
}

async fn migrated(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let db = Database::connect(options).await.expect("connects");
    migration::run(&db).await.expect("migrates");
    db
}

#[tokio::test]
async fn a_shop_is_loaded_whole_and_never_over_another() {
    let db = migrated("sqlite::memory:").await;
    let steps = Mutex::new(Vec::new());
    let record = |step: Progress| steps.lock().expect("not poisoned").push(step);
    let summary = load(&db, 1, false, &record).await.expect("loads");
    assert_eq!(
        (summary.users, summary.products, summary.order_items),
        (200, 1_000, 6_000)
    );
    assert_eq!(
        order_item::Entity::find().count(&db).await.expect("counts"),
        6_000
    );

    let last = steps.lock().expect("not poisoned").last().copied();
    let expected = Progress {
        table: "audit_entries",
        done: 48,
        total: 48,
    };
    assert_eq!(last, Some(expected));

    let error = load(&db, 1, false, &|_| ())
        .await
        .expect_err("there is a shop");
    assert!(
        matches!(error, SeedError::NotEmpty { table: "users" }),
        "{error:?}"
    );
    load(&db, 2, true, &|_| ()).await.expect("replaces it");
    assert_eq!(user::Entity::find().count(&db).await.expect("counts"), 400);
}

#[tokio::test]
async fn rows_read_back_as_they_were_generated() {
    let db = migrated("sqlite::memory:").await;
    load(&db, 1, false, &|_| ()).await.expect("loads");
    let shop = Shop::new(1);
    assert_rows::<user::Entity>(&db, shop.user_rows().collect(), |row| row.id).await;
    assert_rows::<product::Entity>(&db, shop.product_rows().collect(), |row| row.id).await;
    assert_rows::<review::Entity>(&db, shop.review_rows().collect(), |row| row.id).await;
    assert_rows::<order::Entity>(&db, shop.order_rows().collect(), |row| row.id).await;
}

async fn assert_rows<E: EntityTrait>(
    db: &DatabaseConnection,
    mut expected: Vec<E::Model>,
    id: impl Fn(&E::Model) -> Uuid,
) where
    E::Model: PartialEq + Sync,
{
    let mut actual = E::find().all(db).await.expect("reads");
    actual.sort_by_key(&id);
    expected.sort_by_key(&id);
    assert!(actual == expected, "{} differ", E::default().table_name());
}
