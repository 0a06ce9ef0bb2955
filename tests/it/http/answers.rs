//! Answers of mutations have room as those of queries have.

use purser::http::LoadLimits;

use crate::app::{Reply, TestApp, Variant};

/// A mutation whose answer has more than 48 KiB.
const TELLS_MUCH: &str = "mutation { updateProfile(input: { displayName: \"Eve\" }) {
    user { reviews(first: 3) { nodes { product { category {
        products(first: 100) { nodes { slug name sku attributes a: description b: description c: description d: description } }
    } } } } } } }";

/// A node where an answer has at most 48 KiB.
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
    assert!(message.contains("more than 49152 bytes"), "{message}");
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
