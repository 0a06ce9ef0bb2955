//! What clients can run into: so much is taken, and one more is refused.

use chrono::{DateTime, Days};
use serde_json::json;

use super::{ELSEWHERE, complaints, without_settings};
use crate::app::TestApp;
use crate::documents::read;

/// A request in which there are so many of something.
pub type Ask = fn(usize) -> String;

/// Limits that clients can run into, in the words of the manual, with requests
/// that have so many of it.
pub const PROBES: &[(&str, Ask)] = &[
    ("rows of a page", |most| {
        format!("{{ products(first: {most}) {{ pageInfo {{ hasNextPage }} }} }}")
    }),
    ("groups of a page", |most| {
        format!(
            "{{ productGroups(by: [{{ sku: VALUE }}], first: {most}) {{ pageInfo {{ hasNextPage }} }} }}"
        )
    }),
    ("rows of a group (`rows`)", |most| {
        format!(
            "{{ productGroups(by: [{{ status: VALUE }}], first: 1) {{ nodes {{ rows(first: {most}) {{ sku }} }} }} }}"
        )
    }),
    ("values of a facet", |most| {
        format!("{{ products(first: 1) {{ facets {{ sku(first: {most}) {{ count }} }} }} }}")
    }),
    ("ids for `nodes`", |most| {
        let ids = "\"product_01941f297c007458a4782fa172fb379a\" ".repeat(most);
        format!("{{ nodes(ids: [{ids}]) {{ id }} }}")
    }),
    ("keys of an order", |most| {
        let keys = "{ name: ASC } ".repeat(most);
        format!("{{ products(first: 1, orderBy: [{keys}]) {{ nodes {{ id }} }} }}")
    }),
    ("keys of groups (`by`)", |most| {
        let columns = [
            "sku",
            "slug",
            "name",
            "description",
            "currency",
            "status",
            "rowId",
        ];
        let columns = columns
            .iter()
            .map(|column| format!("{{ {column}: VALUE }} "));
        let related =
            ["name", "slug"].map(|column| format!("{{ category: {{ {column}: VALUE }} }} "));
        let keys: String = columns.chain(related).take(most).collect();
        format!("{{ productGroups(by: [{keys}], first: 1) {{ nodes {{ count }} }} }}")
    }),
    ("words of a search", |most| {
        let words: Vec<_> = (0..most).map(|word| format!("a{word}")).collect();
        format!(
            "{{ products(search: \"{}\", first: 1) {{ nodes {{ id }} }} }}",
            words.join(" ")
        )
    }),
    ("bytes of a word that is searched for", |most| {
        format!(
            "{{ products(search: \"{}\", first: 1) {{ nodes {{ id }} }} }}",
            "a".repeat(most)
        )
    }),
    ("bytes of a text, to compare with or to store", |most| {
        format!(
            "{{ products(filter: {{ name: {{ eq: \"{}\" }} }}, first: 1) {{ nodes {{ id }} }} }}",
            "a".repeat(most)
        )
    }),
    (
        "characters of a text that is looked for whatever its case",
        |most| {
            format!(
                "{{ products(filter: {{ name: {{ containsIgnoreCase: \"{}\" }} }}, first: 1) {{ nodes {{ id }} }} }}",
                "é".repeat(most)
            )
        },
    ),
    ("steps of a path within JSON", |most| {
        let path = vec!["a"; most].join(".");
        format!("{{ products(first: 1) {{ nodes {{ attributes(path: \"{path}\") }} }} }}")
    }),
    (
        "bytes of all texts that are compared with, each counted wherever it is used",
        |most| {
            let texts = (0..most).step_by(10_000);
            let texts =
                texts.map(|begin| format!("\"{}\"", "a".repeat((most - begin).min(10_000))));
            let texts: Vec<_> = texts.collect();
            format!(
                "{{ products(filter: {{ sku: {{ in: [{}] }} }}) {{ totalCount }} }}",
                texts.join(" ")
            )
        },
    ),
    ("bytes of a name in such a path", |most| {
        format!(
            "{{ products(first: 1) {{ nodes {{ attributes(path: \"{}\") }} }} }}",
            "a".repeat(most)
        )
    }),
    ("levels of a tree (`maxDepth`)", |most| {
        format!(
            "{{ category(by: {{ slug: \"laptops\" }}) {{ descendants(maxDepth: {most}) {{ totalCount }} }} }}"
        )
    }),
    ("stretches of time that are filled in (`fill`)", |most| {
        let begin = DateTime::from_timestamp(1_600_000_000, 0)
            .unwrap()
            .date_naive();
        let end = begin + Days::new(most as u64);
        format!(
            "{{ productGroups(by: [{{ createdAt: {{ unit: DAY, fill: true }} }}], filter: {{ createdAt: \
             {{ gte: \"{begin}T00:00:00Z\", lt: \"{end}T00:00:00Z\" }} }}, first: 1) {{ totalCount }} }}"
        )
    }),
    ("items of an order", |most| {
        let items = "{ product: { sku: \"ELE-000118\" }, quantity: 1 } ".repeat(most);
        format!(
            "mutation {{ placeOrder(input: {{ items: [{items}], shippingAddress: {{}} }}) {{ userErrors {{ code message }} }} }}"
        )
    }),
    ("pieces of an item", |most| {
        format!(
            "mutation {{ placeOrder(input: {{ items: [{{ product: {{ sku: \"ELE-000118\" }}, quantity: {most} }}], \
             shippingAddress: {{}} }}) {{ userErrors {{ code message }} }} }}"
        )
    }),
];

#[tokio::test]
async fn whatever_is_at_most_is_taken_and_one_more_is_not() {
    let app = TestApp::shared().await;
    let admin = app.admin().await;
    let manual = without_settings();
    for (what, ask) in PROBES {
        let row = manual.iter().find(|row| row.what == *what).unwrap();
        let most = row.most.unwrap();
        let expected = &row.cells[row.cells.len() - 1];
        let told = async |many: u64| {
            let query = ask(usize::try_from(many).unwrap());
            let body = json!({ "query": query, "extensions": { "preview": query.starts_with("mutation") } });
            let answer = admin.post(body.to_string()).await.json();
            let mut complaints = complaints(&answer).into_iter();
            complaints.find(|(code, message)| {
                let rest = expected.strip_prefix(code.as_str());
                rest.is_some_and(|rest| !rest.starts_with(" (`"))
                    && message.contains(&most.to_string())
            })
        };
        assert_eq!(told(most).await, None, "{what}: {most} are too many");
        assert!(
            told(most + 1).await.is_some(),
            "{what}: {} are not refused",
            most + 1
        );
    }
}

#[tokio::test]
async fn what_is_said_beside_of_limits_is_so() {
    let app = TestApp::shared().await;
    let manual = without_settings();
    let most = |what: &str| {
        let row = manual.iter().find(|row| row.what == what).unwrap();
        usize::try_from(row.most.unwrap()).unwrap()
    };
    let [key, bulk, mistakes] = ELSEWHERE.map(most);

    let log_out = "mutation { logOut(input: {}) { userErrors { code } } }";
    let keyed = async |length: usize| {
        let actor = app.anonymous().with_key(&"a".repeat(length));
        complaints(&actor.query(log_out).await.json()).remove(0)
    };
    // It is about tokens, so no key is taken at all.
    assert!(keyed(key).await.1.starts_with("logOut is about tokens"));
    let (code, message) = keyed(key + 1).await;
    assert_eq!(code, "`BAD_REQUEST`");
    assert!(message.contains(&format!("1 to {key} ")), "{message}");

    let schema = read("schema.graphql");
    assert!(schema.contains(&format!("atMost: Int! = {bulk}")));

    let wrong = "{ name: \"\", slug: \"-\" } ".repeat(mistakes);
    let query = format!(
        "mutation {{ createCategories(input: [{wrong}]) {{ userErrors {{ code message }} }} }}"
    );
    let body = json!({ "query": query, "extensions": { "preview": true } });
    let answer = app.admin().await.post(body.to_string()).await.json();
    assert_eq!(
        complaints(&answer).len(),
        mistakes,
        "of two mistakes in each of {mistakes}"
    );
}
