use futures_util::future::join_all;
use serde_json::json;

use super::{ERRORS, assert_error, mutate, product, read};
use crate::app::TestApp;
use crate::shop::{placing, step};

#[tokio::test]
async fn a_row_is_made_changed_and_deleted() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;

        let slug = "books".to_owned();
        let input = product("NEW-1").replace("books", &slug);
        let made = mutate(
            &staff,
            &format!(
                "createProduct(input: {{{input}, attributes: {{b: [1, 2.5], a: {{x: null}}}}}}) {{
                    product {{ sku status stock version costCents attributes category {{ slug }} }}
                    {ERRORS} }}"
            ),
        )
        .await;
        assert_eq!(
            made,
            json!({
                "product": {
                    "sku": "NEW-1", "status": "DRAFT", "stock": 0, "version": 1,
                    "costCents": 500, "attributes": {"a": {"x": null}, "b": [1, 2.5]},
                    "category": {"slug": slug},
                },
                "userErrors": [],
            })
        );
        let again = mutate(
            &staff,
            &format!("createProduct(input: {{{input}}}) {{ product {{ id }} {ERRORS} }}"),
        )
        .await;
        assert_eq!(
            super::errors(&again),
            ["input.sku", "input.slug"].map(|path| ("CONFLICT".to_owned(), path.to_owned()))
        );
        assert_eq!(again["product"], json!(null));

        let changed = mutate(
            &staff,
            &format!(
                "updateProduct(by: {{sku: \"NEW-1\"}}, patch: {{stock: 7, description: null}}, \
                 ifVersion: 1) {{ product {{ stock version }} {ERRORS} }}"
            ),
        )
        .await;
        assert_eq!(
            changed["product"],
            json!({"stock": 7, "version": 2}),
            "{changed}"
        );
        let stale = mutate(
            &staff,
            "updateProduct(by: {sku: \"NEW-1\"}, patch: {stock: 8}, ifVersion: 1) { \
             product { stock } userErrors { code path ... on StaleVersionError { currentVersion } } }",
        )
        .await;
        assert_error(&stale, "STALE_VERSION", "ifVersion");
        assert_eq!(stale["userErrors"][0]["currentVersion"], json!(2));

        let admin = app.admin().await;
        let gone = mutate(
            &admin,
            &format!("deleteProduct(by: {{sku: \"NEW-1\"}}) {{ product {{ stock }} {ERRORS} }}"),
        )
        .await;
        assert_eq!(gone["product"], json!({"stock": 7}), "{gone}");
        let gone = mutate(
            &admin,
            &format!("deleteProduct(by: {{sku: \"NEW-1\"}}) {{ product {{ stock }} {ERRORS} }}"),
        )
        .await;
        assert_error(&gone, "NOT_FOUND", "by");

        let entries = read(
            &app,
            "admin",
            "{ auditEntries(filter: {entity: {eq: \"Product\"}}, orderBy: [{id: DESC}], first: 3) { \
             nodes { action changes actor { displayName } requestId } } }",
        )
        .await;
        let entries = entries["auditEntries"]["nodes"].as_array().unwrap();
        let told: Vec<_> = entries
            .iter()
            .map(|entry| entry["action"].clone())
            .collect();
        assert_eq!(told, ["delete", "update", "create"]);
        assert_eq!(entries[1]["changes"], json!({"stock": [0, 7]}));
        app.remove().await;
    }
}

#[tokio::test]
async fn what_is_there_is_changed_and_what_is_not_is_made() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        let input = product("NEW-1");
        for (stock, created, version) in [(3, true, 1), (9, false, 2)] {
            let upserted = mutate(
                &staff,
                &format!(
                    "upsertProduct(on: SKU, input: {{{input}, stock: {stock}}}) {{ created \
                     product {{ stock version }} {ERRORS} }}"
                ),
            )
            .await;
            assert_eq!(
                upserted,
                json!({
                    "created": created, "product": {"stock": stock, "version": version},
                    "userErrors": [],
                })
            );
        }
        app.remove().await;
    }
}

#[tokio::test]
async fn who_make_the_same_row_at_once_make_one() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        let input = product("SAME");
        let query = format!(
            "upsertProduct(on: SKU, input: {{{input}}}) {{ created product {{ sku }} {ERRORS} }}"
        );
        let done = join_all((0..8).map(|_| mutate(&staff, &query))).await;
        let made = done.iter().filter(|one| one["created"] == json!(true));
        assert_eq!(made.count(), 1);
        for one in &done {
            assert_eq!(one["product"]["sku"], json!("SAME"), "{one}");
        }
        let known = read(
            &app,
            "staff",
            "{ product(by: {sku: \"SAME\"}) { version } }",
        )
        .await;
        assert_eq!(known["product"]["version"], json!(8));
        app.remove().await;
    }
}

#[tokio::test]
async fn customers_write_what_is_theirs() {
    for app in TestApp::on_every_database().await {
        let ada = app.customer("ada").await;
        let me = read(&app, "ada", "{ me { id } }").await;
        let sku = "MINE";
        let input = product(sku);
        let staff = app.staff().await;
        let made =
            format!("createProduct(input: {{{input}, status: ACTIVE, stock: 1}}) {{ {ERRORS} }}");
        mutate(&staff, &made).await;
        let placed = mutate(&ada, &placing(&[(sku, 1)])).await;
        step(&ada, "payOrder", placed["order"]["id"].as_str().unwrap()).await;
        let made = mutate(
            &ada,
            &format!(
                "createReview(input: {{product: {{sku: \"{sku}\"}}, rating: 5}}) {{ \
                 review {{ id rating author {{ id }} product {{ sku }} }} {ERRORS} }}"
            ),
        )
        .await;
        let id = made["review"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{made}"));
        assert_eq!(made["review"]["author"]["id"], me["me"]["id"]);
        assert_eq!(made["review"]["product"]["sku"], json!(sku));
        let alan = app.customer("alan").await;
        let change = format!(
            "updateReview(by: {{id: \"{id}\"}}, patch: {{rating: 1}}) {{ review {{ rating }} \
             {ERRORS} }}"
        );
        assert_error(&mutate(&alan, &change).await, "NOT_ALLOWED", "by");
        let changed = mutate(&ada, &change).await;
        assert_eq!(changed["review"], json!({"rating": 1}), "{changed}");
        let twice = mutate(
            &ada,
            &format!(
                "createReview(input: {{product: {{sku: \"{sku}\"}}, rating: 5}}) {{ \
                 review {{ id }} {ERRORS} }}"
            ),
        )
        .await;
        assert_error(&twice, "CONFLICT", "input.product");
        let upserted = mutate(
            &ada,
            &format!(
                "upsertReview(on: PRODUCT_AUTHOR, input: {{product: {{sku: \"{sku}\"}}, \
                 rating: 3}}) {{ created review {{ id rating }} {ERRORS} }}"
            ),
        )
        .await;
        assert_eq!(
            upserted,
            json!({"created": false, "review": {"id": id, "rating": 3}, "userErrors": []})
        );
        let wrong = mutate(
            &ada,
            &format!(
                "createReview(input: {{product: {{id: \"{id}\"}}, rating: 9, title: \"\"}}) {{ \
                 review {{ id }} {ERRORS} }}"
            ),
        )
        .await;
        assert_eq!(
            super::errors(&wrong),
            [
                (
                    "VALIDATION_FAILED".to_owned(),
                    "input.product.id".to_owned()
                ),
                ("VALIDATION_FAILED".to_owned(), "input.rating".to_owned()),
                ("VALIDATION_FAILED".to_owned(), "input.title".to_owned()),
            ],
            "{wrong:#}"
        );
        app.remove().await;
    }
}

#[tokio::test]
async fn who_writes_what_refers_to_a_row_writes_the_row() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        let version = async || {
            let query = "{ category(by: {slug: \"books\"}) { version } }";
            read(&app, "staff", query).await["category"]["version"]
                .as_i64()
                .unwrap()
        };
        let before = version().await;
        let update = |slug: &str, version: i64| {
            format!(
                "updateCategory(by: {{slug: \"books\"}}, ifVersion: {version}, patch: {{children: {{create: \
                 [{{name: \"C\", slug: {slug:?}}}]}}}}) {{ category {{ version }} {ERRORS} }}"
            )
        };
        let first = mutate(&staff, &update("child-1", before)).await;
        assert_eq!(first["category"]["version"], json!(before + 1), "{first}");
        let stale = mutate(&staff, &update("child-2", before)).await;
        assert_error(&stale, "STALE_VERSION", "ifVersion");
        assert_eq!(version().await, before + 1);
        // Of two parents, a row can have but one.
        let parent = |slug: &str| {
            format!(
                "{{name: \"P\", slug: {slug:?}, children: {{connect: [{{slug: \"child-1\"}}]}}}}"
            )
        };
        let both = format!(
            "createCategories(input: [{}, {}]) {{ count {ERRORS} }}",
            parent("p1"),
            parent("p2")
        );
        let both = mutate(&staff, &both).await;
        assert_error(&both, "VALIDATION_FAILED", "input.1.children.connect.0");
        app.remove().await;
    }
}
