//! Requests that are too much of something.

use serde_json::{Map, Value, json};

use super::operations::Operation;
use super::random::Random;
use super::vocabulary::Vocabulary;

/// A request that is deep, wide or long.
pub fn request(random: &mut Random, vocabulary: &Vocabulary, operation: &Operation) -> Vec<u8> {
    let many = *random.pick(&[10, 30, 90, 110, 300, 1000, 5000, 15_000]);
    let entity = random.pick(&vocabulary.entities).clone();
    let list = vocabulary.root_list(&entity).unwrap();
    let mut variables = Map::new();
    let document = match random.below(20) {
        0 => "{a".repeat(many),
        1 => format!("{{ a(b: {}1", "[".repeat(many)),
        2 => format!("{{ a(b: {}", "{c:".repeat(many)),
        3 => format!(
            "{{ {list}(filter: {}{}) {{ totalCount }} }}",
            "{not:".repeat(many),
            "}".repeat(many)
        ),
        4 => {
            let open = "{and:[{},".repeat(many);
            format!(
                "{{ {list}(filter: {open}{{}}{}) {{ totalCount }} }}",
                "]}".repeat(many)
            )
        }
        5 => {
            // As deep as JSON is read, and deeper.
            let filter = (0..many.min(120)).fold(json!({}), |inner, _| json!({ "not": inner }));
            variables.insert("v".to_owned(), filter);
            format!("query ($v: {entity}Filter) {{ {list}(filter: $v) {{ totalCount }} }}")
        }
        6 => {
            let filters = vec![json!({ "not": { "id": { "isNull": true } } }); many.min(2000)];
            variables.insert("v".to_owned(), Value::Array(filters));
            format!(
                "query ($v: [{entity}Filter!]) {{ {list}(filter: {{ or: $v }}) {{ totalCount }} }}"
            )
        }
        7 => repeated(many, |place| {
            format!("a{place}: {list}(first: 1) {{ nodes {{ id }} }}")
        }),
        8 => repeated(many, |place| format!("a{place}: __typename")),
        9 => format!(
            "{{ {list}(first: 2) {{ nodes {} }} }}",
            repeated(many, |place| format!("a{place}: id"))
        ),
        10 => {
            // Each fragment is spread twice in the one before.
            let fragments: Vec<_> = (0..many.min(200))
                .map(|place| {
                    format!(
                        "fragment F{place} on Query {{ ...F{0} a{place}: __typename ...F{0} }} ",
                        place + 1
                    )
                })
                .collect();
            format!(
                "{{ ...F0 }} {} fragment F{} on Query {{ __typename }}",
                fragments.concat(),
                many.min(200)
            )
        }
        11 => "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
        12 => {
            let pages = format!("{list}(first: 100) {{ nodes {{ id }} }} ");
            format!("{{ {} }}", pages.repeat(many))
        }
        13 => {
            let ids =
                vec![format!("{}_0192f0c47b1e7c3d9a5e8f0011223344", entity.to_lowercase()); many];
            variables.insert("v".to_owned(), json!(ids));
            "query ($v: [ID!]!) { nodes(ids: $v) { id } }".to_owned()
        }
        14 => format!(
            "query ({}) {{ __typename }}",
            repeated(many, |place| format!("$a{place}: Int "))
        ),
        15 => format!("{{ {}: __typename }}", "a".repeat(many)),
        16 => format!("{{ __typename{} }}", " @include(if: true)".repeat(many)),
        17 => format!("{{ __typename {} }}", "# \n,".repeat(many)),
        18 => {
            let open = "fields { type { ofType { ";
            let levels = many.min(60);
            format!(
                "{{ __schema {{ types {{ {} name {} }} }} }}",
                open.repeat(levels),
                "}".repeat(3 * levels)
            )
        }
        _ => {
            // The same operation, over and over in one document.
            let named = format!(
                "query Q {}",
                operation.document.replacen("query Generated", "", 1)
            );
            named.repeat(many.min(25))
        }
    };
    Operation::new(document, variables).body().into_bytes()
}

fn repeated(many: usize, part: impl Fn(usize) -> String) -> String {
    let parts: Vec<_> = (0..many).map(part).collect();
    format!("{{ {} }}", parts.join(" "))
}
