//! Documents that cost too much.

use std::fmt::Write as _;

use axum::http::StatusCode;
use serde_json::json;

use super::{
    as_json, ask, assert_alive, assert_refused, assert_too_complex, excerpt, numbered, refused,
};
use crate::app::TestApp;

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
async fn fragments_in_many_places_are_counted_before_they_are_validated() {
    let wide = |places: usize, fields: usize| {
        format!(
            "{{ products(first: 1) {{ {} }} }} fragment F on Product {{ {} }}",
            numbered(places, "a#:nodes{...F} "),
            "none ".repeat(fields)
        )
    };
    assert_refused(&wide(4, 4_990), "GRAPHQL_VALIDATION_FAILED").await;
    assert_refused(&wide(5, 4_000), "QUERY_TOO_COMPLEX").await;
    // Whichever of two fragments of one name counts, the document is not valid.
    for query in [
        "{ products { nodes { ...A } } } fragment A on Product { id } fragment A on Product { name }",
        "{ ...A } fragment A on None { id } fragment A on Query { __typename }",
    ] {
        assert_refused(query, "GRAPHQL_VALIDATION_FAILED").await;
    }
    // The twelve kinds of errors, wherever they are asked for, are not many.
    let kinds = [
        "ValidationError",
        "InvalidCredentialsError",
        "RateLimitedError",
        "ConflictError",
        "NotFoundError",
        "SessionOverError",
        "NotAllowedError",
        "StaleVersionError",
        "TooManyRowsError",
        "OutOfStockError",
        "InvalidTransitionError",
        "RolledBackError",
    ];
    let kinds = kinds.map(|kind| format!("... on {kind} {{ __typename code message path }} "));
    let field = format!(
        "m#: logOut(input: {{}}) {{ userErrors {{ __typename code message path {} }} }} ",
        kinds.concat()
    );
    let query = format!("mutation {{ {} }}", numbered(50, &field));
    assert!(ask(&query, json!({})).await.data().is_object());
    // Nor are they for many operations, of which none is named.
    let operation = format!("mutation M# {{ {} }} ", field.replace('#', ""));
    assert_refused(&numbered(20, &operation), "OPERATION_RESOLUTION_FAILURE").await;
    assert_alive().await;
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
                50,
                "a#:__schema{types{fields{name description isDeprecated args{name type{name}}}}} "
            )
        ),
        "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }"
            .to_owned(),
    ] {
        assert_too_complex(&query, json!({})).await;
    }
}

#[tokio::test]
async fn whoever_asks_for_too_much_is_told_another_way() {
    for (query, way) in [
        (
            format!("{{ __schema {{ types {{ {} }} }} }}", "name ".repeat(1_000)),
            "Read /schema.graphql instead, or ask for less at once.",
        ),
        (
            format!("{{ {} }}", numbered(51, "a#: node(id: \"x\") { id } ")),
            "Rows by their ids are one field: nodes(ids:).",
        ),
    ] {
        let errors = refused(&query, &ask(&query, json!({})).await);
        let message = errors[0]["message"].as_str().unwrap();
        assert!(message.ends_with(way), "{message}");
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
