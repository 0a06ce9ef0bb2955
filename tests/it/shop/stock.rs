use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{placing, step};
use crate::app::{TestApp, announce};
use crate::writes::{mutate, product, read};

/// How many products there are, and how many pieces of each.
const PRODUCTS: usize = 20;
const PIECES: i64 = 300;
/// How many clients order at once, and how many orders they place in all.
const CLIENTS: usize = 16;
const ORDERS: usize = 5_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_at_once_no_piece_is_lost_or_sold_twice() {
    for app in TestApp::on_every_database().await {
        let staff = app.staff().await;
        let inputs: Vec<_> = (0..PRODUCTS)
            .map(|number| {
                let input = product(&format!("SCARCE-{number}"));
                format!("{{{input}, status: ACTIVE, stock: {PIECES}}}")
            })
            .collect();
        let made = mutate(
            &staff,
            &format!(
                "createProducts(input: [{}]) {{ count userErrors {{ code }} }}",
                inputs.join(" ")
            ),
        )
        .await;
        assert_eq!(made["count"], json!(PRODUCTS));
        let begun = std::time::Instant::now();
        let next = AtomicUsize::new(0);
        let counts = join_all((0..CLIENTS).map(|client| buy(&app, client, &next))).await;
        let mut told = BTreeMap::new();
        for count in counts {
            for (what, times) in count {
                *told.entry(what).or_insert(0) += times;
            }
        }
        announce(&format!(
            "stock: {}: {told:?} in {} s",
            app.database().dialect(),
            begun.elapsed().as_secs()
        ));
        assert_eq!(told.values().sum::<usize>(), ORDERS);
        assert!(told["placed"] > 500 && told["cancelled"] > 100 && told["OUT_OF_STOCK"] > 100);
        assert_conserved(&app).await;
        app.remove().await;
    }
}

/// Places orders and calls some of them off, until all are placed.
async fn buy(app: &TestApp, client: usize, next: &AtomicUsize) -> BTreeMap<String, usize> {
    let actor = app
        .customer(if client.is_multiple_of(2) {
            "ada"
        } else {
            "alan"
        })
        .await;
    let mut counts = BTreeMap::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= ORDERS {
            return counts;
        }
        // Other products each time, in another order, so that locks cross.
        let skus: Vec<_> = (0..3)
            .map(|item| {
                format!(
                    "SCARCE-{}",
                    (number * 7 + item * (1 + number % 5)) % PRODUCTS
                )
            })
            .collect();
        let mut items: Vec<(&str, i64)> = Vec::new();
        for sku in &skus {
            if !items.iter().any(|(known, _)| known == sku) {
                items.push((sku, i64::try_from(1 + number % 3).unwrap()));
            }
        }
        if number.is_multiple_of(2) {
            items.reverse();
        }
        let placed = mutate(&actor, &placing(&items)).await;
        let what = match placed["order"]["id"].as_str() {
            Some(order) if number.is_multiple_of(4) => {
                let done = step(&actor, "cancelOrder", order).await;
                assert_eq!(done["order"]["status"], json!("CANCELLED"), "{done}");
                "cancelled".to_owned()
            }
            Some(_) => "placed".to_owned(),
            None => placed["userErrors"][0]["code"].as_str().unwrap().to_owned(),
        };
        *counts.entry(what).or_insert(0) += 1;
    }
}

/// What is left and what is sold comes to what there was.
async fn assert_conserved(app: &TestApp) {
    let query = "{ products(filter: {sku: {startsWith: \"SCARCE-\"}}, first: 50) { nodes { sku \
                 stock version orderItemAggregate(filter: {order: {status: {ne: CANCELLED}}}) { \
                 quantity { sum } lineTotalCents { sum } } } } }";
    let products = read(app, "staff", query).await;
    let products = products["products"]["nodes"].as_array().unwrap().clone();
    assert_eq!(products.len(), PRODUCTS);
    for product in products {
        let stock = product["stock"].as_i64().unwrap();
        let sold = &product["orderItemAggregate"]["quantity"]["sum"];
        assert!(stock >= 0, "{product}");
        assert_eq!(stock + sold.as_i64().unwrap_or(0), PIECES, "{product}");
    }
    let query = "{ orderGroups(by: [{status: VALUE}]) { nodes { totalCents { sum } } } \
                 orderItemAggregate { lineTotalCents { sum } } }";
    let sums: Value = read(app, "staff", query).await;
    let total: i64 = sums["orderGroups"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["totalCents"]["sum"].as_i64().unwrap())
        .sum();
    assert_eq!(
        json!(total),
        sums["orderItemAggregate"]["lineTotalCents"]["sum"]
    );
}
