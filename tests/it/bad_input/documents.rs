//! Documents that are no GraphQL, or ask for what there is not.

use std::io::Write as _;
use std::process::Command;

use serde_json::json;

use super::{ask, assert_refused, numbered, refused};

#[tokio::test]
async fn unknown_names_are_refused_with_their_place() {
    for (query, line_and_column) in [
        ("{ nonsense }", (1, 3)),
        ("{\n  products { nodes { nonsense } } }", (2, 22)),
        ("{ products(nonsense: 1) { totalCount } }", (1, 12)),
        (
            "{ products(filter: { nonsense: 1 }) { totalCount } }",
            (1, 32),
        ),
        (
            "{ products(filter: { name: { nonsense: 1 } }) { totalCount } }",
            (1, 40),
        ),
        (
            "{ products(orderBy: [{ nonsense: ASC }]) { totalCount } }",
            (1, 34),
        ),
        (
            "{ products(orderBy: [{ name: UPWARDS }]) { totalCount } }",
            (1, 30),
        ),
        (
            "{ products(filter: { status: { eq: NONE } }) { totalCount } }",
            (1, 36),
        ),
        ("{ products { totalCount @nonsense } }", (1, 25)),
        ("{ ... on Nonsense { id } }", (1, 10)),
        ("{ ...nonsense }", (1, 3)),
        ("{ products { nodes { category } } }", (1, 22)),
        ("{ products { totalCount { id } } }", (1, 14)),
        ("{ products(first: $nonsense) { totalCount } }", (1, 19)),
    ] {
        let errors = refused(query, &ask(query, json!({})).await);
        let error = &errors[0];
        assert_eq!(
            error["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED",
            "{query}: {error:#}"
        );
        let (line, column) = line_and_column;
        let place = &error["locations"][0];
        assert_eq!(place["line"], line, "{query}: {error:#}");
        assert_eq!(place["column"], column, "{query}: {error:#}");
        assert_eq!(
            error["extensions"]["role"], "anonymous",
            "{query}: {error:#}"
        );
    }
    for (query, message) in [
        (
            "mutation { createProduct { product { id } } }",
            "type `Mutation` does not have a field `createProduct` in the schema of anonymous",
        ),
        (
            "{ products { nodes { name ",
            "syntax error: expected a field or }, got the end",
        ),
        ("{ products(first: }", "syntax error: expected"),
        (
            "{ COLONY }",
            "type `Query` does not have a field `COLONY` in the schema",
        ),
        ("{ ... on None { id } }", "type condition `None` of inline"),
        (
            "subscription { products { totalCount } }",
            "There are no subscriptions here.",
        ),
    ] {
        let errors = refused(query, &ask(query, json!({})).await);
        let told = errors[0]["message"].as_str().unwrap();
        assert!(told.starts_with(message), "{query}: {errors:#?}");
        assert_eq!(
            errors.iter().filter(|error| **error == errors[0]).count(),
            1
        );
    }
}

/// What is said of a document, in order.
async fn told(query: &str) -> Vec<String> {
    let errors = refused(query, &ask(query, json!({})).await);
    let messages = errors.iter().map(|error| &error["message"]);
    messages
        .map(|message| message.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_only_follows_from_a_missing_name_is_left_out() {
    // As clients send it that have lost their token: fragments first, and more of
    // them than mistakes are told.
    let fragments = numbered(25, "fragment F# on Product { name } ");
    let spreads = numbered(25, "...F# ");
    let mutation = format!(
        "{fragments} mutation($id: ID!, $price: BigInt) {{ \
           updateProduct(by: {{ id: $id }}, patch: {{ priceCents: $price }}) {{ \
             product {{ {spreads} }} userErrors {{ message }} }} }}"
    );
    let query = "query($first: Int) { ...R } \
                 fragment R on Query { secrets(first: $first) { nodes { ...P } } } \
                 fragment P on Product { name }";
    let of_a_type = "fragment O on Order { id } { node(id: \"x\") { ...O ... on Order { id } } }";
    for (document, expected) in [
        (
            mutation.as_str(),
            vec![
                "type `Mutation` does not have a field `updateProduct` in the schema of anonymous",
            ],
        ),
        (
            query,
            vec!["type `Query` does not have a field `secrets` in the schema of anonymous"],
        ),
        (
            "query($first: Int) { ...Lost } fragment P on Product { reviews(first: $first) { totalCount } }",
            vec!["cannot find fragment `Lost` in this document"],
        ),
        (
            "query($id: ID!) { node(id: $id) { id { ...P } } } fragment P on Product { name }",
            vec!["field selection of scalar type `ID` must not have subselections"],
        ),
        (
            "query($cost: CostFilter) { products { nodes { costCents(filter: $cost) } } }",
            vec![
                "cannot find type `CostFilter` in the schema of anonymous",
                "type `Product` does not have a field `costCents` in the schema of anonymous",
            ],
        ),
        (
            of_a_type,
            vec![
                "type condition `Order` of fragment `O` is not a type defined in the schema of anonymous",
                "type condition `Order` of inline fragment is not a type defined in the schema of anonymous",
            ],
        ),
    ] {
        assert_eq!(told(document).await, expected, "{document}");
    }
}

#[test]
fn documents_of_a_manifest_are_told_by_their_cause() {
    let mutation = "fragment P on Product { name } mutation($id: ID!) { \
                    deleteProduct(by: { id: $id }) { product { ...P } } }";
    let manifest = json!({ "whole": "{ __typename }", "broken": mutation });
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(manifest.to_string().as_bytes()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_purser"))
        .args(["documents", "check", "--role", "customer"])
        .arg(file.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "broken\n  1:53 type `Mutation` does not have a field `deleteProduct` in the schema of customer\n"
    );
}

#[tokio::test]
async fn what_is_not_used_is_told_where_no_name_is_missing() {
    assert_eq!(
        told(
            "query($id: ID!, $first: Int) { products(nonsense: $first) { totalCount } } \
             fragment P on Product { name }"
        )
        .await,
        [
            "unused variable: `$id`",
            "the argument `nonsense` is not supported by `Query.products`",
            "fragment `P` must be used in an operation",
        ]
    );
}

#[tokio::test]
async fn fields_that_conflict_are_told_with_what_they_are_and_a_way_out() {
    let id = "\"product_01941f297c007458a4782fa172fb379a\"";
    for (fields, message) in [
        (
            format!(
                "node(id: {id}) {{ ... on Product {{ status }} ... on Review {{ status: title }} }}"
            ),
            "operation must not select different types using the same name `status`: \
             `ProductStatus!` and `String`.",
        ),
        (
            "products { nodes { a: sku a: name } }".to_owned(),
            "cannot select different fields into the same alias `a`: `sku` and `name`.",
        ),
        (
            "products(first: 1) { totalCount } products { totalCount }".to_owned(),
            "operation must not provide conflicting field arguments for the same name `products`.",
        ),
    ] {
        let message = format!("{message} Give one of the fields an alias of its own.");
        assert_eq!(
            told(&format!("{{ {fields} }}")).await,
            [message],
            "{fields}"
        );
    }
}

#[tokio::test]
async fn a_document_that_is_no_graphql_is_refused_with_its_place() {
    for query in [
        "",
        " ",
        "\n\n",
        "#",
        "{",
        "}",
        "{ a",
        "{ a }}",
        "a",
        "{ 1 }",
        "{ a(b:) }",
        "{ a(: 1) }",
        "query (",
        "query ($a) { a }",
        "query ($a: ) { a }",
        "query ($a: [Int) { a }",
        "{ a: }",
        "{ ... }",
        "{ ... on }",
        "{ a @ }",
        "{ a(b: \"x) }",
        "{ a(b: \"\"\"x) }",
        "{ a(b: 1.) }",
        "{ a(b: 01) }",
        "{ a(b: 1e) }",
        "{ a(b: \"\\q\") }",
        "{ a(b: \"\\u12\") }",
        "{ a(b: \"\\uD800\") }",
        "{ a(b: \"\\u{110000}\") }",
        "{ a(b: \"\\u{D800}\") }",
        "{ a(b: \"\\u{}\") }",
        "fragment on on X { a }",
        "{ ä }",
        "{ a \u{0} }",
        "{ a \u{7} }",
        "query { a } {",
        "nonsense { a }",
        "{ a(b: [1) }",
        "\u{fffd}",
        "{ a ; b }",
        "{ a % b }",
        "WORDS",
        "<html>",
    ] {
        let errors = refused(query, &ask(query, json!({})).await);
        for error in &errors {
            assert_eq!(
                error["extensions"]["code"], "GRAPHQL_PARSE_FAILED",
                "{query:?}: {error:#}"
            );
            assert!(
                error["locations"][0]["line"].as_u64().unwrap() >= 1,
                "{query:?}: {error:#}"
            );
        }
    }
}

#[tokio::test]
async fn an_empty_selection_is_refused() {
    for query in [
        "{}",
        "query {}",
        "{ products {} }",
        "{ products { nodes {} } }",
        "{ products { totalCount nodes { ... {} } } }",
        "{ products { nodes { ... on Product {} } } }",
        "{ ...A } fragment A on Query {}",
        "{ __typename ...A } fragment A on Query {}",
        "{ product(by: { sku: \"x\" }) {} }",
        "{ __schema {} }",
    ] {
        refused(query, &ask(query, json!({})).await);
    }
}

#[tokio::test]
async fn a_field_without_a_value_is_refused() {
    for query in [
        "{ products(filter: { name }) { totalCount } }",
        "{ products(filter: { stock: { eq } }) { totalCount } }",
        "{ products(filter: { stock: { eq: 1, gt } }) { totalCount } }",
        "{ products(filter: { stock { eq: 1 } }) { totalCount } }",
        "{ products(filter: { and: [{ not }] }) { totalCount } }",
        "query($f: ProductFilter = { name }) { products(filter: $f) { totalCount } }",
        "{ product(by: { sku }) { id } }",
        "{ products(orderBy: [{ name }]) { totalCount } }",
    ] {
        refused(query, &ask(query, json!({})).await);
    }
}

#[tokio::test]
async fn a_field_given_twice_in_a_value_is_refused() {
    for query in [
        "{ products(filter: { stock: { gt: 1 }, stock: { lt: 2 } }) { totalCount } }",
        "{ products(filter: { stock: { gt: 1, gt: 2 } }) { totalCount } }",
        "{ products(filter: { or: [{ not: {}, not: {} }] }) { totalCount } }",
        "query($f: ProductFilter = { and: [], and: [] }) { products(filter: $f) { totalCount } }",
        "{ products(first: 1, first: 1) { totalCount } }",
    ] {
        assert_refused(query, "GRAPHQL_VALIDATION_FAILED").await;
    }
}

#[tokio::test]
async fn a_document_that_defines_types_is_refused() {
    for query in [
        "type A { a: Int }",
        "type A { a: Int } query { __typename }",
        "schema { query: Query }",
        "extend type Query { a: Int } { a }",
        "directive @a on FIELD { __typename @a }",
        "scalar A",
    ] {
        refused(query, &ask(query, json!({})).await);
    }
}
