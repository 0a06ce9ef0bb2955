//! What is counted of documents that are no burden, and how much of it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{KEY, ask, numbered, refused};
use crate::app::TestApp;

/// The first ids of a list.
async fn ids_of(list: &str, count: usize) -> Vec<Value> {
    let query = format!("{{ {list}(first: {count}) {{ nodes {{ id }} }} }}");
    let data = ask(&query, json!({})).await.data();
    let nodes = data[list]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), count, "{list}");
    nodes.iter().map(|node| node["id"].clone()).collect()
}

#[tokio::test]
async fn what_is_asked_of_many_ids_counts_once_for_each_kind() {
    let products = ids_of("products", 60).await;
    let reviews = ids_of("reviews", 40).await;
    let ids: Vec<_> = products.into_iter().chain(reviews).collect();
    let apps = TestApp::on_every_database().await;
    for selection in [
        "... on Product { name @include(if: true) slug @skip(if: false) }".to_owned(),
        "... on Product { n: name s: slug p: priceCents c: currency d: stock e: sku }".to_owned(),
        format!("... on Review {{ {} }}", numbered(50, "a#: rating ")),
        format!("... on Product {{ {} }}", "category { slug } ".repeat(200)),
        format!(
            "... on Product {{ {} }}",
            numbered(
                10,
                "a#: reviews(first: 0, filter: { rating: { gt: # }, body: { contains: \"a\" } }) { totalCount } "
            )
        ),
    ] {
        let query = format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ id {selection} }} }}");
        let variables = json!({ "ids": ids });
        let mut told = Vec::new();
        for app in &apps {
            let staff = app.staff().await;
            told.push(staff.query_with(&query, variables.clone()).await.data());
        }
        let nodes = told[0]["nodes"].as_array().unwrap();
        let of_nodes: Vec<_> = nodes.iter().map(|node| node["id"].clone()).collect();
        assert_eq!(of_nodes, ids, "{selection}");
        assert!(told.iter().all(|other| *other == told[0]), "{selection}");
    }
    for app in apps {
        app.remove().await;
    }
}

#[tokio::test]
async fn what_is_asked_of_many_ids_has_its_limits_all_the_same() {
    let ids = vec![format!("product_{KEY}"); 100];
    for (limit, selection) in [
        ("selections", "sku ".repeat(2_001)),
        ("aliases", numbered(300, "a#: category { b: slug }")),
        ("directives", "sku @include(if: true) ".repeat(101)),
        ("fields", numbered(401, "a#: sku ")),
        (
            "conditions",
            numbered(20, "a#: reviews(filter: { or: [+] }) { totalCount }")
                .replace('+', &"{ rating: { eq: 1 } } ".repeat(10)),
        ),
        (
            "values",
            format!(
                "reviews(first: 100) {{ nodes {{ {} }} }}",
                numbered(52, "a#: rating ")
            ),
        ),
        ("bytes", numbered(12, "a#: description ")),
        (
            "cost",
            "reviews(first: 100) { nodes { author { displayName } product { slug } } }".to_owned(),
        ),
    ] {
        let query = format!(
            "query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Product {{ {selection} }} }} }}"
        );
        let errors = refused(&query, &ask(&query, json!({ "ids": ids })).await);
        assert_eq!(errors[0]["extensions"]["limit"], limit, "{errors:#?}");
        assert_eq!(errors[0]["path"][0], "nodes", "{errors:#?}");
    }
}

#[tokio::test]
async fn what_is_asked_of_many_ids_is_one_statement_however_many_there_are() {
    let app = TestApp::shared().await;
    let admin = app.admin().await;
    let of = async |count: usize| {
        let ids: Vec<_> = (0..count)
            .map(|place| match place % 2 {
                0 => format!("product_{KEY}"),
                _ => format!("review_{KEY}"),
            })
            .rev()
            .collect();
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { name } } }";
        let body = json!({ "query": query, "variables": { "ids": ids }, "extensions": { "explain": true } });
        let answer = admin.post(body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK);
        let told = answer.json()["extensions"]["explain"][0].clone();
        (
            told["sql"].as_str().unwrap().to_owned(),
            told["cost"].clone(),
        )
    };
    let (few, cost) = of(2).await;
    assert_eq!(cost, 2);
    let (many, cost) = of(99).await;
    assert_eq!(cost, 99);
    assert_eq!(few, many);
}

#[tokio::test]
async fn parts_of_documents_are_told_apart() {
    let app = TestApp::shared().await;
    let staff = app.staff().await;
    let ask = async |parts: &str| {
        let query = format!(
            "query($path: String! = \"city\") {{ users(first: 100) {{ nodes {{ id displayName orders(first: 10) {{ nodes {{ \
             number path: shippingAddress(path: $path) {parts} }} }} }} }} }}"
        );
        let answer = staff.query(&query).await.json();
        let limit = answer["errors"][0]["extensions"]["limit"].clone();
        assert!(
            limit.is_string() || answer["data"].is_object(),
            "{answer:#}"
        );
        limit
    };
    for parts in [
        "shippingAddress",
        "country: shippingAddress(path: \"country\") line: shippingAddress(path: \"line[0]\")",
        "city: shippingAddress(path: \"city\") country: shippingAddress(path: \"country\")",
    ] {
        assert_eq!(ask(parts).await, Value::Null, "{parts}");
    }
    for parts in [
        "a: shippingAddress b: shippingAddress",
        "a: shippingAddress(path: \"city\") shippingAddress",
        "a: shippingAddress(path: \"city.a\") b: shippingAddress(path: \"city.a.b\")",
    ] {
        assert_eq!(ask(parts).await, "bytes", "{parts}");
    }
}

#[tokio::test]
async fn a_text_may_be_told_twice() {
    let texts = |aliases: usize| {
        format!(
            "{{ products(first: 100) {{ nodes {{ reviews(first: 60) {{ nodes {{ {} }} }} }} }} }}",
            numbered(aliases, "a#: body ")
        )
    };
    assert!(ask(&texts(2), json!({})).await.data().is_object());
    let errors = refused("a third time", &ask(&texts(3), json!({})).await);
    assert_eq!(errors[0]["extensions"]["limit"], "bytes", "{errors:#?}");
}

/// How an operation is refused that comes to too much: which limit it is, the
/// place that is named, and what is said of it.
async fn too_much(query: &str) -> (String, String, String) {
    let errors = refused(query, &ask(query, json!({})).await);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let path = errors[0]["path"].as_array().unwrap();
    let path: Vec<_> = path.iter().map(text).collect();
    let path = path.join(".");
    let limit = text(&errors[0]["extensions"]["limit"]);
    let message = text(&errors[0]["message"]);
    if limit == "cost" {
        assert_eq!(errors[0]["extensions"]["costliest"], path);
    }
    assert!(message.contains(&format!("; {path} c")), "{message}");
    let (_, said) = message.split_once(&format!("{path} ")).unwrap();
    (limit, path, said.to_owned())
}

#[tokio::test]
async fn where_most_of_an_answer_is_is_told() {
    let reviews = |fields: &str| {
        format!(
            "{{ few: products(first: 1) {{ nodes {{ description }} }} \
             products(first: 100) {{ nodes {{ name reviews(first: 60) {{ nodes {{ {fields} }} }} }} }} }}"
        )
    };
    let few = "Ask for fewer fields there, or for smaller pages.";
    let asked = reviews("rating body author { displayName } again: body third: body");
    assert_eq!(
        too_much(&asked).await,
        (
            "bytes".to_owned(),
            "products.nodes.reviews.nodes.third".to_owned(),
            format!("comes to most, 480000000. {few}")
        )
    );
    let asked = reviews("title body product { name description category { name } }");
    assert_eq!(
        too_much(&asked).await,
        (
            "bytes".to_owned(),
            "products.nodes.reviews.nodes.product.description".to_owned(),
            format!("comes to most, 48000000. {few}")
        )
    );
    let asked = reviews(&numbered(84, "a#: rating "));
    assert_eq!(
        too_much(&asked).await,
        (
            "values".to_owned(),
            "products.nodes.reviews.nodes".to_owned(),
            format!("comes to most, 504000. {few}")
        )
    );
}

#[tokio::test]
async fn what_costs_most_is_told_with_what_stands_within() {
    let sorted = "Ask for less there: fewer medians, percentiles, modes and distinct counts.";
    let tiles = numbered(
        20,
        "k#: productAggregate { count priceCents { p10: percentile(p: 0.1) median p90: percentile(p: 0.9) \
         countDistinct mode avg } stock { p10: percentile(p: 0.1) median p90: percentile(p: 0.9) countDistinct mode } } ",
    );
    let asked = format!("{{ products(first: 50) {{ nodes {{ name }} }} {tiles} }}");
    assert_eq!(
        too_much(&asked).await,
        (
            "cost".to_owned(),
            "k0".to_owned(),
            format!("costs most, 1101. {sorted}")
        )
    );
    let asked = format!(
        "{{ products(first: 2) {{ nodes {{ name }} }} productAggregate {{ count {} }} }}",
        numbered(210, "k#: priceCents { median avg } ")
    );
    assert_eq!(
        too_much(&asked).await,
        (
            "cost".to_owned(),
            "productAggregate".to_owned(),
            format!("costs most, 21310. {sorted}")
        )
    );
    assert_eq!(
        too_much("{ products(first: 100) { nodes { name reviewAggregate { count } a: reviewAggregate { count } } } }").await,
        (
            "cost".to_owned(),
            "products.nodes".to_owned(),
            "costs most, 20000. Ask for less there: fewer counts, statistics and facets, above all of each row, \
             or smaller pages."
                .to_owned()
        )
    );
    assert_eq!(
        too_much("{ products(first: 100) { nodes { category { name } reviews(first: 100) { nodes { author { displayName } } } } } }").await,
        (
            "cost".to_owned(),
            "products.nodes.reviews".to_owned(),
            "costs most, 20000. Ask for less there: smaller pages, above all of the outer lists, or a simpler \
             filter or order."
                .to_owned()
        )
    );
}
