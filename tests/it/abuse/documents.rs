//! Documents that are too large, or come to too much.

use serde_json::{Value, json};

use super::Expected::{Refused, Served};
use super::{Abuse, body, chain, numbered};

const TOO_COMPLEX: super::Expected = Refused(400, "QUERY_TOO_COMPLEX");
const INVALID: super::Expected = Refused(400, "GRAPHQL_VALIDATION_FAILED");
const TOO_LARGE: super::Expected = Refused(413, "PAYLOAD_TOO_LARGE");
const BAD_INPUT: super::Expected = Refused(400, "BAD_USER_INPUT");

/// `open` and `close` around nothing, so many times.
fn nested(times: usize, open: &str, close: &str) -> String {
    format!("{}{}", open.repeat(times), close.repeat(times))
}

pub fn all() -> Vec<Abuse> {
    let mut all = Vec::new();
    all.extend(deep());
    all.extend(wide());
    all.extend(long());
    all.extend(literals());
    all.extend(supplied());
    all
}

fn deep() -> impl Iterator<Item = Abuse> {
    [
        (
            "selections as deep as the schema is round",
            format!(
                "{{ products {{ nodes {{ {} id {} }} }} }}",
                "category { products { nodes {".repeat(1_000),
                "} } }".repeat(1_000)
            ),
        ),
        ("200,000 braces", "{a".repeat(200_000)),
        (
            "50,000 inline fragments in each other",
            nested(50_000, "{... on Query", "}"),
        ),
        (
            "100,000 lists in each other",
            format!("{{ node(id: {}) {{ id }} }}", nested(100_000, "[", "]")),
        ),
        (
            "100,000 objects in each other",
            format!(
                "{{ products(filter: {}) {{ totalCount }} }}",
                nested(100_000, "{ not: ", "}")
            ),
        ),
        (
            "a type of 100,000 lists",
            format!("query($a: {}) {{ __typename }}", "[".repeat(100_000)),
        ),
        (
            "a filter of 60 negations",
            format!(
                "{{ products(filter: {}{{}}{}) {{ totalCount }} }}",
                "{ not: ".repeat(60),
                "}".repeat(60)
            ),
        ),
        (
            "introspection in circles",
            format!(
                "{{ __schema {{ types {{ {} name {} }} }} }}",
                "fields { type { ".repeat(10),
                "} }".repeat(10)
            ),
        ),
    ]
    .into_iter()
    .map(|(name, query)| Abuse::post(name, &body(&query), TOO_COMPLEX))
}

fn wide() -> impl Iterator<Item = Abuse> {
    [
        (
            "10,000 aliases of the type name",
            numbered(10_000, "a#: __typename "),
            TOO_COMPLEX,
        ),
        (
            "200 lists under aliases",
            numbered(200, "a#: products { totalCount } "),
            TOO_COMPLEX,
        ),
        (
            "51 root fields",
            numbered(51, "a#: __typename "),
            TOO_COMPLEX,
        ),
        (
            "the same list 10,000 times",
            "products { totalCount } ".repeat(10_000),
            TOO_COMPLEX,
        ),
        (
            "10,000 aliases of a column",
            format!(
                "products {{ nodes {{ {} }} }}",
                numbered(10_000, "a#: name ")
            ),
            TOO_COMPLEX,
        ),
        (
            "a column 100,000 times",
            format!("products {{ nodes {{ {} }} }}", "name ".repeat(100_000)),
            TOO_COMPLEX,
        ),
        ("1,900 unknown fields", numbered(1_900, "a# "), INVALID),
        (
            "1,000 fields of one name that differ",
            format!(
                "products {{ nodes {{ {} }} }}",
                "a: name a: sku ".repeat(500)
            ),
            INVALID,
        ),
        (
            "50,000 directives on a field",
            format!(
                "products {} {{ totalCount }}",
                "@include(if: true) ".repeat(50_000)
            ),
            TOO_COMPLEX,
        ),
        (
            "200,000 unknown directives",
            format!("__typename {}", "@a ".repeat(200_000)),
            TOO_COMPLEX,
        ),
        (
            "an argument 10,000 times",
            format!("products({}) {{ totalCount }}", "first: 1 ".repeat(10_000)),
            INVALID,
        ),
        (
            "500 orders of a list",
            format!(
                "products(orderBy: [{}]) {{ totalCount }}",
                "{ name: ASC } ".repeat(500)
            ),
            BAD_INPUT,
        ),
        (
            "a thousand groupings at once",
            format!(
                "productGroups(by: [{}]) {{ totalCount }}",
                "{ status: VALUE } ".repeat(1_000)
            ),
            BAD_INPUT,
        ),
        (
            "introspection under 50 aliases",
            numbered(
                50,
                "a#:__schema{types{fields{name description isDeprecated args{name type{name}}}}} ",
            ),
            TOO_COMPLEX,
        ),
    ]
    .into_iter()
    .map(|(name, fields, expected)| Abuse::post(name, &body(&format!("{{ {fields} }}")), expected))
}

/// Documents of many parts.
fn long() -> impl Iterator<Item = Abuse> {
    let comment = format!("#{}\n", "x".repeat(960_000));
    [
        (
            "300 operations of 80 fragments",
            format!(
                "{}{}fragment F80 on Product{{id}}",
                numbered(300, "query Q#{products{nodes{...F0}}}"),
                chain(80, "Product", "...F+")
            ),
            TOO_COMPLEX,
        ),
        (
            "10,000 variables",
            format!("query({}) {{ __typename }}", numbered(10_000, "$a#: Int ")),
            TOO_COMPLEX,
        ),
        ("900,000 commas", ",".repeat(900_000), TOO_COMPLEX),
        ("300,000 comments", "#\n".repeat(300_000), TOO_COMPLEX),
        (
            "4,900 fields behind a long comment",
            format!("{comment}{{ {} }}", numbered(4_900, "a#:id ")),
            INVALID,
        ),
        (
            "1,900 fields behind a long comment",
            format!("{comment}{{ {} }}", "__typename ".repeat(1_900)),
            Served,
        ),
    ]
    .into_iter()
    .map(|(name, query, expected)| Abuse::post(name, &body(&query), expected))
}

fn literals() -> impl Iterator<Item = Abuse> {
    let long = "x".repeat(900_000);
    let filtered = |filter: &str| format!("{{ products(filter: {filter}) {{ totalCount }} }}");
    [
        ("a text of 900 kB", filtered(&format!("{{ name: {{ contains: \"{long}\" }} }}")), TOO_COMPLEX),
        ("a block text of 900 kB", filtered(&format!("{{ name: {{ contains: \"\"\"{long}\"\"\" }} }}")), TOO_COMPLEX),
        ("a text of 100,000 escapes", filtered(&format!("{{ name: {{ contains: \"{}\" }} }}", "\\u0041".repeat(100_000))), TOO_COMPLEX),
        ("a number of 900,000 digits", filtered(&format!("{{ stock: {{ eq: {} }} }}", "9".repeat(900_000))), INVALID),
        ("a name of 900 kB", format!("{{ {long} }}"), TOO_COMPLEX),
        ("an alias of 900 kB", format!("{{ {long}: __typename }}"), TOO_COMPLEX),
        ("10,000 ids", format!("{{ nodes(ids: [{}]) {{ id }} }}", "\"a\" ".repeat(10_000)), TOO_COMPLEX),
        ("a cursor of 900 kB", format!("{{ products(after: \"{long}\") {{ totalCount }} }}"), Refused(400, "INVALID_CURSOR")),
        ("a search for 100,000 words", format!("{{ products(search: \"{}\") {{ totalCount }} }}", "ab ".repeat(100_000)), TOO_COMPLEX),
        (
            "a path of 100,000 steps",
            format!("{{ products {{ nodes {{ attributes(path: \"a{}\") }} }} }}", ".a".repeat(100_000)),
            BAD_INPUT,
        ),
        ("a time zone of 900 kB", format!("{{ productGroups(by: [{{ createdAt: {{ unit: DAY, timeZone: \"{long}\" }} }}]) {{ totalCount }} }}"), BAD_INPUT),
    ]
    .into_iter()
    .map(|(name, query, expected)| Abuse::post(name, &body(&query), expected))
}

fn supplied() -> Vec<Abuse> {
    let filtered = "query($f: ProductFilter) { products(filter: $f) { totalCount } }";
    let texts = format!(
        "query($s: String) {{ products(first: 1) {{ nodes {{ {} }} }} }}",
        numbered(
            100,
            "a#: reviews(first: 1, filter: { body: { contains: $s } }) { totalCount } "
        )
    );
    let mut conditions = vec![json!({ "stock": { "eq": 1, "ne": 2 } }); 10_000];
    conditions.push(json!({ "nothing": {} }));
    let lists = format!(
        "query($s: [Int!]) {{ products(first: 1) {{ nodes {{ {} }} }} }}",
        numbered(
            40,
            "a#: reviews(first: 1, filter: { rating: { in: $s } }) { totalCount } "
        )
    );
    [
        (
            "150,000 numbers to compare with",
            filtered,
            json!({ "f": { "stock": { "in": vec![5; 150_000] } } }),
            TOO_LARGE,
        ),
        (
            "10,000 conditions and one of nothing",
            filtered,
            json!({ "f": { "or": conditions } }),
            TOO_COMPLEX,
        ),
        (
            "10,000 numbers in 40 places",
            &lists,
            json!({ "s": vec![5; 10_000] }),
            TOO_COMPLEX,
        ),
        (
            "a text of 900 kB in 100 places",
            &texts,
            json!({ "s": "x".repeat(900_000) }),
            TOO_COMPLEX,
        ),
        (
            "150,000 numbers for nobody",
            "{ __typename }",
            json!({ "a": vec![5; 150_000] }),
            TOO_LARGE,
        ),
        (
            "90,000 objects for nobody",
            "{ __typename }",
            json!({ "a": vec![json!({ "b": 1 }); 90_000] }),
            TOO_LARGE,
        ),
        (
            "60,000 variables for nobody",
            "{ __typename }",
            Value::Object((0..60_000).map(|n| (format!("v{n}"), json!(n))).collect()),
            Served,
        ),
    ]
    .into_iter()
    .map(|(name, query, variables, expected)| {
        let body = json!({ "query": query, "variables": variables }).to_string();
        Abuse::post(name, body.as_bytes(), expected)
    })
    .collect()
}

/// What is little to read, and much to answer.
pub fn costly() -> Vec<Abuse> {
    [
        (
            "a million rows",
            "categories(first: 100) { nodes { products(first: 100) { nodes { reviews(first: 100) { nodes { id } } } } } }".to_owned(),
            TOO_COMPLEX,
        ),
        (
            "40 pages of pages",
            numbered(40, "a#: products(first: 100) { nodes { reviews(first: 100) { nodes { id } } } } "),
            TOO_COMPLEX,
        ),
        ("two billion rows", "products(first: 2147483647) { totalCount }".to_owned(), BAD_INPUT),
        ("what comes after two billion rows", "products(offset: 2147483647) { nodes { id } }".to_owned(), TOO_COMPLEX),
        (
            "as many rows as the budget allows",
            "products(first: 99) { nodes { name description reviews(first: 100) { nodes { title body author { displayName } } } } }".to_owned(),
            Served,
        ),
        (
            "as many groups as the budget allows",
            "reviewGroups(by: [{ rating: { width: 1 } }, { createdAt: { unit: DAY } }], first: 100) { totalCount nodes { key { rating { start } } count rating { avg median } } }".to_owned(),
            Served,
        ),
        (
            "statistics over every row under 20 aliases",
            numbered(20, "a#: reviewAggregate { count rating { avg median countDistinct } } "),
            Served,
        ),
    ]
    .into_iter()
    .map(|(name, fields, expected)| Abuse::post(name, &body(&format!("{{ {fields} }}")), expected))
    .collect()
}

/// What only those with a token may ask for.
pub fn of_members(ada: &str, staff: &str) -> Vec<Abuse> {
    let products: Vec<_> = (0..4_000)
        .map(|n| json!({ "sku": format!("A-{n}"), "slug": format!("a-{n}"), "name": "A", "category": { "slug": "shirts" }, "description": "A", "priceCents": 1, "costCents": 1, "currency": "EUR" }))
        .collect();
    let items = vec![json!({ "product": { "sku": "A-1" }, "quantity": 1 }); 10_000];
    let document = format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100));
    let attributes: Value = serde_json::from_str(&document).unwrap();
    let place = "mutation($i: PlaceOrderInput!) { placeOrder(input: $i) { userErrors { code } } }";
    vec![
        Abuse::of(
            staff,
            "4,000 products at once",
            &json!({ "query": "mutation($i: [CreateProductInput!]!) { createProducts(input: $i) { userErrors { code } } }", "variables": { "i": products } }),
            Served,
        ),
        Abuse::of(
            ada,
            "an order of 10,000 items",
            &json!({ "query": place, "variables": { "i": { "items": items, "shippingAddress": {} } } }),
            Served,
        ),
        Abuse::of(
            staff,
            "a document of 100 lists in each other",
            &json!({ "query": "mutation($p: ProductPatch!) { updateProduct(by: { sku: \"A-1\" }, patch: $p) { userErrors { code } } }", "variables": { "p": { "attributes": attributes } } }),
            Served,
        ),
    ]
}
