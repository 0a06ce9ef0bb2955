//! Requests that make no sense.
//!
//! Each is refused before anything runs, with a code, with the place where
//! there is one, and without a word on what is inside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::fmt::Write as _;

use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::app::{Reply, TestApp, without_request_ids};

/// Words that never leave the process: names of tables and columns, of the
/// crates that work inside, of places on disk.
const INTERNAL: [&str; 34] = [
    "sqlx",
    "sea_orm",
    "SeaORM",
    "sea-orm",
    "apollo",
    "async_graphql",
    "async-graphql",
    "serde",
    "moka",
    "tokio",
    "axum",
    "panicked",
    "unwrap",
    "backtrace",
    "thread '",
    "src/",
    ".rs:",
    ".graphql",
    env!("CARGO_MANIFEST_DIR"),
    "/home",
    "/tmp",
    "SELECT",
    "FROM ",
    "json_object",
    "sqlite",
    "SQLite",
    "PostgreSQL",
    "MariaDB",
    "order_items",
    "audit_entries",
    "price_cents",
    "customer_id",
    "password_hash",
    "token_hash",
];

/// Checks that nothing internal is in a reply.
#[track_caller]
pub fn assert_nothing_internal(reply: &Reply) {
    let text = String::from_utf8_lossy(&reply.body);
    for word in INTERNAL {
        assert!(!text.contains(word), "{word} is in the answer: {text}");
    }
}

/// The errors of a reply that refuses: status 400, no data, and each error
/// with a message, a code and the request's id.
#[track_caller]
fn refused(case: &str, reply: &Reply) -> Vec<Value> {
    let case = excerpt(case);
    let json = reply.json();
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{case}: {json:#}");
    assert!(json.get("data").is_none(), "{case}: {json:#}");
    let id = reply.headers["x-request-id"].to_str().unwrap();
    let errors = json["errors"].as_array().unwrap();
    assert!(!errors.is_empty(), "{case}: {json:#}");
    for error in errors {
        assert!(
            !error["message"].as_str().unwrap().is_empty(),
            "{case}: {error:#}"
        );
        assert_ne!(
            error["extensions"]["code"], "INTERNAL_SERVER_ERROR",
            "{case}: {error:#}"
        );
        assert!(error["extensions"]["code"].is_string(), "{case}: {error:#}");
        assert_eq!(error["extensions"]["requestId"], id, "{case}: {error:#}");
    }
    assert_nothing_internal(reply);
    errors.clone()
}

/// The start of a document, for messages of failing tests.
fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}

async fn ask(query: &str, variables: Value) -> Reply {
    let app = TestApp::shared().await;
    app.anonymous().query_with(query, variables).await
}

/// Checks that a document is refused with one error of this code.
async fn assert_refused(query: &str, code: &str) {
    let errors = refused(query, &ask(query, json!({})).await);
    for error in &errors {
        assert_eq!(
            error["extensions"]["code"],
            code,
            "{}: {error:#}",
            excerpt(query)
        );
    }
}

/// Checks that `products` is refused for a value in an argument, whether it
/// stands in the document or in a variable.
async fn assert_argument(argument: &str, type_name: &str, value: &str, at: &str, code: &str) {
    let written = format!("{{ products({argument}: {value}) {{ totalCount }} }}");
    assert_place(&written, json!({}), at, code).await;
    let supplied =
        format!("query($v: {type_name}) {{ products({argument}: $v) {{ totalCount }} }}");
    assert_place(&supplied, json!({ "v": as_json(value) }), at, code).await;
}

async fn assert_place(query: &str, variables: Value, at: &str, code: &str) {
    let errors = refused(query, &ask(query, variables).await);
    assert_eq!(errors.len(), 1, "{query}: {errors:#?}");
    assert_eq!(
        errors[0]["path"],
        json!(["products"]),
        "{query}: {errors:#?}"
    );
    assert_eq!(
        errors[0]["extensions"]["argument"], at,
        "{query}: {errors:#?}"
    );
    assert_eq!(
        errors[0]["extensions"]["code"], code,
        "{query}: {errors:#?}"
    );
}

/// A GraphQL literal as JSON: names of fields get quotes. Enum values are
/// written in capitals here, and become texts.
fn as_json(literal: &str) -> Value {
    let mut text = String::new();
    let mut rest = literal;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            2 + rest[1..].find('"').unwrap()
        } else if first.is_ascii_alphabetic() {
            rest.find(|letter: char| !letter.is_ascii_alphanumeric())
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        let bare = !first.is_ascii_alphabetic() || ["null", "true", "false"].contains(&token);
        if bare {
            text.push_str(token);
        } else {
            write!(text, "\"{token}\"").unwrap();
        }
        rest = after;
    }
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{literal}: {error}"))
}

/// Whether the service still answers.
async fn assert_alive() {
    let reply = ask("{ products(first: 1) { nodes { id } } }", json!({})).await;
    assert_eq!(
        reply.data()["products"]["nodes"].as_array().unwrap().len(),
        1
    );
}

// Names

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

// Ids

const KEY: &str = "0192f0c47b1e7c3d9a5e8f0011223344";

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

// Pages

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

/// The cursor of a list's first row, for these arguments beside `first`.
async fn cursor_of(arguments: &str) -> String {
    let query = format!("{{ products(first: 1, {arguments}) {{ edges {{ cursor }} }} }}");
    let data = ask(&query, json!({})).await.data();
    data["products"]["edges"][0]["cursor"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn assert_bad_cursor(arguments: &str, cursor: &str) {
    for side in ["after", "before"] {
        let query =
            format!("query($c: String) {{ products({side}: $c, {arguments}) {{ totalCount }} }}");
        assert_place(&query, json!({ "c": cursor }), side, "INVALID_CURSOR").await;
    }
}

#[tokio::test]
async fn a_cursor_that_is_cut_or_changed_is_refused() {
    let cursor = cursor_of("").await;
    assert!(
        ask(
            &format!("{{ products(after: \"{cursor}\") {{ totalCount }} }}"),
            json!({})
        )
        .await
        .data()
        .is_object()
    );
    for place in 0..cursor.len() {
        assert_bad_cursor("", &cursor[..place]).await;
    }
    let hex = cursor.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    for changed in [
        String::new(),
        format!("{cursor}0"),
        format!("{cursor}."),
        format!("{cursor}.{cursor}"),
        format!(" {cursor}"),
        format!("{cursor}\n"),
        cursor.to_uppercase(),
        cursor.replace('.', ","),
        cursor.chars().rev().collect(),
        hex,
        format!("0{}", &cursor[1..]),
        "nonsense".to_owned(),
        "WyJhIiwxXQ==".to_owned(),
        "éééé".to_owned(),
        "00000000.".to_owned() + &"-.".repeat(200_000),
    ] {
        assert_bad_cursor("", &changed).await;
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let data = ask("{ categories(first: 1) { edges { cursor } } }", json!({}))
        .await
        .data();
    let other = data["categories"]["edges"][0]["cursor"].as_str().unwrap();
    assert_bad_cursor("", other).await;
}

#[tokio::test]
async fn a_cursor_of_another_ordering_is_refused() {
    let ordering = |order: &str| format!("orderBy: [{order}]");
    let orders = [
        "{ name: ASC }",
        "{ name: DESC }",
        "{ name: ASC_NULLS_FIRST }",
        "{ slug: ASC }",
        "{ name: ASC }, { slug: ASC }",
    ];
    for own in orders {
        for other in orders.iter().filter(|other| **other != own) {
            assert_bad_cursor(&ordering(own), &cursor_of(&ordering(other)).await).await;
        }
        assert_bad_cursor(&ordering(own), &cursor_of("").await).await;
    }
}

#[tokio::test]
async fn a_cursor_of_another_role_is_refused() {
    let app = TestApp::shared().await;
    let actors = [
        app.anonymous(),
        app.customer("ada").await,
        app.staff().await,
        app.admin().await,
    ];
    for minting in &actors {
        let data = minting
            .query("{ products(first: 1) { edges { cursor } } }")
            .await
            .data();
        let cursor = data["products"]["edges"][0]["cursor"].as_str().unwrap();
        let query = format!("{{ products(after: \"{cursor}\") {{ totalCount }} }}");
        for using in &actors {
            let reply = using.query(&query).await;
            if using.requester == minting.requester {
                assert!(reply.data().is_object());
            } else {
                assert_eq!(
                    refused(&query, &reply)[0]["extensions"]["code"],
                    "INVALID_CURSOR"
                );
            }
        }
    }
}

/// What a hand could write into a cursor in place of the first value.
async fn forged(order: &str, values: &[&str]) -> Vec<String> {
    let cursor = cursor_of(order).await;
    let parts: Vec<_> = cursor.split('.').collect();
    values
        .iter()
        .map(|value| format!("{}.{value}.{}", parts[0], parts[2]))
        .collect()
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[tokio::test]
async fn a_cursor_with_a_value_of_another_kind_is_refused() {
    let long = "9".repeat(100);
    let order = "orderBy: [{ priceCents: ASC }]";
    for cursor in forged(
        order,
        &[
            "-",
            "",
            "x",
            "1.5",
            "1e3",
            " 1",
            "0x1",
            "9223372036854775808",
            &long,
        ],
    )
    .await
    {
        assert_bad_cursor(order, &cursor).await;
    }
    let nonsense = [
        hex("yesterday"),
        hex("2025-13-01T00:00:00Z"),
        hex(""),
        "zz".to_owned(),
        "abc".to_owned(),
        "-".to_owned(),
    ];
    let nonsense: Vec<_> = nonsense.iter().map(String::as_str).collect();
    for cursor in forged("", &nonsense).await {
        assert_bad_cursor("", &cursor).await;
    }
    let order = "orderBy: [{ description: ASC }]";
    for cursor in forged(order, &["ff", "c3", "00", &hex("a\0b"), "eda080"]).await {
        assert_bad_cursor(order, &cursor).await;
    }
    let order = "orderBy: [{ status: ASC }]";
    for cursor in forged(order, &[&hex("NONSENSE"), &hex("active"), &hex("")]).await {
        assert_bad_cursor(order, &cursor).await;
    }
}

#[tokio::test]
async fn a_cursor_has_one_spelling() {
    let cursor = cursor_of("").await;
    let parts: Vec<_> = cursor.split('.').collect();
    for other in [
        format!("{}.{}.{}", parts[0], parts[1].to_uppercase(), parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], parts[2].to_uppercase()),
    ] {
        assert_ne!(other, cursor);
        assert_bad_cursor("", &other).await;
    }
    for moment in [
        "2025-01-01T00:00:00Z",
        "2025-01-01T00:00:00.000000+00:00",
        "2025-01-01T05:00:00.000000+05:00",
        "0000-01-01T00:00:00.000000Z",
        "9999-12-31T23:59:59.000000-23:59",
        "2016-12-31T23:59:60.000000Z",
    ] {
        for cursor in forged("", &[&hex(moment)]).await {
            assert_bad_cursor("", &cursor).await;
        }
    }
    let order = "orderBy: [{ priceCents: ASC }]";
    for cursor in forged(order, &["+5", "05", "-0"]).await {
        assert_bad_cursor(order, &cursor).await;
    }
}

// Values

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

// Bodies

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let app = TestApp::shared().await;
    for body in [
        &b""[..],
        b" ",
        b"   \n\t  ",
        b"null",
        b"true",
        b"5",
        b"\"{ __typename }\"",
        b"{ __typename }",
        b"query=%7B__typename%7D",
        b"{\"query\":\"{ __typename }\"",
        b"{\"query\":\"{ __typename }\"} x",
        b"{\"query\":\"{ __typename }\",}",
        b"{'query':'{ __typename }'}",
        b"{\"query\":\"{ __typename }\" /* c */}",
        b"{\"query\":\"{\n__typename }\"}",
        b"\xef\xbb\xbf{\"query\":\"{ __typename }\"}",
        b"\xff\xfe{\0\"\0",
        b"{\"query\":\"{ a(b: \\\"\xff\\\") }\"}",
        b"{\"query\":\"{ a(b: \\\"\xc3\\\") }\"}",
        b"{\"query\":\"\\ud800\"}",
        b"{\"query\":\"\\udc00\\ud800\"}",
        b"{\"query\":\"{ __typename }\",\"variables\":{\"a\":\"\\ud800\"}}",
        b"{\"query\":\"{ __typename }\",\"variables\":{\"\\ud800\":1}}",
        b"{\"query\":\"\\x\"}",
        b"\0",
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
    ] {
        let case = String::from_utf8_lossy(body).into_owned();
        let errors = refused(&case, &app.anonymous().post(body.to_vec()).await);
        assert_eq!(
            errors[0]["extensions"]["code"], "BAD_REQUEST",
            "{case}: {errors:#?}"
        );
    }
    assert_alive().await;
}

// Documents that cost too much

/// Checks that a document is refused as too complex, and that the service
/// survives it.
async fn assert_too_complex(query: &str, variables: Value) {
    let errors = refused(query, &ask(query, variables).await);
    let code = &errors[0]["extensions"]["code"];
    assert_eq!(code, "QUERY_TOO_COMPLEX", "{}: {errors:#?}", excerpt(query));
    assert_alive().await;
}

/// `text` for each number below `count`, with `#` replaced by the number.
fn numbered(count: usize, text: &str) -> String {
    (0..count)
        .map(|number| text.replace('#', &number.to_string()))
        .collect()
}

#[tokio::test]
async fn a_document_that_nests_without_end_is_refused() {
    for depth in [200, 5_000, 50_000] {
        for (open, close) in [
            ("{a", "}"),
            ("{a(b: 1)", "}"),
            ("{...", "}"),
            ("{... on Query", "}"),
            ("{...@a", "}"),
        ] {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            assert_too_complex(&format!("{open}{close}"), json!({})).await;
            assert_too_complex(&open, json!({})).await;
        }
        for (open, close) in [("[", "]"), ("{ a: ", "}"), ("[{ a: ", "}]")] {
            let (open, close) = (open.repeat(depth), close.repeat(depth));
            for (before, after) in [
                ("{ node(id: ", ") { id } }"),
                ("query($a: Int = ", ") { __typename }"),
                ("{ __typename @skip(if: ", ") }"),
                ("query @skip(if: ", ") { __typename }"),
            ] {
                assert_too_complex(&format!("{before}{open}1{close}{after}"), json!({})).await;
                assert_too_complex(&format!("{before}{open}"), json!({})).await;
            }
        }
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        assert_too_complex(
            &format!("query($a: {open}Int{close}) {{ __typename }}"),
            json!({}),
        )
        .await;
        assert_too_complex(&format!("query($a: {open}"), json!({})).await;
        assert_too_complex(&format!("type A {{ a: {open}Int{close} }}"), json!({})).await;
    }
}

#[tokio::test]
async fn selections_go_only_so_deep() {
    let depth = 12;
    let query = format!(
        "{{ products {{ nodes {{ {} id {} }} }} }}",
        "category { products { nodes {".repeat(depth),
        "} } }".repeat(depth)
    );
    assert_too_complex(&query, json!({})).await;
}

#[tokio::test]
async fn filters_go_only_so_deep() {
    let nested = |depth: usize| format!("{}{{}}{}", "{ not: ".repeat(depth), "}".repeat(depth));
    let query = format!("{{ products(filter: {}) {{ totalCount }} }}", nested(60));
    assert_too_complex(&query, json!({})).await;
    let query = "query($f: ProductFilter) { products(filter: $f) { totalCount } }";
    assert_too_complex(query, json!({ "f": as_json(&nested(60)) })).await;
    let even_deeper = as_json(&nested(5)).to_string().replace(
        "{}",
        &format!(
            "{}{{}}{}",
            r#"{"and":["#.repeat(20_000),
            "]}".repeat(20_000)
        ),
    );
    let body = format!(r#"{{"query":"{query}","variables":{{"f":{even_deeper}}}}}"#);
    refused(
        "deep variables",
        &TestApp::shared().await.anonymous().post(body).await,
    );
    assert_alive().await;
}

#[tokio::test]
async fn wide_documents_are_refused() {
    for query in [
        format!("{{ {} }}", numbered(10_000, "a#: __typename ")),
        format!("{{ {} }}", numbered(200, "a#: products { totalCount } ")),
        format!("{{ {} }}", numbered(51, "a#: __typename ")),
        format!("{{ {} }}", "products { totalCount } ".repeat(10_000)),
        format!(
            "{{ products {{ nodes {{ {} }} }} }}",
            numbered(10_000, "a#: name ")
        ),
        format!("{{ products {{ nodes {{ {} }} }} }}", "name ".repeat(4_000)),
        format!(
            "{{ products {{ nodes {{ {} }} }} }}",
            "category { id } ".repeat(1_000)
        ),
        format!(
            "{{ products {} {{ totalCount }} }}",
            "@include(if: true) ".repeat(20_000)
        ),
        format!("query {} {{ __typename }}", "@a ".repeat(20_000)),
        format!("query({}) {{ __typename }}", numbered(10_000, "$a#: Int ")),
        format!("{{ nodes(ids: [{}]) {{ id }} }}", "\"a\" ".repeat(10_000)),
        format!(
            "{{ products(filter: {{ or: [{}] }}) {{ totalCount }} }}",
            "{} ".repeat(3_000)
        ),
        format!(
            "{{ __typename }} {}",
            numbered(2_000, "fragment F# on Product { id } ")
        ),
        ",".repeat(500_000),
        "#\n".repeat(200_000),
    ] {
        assert_too_complex(&query, json!({})).await;
    }
}

#[tokio::test]
async fn many_mistakes_are_told_in_few_words() {
    for query in [
        format!("{{ {} }}", numbered(1_500, "a# ")),
        format!("{{ __typename {} }}", "@a ".repeat(2_000)),
        format!("query({}) {{ __typename }}", numbered(1_000, "$a#:Int ")),
        format!(
            "{{ __typename }} {}",
            numbered(800, "fragment F# on Product{id}")
        ),
        format!("{{ __typename {} }}", "@skip(if:true)".repeat(1_200)),
    ] {
        let errors = refused(&query, &ask(&query, json!({})).await);
        assert!(
            errors.len() <= 20,
            "{}: {} errors",
            excerpt(&query),
            errors.len()
        );
    }
}

#[tokio::test]
async fn fragments_that_double_are_counted_as_often_as_they_apply() {
    let doubling = |body: &str| {
        let chain = numbered(30, &format!("fragment F# on Category {{ {body} }} "));
        let chain = (0..30).rev().fold(chain, |chain, place| {
            chain.replace(&format!("F{place}+"), &format!("F{}", place + 1))
        });
        format!(
            "{{ categories(first: 1) {{ nodes {{ ...F0 }} }} }} {chain} fragment F30 on Category {{ id }}"
        )
    };
    // Within one selection set a fragment counts once.
    let flat = doubling("...F#+ ...F#+");
    assert_eq!(
        ask(&flat, json!({})).await.status,
        StatusCode::OK,
        "{}",
        excerpt(&flat)
    );
    for nested in [
        "a#: parent { ...F#+ } b#: parent { ...F#+ }",
        "a: parent { ...F#+ } a: parent { ...F#+ }",
        "parent { ...F#+ ...F#+ }",
    ] {
        assert_too_complex(&doubling(nested), json!({})).await;
    }
    // Not so deep, but wide.
    let wide = (0..12).fold(String::new(), |mut text, place| {
        write!(
            text,
            "fragment F{place} on Category {{ a: parent {{ ...F{0} }} b: parent {{ ...F{0} }} }} ",
            place + 1
        )
        .unwrap();
        text
    });
    assert_too_complex(
        &format!(
            "{{ categories {{ nodes {{ ...F0 }} }} }} {wide} fragment F12 on Category {{ id }}"
        ),
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn fragments_in_a_circle_are_refused() {
    for query in [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ products { nodes { ...A } } } fragment A on Product { category { products { nodes { ...A } } } }",
        "{ __typename } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...B }",
        "{ ...A } fragment A on Query { ... on Query { ... { ...A } } }",
    ] {
        assert_refused(query, "GRAPHQL_VALIDATION_FAILED").await;
    }
    let long = numbered(700, "fragment F# on Query{...F#+}");
    let long = (0..700).rev().fold(long, |text, place| {
        text.replace(&format!("F{place}+"), &format!("F{}", (place + 1) % 700))
    });
    refused(
        "a long circle",
        &ask(&format!("{{ ...F0 }} {long}"), json!({})).await,
    );
    assert_alive().await;
}

#[tokio::test]
async fn introspection_counts_towards_the_limits() {
    let arguments = numbered(30, "c#:args{name}");
    for query in [
        format!(
            "{{ __schema {{ types {{ {} }} }} }}",
            numbered(300, "a#:fields{name args{name description}} ")
        ),
        format!(
            "{{ __schema {{ types {{ {} }} }} }}",
            numbered(30, "a#:fields{+} ").replace('+', &arguments)
        ),
        format!(
            "{{ {} }}",
            numbered(
                40,
                "a#:__schema{types{fields{name description args{name type{name}}}}} "
            )
        ),
        "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"
            .to_owned(),
    ] {
        assert_too_complex(&query, json!({})).await;
    }
}

#[tokio::test]
async fn an_operation_comes_to_so_many_rows() {
    let lists = |lists: &[&str]| {
        let open: Vec<_> = lists
            .iter()
            .map(|list| format!("{{ {list}(first: 100) {{ nodes "))
            .collect();
        let open = open.concat();
        format!("{open} {{ id }} {}", "} }".repeat(lists.len()))
    };
    assert_too_complex(&lists(&["categories", "products", "reviews"]), json!({})).await;
    let last = "{ users(last: 100) { edges { node { reviews(last: 100) { nodes { \
        author { reviews(last: 100) { totalCount nodes { id } } } } } } } } }";
    assert_too_complex(last, json!({})).await;
    let wide = numbered(
        40,
        "a#: products(first: 100) { nodes { reviews(first: 100) { nodes { id } } } } ",
    );
    assert_too_complex(&format!("{{ {wide} }}"), json!({})).await;
    let supplied = "query($n: Int) { categories(first: $n) { nodes { products(first: $n) { nodes { \
        reviews(first: $n) { nodes { id } } } } } } }";
    assert_too_complex(supplied, json!({ "n": 100 })).await;
    assert!(ask(supplied, json!({ "n": 10 })).await.data().is_object());
    let two = lists(&["products", "reviews"]);
    assert!(ask(&two, json!({})).await.data().is_object());
}

#[tokio::test]
async fn the_limits_themselves_are_answered_by_every_database() {
    let long = "x".repeat(10_000);
    let near = [
        format!(
            "{{ products(first: 1) {{ nodes {{ {} }} }} }}",
            numbered(390, "a#: name ")
        ),
        format!(
            "{{ products(first: 1) {{ nodes {{ {} }} }} }}",
            numbered(390, "a#: category { id } ")
        ),
        format!(
            "{{ products(filter: {{ or: [{}] }}) {{ totalCount }} }}",
            numbered(190, "{ stock: { eq: # } } ")
        ),
        format!(
            "{{ products(filter: {{ and: [{}] }}) {{ totalCount }} }}",
            numbered(190, "{ stock: { ne: # } } ")
        ),
        format!(
            "{{ products(filter: {}{{ stock: {{ gt: 1 }} }}{}) {{ totalCount }} }}",
            "{ not: ".repeat(20),
            "}".repeat(20)
        ),
        format!("{{ products(filter: {{ name: {{ contains: \"{long}\" }} }}) {{ totalCount }} }}"),
        format!("{{ products(filter: {{ name: {{ eq: \"{long}\" }} }}) {{ totalCount }} }}"),
        "{ products(offset: 19000) { totalCount nodes { id } pageInfo { hasPreviousPage } } }"
            .to_owned(),
        "{ products(first: 0) { totalCount nodes { id } pageInfo { hasNextPage startCursor } } }"
            .to_owned(),
    ];
    let values = [
        "{ createdAt: { gt: \"0001-01-01T00:00:00Z\" } }",
        "{ createdAt: { lt: \"9999-12-31T23:59:59.999999Z\" } }",
        "{ createdAt: { gt: \"2024-02-29T23:59:59.123456789+14:00\" } }",
        "{ priceCents: { gt: -9223372036854775808 } }",
        "{ priceCents: { lt: 9223372036854775807 } }",
        "{ priceCents: { in: [-9223372036854775808, 0, 9223372036854775807] } }",
        "{ stock: { in: [-2147483648, 0, 2147483647] } }",
        "{ stock: { in: [] } }",
        "{ name: { in: [\"\", \"'\", \"\\\"\", \"\\\\\", \"\\u0001\", \"\u{1f600}\"] } }",
        "{ name: { contains: \"%\" } }",
        "{ name: { contains: \"_\" } }",
        "{ name: { contains: \"\\\\\" } }",
        "{ name: { startsWith: \"\\\\%\" } }",
        "{ name: { endsWith: \"'\" } }",
        "{ name: { contains: \"\u{1f600}\" } }",
        "{ name: { gt: \"\u{10ffff}\" } }",
        "{ name: { eq: \"' OR 1=1 --\" } }",
        "{ name: { eq: \"$1 ? :x @y\" } }",
        "{ sku: { eq: \"\\u00e9\" } }",
        "{ sku: { eq: \"e\\u0301\" } }",
    ];
    let queries: Vec<_> = values
        .iter()
        .map(|filter| format!("{{ products(filter: {filter}) {{ totalCount }} }}"))
        .chain(near)
        .collect();
    let apps = TestApp::on_every_database().await;
    for query in &queries {
        let expected = apps[0].anonymous().query(query).await.data();
        for app in &apps[1..] {
            let reply = app.anonymous().query(query).await;
            let dialect = app.database().dialect();
            assert_eq!(reply.data(), expected, "{dialect}: {}", excerpt(query));
        }
    }
    for app in apps {
        app.remove().await;
    }
}

#[tokio::test]
async fn a_document_has_few_operations() {
    let operations = numbered(300, "query Q#{products{nodes{...F0}}}");
    let fragments = (0..80).fold(String::new(), |mut text, place| {
        write!(text, "fragment F{place} on Product{{...F{}}}", place + 1).unwrap();
        text
    });
    assert_too_complex(
        &format!("{operations}{fragments}fragment F80 on Product{{id}}"),
        json!({}),
    )
    .await;
}

#[tokio::test]
async fn a_name_is_short() {
    let long = "a".repeat(200_000);
    for query in [
        format!("{{ {long}: __typename }}"),
        format!("{{ products(first: 100) {{ nodes {{ {long}: id }} }} }}"),
        format!("{{ {long} }}"),
        format!("{{ ...{long} }}"),
        format!("query(${long}: Int) {{ __typename }}"),
        format!("{{ products({long}: 1) {{ totalCount }} }}"),
        format!("{{ __typename @{long} }}"),
    ] {
        let reply = ask(&query, json!({})).await;
        refused(&query, &reply);
        assert!(
            reply.body.len() < 10_000,
            "{}: an answer of {} bytes",
            excerpt(&query),
            reply.body.len()
        );
    }
}

#[tokio::test]
async fn a_wide_object_is_answered_or_refused() {
    for count in [100, 400, 600, 1_000, 1_900] {
        for member in [
            "a#:name ",
            "a#:category{id}",
            "a#:reviews(first:1){totalCount}",
        ] {
            let query = format!(
                "{{products(first:1){{nodes{{{}}}}}}}",
                numbered(count, member)
            );
            let reply = ask(&query, json!({})).await;
            if reply.json().get("errors").is_some() {
                let errors = refused(&query, &reply);
                assert_eq!(
                    errors[0]["extensions"]["code"], "QUERY_TOO_COMPLEX",
                    "{count} of {member}: {errors:#?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_wide_filter_is_answered_or_refused() {
    let query = "query($f: ProductFilter) { products(filter: $f) { totalCount } }";
    let condition = json!({ "stock": { "eq": 1, "ne": 2, "lt": 3, "gt": 0, "in": [1] } });
    for count in [100, 400, 600, 1_000, 1_900, 10_000] {
        for operator in ["and", "or"] {
            let conditions = vec![condition.clone(); count];
            let reply = ask(query, json!({ "f": { operator: conditions } })).await;
            if reply.json().get("errors").is_some() {
                let errors = refused(query, &reply);
                assert_eq!(
                    errors[0]["extensions"]["code"], "QUERY_TOO_COMPLEX",
                    "{count}: {errors:#?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_list_used_many_times_counts_each_time() {
    let field = "a#:reviews(first:1 filter:{rating:{in:$s}}){totalCount}";
    let query = format!(
        "query($s:[Int!]){{products(first:1){{nodes{{{}}}}}}}",
        numbered(40, field)
    );
    assert_too_complex(&query, json!({ "s": vec![5; 10_000] })).await;
}

#[tokio::test]
async fn a_long_text_used_many_times_counts_each_time() {
    let field = "a#:reviews(first:1 filter:{body:{contains:$s}}){totalCount}";
    let query = format!(
        "query($s:String){{products(first:1){{nodes{{{}}}}}}}",
        numbered(100, field)
    );
    let reply = ask(&query, json!({ "s": "x".repeat(500_000) })).await;
    refused(&query, &reply);
}

// Anything at all

/// A generator of numbers for tests (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

const DOCUMENTS: [&str; 7] = [
    "query A($n: Int = 3, $f: ProductFilter) { products(first: $n, filter: $f, orderBy: [{ priceCents: DESC }, { name: ASC_NULLS_FIRST }]) \
     { totalCount edges { cursor node { ...Card } } pageInfo { hasNextPage endCursor } } } \
     fragment Card on Product { id name priceCents category { name parent { name } } reviews(last: 2) { nodes { rating title author { displayName } } } }",
    "{ products(filter: { and: [{ priceCents: { gte: 100, lt: 50000 } }, { or: [{ name: { startsWith: \"S\" } }, { not: { stock: { eq: 0 } } }] }] }) { nodes { sku } } }",
    "query($id: ID!) { node(id: $id) { __typename id ... on Product { slug status } ... on User { displayName } } }",
    "{ a: product(by: { sku: \"X-1\" }) { id } b: category(by: { slug: \"food\" }) { children(first: 5, offset: 1) { nodes { name } } } }",
    "{ __schema { queryType { name } types { kind name fields { name type { name } } } } __type(name: \"Product\") { description } }",
    "query Q($yes: Boolean = true) { users(first: 2, orderBy: { displayName: ASC }) { nodes { id @include(if: $yes) reviews { totalCount @skip(if: $yes) } } } }",
    "{ reviews(filter: { createdAt: { gt: \"2024-01-01T00:00:00Z\" }, rating: { in: [4, 5] }, title: { isNull: false } }, first: 3) { edges { node { body } } } }",
];

/// The tokens of a document, blanks included.
fn tokens(document: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = document;
    while let Some(first) = rest.chars().next() {
        let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = if word(first) {
            rest.find(|letter| !word(letter)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}

#[tokio::test]
async fn mangled_documents_are_answered_or_refused() {
    const VALUES: [&str; 12] = [
        "null",
        "-1",
        "\"\"",
        "[]",
        "{}",
        "$n",
        "$f",
        "1e9",
        "on",
        "...",
        "@skip(if: true)",
        "99999999999",
    ];
    let mut dice = Dice(42);
    let variables = json!({ "n": 2, "f": { "stock": { "gt": 1 } }, "id": format!("product_{KEY}"), "yes": true });
    let (mut answered, mut refusals) = (0, 0);
    for _ in 0..400 {
        let mut parts = tokens(DOCUMENTS[dice.below(DOCUMENTS.len())]);
        for _ in 0..=dice.below(3) {
            let place = dice.below(parts.len());
            let other = dice.below(parts.len());
            match dice.below(5) {
                0 => drop(parts.remove(place)),
                1 => parts.insert(other, parts[place]),
                2 => parts.swap(place, other),
                3 => parts[place] = VALUES[dice.below(VALUES.len())],
                _ => parts[place] = parts[other],
            }
        }
        let document = parts.concat();
        let reply = ask(&document, variables.clone()).await;
        assert!(
            reply.status.as_u16() < 500,
            "{document}: {:#}",
            reply.json()
        );
        if reply.status == StatusCode::OK {
            assert!(reply.data().is_object(), "{document}");
            answered += 1;
        } else {
            refused(&document, &reply);
            refusals += 1;
        }
    }
    assert!(
        answered > 10 && refusals > 100,
        "{answered} answered, {refusals} refused"
    );
    assert_alive().await;
}

#[tokio::test]
async fn mangled_bodies_are_answered_or_refused() {
    let app = TestApp::shared().await;
    let mut dice = Dice(7);
    let mut refusals = 0;
    for _ in 0..400 {
        let document = DOCUMENTS[dice.below(DOCUMENTS.len())];
        let body =
            json!({ "query": document, "variables": { "n": 2, "id": format!("product_{KEY}") } });
        let mut body = body.to_string().into_bytes();
        for _ in 0..=dice.below(4) {
            let place = dice.below(body.len());
            match dice.below(4) {
                0 => body[place] ^= 1 << dice.below(8),
                1 => body[place] = u8::try_from(dice.below(256)).unwrap(),
                2 => drop(body.drain(place..(place + dice.below(20)).min(body.len()))),
                _ => body.insert(place, b"\"\\{}[]:, \0"[dice.below(10)]),
            }
        }
        let reply = app.anonymous().post(body.clone()).await;
        let case = String::from_utf8_lossy(&body).into_owned();
        assert!(reply.status.as_u16() < 500, "{case}: {:#}", reply.json());
        assert!(
            reply.headers[header::CONTENT_TYPE]
                .to_str()
                .unwrap()
                .contains("json")
        );
        if reply.status == StatusCode::OK {
            assert!(
                without_request_ids(reply.json())["data"].is_object(),
                "{case}"
            );
        } else {
            refused(&case, &reply);
            refusals += 1;
        }
    }
    assert!(refusals > 100, "{refusals} refused");
    assert_alive().await;
}
