//! What the shop does beyond reading and writing rows.

mod orders;
mod reviews;
mod stock;

use serde_json::Value;

use crate::app::Actor;

/// The items of an order that is placed, by product and quantity.
pub fn placing(items: &[(&str, i64)]) -> String {
    let items: Vec<_> = items
        .iter()
        .map(|(sku, quantity)| format!("{{product: {{sku: \"{sku}\"}}, quantity: {quantity}}}"))
        .collect();
    format!(
        "placeOrder(input: {{items: [{}], shippingAddress: {{city: \"London\"}}}}) {{ \
         order {{ id number status totalCents currency version items {{ nodes {{ quantity \
         unitPriceCents lineTotalCents product {{ sku }} }} }} }} userErrors {{ code path \
         ... on OutOfStockError {{ available }} }} }}",
        items.join(", ")
    )
}

/// A step of an order.
pub async fn step(actor: &Actor<'_>, name: &str, order: &str) -> Value {
    let query = format!(
        "mutation {{ it: {name}(input: {{order: {{id: \"{order}\"}}}}) {{ order {{ status version }} \
         userErrors {{ code path ... on InvalidTransitionError {{ currentStatus }} }} }} }}"
    );
    actor.query(&query).await.data()["it"].clone()
}
