use serde_json::json;

use super::{placing, step};
use crate::app::TestApp;
use crate::writes::{assert_error, errors, mutate, read};

/// A product and how many pieces of it, and an error's code and place.
type Asked<'a> = (&'a str, i64);
type Told<'a> = (&'a str, &'a str);

/// Products that are on sale in one currency, with their stock and price.
async fn on_sale(app: &TestApp) -> Vec<(String, i64, i64)> {
    let query = "{ products(filter: {status: {eq: ACTIVE}, currency: {eq: \"EUR\"}, \
                 stock: {gte: 5}}, first: 3) { nodes { sku stock priceCents } } }";
    let products = read(app, "staff", query).await;
    let products = products["products"]["nodes"].as_array().unwrap().clone();
    products
        .iter()
        .map(|product| {
            (
                product["sku"].as_str().unwrap().to_owned(),
                product["stock"].as_i64().unwrap(),
                product["priceCents"].as_i64().unwrap(),
            )
        })
        .collect()
}

async fn stock(app: &TestApp, sku: &str) -> i64 {
    let query = format!("{{ product(by: {{sku: \"{sku}\"}}) {{ stock }} }}");
    read(app, "staff", &query).await["product"]["stock"]
        .as_i64()
        .unwrap()
}

#[tokio::test]
async fn an_order_takes_from_the_stock_at_the_prices_of_the_moment() {
    for app in TestApp::on_every_database().await {
        let products = on_sale(&app).await;
        let ada = app.customer("ada").await;
        let [
            (one, stock_of_one, price_of_one),
            (two, stock_of_two, price_of_two),
            _,
        ] = &products[..]
        else {
            panic!("{products:?}")
        };
        let placed = mutate(&ada, &placing(&[(two, 2), (one, 3)])).await;
        let order = &placed["order"];
        assert_eq!(placed["userErrors"], json!([]));
        assert_eq!(order["status"], json!("PENDING"));
        assert_eq!(
            order["totalCents"],
            json!(3 * price_of_one + 2 * price_of_two)
        );
        assert_eq!(order["items"]["nodes"].as_array().unwrap().len(), 2);
        assert_eq!(stock(&app, one).await, stock_of_one - 3);
        assert_eq!(stock(&app, two).await, stock_of_two - 2);
        // All of it, or nothing.
        let much = mutate(&ada, &placing(&[(one, 1), (two, 9_999)])).await;
        assert_error(&much, "OUT_OF_STOCK", "input.items.1.quantity");
        assert_eq!(much["userErrors"][0]["available"], json!(stock_of_two - 2));
        assert_eq!(stock(&app, one).await, stock_of_one - 3);

        // What is called off can be sold again, once.
        let id = order["id"].as_str().unwrap();
        let alan = app.customer("alan").await;
        assert_error(
            &step(&alan, "cancelOrder", id).await,
            "NOT_FOUND",
            "input.order",
        );
        let cancelled = step(&ada, "cancelOrder", id).await;
        assert_eq!(
            cancelled["order"],
            json!({"status": "CANCELLED", "version": 2})
        );
        assert_eq!(stock(&app, one).await, *stock_of_one);
        assert_eq!(stock(&app, two).await, *stock_of_two);
        let again = step(&ada, "cancelOrder", id).await;
        assert_error(&again, "INVALID_TRANSITION", "input.order");
        assert_eq!(again["userErrors"][0]["currentStatus"], json!("CANCELLED"));
        assert_eq!(stock(&app, one).await, *stock_of_one);

        let told = read(
            &app,
            "admin",
            &format!(
                "{{ auditEntries(filter: {{entityId: {{eq: \"{id}\"}}}}, orderBy: [{{id: ASC}}]) \
                 {{ nodes {{ action changes }} }} }}"
            ),
        )
        .await;
        assert_eq!(
            told["auditEntries"]["nodes"],
            json!([
                {"action": "placeOrder", "changes": {
                    "number": [null, order["number"]], "status": [null, "PENDING"],
                    "totalCents": [null, order["totalCents"]],
                }},
                {"action": "cancelOrder", "changes": {"status": ["PENDING", "CANCELLED"]}},
            ])
        );
        app.remove().await;
    }
}

#[tokio::test]
async fn an_order_goes_from_state_to_state() {
    for app in TestApp::on_every_database().await {
        let products = on_sale(&app).await;
        let (sku, at_first, _) = &products[0];
        let (ada, staff) = (app.customer("ada").await, app.staff().await);
        let place = async || {
            let placed = mutate(&ada, &placing(&[(sku, 1)])).await;
            placed["order"]["id"].as_str().unwrap().to_owned()
        };
        let sent = place().await;
        assert_error(
            &step(&staff, "shipOrder", &sent).await,
            "INVALID_TRANSITION",
            "input.order",
        );
        for (name, status) in [
            ("payOrder", "PAID"),
            ("shipOrder", "SHIPPED"),
            ("deliverOrder", "DELIVERED"),
            ("refundOrder", "REFUNDED"),
        ] {
            let done = step(&staff, name, &sent).await;
            assert_eq!(done["order"]["status"], json!(status), "{done}");
        }
        for name in [
            "payOrder",
            "shipOrder",
            "deliverOrder",
            "cancelOrder",
            "refundOrder",
        ] {
            let done = step(&staff, name, &sent).await;
            assert_error(&done, "INVALID_TRANSITION", "input.order");
        }
        // What was delivered does not come back; what was never sent does.
        assert_eq!(stock(&app, sku).await, at_first - 1);
        let paid = place().await;
        assert_eq!(
            step(&ada, "payOrder", &paid).await["order"]["status"],
            json!("PAID")
        );
        assert_eq!(
            step(&staff, "refundOrder", &paid).await["order"]["status"],
            json!("REFUNDED")
        );
        assert_eq!(stock(&app, sku).await, at_first - 1);
        // Customers do not ship, and do not know that anybody does.
        let query = "mutation { shipOrder(input: {order: {number: \"1\"}}) { order { id } } }";
        assert_eq!(ada.query(query).await.code(), "GRAPHQL_VALIDATION_FAILED");
        app.remove().await;
    }
}

#[tokio::test]
async fn what_cannot_be_ordered_is_told_with_its_place() {
    for app in TestApp::on_every_database().await {
        let products = on_sale(&app).await;
        let ada = app.customer("ada").await;
        let (sku, before, _) = &products[0];
        let (other, ..) = &products[1];
        let draft = read(
            &app,
            "staff",
            "{ products(filter: {status: {eq: DRAFT}}, first: 1) { nodes { id sku } } }",
        )
        .await;
        let draft = draft["products"]["nodes"][0]["sku"].as_str().unwrap();
        let none: Vec<(&str, i64)> = Vec::new();
        let many: Vec<(&str, i64)> = vec![(sku, 1); 10_000];
        let cases: [(&[Asked<'_>], &[Told<'_>]); 7] = [
            (&none, &[("VALIDATION_FAILED", "input.items")]),
            (&many[..101], &[("VALIDATION_FAILED", "input.items")]),
            (
                &[(sku, 0)],
                &[("VALIDATION_FAILED", "input.items.0.quantity")],
            ),
            (
                &[(sku, -1), (other, 10_001)],
                &[
                    ("VALIDATION_FAILED", "input.items.0.quantity"),
                    ("VALIDATION_FAILED", "input.items.1.quantity"),
                ],
            ),
            (
                &[(sku, 1), (sku, 1)],
                &[("VALIDATION_FAILED", "input.items.1.product")],
            ),
            (&[("NOTHING", 1)], &[("NOT_FOUND", "input.items.0.product")]),
            (
                &[(sku, 1), (draft, 1)],
                &[("NOT_FOUND", "input.items.1.product")],
            ),
        ];
        for (items, expected) in cases {
            let refused = mutate(&ada, &placing(items)).await;
            assert_eq!(refused["order"], json!(null));
            let expected: Vec<_> = expected
                .iter()
                .map(|(code, path)| ((*code).to_owned(), (*path).to_owned()))
                .collect();
            assert_eq!(errors(&refused), expected, "{items:?}");
        }
        // Those who see it learn that it is not sold.
        let staff = app.staff().await;
        let refused = mutate(&staff, &placing(&[(draft, 1)])).await;
        assert_error(&refused, "VALIDATION_FAILED", "input.items.0.product");
        assert_eq!(stock(&app, sku).await, *before);
        app.remove().await;
    }
}
