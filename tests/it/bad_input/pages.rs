//! Pages that make no sense.

use serde_json::json;

use super::cursors::cursor_of;
use super::{ask, assert_place, assert_refused, refused};

#[tokio::test]
async fn a_page_that_makes_no_sense_is_refused() {
    for (arguments, at) in [
        ("first: 101", "first"),
        ("first: 2147483647", "first"),
        ("first: -1", "first"),
        ("last: 101", "last"),
        ("last: -1", "last"),
        ("first: 1, last: 1", "last"),
        ("first: 0, last: 0", "last"),
        ("offset: -1", "offset"),
        ("offset: 1, last: 1", "offset"),
        ("offset: 0, last: 1", "offset"),
    ] {
        let query = format!("{{ products({arguments}) {{ totalCount }} }}");
        assert_place(&query, json!({}), at, "BAD_USER_INPUT").await;
    }
    for cursor in ["after", "before"] {
        let given = cursor_of("").await;
        let query = format!("{{ products(offset: 1, {cursor}: \"{given}\") {{ totalCount }} }}");
        assert_place(&query, json!({}), "offset", "BAD_USER_INPUT").await;
    }
    for arguments in [
        "first: 2147483648",
        "first: 1.5",
        "first: \"1\"",
        "first: true",
        "first: [1]",
        "offset: 1e3",
    ] {
        let query = format!("{{ products({arguments}) {{ totalCount }} }}");
        assert_refused(&query, "GRAPHQL_VALIDATION_FAILED").await;
    }
}

#[tokio::test]
async fn nested_pages_are_checked_too() {
    for (query, path) in [
        (
            "{ products { nodes { reviews(first: 101) { totalCount } } } }",
            json!(["products", "nodes", "reviews"]),
        ),
        (
            "{ products { edges { node { r: reviews(last: -1) { totalCount } } } } }",
            json!(["products", "edges", "node", "r"]),
        ),
        (
            "{ categories { nodes { products(filter: { name: { eq: null } }) { totalCount } } } }",
            json!(["categories", "nodes", "products"]),
        ),
    ] {
        let errors = refused(query, &ask(query, json!({})).await);
        assert_eq!(errors[0]["path"], path, "{query}");
        assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT", "{query}");
    }
}
