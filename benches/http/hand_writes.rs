//! The handlers that someone would write by hand for a review and an order: the
//! same statements, in one transaction.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, header};
use axum::routing::post;
use bytes::Bytes;
use chrono::Utc;
use purser::auth::Tokens;
use purser::run::{Database, Pool};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{PgPool, Row as _, SqlitePool};
use uuid::Uuid;

use crate::hand::respond;

struct Shop {
    tokens: Arc<Tokens>,
    pool: Writers,
}

enum Writers {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

#[derive(Deserialize)]
struct Review {
    product: Uuid,
    rating: i32,
    title: String,
}

#[derive(Deserialize)]
struct Order {
    items: Vec<Item>,
    address: Value,
}

#[derive(Deserialize)]
struct Item {
    product: Uuid,
    quantity: i32,
}

pub fn router(database: &Database, tokens: Arc<Tokens>) -> Router {
    let orm = database.orm();
    let pool = match database.readers() {
        Pool::Sqlite(_) => Writers::Sqlite(orm.get_sqlite_connection_pool().clone()),
        Pool::Postgres(_) => Writers::Postgres(orm.get_postgres_connection_pool().clone()),
        Pool::Mariadb(_) => panic!("MariaDB is not measured"),
    };
    Router::new()
        .route("/review", post(review))
        .route("/order", post(order))
        .with_state(Arc::new(Shop { tokens, pool }))
}

/// Who asks.
fn user(shop: &Shop, headers: &HeaderMap) -> Uuid {
    let header = headers.get(header::AUTHORIZATION);
    let token = header.and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
    let grant = shop.tokens.verify(token.expect("a token"), Utc::now());
    grant.expect("a valid token").user
}

/// Binds values, one after the other.
macro_rules! bound {
    ($sql:expr, $($value:expr),*) => { sqlx::query($sql)$(.bind($value))* };
}

/// What is recorded of a change: entities, ids, actions and values.
type Entry = (&'static str, String, &'static str, String);

/// Records changes, and stores them for those who listen.
macro_rules! record {
    ($transaction:expr, $entries:expr, $outbox:expr, $user:expr, $now:expr, $json:literal) => {{
        let values: Vec<_> = (0..$entries.len())
            .map(|place| {
                let [id, actor, entity, key, action, changes, at] =
                    [1, 2, 3, 4, 5, 6, 7].map(|number| place * 7 + number);
                format!(
                    "(${id}, ${actor}, ${entity}, ${key}, ${action}, ${changes}{}, NULL, ${at}, \
                     ${at}, ${at})",
                    $json,
                )
            })
            .collect();
        let sql = format!(
            "INSERT INTO audit_entries (id, actor_id, entity, entity_id, action, changes, \
             request_id, at, created_at, updated_at) VALUES {}",
            values.join(", ")
        );
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        let entries: Vec<Entry> = $entries;
        for (entity, id, action, changes) in entries {
            query = query
                .bind(Uuid::now_v7())
                .bind($user)
                .bind(entity)
                .bind(id)
                .bind(action)
                .bind(changes)
                .bind($now);
        }
        query.execute(&mut *$transaction).await.expect("entries");
        let outbox = concat!(
            "INSERT INTO outbox (id, payload, created_at, updated_at) VALUES ($1, $2",
            $json,
            ", $3, $3)"
        );
        bound!(outbox, Uuid::now_v7(), $outbox, $now)
            .execute(&mut *$transaction)
            .await
            .expect("changes");
    }};
}

/// A review, made in a transaction.
macro_rules! reviewed {
    ($transaction:expr, $asked:expr, $user:expr, $json:literal, $told:expr) => {{
        let now = Utc::now();
        let (asked, user): (Review, Uuid) = ($asked, $user);
        bound!(
            "SELECT id FROM products WHERE id = $1 AND status = 'active'",
            asked.product
        )
        .fetch_one(&mut *$transaction)
        .await
        .expect("a product");
        let id = Uuid::now_v7();
        bound!(
            "INSERT INTO reviews (id, product_id, author_id, rating, title, body, version, \
             created_at, updated_at) VALUES ($1, $2, $3, $4, $5, NULL, 1, $6, $6)",
            id,
            asked.product,
            user,
            asked.rating,
            &asked.title,
            now
        )
        .execute(&mut *$transaction)
        .await
        .expect("a review");
        bound!(
            "SELECT i.id FROM order_items i JOIN orders o ON o.id = i.order_id \
             WHERE i.product_id = $1 AND o.customer_id = $2 \
             AND o.status NOT IN ('pending', 'cancelled') LIMIT 1",
            asked.product,
            user
        )
        .fetch_one(&mut *$transaction)
        .await
        .expect("a buyer");
        let name = format!("review_{}", id.simple());
        let changes = json!({
            "product": [null, format!("product_{}", asked.product.simple())],
            "rating": [null, asked.rating], "title": [null, asked.title], "body": [null, null],
            "author": [null, format!("user_{}", user.simple())],
        });
        let entries = vec![("Review", name.clone(), "create", changes.to_string())];
        let outbox = json!([["Review", name, "create"]]).to_string();
        record!($transaction, entries, outbox, user, now, $json);
        let row = bound!($told, id).fetch_one(&mut *$transaction).await;
        row.expect("the review")
    }};
}

const REVIEW_SQLITE: &str = "
SELECT json_object('id', 'review_' || lower(hex(r.id)), 'rating', r.rating, 'title', r.title,
  'product', (SELECT json_object('id', 'product_' || lower(hex(p.id)), 'name', p.name)
    FROM products p WHERE p.id = r.product_id),
  'author', (SELECT json_object('id', 'user_' || lower(hex(u.id)), 'displayName', u.display_name)
    FROM users u WHERE u.id = r.author_id))
FROM reviews r WHERE r.id = $1";

const REVIEW_POSTGRES: &str = "
SELECT json_build_object('id', 'review_' || encode(uuid_send(r.id), 'hex'), 'rating', r.rating,
  'title', r.title,
  'product', (SELECT json_build_object('id', 'product_' || encode(uuid_send(p.id), 'hex'),
    'name', p.name) FROM products p WHERE p.id = r.product_id),
  'author', (SELECT json_build_object('id', 'user_' || encode(uuid_send(u.id), 'hex'),
    'displayName', u.display_name) FROM users u WHERE u.id = r.author_id))::text
FROM reviews r WHERE r.id = $1";

async fn review(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let user = user(&shop, &headers);
    let asked: Review = serde_json::from_slice(&body).expect("a review");
    let json: String = match &shop.pool {
        Writers::Sqlite(pool) => {
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.expect("a turn");
            let row = reviewed!(transaction, asked, user, "", REVIEW_SQLITE);
            transaction.commit().await.expect("a commit");
            row.get(0)
        }
        Writers::Postgres(pool) => {
            let mut transaction = pool.begin().await.expect("a connection");
            let row = reviewed!(transaction, asked, user, "::text::jsonb", REVIEW_POSTGRES);
            transaction.commit().await.expect("a commit");
            row.get(0)
        }
    };
    let json = format!("{{\"review\":{json},\"userErrors\":[]}}");
    respond("{\"data\":{\"createReview\":", json.as_bytes())
}

/// An order, placed in a transaction.
macro_rules! placed {
    ($transaction:expr, $asked:expr, $user:expr, $json:literal, $lock:literal, $told:expr) => {{
        let now = Utc::now();
        let (asked, user): (Order, Uuid) = ($asked, $user);
        let [one, two, three] = &asked.items[..] else {
            panic!("three items")
        };
        bound!(
            "SELECT id FROM products WHERE id IN ($1, $2, $3) AND status = 'active'",
            one.product,
            two.product,
            three.product
        )
        .fetch_all(&mut *$transaction)
        .await
        .expect("products");
        let shelves = bound!(
            concat!(
                "SELECT id, price_cents, cost_cents, currency, stock FROM products \
                 WHERE id IN ($1, $2, $3) AND status = 'active' ORDER BY id",
                $lock
            ),
            one.product,
            two.product,
            three.product
        )
        .fetch_all(&mut *$transaction)
        .await
        .expect("products");
        assert_eq!(shelves.len(), 3);
        bound!(
            "UPDATE products SET stock = CASE id WHEN $1 THEN stock - $2 WHEN $3 THEN stock - $4 \
             ELSE stock - $6 END, version = version + 1, updated_at = $7 WHERE id IN ($1, $3, $5)",
            one.product,
            one.quantity,
            two.product,
            two.quantity,
            three.product,
            three.quantity,
            now
        )
        .execute(&mut *$transaction)
        .await
        .expect("a stock");
        let id = Uuid::now_v7();
        let number = format!("H-{}", &id.simple().to_string()[8..32]);
        let mut total = 0;
        let mut changed = Vec::new();
        let mut told = vec![json!(["Order", format!("order_{}", id.simple()), "create"])];
        let mut lines = Vec::new();
        for item in &asked.items {
            let shelf = shelves
                .iter()
                .find(|shelf| shelf.get::<Uuid, _>("id") == item.product)
                .expect("a product");
            let (price, cost): (i64, i64) = (shelf.get("price_cents"), shelf.get("cost_cents"));
            let stock: i32 = shelf.get("stock");
            assert!(stock >= item.quantity);
            let line = price * i64::from(item.quantity);
            total += line;
            let key = Uuid::now_v7();
            let product = format!("product_{}", item.product.simple());
            let change = json!({ "stock": [stock, stock - item.quantity] });
            changed.push(("Product", product.clone(), "placeOrder", change.to_string()));
            told.push(json!(["Product", product, "update"]));
            told.push(json!(["OrderItem", format!("orderItem_{}", key.simple()), "create"]));
            lines.push((key, item, price, cost, line));
        }
        bound!(
            concat!(
                "INSERT INTO orders (id, number, customer_id, status, currency, total_cents, \
                 placed_at, shipping_address, note, version, created_at, updated_at) \
                 VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7",
                $json,
                ", NULL, 1, $6, $6)"
            ),
            id,
            &number,
            user,
            shelves[0].get::<String, _>("currency"),
            total,
            now,
            asked.address.to_string()
        )
        .execute(&mut *$transaction)
        .await
        .expect("an order");
        let mut items = sqlx::query(
            "INSERT INTO order_items (id, order_id, product_id, quantity, unit_price_cents, \
             unit_cost_cents, line_total_cents, created_at, updated_at) VALUES \
             ($1, $2, $3, $4, $5, $6, $7, $8, $8), ($9, $10, $11, $12, $13, $14, $15, $16, $16), \
             ($17, $18, $19, $20, $21, $22, $23, $24, $24)",
        );
        for (key, item, price, cost, line) in lines {
            items = items
                .bind(key)
                .bind(id)
                .bind(item.product)
                .bind(item.quantity)
                .bind(price)
                .bind(cost)
                .bind(line)
                .bind(now);
        }
        items.execute(&mut *$transaction).await.expect("items");
        let change = json!({
            "number": [null, number], "status": [null, "PENDING"], "totalCents": [null, total],
        });
        let order = format!("order_{}", id.simple());
        changed.push(("Order", order, "placeOrder", change.to_string()));
        record!($transaction, changed, Value::from(told).to_string(), user, now, $json);
        let row = bound!($told, id).fetch_one(&mut *$transaction).await;
        row.expect("the order")
    }};
}

const ORDER_SQLITE: &str = "
SELECT json_object('id', 'order_' || lower(hex(o.id)), 'number', o.number,
  'status', upper(o.status), 'totalCents', o.total_cents,
  'items', json_object('nodes', (SELECT json_group_array(json_object(
    'quantity', i.quantity, 'lineTotalCents', i.line_total_cents,
    'product', (SELECT json_object('id', 'product_' || lower(hex(p.id)), 'name', p.name)
      FROM products p WHERE p.id = i.product_id)))
    FROM (SELECT * FROM order_items WHERE order_id = o.id ORDER BY created_at, id LIMIT 20) i)))
FROM orders o WHERE o.id = $1";

const ORDER_POSTGRES: &str = "
SELECT json_build_object('id', 'order_' || encode(uuid_send(o.id), 'hex'), 'number', o.number,
  'status', upper(o.status), 'totalCents', o.total_cents,
  'items', json_build_object('nodes', (SELECT json_agg(json_build_object(
    'quantity', i.quantity, 'lineTotalCents', i.line_total_cents,
    'product', (SELECT json_build_object('id', 'product_' || encode(uuid_send(p.id), 'hex'),
      'name', p.name) FROM products p WHERE p.id = i.product_id)))
    FROM (SELECT * FROM order_items WHERE order_id = o.id
          ORDER BY created_at, id LIMIT 20) i)))::text
FROM orders o WHERE o.id = $1";

async fn order(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let user = user(&shop, &headers);
    let asked: Order = serde_json::from_slice(&body).expect("an order");
    let json: String = match &shop.pool {
        Writers::Sqlite(pool) => {
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.expect("a turn");
            let row = placed!(transaction, asked, user, "", "", ORDER_SQLITE);
            transaction.commit().await.expect("a commit");
            row.get(0)
        }
        Writers::Postgres(pool) => {
            let mut transaction = pool.begin().await.expect("a connection");
            let row = placed!(
                transaction,
                asked,
                user,
                "::text::jsonb",
                " FOR UPDATE",
                ORDER_POSTGRES
            );
            transaction.commit().await.expect("a commit");
            row.get(0)
        }
    };
    let json = format!("{{\"order\":{json},\"userErrors\":[]}}");
    respond("{\"data\":{\"placeOrder\":", json.as_bytes())
}
