//! The handler that someone would write by hand for just these two answers:
//! one statement whose JSON the database builds, its bytes passed on.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, header};
use axum::routing::post;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use purser::access::Role;
use purser::auth::Tokens;
use purser::run::{Database, Pool};
use serde::Deserialize;
use sqlx::Row as _;
use uuid::Uuid;

use crate::shop::active;

struct Shop {
    tokens: Arc<Tokens>,
    pool: Pool,
    active: String,
}

#[derive(Deserialize)]
struct ById {
    id: Uuid,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct After {
    created_at: DateTime<Utc>,
    id: Uuid,
    least: Option<i64>,
}

#[derive(Deserialize)]
struct AtLeast {
    least: i64,
}

pub fn router(database: &Database, tokens: Arc<Tokens>) -> Router {
    let shop = Arc::new(Shop {
        tokens,
        pool: database.readers(),
        active: active(),
    });
    Router::new()
        .route("/product", post(product))
        .route("/products", post(products))
        .route("/revenue", post(revenue))
        .route("/products/revenue", post(revenue_of_each))
        .with_state(shop)
}

/// The answer to a statement for `SQLite` and one for `PostgreSQL`, with the
/// same parameters.
macro_rules! answer {
    ($shop:expr, $field:literal, $sqlite:expr, $postgres:expr, $($value:expr),+) => {{
        let json: Vec<u8> = match &$shop.pool {
            Pool::Sqlite(pool) => sqlx::query($sqlite)
                $(.bind($value))+
                .fetch_one(pool)
                .await
                .expect("a row")
                .get::<&[u8], _>(0)
                .to_vec(),
            Pool::Postgres(pool) => sqlx::query($postgres)
                $(.bind($value))+
                .fetch_one(pool)
                .await
                .expect("a row")
                .try_get_raw(0)
                .expect("a column")
                .as_bytes()
                .expect("bytes")
                .to_vec(),
            Pool::Mariadb(_) => unimplemented!("not measured"),
        };
        respond(concat!("{\"data\":{\"", $field, "\":"), &json)
    }};
}

async fn product(State(shop): State<Arc<Shop>>, body: Bytes) -> Response<Body> {
    let by: ById = serde_json::from_slice(&body).expect("an id");
    answer!(
        shop,
        "product",
        PRODUCT_SQLITE,
        PRODUCT_POSTGRES,
        by.id,
        &shop.active
    )
}

async fn products(State(shop): State<Arc<Shop>>, body: Bytes) -> Response<Body> {
    let after: After = serde_json::from_slice(&body).expect("a position");
    let (moment, id) = (after.created_at, after.id);
    answer!(
        shop,
        "products",
        PRODUCTS_SQLITE,
        PRODUCTS_POSTGRES,
        moment,
        id,
        &shop.active
    )
}

async fn revenue(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    admit_staff(&shop, &headers);
    let at_least: AtLeast = serde_json::from_slice(&body).expect("a revenue");
    answer!(
        shop,
        "orderItemGroups",
        REVENUE_SQLITE,
        REVENUE_POSTGRES,
        at_least.least
    )
}

async fn revenue_of_each(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    admit_staff(&shop, &headers);
    let after: After = serde_json::from_slice(&body).expect("a position");
    let (moment, id) = (after.created_at, after.id);
    answer!(
        shop,
        "products",
        EACH_SQLITE,
        EACH_POSTGRES,
        moment,
        id,
        after.least
    )
}

/// Only staff may know the revenue.
fn admit_staff(shop: &Shop, headers: &HeaderMap) {
    let header = headers.get(header::AUTHORIZATION);
    let token = header.and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
    let grant = shop.tokens.verify(token.expect("a token"), Utc::now());
    assert_eq!(grant.expect("a valid token").role, Role::Staff);
}

pub fn respond(head: &str, json: &[u8]) -> Response<Body> {
    let mut body = Vec::with_capacity(head.len() + json.len() + 2);
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(json);
    body.extend_from_slice(b"}}");
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .expect("a response")
}

const PRODUCT_SQLITE: &str = "
SELECT json_object(
  'id', 'product_' || lower(hex(p.id)), 'sku', p.sku, 'name', p.name,
  'priceCents', p.price_cents, 'currency', p.currency, 'stock', p.stock,
  'status', upper(p.status),
  'createdAt', substr(p.created_at, 1, 19) || substr(coalesce(nullif(
    substr(p.created_at, 20, length(p.created_at) - 25), ''), '.') || '000000', 1, 7) || 'Z',
  'category', json_object('id', 'category_' || lower(hex(c.id)), 'name', c.name, 'slug', c.slug))
FROM products p JOIN categories c ON c.id = p.category_id
WHERE p.id = ?1 AND p.status = ?2";

const PRODUCT_POSTGRES: &str = "
SELECT json_build_object(
  'id', 'product_' || encode(uuid_send(p.id), 'hex'), 'sku', p.sku, 'name', p.name,
  'priceCents', p.price_cents, 'currency', p.currency, 'stock', p.stock,
  'status', upper(p.status),
  'createdAt', to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),
  'category', json_build_object(
    'id', 'category_' || encode(uuid_send(c.id), 'hex'), 'name', c.name, 'slug', c.slug))
FROM products p JOIN categories c ON c.id = p.category_id
WHERE p.id = $1 AND p.status = $2";

const PRODUCTS_SQLITE: &str = "
SELECT json_object('nodes', json_group_array(json_object(
  'id', 'product_' || lower(hex(p.id)), 'name', p.name, 'priceCents', p.price_cents,
  'createdAt', substr(p.created_at, 1, 19) || substr(coalesce(nullif(
    substr(p.created_at, 20, length(p.created_at) - 25), ''), '.') || '000000', 1, 7) || 'Z',
  'category', (
    SELECT json_object('id', 'category_' || lower(hex(c.id)), 'name', c.name)
    FROM categories c WHERE c.id = p.category_id),
  'reviews', json_object('nodes', (
    SELECT json_group_array(json_object(
      'id', 'review_' || lower(hex(r.id)), 'rating', r.rating, 'title', r.title,
      'author', (
        SELECT json_object('id', 'user_' || lower(hex(u.id)), 'displayName', u.display_name)
        FROM users u WHERE u.id = r.author_id)))
    FROM (SELECT id, rating, title, author_id FROM reviews
          WHERE product_id = p.id ORDER BY created_at, id LIMIT 3) r)))))
FROM (SELECT id, name, price_cents, created_at, category_id FROM products
      WHERE status = ?3 AND (created_at, id) > (?1, ?2)
      ORDER BY created_at, id LIMIT 20) p";

const PRODUCTS_POSTGRES: &str = "
SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
  'id', 'product_' || encode(uuid_send(p.id), 'hex'), 'name', p.name,
  'priceCents', p.price_cents,
  'createdAt', to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),
  'category', json_build_object(
    'id', 'category_' || encode(uuid_send(c.id), 'hex'), 'name', c.name),
  'reviews', json_build_object('nodes', v.nodes)) ORDER BY p.created_at, p.id), '[]'))
FROM (SELECT id, name, price_cents, created_at, category_id FROM products
      WHERE status = $3 AND (created_at, id) > ($1, $2)
      ORDER BY created_at, id LIMIT 20) p
JOIN categories c ON c.id = p.category_id
CROSS JOIN LATERAL (
  SELECT coalesce(json_agg(json_build_object(
    'id', 'review_' || encode(uuid_send(r.id), 'hex'), 'rating', r.rating, 'title', r.title,
    'author', json_build_object(
      'id', 'user_' || encode(uuid_send(u.id), 'hex'), 'displayName', u.display_name))
    ORDER BY r.created_at, r.id), '[]') AS nodes
  FROM (SELECT id, rating, title, author_id, created_at FROM reviews
        WHERE product_id = p.id ORDER BY created_at, id LIMIT 3) r
  JOIN users u ON u.id = r.author_id) v";

/// Left to itself, `SQLite` begins with the categories and takes twice as long.
const REVENUE_SQLITE: &str = "
SELECT json_object('nodes', json_group_array(json_object(
  'key', json_object(
    'order', json_object('placedAt', json_object('start', g.month || '-01T00:00:00.000000Z')),
    'product', json_object('category', json_object('slug', g.slug))),
  'count', g.number, 'lineTotalCents', json_object('sum', g.total))))
FROM (SELECT substr(o.placed_at, 1, 7) AS month, c.slug, count(*) AS number,
        sum(i.line_total_cents) AS total
      FROM order_items i
      CROSS JOIN orders o ON o.id = i.order_id
      CROSS JOIN products p ON p.id = i.product_id
      CROSS JOIN categories c ON c.id = p.category_id
      GROUP BY 1, 2 HAVING total >= ?1
      ORDER BY total DESC, month, c.slug LIMIT 50) g";

const REVENUE_POSTGRES: &str = "
SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
  'key', json_build_object(
    'order', json_build_object('placedAt', json_build_object(
      'start', to_char(g.month, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))),
    'product', json_build_object('category', json_build_object('slug', g.slug))),
  'count', g.number, 'lineTotalCents', json_build_object('sum', g.total))
  ORDER BY g.total DESC, g.month, g.slug), '[]'))
FROM (SELECT date_trunc('month', o.placed_at AT TIME ZONE 'UTC') AS month, c.slug,
        count(*) AS number, sum(i.line_total_cents) AS total
      FROM order_items i
      JOIN orders o ON o.id = i.order_id
      JOIN products p ON p.id = i.product_id
      JOIN categories c ON c.id = p.category_id
      GROUP BY 1, 2 HAVING sum(i.line_total_cents) >= $1
      ORDER BY total DESC, month, c.slug LIMIT 50) g";

const EACH_SQLITE: &str = "
SELECT json_object('nodes', json_group_array(json_object(
  'id', 'product_' || lower(hex(p.id)), 'name', p.name,
  'orderItemGroups', json_object('nodes', (
    SELECT json_group_array(json_object(
      'key', json_object('order', json_object(
        'placedAt', json_object('start', g.month || '-01T00:00:00.000000Z'))),
      'count', g.number, 'lineTotalCents', json_object('sum', g.total)))
    FROM (SELECT substr(o.placed_at, 1, 7) AS month, count(*) AS number,
            sum(i.line_total_cents) AS total
          FROM order_items i JOIN orders o ON o.id = i.order_id
          WHERE i.product_id = p.id
          GROUP BY 1 HAVING total >= ?3
          ORDER BY total DESC, month LIMIT 6) g)))))
FROM (SELECT id, name FROM products WHERE (created_at, id) > (?1, ?2)
      ORDER BY created_at, id LIMIT 20) p";

const EACH_POSTGRES: &str = "
SELECT json_build_object('nodes', coalesce(json_agg(json_build_object(
  'id', 'product_' || encode(uuid_send(p.id), 'hex'), 'name', p.name,
  'orderItemGroups', json_build_object('nodes', v.nodes)) ORDER BY p.created_at, p.id), '[]'))
FROM (SELECT id, name, created_at FROM products WHERE (created_at, id) > ($1, $2)
      ORDER BY created_at, id LIMIT 20) p
CROSS JOIN LATERAL (
  SELECT coalesce(json_agg(json_build_object(
    'key', json_build_object('order', json_build_object('placedAt', json_build_object(
      'start', to_char(g.month, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')))),
    'count', g.number, 'lineTotalCents', json_build_object('sum', g.total))
    ORDER BY g.total DESC, g.month), '[]') AS nodes
  FROM (SELECT date_trunc('month', o.placed_at AT TIME ZONE 'UTC') AS month,
          count(*) AS number, sum(i.line_total_cents) AS total
        FROM order_items i JOIN orders o ON o.id = i.order_id
        WHERE i.product_id = p.id
        GROUP BY 1 HAVING sum(i.line_total_cents) >= $3
        ORDER BY total DESC, month LIMIT 6) g) v";
