use serde_json::json;

use super::{placing, step};
use crate::app::{TestApp, Variant};
use crate::writes::{assert_error, mutate, product};

fn reviewing(sku: &str) -> String {
    format!(
        "createReview(input: {{product: {{sku: \"{sku}\"}}, rating: 5}}) {{ review {{ rating }} \
         userErrors {{ code path }} }}"
    )
}

#[tokio::test]
async fn only_buyers_review() {
    for app in TestApp::on_every_database().await {
        let (ada, staff) = (app.customer("ada").await, app.staff().await);
        let input = product("BOUGHT");
        let made = mutate(
            &staff,
            &format!(
                "createProduct(input: {{{input}, status: ACTIVE, stock: 1}}) {{ userErrors {{ code }} }}"
            ),
        )
        .await;
        assert_eq!(made["userErrors"], json!([]));
        let review = reviewing("BOUGHT");
        assert_error(&mutate(&ada, &review).await, "NOT_ALLOWED", "input.product");
        let several = "createReviews(input: [{product: {sku: \"BOUGHT\"}, rating: 5}]) { userErrors { code path } }";
        assert_error(
            &mutate(&ada, several).await,
            "NOT_ALLOWED",
            "input.0.product",
        );
        let placed = mutate(&ada, &placing(&[("BOUGHT", 1)])).await;
        let order = placed["order"]["id"].as_str().unwrap();
        assert_error(&mutate(&ada, &review).await, "NOT_ALLOWED", "input.product");
        step(&ada, "payOrder", order).await;
        let done = mutate(&ada, &review).await;
        assert_eq!(done["review"], json!({"rating": 5}), "{done}");
        app.remove().await;
    }
}

#[tokio::test]
async fn a_shop_may_let_everyone_review() {
    let app = TestApp::sqlite().await;
    let open = app
        .node(Variant {
            shop: purser::shop::ShopRules {
                reviewers: purser::shop::Reviewers::Everyone,
            },
            ..Variant::default()
        })
        .await;
    let staff = open.staff().await;
    let input = product("UNSOLD");
    mutate(
        &staff,
        &format!("createProduct(input: {{{input}}}) {{ userErrors {{ code }} }}"),
    )
    .await;
    let done = mutate(&staff, &reviewing("UNSOLD")).await;
    assert_eq!(done["review"], json!({"rating": 5}), "{done}");
}
