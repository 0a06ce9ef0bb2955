//! Ids that are none.

use serde_json::json;

use super::{KEY, ask, refused};

#[tokio::test]
async fn a_malformed_id_is_refused() {
    for id in [
        String::new(),
        "5".to_owned(),
        KEY.to_owned(),
        format!("_{KEY}"),
        format!("product{KEY}"),
        format!("product-{KEY}"),
        format!("product_{}", &KEY[1..]),
        format!("product_{KEY}0"),
        format!("product_{}", KEY.to_uppercase()),
        format!("Product_{KEY}"),
        format!("PRODUCT_{KEY}"),
        format!(" product_{KEY}"),
        format!("product_{KEY} "),
        format!("product__{KEY}"),
        format!("nonsense_{KEY}"),
        format!("product_{}", "g".repeat(32)),
        "product_0192f0c4-7b1e-7c3d-9a5e-8f0011223344".to_owned(),
        "product_' OR 1=1 --".to_owned(),
        "product_\u{661}".repeat(8),
    ] {
        for (query, path) in [
            ("query($id: ID!) { node(id: $id) { id } }", "node"),
            (
                "query($id: ID!) { product(by: { id: $id }) { id } }",
                "product",
            ),
            (
                "query($id: ID!) { products(filter: { id: { eq: $id } }) { totalCount } }",
                "products",
            ),
            (
                "query($id: ID!) { products(filter: { id: { in: [$id] } }) { totalCount } }",
                "products",
            ),
            ("query($id: ID!) { nodes(ids: [$id]) { id } }", "nodes"),
        ] {
            let errors = refused(&id, &ask(query, json!({ "id": id })).await);
            assert_eq!(
                errors[0]["extensions"]["code"], "BAD_USER_INPUT",
                "{id}: {errors:#?}"
            );
            assert_eq!(errors[0]["path"], json!([path]), "{id}: {errors:#?}");
            let argument = errors[0]["extensions"]["argument"].as_str().unwrap();
            assert!(argument.contains("id"), "{id}: {argument}");
        }
    }
    refused("a number", &ask("{ node(id: 5) { id } }", json!({})).await);
}

#[tokio::test]
async fn an_id_of_another_type_is_refused_naming_both() {
    let query = "query($id: ID!) { products(filter: { id: { eq: $id } }) { totalCount } }";
    let variables = json!({ "id": format!("user_{KEY}") });
    let errors = refused(query, &ask(query, variables).await);
    let message = errors[0]["message"].as_str().unwrap();
    assert!(
        message.contains("User") && message.contains("Product"),
        "{message}"
    );
    assert_eq!(errors[0]["extensions"]["argument"], "filter.id.eq");
}

#[tokio::test]
async fn an_id_of_a_hidden_type_reads_as_nonsense() {
    for prefix in ["order", "orderItem", "session", "auditEntry"] {
        for query in [
            "query($id: ID!) { node(id: $id) { id } }",
            "query($id: ID!) { nodes(ids: [$id]) { id } }",
            "query($id: ID!) { product(by: { id: $id }) { id } }",
            "query($id: ID!) { products(filter: { id: { ne: $id } }) { totalCount } }",
        ] {
            let of = async |prefix: &str| {
                let reply = ask(query, json!({ "id": format!("{prefix}_{KEY}") })).await;
                refused(query, &reply);
                reply.errors()
            };
            assert_eq!(of(prefix).await, of("nonsense").await, "{prefix}: {query}");
        }
    }
}

#[tokio::test]
async fn more_ids_than_allowed_are_refused() {
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    for count in [101, 20_000] {
        let ids = vec![format!("product_{KEY}"); count];
        let errors = refused(query, &ask(query, json!({ "ids": ids })).await);
        assert_eq!(errors[0]["path"], json!(["nodes"]));
        assert_eq!(errors[0]["extensions"]["argument"], "ids");
    }
}
