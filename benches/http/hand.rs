//! The handler that someone would write by hand for just these two answers:
//! one statement whose JSON the database builds, its bytes passed on.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, header};
use axum::routing::post;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use purser::run::{Database, Pool};
use serde::Deserialize;
use sqlx::Row as _;
use uuid::Uuid;

use crate::shop::active;

struct Shop {
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
}

pub fn router(database: &Database) -> Router {
    let shop = Arc::new(Shop {
        pool: database.readers(),
        active: active(),
    });
    Router::new()
        .route("/product", post(product))
        .route("/products", post(products))
        .with_state(shop)
}

async fn product(State(shop): State<Arc<Shop>>, body: Bytes) -> Response<Body> {
    let by: ById = serde_json::from_slice(&body).expect("an id");
    let json: Vec<u8> = match &shop.pool {
        Pool::Sqlite(pool) => sqlx::query(PRODUCT_SQLITE)
            .bind(by.id)
            .bind(&shop.active)
            .fetch_one(pool)
            .await
            .expect("a row")
            .get::<&[u8], _>(0)
            .to_vec(),
        Pool::Postgres(pool) => sqlx::query(PRODUCT_POSTGRES)
            .bind(by.id)
            .bind(&shop.active)
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
    respond("{\"data\":{\"product\":", &json)
}

async fn products(State(shop): State<Arc<Shop>>, body: Bytes) -> Response<Body> {
    let after: After = serde_json::from_slice(&body).expect("a position");
    let json: Vec<u8> = match &shop.pool {
        Pool::Sqlite(pool) => sqlx::query(PRODUCTS_SQLITE)
            .bind(after.created_at)
            .bind(after.id)
            .bind(&shop.active)
            .fetch_one(pool)
            .await
            .expect("a row")
            .get::<&[u8], _>(0)
            .to_vec(),
        Pool::Postgres(pool) => sqlx::query(PRODUCTS_POSTGRES)
            .bind(after.created_at)
            .bind(after.id)
            .bind(&shop.active)
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
    respond("{\"data\":{\"products\":", &json)
}

fn respond(head: &str, json: &[u8]) -> Response<Body> {
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
