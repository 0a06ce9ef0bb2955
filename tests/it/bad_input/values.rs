//! Values that do not fit.

use serde_json::json;

use super::{as_json, ask, assert_argument, assert_place, assert_refused, refused};
use crate::app::TestApp;

#[tokio::test]
async fn null_never_means_everything() {
    for (filter, at) in [
        ("null", "filter"),
        ("{ and: null }", "filter.and"),
        ("{ or: null }", "filter.or"),
        ("{ not: null }", "filter.not"),
        ("{ name: null }", "filter.name"),
        ("{ name: { eq: null } }", "filter.name.eq"),
        ("{ name: { ne: null } }", "filter.name.ne"),
        ("{ name: { in: null } }", "filter.name.in"),
        ("{ name: { notIn: null } }", "filter.name.notIn"),
        ("{ name: { lt: null } }", "filter.name.lt"),
        ("{ name: { lte: null } }", "filter.name.lte"),
        ("{ name: { gt: null } }", "filter.name.gt"),
        ("{ name: { gte: null } }", "filter.name.gte"),
        ("{ name: { contains: null } }", "filter.name.contains"),
        ("{ name: { startsWith: null } }", "filter.name.startsWith"),
        ("{ name: { endsWith: null } }", "filter.name.endsWith"),
        ("{ name: { isNull: null } }", "filter.name.isNull"),
        ("{ status: { eq: null } }", "filter.status.eq"),
        ("{ id: { eq: null } }", "filter.id.eq"),
        ("{ createdAt: { gt: null } }", "filter.createdAt.gt"),
        ("{ priceCents: { gt: null } }", "filter.priceCents.gt"),
        ("{ stock: { in: null } }", "filter.stock.in"),
        ("{ and: [{ name: { eq: null } }] }", "filter.and.0.name.eq"),
        (
            "{ or: [{}, { not: { name: { eq: null } } }] }",
            "filter.or.1.not.name.eq",
        ),
    ] {
        assert_argument("filter", "ProductFilter", filter, at, "BAD_USER_INPUT").await;
    }
}

#[tokio::test]
async fn a_variable_of_another_type_is_named() {
    let query = "query($first: Int, $filter: ProductFilter) { \
                 products(first: $first, filter: $filter) { totalCount } }";
    for (variables, at) in [
        (
            json!({ "first": 1, "filter": { "stock": { "eq": "x" } } }),
            "$filter",
        ),
        (json!({ "filter": { "stok": {} } }), "$filter"),
        (json!({ "first": "x", "filter": 5 }), "$first"),
        (json!({ "first": 1.5 }), "$first"),
    ] {
        let errors = refused(query, &ask(query, variables).await);
        assert_eq!(
            errors[0]["extensions"]["code"], "BAD_USER_INPUT",
            "{errors:#?}"
        );
        assert_eq!(errors[0]["extensions"]["argument"], at, "{errors:#?}");
    }
}

#[tokio::test]
async fn messages_are_short_whatever_was_sent() {
    let long = "x".repeat(50_000);
    let query = "query($b: Boolean) { __typename @include(if: $b) }";
    let reply = ask(query, json!({ "b": [long] })).await;
    assert!(
        refused(query, &reply)[0]["message"]
            .as_str()
            .unwrap()
            .chars()
            .count()
            <= 401
    );
    assert!(reply.body.len() < 1_000, "{}", reply.body.len());
    let app = TestApp::shared().await;
    let body = json!({ "query": "{ __typename }", "operationName": long });
    let reply = app.anonymous().post(body.to_string()).await;
    assert_eq!(reply.code(), "OPERATION_RESOLUTION_FAILURE");
    assert!(reply.body.len() < 1_000, "{}", reply.body.len());
    let query = format!("query(${long}: Int!) {{ __typename }}");
    let reply = ask(&query, json!({})).await;
    assert!(reply.body.len() < 1_000, "{}", reply.body.len());
}

#[tokio::test]
async fn null_has_no_place_in_a_list() {
    for filter in [
        "{ name: { in: [null] } }",
        "{ name: { in: [\"a\", null] } }",
        "{ and: [null] }",
        "{ or: [null] }",
    ] {
        let written = format!("{{ products(filter: {filter}) {{ totalCount }} }}");
        assert_refused(&written, "GRAPHQL_VALIDATION_FAILED").await;
        let supplied = "query($v: ProductFilter) { products(filter: $v) { totalCount } }";
        refused(
            filter,
            &ask(supplied, json!({ "v": as_json(filter) })).await,
        );
    }
    for query in [
        "{ nodes(ids: [null]) { id } }",
        "{ nodes(ids: null) { id } }",
        "{ node(id: null) { id } }",
    ] {
        refused(query, &ask(query, json!({})).await);
    }
}

#[tokio::test]
async fn a_null_variable_is_no_condition() {
    for (query, at) in [
        (
            "query($v: String) { products(filter: { name: { eq: $v } }) { totalCount } }",
            "filter.name.eq",
        ),
        (
            "query($v: [String!]) { products(filter: { name: { in: $v } }) { totalCount } }",
            "filter.name.in",
        ),
        (
            "query($v: ProductFilter) { products(filter: { not: $v }) { totalCount } }",
            "filter.not",
        ),
        (
            "query($v: ProductFilter) { products(filter: $v) { totalCount } }",
            "filter",
        ),
    ] {
        assert_place(query, json!({ "v": null }), at, "BAD_USER_INPUT").await;
    }
}

#[tokio::test]
async fn a_choice_of_one_takes_exactly_one() {
    for by in [
        "{}",
        "{ sku: \"a\", slug: \"b\" }",
        "{ sku: null }",
        "{ sku: \"a\", slug: null }",
        "null",
    ] {
        let written = format!("{{ product(by: {by}) {{ id }} }}");
        assert_refused(&written, "GRAPHQL_VALIDATION_FAILED").await;
        let supplied = "query($v: ProductBy!) { product(by: $v) { id } }";
        refused(by, &ask(supplied, json!({ "v": as_json(by) })).await);
    }
    for order in [
        "[{}]",
        "[{ name: ASC, slug: ASC }]",
        "[{ name: null }]",
        "[null]",
        "[{ name: ASC }, {}]",
    ] {
        let written = format!("{{ products(orderBy: {order}) {{ totalCount }} }}");
        assert_refused(&written, "GRAPHQL_VALIDATION_FAILED").await;
        let supplied = "query($v: [ProductOrder!]) { products(orderBy: $v) { totalCount } }";
        refused(order, &ask(supplied, json!({ "v": as_json(order) })).await);
    }
    // A variable in the only field must have a value.
    let query = "query($v: String) { product(by: { sku: $v }) { id } }";
    for variables in [json!({}), json!({ "v": null })] {
        refused(query, &ask(query, variables).await);
    }
}

#[tokio::test]
async fn numbers_out_of_range_are_refused() {
    let long = "9".repeat(5_000);
    for number in [
        "9223372036854775808",
        "-9223372036854775809",
        &long,
        "1.5",
        "1e2",
        "\"5\"",
        "true",
        "[5]",
        "{ a: 5 }",
    ] {
        let filter = format!("{{ priceCents: {{ eq: {number} }} }}");
        let written = format!("{{ products(filter: {filter}) {{ totalCount }} }}");
        assert_place(
            &written,
            json!({}),
            "filter.priceCents.eq",
            "BAD_USER_INPUT",
        )
        .await;
    }
    for number in ["2147483648", "-2147483649", &long] {
        let query =
            format!("{{ products(filter: {{ stock: {{ eq: {number} }} }}) {{ totalCount }} }}");
        assert_refused(&query, "GRAPHQL_VALIDATION_FAILED").await;
    }
    let query = "query($v: BigInt) { products(filter: { priceCents: { eq: $v } }) { totalCount } }";
    for number in [
        json!(u64::MAX),
        json!(1.5),
        json!("5"),
        json!([5]),
        json!({}),
    ] {
        assert_place(
            query,
            json!({ "v": number }),
            "filter.priceCents.eq",
            "BAD_USER_INPUT",
        )
        .await;
    }
    let body = r#"{"query":"query($v: BigInt) { products(filter: { priceCents: { eq: $v } }) { totalCount } }","variables":{"v":NUMBER}}"#;
    for number in ["1e400", "-1e400", &long, "NaN", "Infinity", "0x1", "01"] {
        let reply = TestApp::shared()
            .await
            .anonymous()
            .post(body.replace("NUMBER", number))
            .await;
        refused(number, &reply);
    }
}

#[tokio::test]
async fn the_greatest_numbers_are_compared() {
    for number in [i64::MIN, -(1 << 53), i64::MAX, 1 << 53] {
        let query = format!(
            "{{ below: products(filter: {{ priceCents: {{ lt: {number} }} }}) {{ totalCount }} \
               above: products(filter: {{ priceCents: {{ gte: {number} }} }}) {{ totalCount }} \
               all: products {{ totalCount }} }}"
        );
        let data = ask(&query, json!({})).await.data();
        let count = |key: &str| data[key]["totalCount"].as_u64().unwrap();
        assert_eq!(count("below") + count("above"), count("all"));
        assert_eq!(count("below") == 0, number < 0, "{number}");
    }
}

#[tokio::test]
async fn a_text_with_a_nul_character_is_refused() {
    for operator in [
        "eq",
        "ne",
        "lt",
        "lte",
        "gt",
        "gte",
        "contains",
        "startsWith",
        "endsWith",
    ] {
        let filter = format!("{{ name: {{ {operator}: \"a\\u0000b\" }} }}");
        let at = format!("filter.name.{operator}");
        assert_argument("filter", "ProductFilter", &filter, &at, "BAD_USER_INPUT").await;
    }
    let filter = "{ name: { in: [\"a\", \"\\u0000\"] } }";
    assert_argument(
        "filter",
        "ProductFilter",
        filter,
        "filter.name.in.1",
        "BAD_USER_INPUT",
    )
    .await;
    let lookup = "{ product(by: { sku: \"\\u0000\" }) { id } }";
    let errors = refused(lookup, &ask(lookup, json!({})).await);
    assert_eq!(errors[0]["extensions"]["argument"], "by.sku");
}

#[tokio::test]
async fn moments_that_are_none_are_refused() {
    for moment in [
        "",
        "yesterday",
        "2025",
        "2025-01-01",
        "2025-01-01T00:00:00",
        "2025-13-01T00:00:00Z",
        "2025-00-01T00:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-01-32T00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:60:00Z",
        "2025-01-01T00:00:00+25:00",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "+10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2025-01-01T00:00:00Z ",
        "1735689600",
        "'; DROP TABLE x; --",
    ] {
        let filter = format!("{{ createdAt: {{ gte: \"{moment}\" }} }}");
        assert_argument(
            "filter",
            "ProductFilter",
            &filter,
            "filter.createdAt.gte",
            "BAD_USER_INPUT",
        )
        .await;
    }
    for other in ["5", "true", "[]", "{}", "[\"2025-01-01T00:00:00Z\"]"] {
        let filter = format!("{{ createdAt: {{ gte: {other} }} }}");
        assert_argument(
            "filter",
            "ProductFilter",
            &filter,
            "filter.createdAt.gte",
            "BAD_USER_INPUT",
        )
        .await;
    }
}

#[tokio::test]
async fn variables_that_do_not_fit_are_refused() {
    for (query, variables) in [
        (
            "query($n: Int!) { products(first: $n) { totalCount } }",
            json!({}),
        ),
        (
            "query($n: Int!) { products(first: $n) { totalCount } }",
            json!({ "n": null }),
        ),
        (
            "query($n: Int) { products(first: $n) { totalCount } }",
            json!({ "n": "1" }),
        ),
        (
            "query($n: Int) { products(first: $n) { totalCount } }",
            json!({ "n": 1.5 }),
        ),
        (
            "query($n: Int) { products(first: $n) { totalCount } }",
            json!({ "n": 5_000_000_000_i64 }),
        ),
        (
            "query($n: Int) { products(first: $n) { totalCount } }",
            json!({ "n": [1] }),
        ),
        (
            "query($o: OrderDirection!) { products(orderBy: [{ name: $o }]) { totalCount } }",
            json!({ "o": "UP" }),
        ),
        (
            "query($o: OrderDirection!) { products(orderBy: [{ name: $o }]) { totalCount } }",
            json!({ "o": 1 }),
        ),
        (
            "query($f: ProductFilter) { products(filter: $f) { totalCount } }",
            json!({ "f": 1 }),
        ),
        (
            "query($f: ProductFilter) { products(filter: $f) { totalCount } }",
            json!({ "f": { "nonsense": 1 } }),
        ),
        (
            "query($f: ProductFilter) { products(filter: $f) { totalCount } }",
            json!({ "f": { "name": "x" } }),
        ),
        (
            "query($f: ProductFilter) { products(filter: $f) { totalCount } }",
            json!({ "f": { "name": { "like": "x" } } }),
        ),
        (
            "query($i: [ID!]!) { nodes(ids: $i) { id } }",
            json!({ "i": [null] }),
        ),
        (
            "query($i: [ID!]!) { nodes(ids: $i) { id } }",
            json!({ "i": [{}] }),
        ),
        (
            "query($b: Boolean!) { __typename @skip(if: $b) }",
            json!({ "b": "true" }),
        ),
    ] {
        let errors = refused(query, &ask(query, variables.clone()).await);
        assert_eq!(
            errors[0]["extensions"]["code"], "BAD_USER_INPUT",
            "{query} {variables}: {errors:#?}"
        );
    }
    for query in [
        "query($p: Product) { __typename }",
        "query($p: Nonsense) { __typename }",
        "query($n: Int, $n: Int) { products(first: $n) { totalCount } }",
        "query($n: String) { products(first: $n) { totalCount } }",
        "query($n: Int = \"x\") { products(first: $n) { totalCount } }",
        "query($n: Int) { __typename }",
    ] {
        assert_refused(query, "GRAPHQL_VALIDATION_FAILED").await;
    }
}
