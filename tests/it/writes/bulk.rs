use std::fmt::Write as _;

use futures_util::future::join_all;
use serde_json::json;

use super::{ERRORS, assert_error, mutate, product};
use crate::app::TestApp;

#[tokio::test]
async fn many_rows_are_made_changed_and_deleted_at_once() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;

        let slug = "books".to_owned();
        let mut inputs = String::new();
        for number in 0..250 {
            let input = product(&format!("MANY-{number}")).replace("books", &slug);
            write!(inputs, "{{{input}}}").unwrap();
        }
        let made = mutate(
            &staff,
            &format!("createProducts(input: [{inputs}]) {{ count products {{ sku }} {ERRORS} }}"),
        )
        .await;
        assert_eq!(made["count"], json!(250), "{}", made["userErrors"]);
        assert_eq!(made["products"][249]["sku"], json!("MANY-249"));

        let twice = product("MANY-7").replace("books", &slug);
        let new = product("MANY-1000").replace("books", &slug);
        let clash = mutate(
            &staff,
            &format!("createProducts(input: [{{{new}}}, {{{twice}}}]) {{ count {ERRORS} }}"),
        )
        .await;
        assert_eq!(
            super::errors(&clash),
            ["input.1.sku", "input.1.slug"].map(|path| ("CONFLICT".to_owned(), path.to_owned()))
        );

        let filter = "filter: {sku: {startsWith: \"MANY-1\"}}";
        let few = mutate(
            &staff,
            &format!(
                "updateProducts({filter}, patch: {{stock: 3}}, atMost: 10) {{ count {ERRORS} \
                 userErrors {{ ... on TooManyRowsError {{ matches }} }} }}"
            ),
        )
        .await;
        assert_error(&few, "TOO_MANY_ROWS", "atMost");
        assert_eq!(few["userErrors"][0]["matches"], json!(111));
        let all = mutate(
            &staff,
            &format!(
                "updateProducts({filter}, patch: {{stock: 3}}, atMost: 111) {{ count \
                 products {{ stock version }} {ERRORS} }}"
            ),
        )
        .await;
        assert_eq!(all["count"], json!(111), "{}", all["userErrors"]);
        assert_eq!(all["products"][110], json!({"stock": 3, "version": 2}));
        let everything = mutate(
            &staff,
            &format!(
                "updateProducts(filter: {{}}, patch: {{stock: 3}}, atMost: 0) {{ count {ERRORS} }}"
            ),
        )
        .await;
        assert_eq!(
            super::errors(&everything),
            [
                ("VALIDATION_FAILED".to_owned(), "atMost".to_owned()),
                ("VALIDATION_FAILED".to_owned(), "filter".to_owned()),
            ]
        );
        let none = mutate(
            &staff,
            &format!(
                "updateProducts(filter: {{sku: {{in: []}}}}, patch: {{stock: 3}}) {{ count \
                 products {{ sku }} {ERRORS} }}"
            ),
        )
        .await;
        assert_eq!(none, json!({"count": 0, "products": [], "userErrors": []}));

        let admin = app.admin().await;
        let gone = mutate(
            &admin,
            &format!(
                "deleteProducts(filter: {{sku: {{startsWith: \"MANY-\"}}}}, atMost: 250) {{ \
                 count deletedProductIds products {{ sku }} {ERRORS} }}"
            ),
        )
        .await;
        assert_eq!(gone["count"], json!(250), "{}", gone["userErrors"]);
        assert_eq!(gone["products"][0]["sku"], json!("MANY-0"));
        assert_eq!(gone["deletedProductIds"].as_array().unwrap().len(), 250);
        let referred = mutate(
            &admin,
            &format!("deleteCategory(by: {{slug: \"{slug}\"}}) {{ category {{ id }} {ERRORS} }}"),
        )
        .await;
        assert_error(&referred, "CONFLICT", "by");
        app.remove().await;
    }
}

#[tokio::test]
async fn of_many_mistakes_a_hundred_are_told() {
    for app in TestApp::on_every_database().await {
        let mut connect = String::new();
        for number in 0..150 {
            write!(connect, "{{sku: \"NONE-{number}\"}} ").unwrap();
        }
        let nobody = format!(
            "updateCategory(by: {{slug: \"books\"}}, patch: {{products: {{connect: [{connect}]}}}}) \
             {{ {ERRORS} }}"
        );
        let staff = app.staff().await;
        let missing = super::errors(&mutate(&staff, &nobody).await);
        assert_eq!(missing.len(), 100);
        assert!(missing.iter().all(|(code, _)| code == "NOT_FOUND"));
        // One for the number, and one for naming the product again.
        let item = "{product: {sku: \"ELE-000118\"}, quantity: 0} ".repeat(80);
        let order =
            format!("placeOrder(input: {{items: [{item}], shippingAddress: {{}}}}) {{ {ERRORS} }}");
        let ada = app.actor("ada").await;
        assert_eq!(super::errors(&mutate(&ada, &order).await).len(), 100);
        app.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_make_the_same_rows_crosswise_wait_and_do_not_fail() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        for round in 0..20 {
            let (one, two) = (
                product(&format!("CROSS-{round}-1")),
                product(&format!("CROSS-{round}-2")),
            );
            let queries = [(&one, &two), (&two, &one)].map(|(first, second)| {
                format!("createProducts(input: [{{{first}}}, {{{second}}}]) {{ count {ERRORS} }}")
            });
            let done = join_all(queries.iter().map(|query| mutate(&staff, query))).await;
            let made = done.iter().filter(|one| one["count"] == json!(2));
            assert_eq!(made.count(), 1, "round {round}: {done:?}");
            let refused = done.iter().find(|one| one["count"].is_null()).unwrap();
            assert_eq!(refused["userErrors"][0]["code"], json!("CONFLICT"));
        }
        app.remove().await;
    }
}
