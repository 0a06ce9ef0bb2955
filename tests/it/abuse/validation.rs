//! Documents that are much to validate.

use std::net::SocketAddr;

use futures_util::future::join_all;
use serde_json::json;

use super::Expected::{Refused, Served};
use super::{Abuse, Expected, body, chain, collisions, numbered};

/// How many different documents are sent.
const DIFFERENT: usize = 200;

const TOO_COMPLEX: Expected = Refused(400, "QUERY_TOO_COMPLEX");
const INVALID: Expected = Refused(400, "GRAPHQL_VALIDATION_FAILED");

/// A document, and what must come of it.
pub type Sent = (&'static str, String, Expected);

pub fn all() -> impl Iterator<Item = Abuse> {
    let all = fragments().chain(expanded()).chain(compared());
    let all = all.chain(looked_up()).chain(searched());
    let all = all.chain(told_of()).chain(near()).chain(collisions::all());
    all.map(|(name, query, expected)| Abuse::post(name, &body(&query), expected))
}

/// What is most work, by staff, whose schema has twice as many types.
pub fn of_staff(staff: &str) -> impl Iterator<Item = Abuse> {
    near()
        .map(|(name, query, expected)| Abuse::of(staff, name, &json!({ "query": query }), expected))
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

fn fragments() -> impl Iterator<Item = Sent> {
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
}

/// Documents that are short, and much to validate: each fragment wherever it is
/// spread.
fn expanded() -> impl Iterator<Item = Sent> {
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
}

/// Documents of few selections that are much to compare: deep, long, of many
/// kinds.
fn compared() -> impl Iterator<Item = Sent> {
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
                numbered(900, "a#: $a ")
            ),
            TOO_COMPLEX,
        ),
    ]
    .into_iter()
}

/// Documents of which one part is long, and looked at again and again.
fn looked_up() -> impl Iterator<Item = Sent> {
    [
        (
            "9,000 fields beside a long text",
            format!(
                "{{ products {{ nodes {{ id(a: {:?}) {} }} }} }}",
                "x".repeat(1_000_000),
                "id ".repeat(9_000)
            ),
            TOO_COMPLEX,
        ),
        (
            "4,900 fields beside 2,250 arguments in two places",
            format!(
                "{{ {} }} fragment F on Product {{ id({}) {} }}",
                numbered(2, "a#: products { nodes { ...F u#: id } } "),
                numbered(2_250, "a#:[]"),
                "id ".repeat(4_900)
            ),
            TOO_COMPLEX,
        ),
        (
            "9,000 fields of a kind with a long name",
            format!("{{ ... on {} {{ {} }} }}", "L".repeat(1_000_000), "a ".repeat(9_000)),
            TOO_COMPLEX,
        ),
        (
            "a long text beside a fragment in 2,400 places",
            format!(
                "{{ {} }} fragment G on ProductConnection {{ nodes {{ ... @a(b: {:?}) {{ id }} }} }}",
                numbered(2_400, "a#:products{...G} "),
                "x".repeat(900_000)
            ),
            TOO_COMPLEX,
        ),
        (
            "700 fragments that lead to 5,000 more",
            format!(
                "{} fragment X on Query {{ {} }} {} fragment B on Query {{ {} }} {end}",
                numbered(3, "query Q# { ...X } "),
                numbered(700, "...F# "),
                numbered(700, "fragment F# on Query{...B}"),
                "...L".repeat(4_000),
                end = "fragment L on Query { __typename }"
            ),
            TOO_COMPLEX,
        ),
        (
            "2,000 uses of 1,500 variables",
            format!(
                "query ({}) {{ nodes(ids: [{}]) {{ id }} }}",
                numbered(1_500, "$a#:ID! "),
                "$a1499 ".repeat(2_000)
            ),
            TOO_COMPLEX,
        ),
        (
            "two objects of 2,400 fields",
            format!(
                "{{ {} }}",
                format!("products(filter: {{ {} }}) {{ totalCount }} ", numbered(2_400, "a#:1 ")).repeat(2)
            ),
            TOO_COMPLEX,
        ),
    ]
    .into_iter()
}

/// Documents in which much is to be searched for one thing.
fn searched() -> impl Iterator<Item = Sent> {
    let long = "x".repeat(120);
    [
        (
            "2,000 variables with long names",
            format!(
                "query ({}) {{ {} }}",
                numbered(2_000, &format!("${long}#:ID! ")),
                numbered(1_600, &format!("a#:nodes(ids:${long}1999){{id}} "))
            ),
            TOO_COMPLEX,
        ),
        (
            "300 fragments that lead to 4,500 that are not there",
            format!(
                "{{ __typename ...B }} {} fragment B on Query {{ {} }}",
                numbered(300, "fragment F# on Query{...B}"),
                numbered(4_500, &format!("...{long}# "))
            ),
            TOO_COMPLEX,
        ),
        (
            "60 lists of fields whose arguments can be made alike",
            format!(
                "{{ category(by: {{ slug: \"x\" }}) {{ {} }} }}",
                numbered(
                    60,
                    &format!(
                        "k#:{}id(a:1 b:\"#\" c:\"#\"){}",
                        "parent{".repeat(32),
                        "}".repeat(32)
                    )
                )
            ),
            TOO_COMPLEX,
        ),
        (
            "a fragment of 960 directives in 20 operations",
            format!(
                "{} fragment F on Query {} {{ __typename }}",
                numbered(20, "query q#{...F} "),
                "@specifiedBy ".repeat(960)
            ),
            TOO_COMPLEX,
        ),
    ]
    .into_iter()
}

/// Documents of which much would be told that is wrong.
fn told_of() -> impl Iterator<Item = Sent> {
    let beside_kinds = |given: &str, fields: String, places: usize| {
        format!(
            "{{ {} }} fragment F on Node {{ {} {fields} }}",
            numbered(places, "a#:node(id:\"\"){u#:id ...F} "),
            KINDS
                .map(|kind| format!("...on {kind}{{x:__typename{given}}}"))
                .concat()
        )
    };
    let arguments = format!("({})", numbered(16, "a#:1 "));
    let text = format!("(a: {:?})", "x".repeat(8_000));
    [
        (
            "1,000 fields of 16 arguments beside each kind",
            beside_kinds(
                &arguments,
                format!("x:__typename{arguments} ").repeat(280),
                3,
            ),
            TOO_COMPLEX,
        ),
        (
            "650 fields beside a long text of each kind",
            beside_kinds(&text, "x:__typename ".repeat(650), 1),
            TOO_COMPLEX,
        ),
        (
            "400 fields of another type beside each kind",
            beside_kinds("", "x:id ".repeat(400), 20),
            TOO_COMPLEX,
        ),
        (
            "8,000 unknown fields below 95 levels, which nobody asks for",
            format!(
                "{{ __typename }} fragment F on Category {{ {}{}{} }}",
                "parent{".repeat(95),
                "x ".repeat(8_000),
                "}".repeat(95)
            ),
            TOO_COMPLEX,
        ),
        (
            "9,000 objects without what they must have",
            format!(
                "mutation($a: [SignUpInput!]! = [{}]) {{ __typename }}",
                "{}".repeat(9_000)
            ),
            INVALID,
        ),
        (
            "130 levels of fields, half of them in a fragment",
            format!(
                "{{ category(by: {{ slug: \"x\" }}) {{ {half}...F{} }} }} \
                 fragment F on Category {{ {half}id{} }}",
                "}".repeat(64),
                "}".repeat(64),
                half = "parent{".repeat(64)
            ),
            TOO_COMPLEX,
        ),
    ]
    .into_iter()
}

/// As much work as it may be to find that a document is wrong.
fn near() -> impl Iterator<Item = Sent> {
    let deep = |levels: usize, fields: &str| {
        format!(
            "{{ category(by: {{ slug: \"x\" }}) {{ {}{fields}{} }} }}",
            "parent{".repeat(levels),
            "}".repeat(levels)
        )
    };
    [
        ("190 lists below 90 levels", deep(88, &"products ".repeat(190))),
        ("400 lists below 40 levels", deep(38, &"products ".repeat(400))),
        ("120 pages below 90 levels", deep(88, &"products{nodes{id(a:1)}} ".repeat(120))),
        (
            "2,000 lists",
            format!("{{ {} }}", "products(a: 1) ".repeat(2_000)),
        ),
        (
            "150 fragments that lead to 1,200 more",
            format!(
                "query Q {{ ...X }} fragment X on Query {{ {} }} {} fragment B on Query {{ {} }} {end}",
                numbered(150, "...F# "),
                numbered(150, "fragment F# on Query{...B}"),
                "...L".repeat(1_200),
                end = "fragment L on Query { nothing }"
            ),
        ),
    ]
    .into_iter()
    .map(|(name, query)| (name, query, INVALID))
}

/// Documents of which none was there before, each of which is valid, and comes to
/// more than may be asked.
pub async fn different(address: SocketAddr) {
    let fields = "id ".repeat(9_000);
    let send = async |number: usize| {
        let query = format!("{{ products {{ nodes {{ {fields} }} }} }} # {number}");
        let abuse = Abuse::post("a different document", &body(&query), TOO_COMPLEX);
        let (received, _) = abuse.send(address).await;
        abuse.fault(&received)
    };
    for begin in (0..DIFFERENT).step_by(8) {
        let faults = join_all((begin..begin + 8).map(send)).await;
        assert!(faults.iter().all(Option::is_none), "{faults:?}");
    }
}
