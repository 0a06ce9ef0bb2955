//! Texts that come to much: those that rows hold, and those that are compared
//! with.

use serde_json::{Value, json};

use super::Expected::{Refused, Served, Undone};
use super::{Abuse, numbered};
use crate::app::TestApp;

const TOO_COMPLEX: super::Expected = Refused(400, "QUERY_TOO_COMPLEX");

/// How many products have long descriptions.
const PRODUCTS: usize = 100;
/// How long these are, in bytes.
const LONG: usize = 7_900;

/// Makes products whose descriptions are as long as they may be.
pub async fn stored(app: &TestApp) {
    let products = (0..PRODUCTS).map(|n| {
        json!({
            "sku": format!("LONG-{n}"),
            "slug": format!("long-{n}"),
            "name": "Long",
            "status": "ACTIVE",
            "category": { "slug": "shirts" },
            "description": "word ".repeat(LONG / 5),
            "priceCents": 1,
            "costCents": 1,
            "currency": "EUR",
        })
    });
    let products: Vec<_> = products.collect();
    let staff = app.staff().await;
    let made = staff.query_with(
        "mutation($i: [CreateProductInput!]!) { createProducts(input: $i) { userErrors { code } } }",
        json!({ "i": products }),
    );
    let made = made.await.data();
    assert_eq!(made["createProducts"]["userErrors"], json!([]), "{made}");
}

/// So many aliases of the long text of each of so many products.
pub fn repeated(products: usize, aliases: usize) -> String {
    format!(
        "products(first: {products}, filter: {{ sku: {{ startsWith: \"LONG-\" }} }}) {{ nodes {{ {} }} }}",
        numbered(aliases, "a#: description ")
    )
}

/// The long texts of all products once for each of so many.
fn of_rows(rows: usize) -> String {
    format!(
        "products(first: {rows}, filter: {{ sku: {{ startsWith: \"LONG-\" }} }}) {{ nodes {{ category {{ {} }} }} }}",
        repeated(PRODUCTS, 1)
    )
}

pub fn all(staff: &str) -> Vec<Abuse> {
    let post = |name, query: String, variables: Value| {
        let body = json!({ "query": query, "variables": variables }).to_string();
        Abuse::post(name, body.as_bytes(), TOO_COMPLEX)
    };
    let texts: Vec<_> = (0..100)
        .map(|n| format!("{n:03}{}", "x".repeat(9_700)))
        .collect();
    let anywhere = |count: usize, condition: &str, ty: &str| {
        format!(
            "query($a: {ty}) {{ products(first: 1, filter: {{ or: [{}] }}) {{ nodes {{ id }} }} }}",
            condition.repeat(count)
        )
    };
    let told = format!(
        "mutation {{ updateCategory(by: {{ slug: \"shirts\" }}, patch: {{ name: \"Shirts\" }}) {{ \
         category {{ {} }} }} }}",
        of_rows(6)
    );
    vec![
        post(
            "390 aliases of 100 long texts",
            format!("{{ {} }}", repeated(PRODUCTS, 390)),
            json!({}),
        ),
        post(
            "80 aliases of 100 long texts",
            format!("{{ {} }}", repeated(PRODUCTS, 80)),
            json!({}),
        ),
        post(
            "10 aliases of 100 long texts",
            format!("{{ {} }}", repeated(PRODUCTS, 10)),
            json!({}),
        ),
        post("600 long texts", format!("{{ {} }}", of_rows(6)), json!({})),
        Abuse::post(
            "600 texts that could be long",
            json!({ "query": format!("{{ {} }}", of_rows(6).replace("LONG-", "")) })
                .to_string()
                .as_bytes(),
            Served,
        ),
        post(
            "112 aliases of long texts in lists of lists",
            format!(
                "{{ categories(first: 40) {{ nodes {{ {} }} }} }}",
                repeated(PRODUCTS, 112)
            ),
            json!({}),
        ),
        Abuse::of(
            staff,
            "600 long texts, told by a mutation",
            &json!({ "query": told }),
            Undone("QUERY_TOO_COMPLEX"),
        ),
        post(
            "100 texts of 9,700 bytes in 100 places",
            anywhere(100, "{ name: { in: $a } } ", "[String!]"),
            json!({ "a": texts }),
        ),
        post(
            "a text of 10,000 bytes in 190 places",
            anywhere(190, "{ name: { eq: $a } } ", "String"),
            json!({ "a": "x".repeat(10_000) }),
        ),
    ]
}
