//! The same values go in and come out of every database, and the same values are refused.

// Says to the linter that helpers are test code as well.
#![cfg(test)]

mod common;

use chrono::{DateTime, Utc};
use common::on_each_database;
use entity::{category, order, order_item, product, review, session, user};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, DatabaseConnection, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryOrder as _, TransactionTrait as _,
};
use uuid::Uuid;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn a_user(email: &str) -> user::Model {
    user::Model {
        id: Uuid::now_v7(),
        email: email.to_owned(),
        display_name: "Zoë 王 🦀 \"quoted\" \\ back".to_owned(),
        role: user::Role::Staff,
        password_hash: None,
        disabled_at: Some(at("2025-02-03T04:05:06.789012Z")),
        version: 1,
        created_at: at("2025-01-01T00:00:00Z"),
        updated_at: at("2025-01-01T00:00:00.5Z"),
    }
}

fn a_category() -> category::Model {
    category::Model {
        id: Uuid::now_v7(),
        parent_id: None,
        name: "Books".to_owned(),
        slug: "books".to_owned(),
        position: 0,
        version: 1,
        created_at: at("2025-01-01T00:00:00Z"),
        updated_at: at("2025-01-01T00:00:00Z"),
    }
}

fn a_product(category_id: Uuid, slug: &str) -> product::Model {
    product::Model {
        id: Uuid::now_v7(),
        category_id,
        sku: slug.to_uppercase(),
        slug: slug.to_owned(),
        name: "Briefmarke".to_owned(),
        description: Some("é".repeat(8000)),
        price_cents: 9_007_199_254_740_991,
        cost_cents: 0,
        currency: "EUR".to_owned(),
        stock: i32::MAX,
        status: product::Status::Active,
        attributes: entity::json::canonical(serde_json::json!({
            "weight_g": 12.5, "tags": ["a", null, true], "ü": {"x": "\u{1F600}"}, "none": null
        })),
        version: 1,
        created_at: at("2025-01-01T00:00:00.000001Z"),
        updated_at: at("2025-01-01T00:00:00.999999Z"),
    }
}

async fn a_shop(db: &DatabaseConnection) -> (user::Model, product::Model) {
    migration::run(db).await.expect("migrates");
    let user = a_user("ada@example.com");
    let category = a_category();
    let product = a_product(category.id, "stamp");
    insert_user(db, &user).await.expect("a user");
    category::Entity::insert(category.into_active_model())
        .exec(db)
        .await
        .expect("a category");
    product::Entity::insert(product.clone().into_active_model())
        .exec(db)
        .await
        .expect("a product");
    (user, product)
}

async fn insert_user(db: &DatabaseConnection, user: &user::Model) -> Result<(), DbErr> {
    user::Entity::insert(user.clone().into_active_model())
        .exec(db)
        .await
        .map(drop)
}

#[tokio::test]
async fn values_read_back_as_they_were_written() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let (user, product) = a_shop(&db).await;
        let read = user::Entity::find_by_id(user.id)
            .one(&db)
            .await
            .expect("reads");
        assert_eq!(read.as_ref(), Some(&user));
        let read = product::Entity::find_by_id(product.id)
            .one(&db)
            .await
            .expect("reads");
        assert_eq!(read.as_ref(), Some(&product));
        let keys = read.expect("a product").attributes.to_string();
        assert_eq!(
            keys, r#"{"ü":{"x":"😀"},"none":null,"tags":["a",null,true],"weight_g":12.5}"#,
            "JSON keys come back in one order"
        );
    })
    .await;
}

#[tokio::test]
async fn text_is_compared_bytewise() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        migration::run(&db).await.expect("migrates");
        let emails = ["A", "Z", "a", "a ", "a.", "z", "ß", "ä", "\u{E000}", "🦀"];
        for email in emails.iter().rev() {
            insert_user(&db, &a_user(email))
                .await
                .expect("differs from the others");
        }
        let sorted = user::Entity::find()
            .order_by_asc(user::Column::Email)
            .all(&db)
            .await;
        let sorted: Vec<String> = sorted
            .expect("reads")
            .into_iter()
            .map(|user| user.email)
            .collect();
        let mut expected = emails;
        expected.sort_unstable();
        assert_eq!(sorted, expected);
        insert_user(&db, &a_user("a ")).await.expect_err("is taken");
    })
    .await;
}

#[tokio::test]
async fn times_sort_by_time_at_any_precision() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        migration::run(&db).await.expect("migrates");
        let times = [
            "2024-12-31T23:59:59.999999Z",
            "2025-01-01T00:00:00Z",
            "2025-01-01T00:00:00.000001Z",
            "2025-01-01T00:00:00.001Z",
            "2025-01-01T00:00:00.001001Z",
            "2025-01-01T00:00:01Z",
        ];
        for (index, time) in times.iter().enumerate().rev() {
            let user = user::Model {
                created_at: at(time),
                ..a_user(&index.to_string())
            };
            insert_user(&db, &user).await.expect("a user");
        }
        let sorted = user::Entity::find()
            .order_by_asc(user::Column::CreatedAt)
            .all(&db)
            .await;
        let sorted: Vec<_> = sorted
            .expect("reads")
            .into_iter()
            .map(|user| user.created_at)
            .collect();
        assert_eq!(sorted, times.map(at));
    })
    .await;
}

#[tokio::test]
async fn values_outside_the_declared_bounds_are_refused() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let (_, product) = a_shop(&db).await;
        let another = || product::Model {
            id: Uuid::now_v7(),
            sku: "another".to_owned(),
            slug: "another".to_owned(),
            ..product.clone()
        };
        let refused: [(&str, product::Model); 8] = [
            (
                "negative price",
                product::Model {
                    price_cents: -1,
                    ..another()
                },
            ),
            (
                "price beyond 2^53",
                product::Model {
                    price_cents: 1 << 53,
                    ..another()
                },
            ),
            (
                "negative stock",
                product::Model {
                    stock: -1,
                    ..another()
                },
            ),
            (
                "version zero",
                product::Model {
                    version: 0,
                    ..another()
                },
            ),
            (
                "two-letter currency",
                product::Model {
                    currency: "EU".to_owned(),
                    ..another()
                },
            ),
            (
                "overlong name",
                product::Model {
                    name: "n".repeat(201),
                    ..another()
                },
            ),
            (
                "taken slug",
                product::Model {
                    slug: product.slug.clone(),
                    ..another()
                },
            ),
            (
                "unknown category",
                product::Model {
                    category_id: Uuid::now_v7(),
                    ..another()
                },
            ),
        ];
        for (reason, row) in refused {
            // In a transaction: outside of one, SQLite 3.51 keeps reading after a broken reference
            // in a row whose words FTS5 has taken in, and the connection can write no more.
            let transaction = db.begin().await.expect("begins");
            let result = product::Entity::insert(row.into_active_model())
                .exec(&transaction)
                .await;
            assert!(
                result.is_err(),
                "{reason} must be refused by {:?}",
                db.get_database_backend()
            );
            transaction.rollback().await.expect("rolls back");
        }
        product::Entity::insert(another().into_active_model())
            .exec(&db)
            .await
            .expect("is fine");
    })
    .await;
}

#[tokio::test]
async fn a_user_reviews_a_product_once_with_one_to_five_stars() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let (user, product) = a_shop(&db).await;
        let review = |rating| review::ActiveModel {
            id: Set(Uuid::now_v7()),
            product_id: Set(product.id),
            author_id: Set(user.id),
            rating: Set(rating),
            title: Set(None),
            body: Set(None),
            version: Set(1),
            created_at: Set(user.created_at),
            updated_at: Set(user.created_at),
        };
        review(0).insert(&db).await.expect_err("no stars at all");
        review(6).insert(&db).await.expect_err("six stars");
        review(5).insert(&db).await.expect("five stars");
        review(4)
            .insert(&db)
            .await
            .expect_err("a second review by the same user");
    })
    .await;
}

#[tokio::test]
async fn deleting_takes_belongings_along_and_stops_at_references() {
    on_each_database(|database| async move {
        let db = database.connect().await;
        let (user, product) = a_shop(&db).await;
        let time = user.created_at;
        let order = order::Model {
            id: Uuid::now_v7(),
            number: "2025-000001".to_owned(),
            customer_id: user.id,
            status: order::Status::Paid,
            currency: "EUR".to_owned(),
            total_cents: 300,
            placed_at: time,
            shipping_address: serde_json::json!({"city": "Bern"}),
            note: None,
            version: 1,
            created_at: time,
            updated_at: time,
        };
        let item = order_item::Model {
            id: Uuid::now_v7(),
            order_id: order.id,
            product_id: product.id,
            quantity: 3,
            unit_price_cents: 100,
            unit_cost_cents: 60,
            line_total_cents: 300,
            created_at: time,
            updated_at: time,
        };
        let wrong = order_item::Model {
            line_total_cents: 301,
            ..item.clone()
        };
        order
            .clone()
            .into_active_model()
            .insert(&db)
            .await
            .expect("an order");
        wrong
            .into_active_model()
            .insert(&db)
            .await
            .expect_err("a line that does not add up");
        item.into_active_model().insert(&db).await.expect("a line");
        let session = session::Model {
            id: Uuid::now_v7(),
            user_id: user.id,
            refresh_token_hash: "0".repeat(64),
            family_id: Uuid::now_v7(),
            user_agent: None,
            expires_at: time,
            rotated_at: None,
            successor_salt: None,
            ends_at: None,
            revoked_at: None,
            created_at: time,
            updated_at: time,
        };
        session
            .into_active_model()
            .insert(&db)
            .await
            .expect("a session");

        let delete_product = product::Entity::delete_by_id(product.id);
        delete_product
            .clone()
            .exec(&db)
            .await
            .expect_err("it was ordered");
        user::Entity::delete_by_id(user.id)
            .exec(&db)
            .await
            .expect_err("has an order");
        order::Entity::delete_by_id(order.id)
            .exec(&db)
            .await
            .expect("an order goes with its lines");
        delete_product
            .exec(&db)
            .await
            .expect("nothing refers to it any more");
        user::Entity::delete_by_id(user.id)
            .exec(&db)
            .await
            .expect("a user goes with the sessions");
        let sessions = session::Entity::find().all(&db).await.expect("reads");
        assert!(sessions.is_empty());
    })
    .await;
}
