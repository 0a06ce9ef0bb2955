//! Documents that are no GraphQL, or ask for what there is not.

use serde_json::json;

use super::{ask, assert_refused, refused};

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
            "syntax error: expected }, got the end",
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
        "SELECTION",
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
