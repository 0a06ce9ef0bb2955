//! Documents that are much to validate.

use super::Expected::{Refused, Served};
use super::{Abuse, body, chain, numbered};

const TOO_COMPLEX: super::Expected = Refused(400, "QUERY_TOO_COMPLEX");
const INVALID: super::Expected = Refused(400, "GRAPHQL_VALIDATION_FAILED");

pub fn all() -> impl Iterator<Item = Abuse> {
    fragments().chain(expanded()).chain(compared())
}

/// So many circles of two fragments each, of which each field but one leads back
/// to where it is: put together, they can be anywhere.
fn circles(count: usize) -> String {
    let all = 0..count;
    let spread = all.clone().map(|circle| format!("...F{circle}_0 "));
    let spread: String = spread.collect();
    let fragments = all.clone().flat_map(|circle| [(circle, 0), (circle, 1)]);
    let fragments = fragments.map(|(circle, place)| {
        let fields = all.clone().map(|field| {
            let next = if field == circle { 1 - place } else { place };
            format!("a{field}:parent{{...F{circle}_{next}}} ")
        });
        let fields: String = fields.collect();
        format!("fragment F{circle}_{place} on Category{{{fields}}} ")
    });
    let fragments: String = fragments.collect();
    format!("{{ categories(first: 1) {{ nodes {{ {spread} }} }} }} {fragments}")
}

/// Kinds of objects that everybody sees.
const KINDS: [&str; 12] = [
    "Product",
    "Category",
    "Review",
    "User",
    "Query",
    "Mutation",
    "PageInfo",
    "ProductConnection",
    "CategoryConnection",
    "ReviewConnection",
    "ProductEdge",
    "CategoryEdge",
];

fn fragments() -> impl Iterator<Item = Abuse> {
    let categories = |fragments: String| {
        format!("{{ categories(first: 1) {{ nodes {{ ...F0 }} }} }} {fragments}")
    };
    let end = |count: usize| format!("fragment F{count} on Category {{ id }}");
    let doubling = |count: usize, fields: &str| {
        categories(format!(
            "{}{}",
            chain(count, "Category", fields),
            end(count)
        ))
    };
    let circle = |count: usize| {
        let chain = chain(count, "Query", "...F+");
        format!(
            "{{ ...F0 }} {}",
            chain.replace(&format!("F{count} "), "F0 ")
        )
    };
    [
        (
            "fragments that double 30 times",
            doubling(30, "a: parent { ...F+ } b: parent { ...F+ }"),
            TOO_COMPLEX,
        ),
        (
            "fragments that double 30 times, merged",
            doubling(30, "a: parent { ...F+ } a: parent { ...F+ }"),
            TOO_COMPLEX,
        ),
        (
            "fragments that double 11 times",
            doubling(11, "a: parent { ...F+ } b: parent { ...F+ }"),
            TOO_COMPLEX,
        ),
        (
            "fragments that spread twice, 30 deep",
            doubling(30, "...F+ ...F+"),
            Served,
        ),
        (
            "2,000 fragments that nobody uses",
            format!(
                "{{ __typename }} {}",
                numbered(2_000, "fragment F# on Product { id } ")
            ),
            TOO_COMPLEX,
        ),
        ("700 fragments in a circle", circle(700), TOO_COMPLEX),
        ("400 fragments in a circle", circle(400), INVALID),
        (
            "a fragment of itself",
            "{ ...A } fragment A on Query { ...A }".to_owned(),
            INVALID,
        ),
    ]
    .into_iter()
    .map(|(name, query, expected)| Abuse::post(name, &body(&query), expected))
}

/// Documents that are short, and much to validate: each fragment wherever it is
/// spread.
fn expanded() -> impl Iterator<Item = Abuse> {
    [
        (
            "4,000 fields in 1,100 places",
            format!(
                "{{ products(first: 1) {{ {} }} }} fragment F on Product {{ {} }}",
                numbered(1_100, "a#:nodes{...F} "),
                "id ".repeat(4_000)
            ),
            TOO_COMPLEX,
        ),
        (
            "3,000 fields of errors in 900 places",
            format!(
                "mutation {{ logOut {{ {} }} }} fragment F on UserError {{ {} }}",
                numbered(900, "a#:userErrors{...F} "),
                "code ".repeat(3_000)
            ),
            TOO_COMPLEX,
        ),
        (
            "14 circles that advance by turns",
            circles(14),
            INVALID,
        ),
        (
            "fragments that hide behind others of their name",
            format!(
                "{{ categories(first: 1) {{ nodes {{ ...F0 }} }} }} {}{}{}",
                chain(
                    40,
                    "Category",
                    &format!("{}...F+{}", "parent{".repeat(90), "}".repeat(90))
                ),
                "fragment F40 on Category { id } ",
                numbered(40, "fragment F# on Category{id}")
            ),
            INVALID,
        ),
        (
            "4,600 fields of an interface beside each kind",
            format!(
                "{{ {} }} fragment F on Node {{ {} {} }}",
                numbered(4, "a#:node(id:\"x\"){u#:id ...F} "),
                KINDS.map(|kind| format!("...on {kind}{{x:__typename}}")).concat(),
                "x:id ".repeat(4_600)
            ),
            TOO_COMPLEX,
        ),
        (
            "20 operations of 9,000 mistakes",
            format!(
                "{} fragment F on Query {{ products(filter: {{ stock: {{ in: [{}] }} }}) {{ totalCount }} }}",
                numbered(20, "query q#{...F}"),
                "\"\"".repeat(9_000)
            ),
            TOO_COMPLEX,
        ),
    ]
    .into_iter()
    .map(|(name, query, expected)| Abuse::post(name, &body(&query), expected))
}

/// Documents of few selections that are much to compare: deep, long, of many
/// kinds.
fn compared() -> impl Iterator<Item = Abuse> {
    let chain = |end: &str| {
        format!(
            "category{{{}{end}{}}}",
            "parent{".repeat(90),
            "}".repeat(90)
        )
    };
    let places =
        (0..9).map(|place| format!("a{place}:nodes{{{}...F}} ", chain(&format!("u{place}:id"))));
    let places: String = places.collect();
    let text = "x".repeat(900_000);
    let backwards = (0..62).rev().map(|place| format!("...F{place} "));
    let backwards: String = backwards.collect();
    let deep = format!("{}...F+{}", "...{".repeat(97), "}".repeat(97));
    [
        (
            "1,900 lists below 90 levels in nine places",
            format!(
                "{{ products {{ {places} }} }} fragment F on Product {{ {} }}",
                chain(&"products ".repeat(1_900))
            ),
            TOO_COMPLEX,
        ),
        (
            "a long text below 90 levels",
            format!(
                "{{ products {{ nodes {{ {} }} }} }}",
                chain(&format!(
                    "reviews(filter: {{ body: {{ eq: {text:?} }} }}) {{ totalCount }}"
                ))
            ),
            TOO_COMPLEX,
        ),
        (
            "4,900 fields beside a list of 4,900",
            format!(
                "{{ me(x: [{}]) {} }}",
                "\"\"".repeat(4_900),
                "me ".repeat(4_900)
            ),
            TOO_COMPLEX,
        ),
        (
            "5,000 fields of an interface, and each kind apart",
            format!(
                "{{ node(id: \"x\") {{ {} }} node(id: \"x\") {{ {} }} }}",
                KINDS
                    .map(|kind| format!("...on {kind}{{a:__typename}}"))
                    .concat(),
                "a:id ".repeat(5_000)
            ),
            TOO_COMPLEX,
        ),
        (
            "6,000 directives on a fragment of 20 operations",
            format!(
                "{} fragment F on Query {} {{ __typename }}",
                numbered(20, "query q#{...F}"),
                "@skip".repeat(6_000)
            ),
            TOO_COMPLEX,
        ),
        (
            "62 fragments of 97 levels, the last first",
            format!(
                "{{ {backwards} }} {} fragment F62 on Query {{ __typename }}",
                super::chain(62, "Query", &deep)
            ),
            TOO_COMPLEX,
        ),
        (
            "variables of 90 lists in 20 operations",
            format!(
                "{} fragment F on Query {{ products({}) {{ totalCount }} }}",
                numbered(
                    20,
                    &format!(
                        "query q#($a: {}Int{}) {{ ...F }} ",
                        "[".repeat(90),
                        "]".repeat(90)
                    )
                ),
                "first: $a ".repeat(900)
            ),
            TOO_COMPLEX,
        ),
    ]
    .into_iter()
    .map(|(name, query, expected)| Abuse::post(name, &body(&query), expected))
}
