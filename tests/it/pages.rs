//! Walks over whole lists, page by page.

use purser::app;
use serde_json::{Value, json};

use super::app::{Actor, TestApp};

const DIRECTIONS: [&str; 6] = [
    "ASC",
    "ASC_NULLS_FIRST",
    "ASC_NULLS_LAST",
    "DESC",
    "DESC_NULLS_FIRST",
    "DESC_NULLS_LAST",
];

/// The ids of a whole list, walked one way in pages of a size.
async fn walk(
    actor: &Actor<'_>,
    list: &str,
    order: &str,
    size: usize,
    forward: bool,
) -> Vec<Value> {
    let (count, bound, more, edge) = if forward {
        ("first", "after", "hasNextPage", "endCursor")
    } else {
        ("last", "before", "hasPreviousPage", "startCursor")
    };
    let query = format!(
        "query ($cursor: String) {{ list: {list}(orderBy: [{order}], {count}: {size}, \
         {bound}: $cursor) {{ nodes {{ id }} pageInfo {{ {more} {edge} }} }} }}"
    );
    let mut ids: Vec<Value> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let reply = actor.query_with(&query, json!({ "cursor": cursor })).await;
        let page = reply.data()["list"].clone();
        let nodes = page["nodes"].as_array().unwrap();
        let mut page_ids: Vec<_> = nodes.iter().map(|node| node["id"].clone()).collect();
        if !forward {
            page_ids.reverse();
        }
        ids.extend(page_ids);
        if page["pageInfo"][more] == json!(false) {
            break;
        }
        assert_eq!(nodes.len(), size, "{list} {order}: a page ends early");
        cursor = page["pageInfo"][edge].clone();
    }
    if !forward {
        ids.reverse();
    }
    ids
}

/// The same list in one go, by offset, with neither cursors nor page info.
async fn all(actor: &Actor<'_>, list: &str, order: &str) -> Vec<Value> {
    let mut ids = Vec::new();
    loop {
        let query = format!(
            "{{ list: {list}(orderBy: [{order}], first: 100, offset: {}) {{ nodes {{ id }} }} }}",
            ids.len()
        );
        let data = actor.query(&query).await.data();
        let nodes = data["list"]["nodes"].as_array().unwrap().clone();
        let read = nodes.len();
        ids.extend(nodes.into_iter().map(|node| node["id"].clone()));
        if read < 100 {
            return ids;
        }
    }
}

async fn check(actor: &Actor<'_>, entity: &str, fields: &[&str], size: usize, rows: usize) {
    let catalog = app::catalog().unwrap();
    let list = &catalog.by_name(entity).unwrap().plural_field;
    for field in fields {
        for direction in DIRECTIONS {
            let order = format!("{{ {field}: {direction} }}");
            let expected = all(actor, list, &order).await;
            assert_eq!(expected.len(), rows);
            for forward in [true, false] {
                let walked = walk(actor, list, &order, size, forward).await;
                assert_eq!(walked, expected, "{list} {order} forward: {forward}");
            }
        }
    }
}

#[tokio::test]
async fn every_order_of_categories_is_walked_both_ways() {
    let app = TestApp::sqlite().await;
    let fields = ["name", "slug", "position", "createdAt", "version", "id"];
    check(&app.anonymous(), "Category", &fields, 7, 40).await;
}

#[tokio::test]
async fn orders_with_nulls_and_enums_are_walked_both_ways() {
    let app = TestApp::sqlite().await;
    let fields = ["note", "status", "totalCents", "placedAt"];
    check(&app.customer("ada").await, "Order", &fields, 5, 23).await;
}

#[tokio::test]
async fn masked_keys_are_walked_both_ways() {
    let app = TestApp::sqlite().await;
    // All but one of these are null to a customer.
    let fields = ["email", "role", "createdAt", "disabledAt"];
    check(&app.customer("ada").await, "User", &fields, 33, 200).await;
    check(&app.staff().await, "User", &["disabledAt", "role"], 33, 200).await;
}

#[tokio::test]
async fn keys_in_mixed_directions_are_walked_both_ways() {
    let app = TestApp::sqlite().await;
    let actor = app.anonymous();
    for order in [
        "{ position: DESC }, { name: ASC }",
        "{ version: ASC }, { position: DESC }, { id: DESC }",
    ] {
        let expected = all(&actor, "categories", order).await;
        for (size, forward) in [(1, true), (3, false), (7, true), (100, false)] {
            let walked = walk(&actor, "categories", order, size, forward).await;
            assert_eq!(walked, expected, "{order} {size} {forward}");
        }
    }
}
