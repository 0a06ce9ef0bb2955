//! Answers of mutations have room as those of queries have.

use purser::http::LoadLimits;
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::app::{Reply, TestApp, Variant, not_covered};
use crate::statements::Statements;

/// A mutation whose answer has more than 32 KiB.
const TELLS_MUCH: &str = "mutation { updateProfile(input: { displayName: \"Eve\" }) {
    user { reviews(first: 3) { nodes { product { category {
        a: products(first: 100) { nodes { slug name sku attributes description } }
        b: products(first: 100) { nodes { slug name sku attributes description } }
        c: products(first: 100) { nodes { slug name sku attributes description } }
    } } } } } } }";

/// A node where an answer has at most 32 KiB.
async fn narrow(shop: &TestApp) -> TestApp {
    let load = LoadLimits {
        bytes: 512 * 1024,
        ..LoadLimits::default()
    };
    shop.node(Variant::of_load(load)).await
}

fn assert_too_large(reply: &Reply) {
    let answer = reply.json();
    assert!(answer["data"].is_null(), "it is told");
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "QUERY_TOO_COMPLEX");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("more than 32768 bytes"), "{message}");
}

#[tokio::test]
async fn a_mutation_whose_answer_is_too_large_is_not_done() {
    let shop = TestApp::sqlite().await;
    let app = narrow(&shop).await;
    let ada = app.actor("ada").await;
    assert_too_large(&ada.query(TELLS_MUCH).await);
    let me = ada.query("{ me { displayName } }").await.data();
    assert_ne!(me["me"]["displayName"], "Eve");
}

#[tokio::test]
async fn what_is_told_again_has_room_like_what_is_told_first() {
    let shop = TestApp::sqlite().await;
    let ada = shop.actor("ada").await.with_key("again");
    let told = ada.query(TELLS_MUCH).await;
    assert!(told.data()["updateProfile"]["user"].is_object());
    let app = narrow(&shop).await;
    let ada = app.actor("ada").await.with_key("again");
    assert_too_large(&ada.query(TELLS_MUCH).await);
    let ada = shop.actor("ada").await.with_key("again");
    assert_eq!(ada.query(TELLS_MUCH).await.data(), told.data());
}

/// A mutation that is refused before it begins, which says so a hundred times
/// under keys of that length; and so many letters more.
fn says_much(length: usize, more: usize) -> String {
    let row = "{ category: { slug: \"books\" }, sku: \"\", slug: \"\", name: \"\", priceCents: -1, \
               costCents: -1, currency: \"\" }";
    let rows = row.repeat(50);
    let length = length - 1;
    let keys = ["a", "b", "c"].map(|key| format!("{key:a<length$}: message"));
    let last = ["x", "y", "z"].iter().enumerate().map(|(place, key)| {
        let length = 1 + (more + place) / 3;
        format!("{key:x<length$}: __typename")
    });
    let (keys, last) = (keys.join(" "), last.collect::<Vec<_>>().join(" "));
    format!(
        "mutation {{ it: createProducts(input: [{rows}]) {{ userErrors {{ {keys} }} {last} }} }}"
    )
}

#[tokio::test]
async fn what_a_refused_mutation_tells_has_room_like_any_other_answer() {
    let shop = TestApp::shared().await;
    let app = narrow(shop).await;
    let staff = app.staff().await;
    let is_told = |told: &Reply| told.data()["it"]["userErrors"][99].is_object();
    assert!(is_told(&staff.query(&says_much(20, 0)).await));
    let bytes = async |length| {
        let staff = shop.staff().await;
        staff.query(&says_much(length, 0)).await.body.len()
    };
    let one = bytes(2).await;
    let length = 2 + (MOST - one) / 300;
    let more = (MOST - one) % 300;
    let mut body = json!({ "query": says_much(length, more) });
    assert!(is_told(&staff.post(body.to_string()).await));
    // Nothing is kept, so it is not told for the sake of what was.
    body["extensions"] = json!({ "cost": true });
    assert_too_large(&staff.post(body.to_string()).await);
    assert_too_large(&staff.query(&says_much(length + 1, more)).await);
}

/// How many bytes an answer of [`narrow`] has at most.
const MOST: usize = 32 * 1024;

#[tokio::test]
async fn what_was_kept_is_told_again_though_it_is_a_little_longer_than_answers_are() {
    let shop = TestApp::sqlite().await;
    let app = narrow(&shop).await;
    let padded = |rows: usize, padding: usize| {
        let tells = TELLS_MUCH.replace("first: 100", &format!("first: {rows}"));
        let padding = "a".repeat(padding);
        let aliases = (0..100).map(|n| format!("a{n:02}{padding}: __typename"));
        let aliases = aliases.collect::<Vec<_>>().join(" ");
        tells.replace("reviews(first: 3)", &format!("{aliases} reviews(first: 3)"))
    };
    let bytes = async |rows, padding| {
        let ada = shop.actor("ada").await;
        let data = ada.query(&padded(rows, padding)).await.data();
        data.to_string().len()
    };
    let mut rows = 1;
    while bytes(rows + 1, 0).await < MOST {
        rows += 1;
    }
    let (least, more) = (bytes(rows, 0).await, bytes(rows, 1).await);
    let padding = (MOST - least) / (more - least);
    let body = json!({ "query": padded(rows, padding), "extensions": { "cost": true } });
    let ada = app.actor("ada").await.with_key("a-little-longer");
    let first = ada.post(body.to_string()).await;
    let data = &first.json()["data"];
    assert!(
        data["updateProfile"]["user"].is_object(),
        "{}",
        first.json()
    );
    assert!(first.body.len() > MOST, "{}", first.body.len());
    let again = ada.post(body.to_string()).await;
    assert_eq!(again.json()["data"], *data);
}

#[tokio::test]
async fn fields_whose_answers_find_no_room_are_the_last() {
    let shop = TestApp::sqlite().await;
    let app = narrow(&shop).await;
    let field = "updateProfile(input: { displayName: \"Eve\" }) { user { \
                 reviews(first: 3) { nodes { product { category { \
                 products(first: 30) { nodes { slug name sku attributes } } } } } } } }";
    let fields = (0..8).map(|n| format!("a{n}: {field}"));
    let fields = fields.collect::<Vec<_>>().join(" ");
    let ada = app.actor("ada").await;
    let statements = Statements::default();
    let subscriber = Registry::default().with(statements.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    let refused = ada.query(&format!("mutation {{ {fields} }}")).await;
    drop(guard);
    assert_too_large(&refused);
    let statements = statements.0.lock().unwrap();
    let tells = statements.iter().filter(|sql| sql.contains("\"reviews\""));
    let tells = tells.count();
    assert!((1..7).contains(&tells), "{tells} of 8");
}

/// Such a part is null to `MariaDB`, whatever it is a part of.
#[tokio::test]
async fn a_part_that_is_larger_than_mariadb_makes_any_is_not_told_as_null() {
    let Ok(server) = std::env::var("TEST_MARIADB_URL") else {
        return not_covered("TEST_MARIADB_URL");
    };
    let shop = TestApp::on_server(&server, 2).await;
    let grows = "UPDATE products SET attributes = JSON_OBJECT('a', REPEAT('a', @@max_allowed_packet / 5 * 3)) \
                 WHERE category_id = (SELECT id FROM categories WHERE slug = 'laptops')";
    let staff = shop.staff().await;
    let grown = shop.database().orm().execute_unprepared(grows).await;
    assert_eq!(grown.unwrap().rows_affected(), 2);
    for part in [
        "products(first: 2) { nodes { attributes } }",
        "productGroups(by: [{ status: VALUE }]) { nodes { rows(first: 2) { attributes } } }",
    ] {
        let query = format!(
            "{{ categories(filter: {{ slug: {{ eq: \"laptops\" }} }}) {{ nodes {{ name {part} }} }} }}"
        );
        let refused = staff.query(&query).await;
        assert_eq!(refused.code(), "QUERY_TOO_COMPLEX", "{part}");
        let message = refused.errors()[0]["message"].to_string();
        assert!(message.contains("larger than any may be"), "{message}");
    }
    shop.remove().await;
}
