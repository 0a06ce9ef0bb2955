//! Walks over whole lists, page by page: every order that the schema offers,
//! both ways, in pages of several sizes, on every database.

use std::collections::HashSet;
use std::fmt::Write as _;

use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::app::{Actor, TestApp};

/// Directions that differ in what they mean.
const DIRECTIONS: [&str; 4] = ["ASC", "ASC_NULLS_FIRST", "DESC", "DESC_NULLS_LAST"];
/// Sizes of pages. The longest list is longer than the greatest of them.
const SIZES: [usize; 3] = [1, 2, 7];
/// How many rows of each root list are walked over.
const ROWS: usize = 9;
/// How many relations in a row an order leads through.
const DEPTH: usize = 2;
/// What documents have at some of their paths, and as what it is sorted. The
/// same path holds values of several types, nulls, and nothing at all.
const PATHS: [(&str, &str); 5] = [
    ("color", "text"),
    ("ram_gb", "number"),
    ("wireless", "boolean"),
    ("tags[0]", "text"),
    ("city", "text"),
];

/// A walk over a list: one of its orders, a size of pages, and a way.
struct Walk {
    order: String,
    size: usize,
    forward: bool,
    ids: Vec<Value>,
    cursor: Value,
    done: bool,
}

/// A list that is walked over: what stands before and after its name, for
/// those that hang on a row, and what it is narrowed to.
struct List {
    before: String,
    name: String,
    after: String,
    narrowed: String,
}

impl List {
    /// A selection of this list under a response key.
    fn select(&self, key: &str, arguments: &str, selection: &str) -> String {
        let Self {
            before,
            name,
            after,
            narrowed,
        } = self;
        format!("{key}: {before} {name}({narrowed} {arguments}) {selection} {after}")
    }

    /// The list in the answer to a selection.
    fn find<'v>(&self, answer: &'v Value) -> &'v Value {
        if self.before.is_empty() {
            answer
        } else {
            &answer[self.name.as_str()]
        }
    }

    /// The ids of the whole list in an order, in one page.
    async fn all(&self, actor: &Actor<'_>, order: &str) -> Vec<Value> {
        let arguments = format!("first: 100, orderBy: [{order}]");
        let query = format!(
            "{{ {} }}",
            self.select("all", &arguments, "{ nodes { id } totalCount }")
        );
        let data = actor.query(&query).await.data();
        let all = self.find(&data["all"]);
        let nodes = all["nodes"].as_array().unwrap();
        let ids: Vec<_> = nodes.iter().map(|node| node["id"].clone()).collect();
        // No row is there twice, and as many as are counted without an order.
        let distinct: HashSet<_> = ids.iter().filter_map(Value::as_str).collect();
        assert_eq!(distinct.len(), ids.len(), "{} {order}", self.name);
        assert_eq!(all["totalCount"], ids.len(), "{} {order}", self.name);
        ids
    }

    /// Walks side by side, page by page, each with a cursor of its own.
    async fn walk(&self, actor: &Actor<'_>, walks: &mut [Walk]) {
        while walks.iter().any(|walk| !walk.done) {
            let mut declared = String::new();
            let mut fields = String::new();
            let mut variables = Map::new();
            for (place, walk) in walks.iter().enumerate().filter(|(_, walk)| !walk.done) {
                let (count, bound, more, edge) = words(walk.forward);
                write!(declared, "$c{place}: String ").unwrap();
                let arguments = format!(
                    "orderBy: [{}], {count}: {}, {bound}: $c{place}",
                    walk.order, walk.size
                );
                let selection = format!("{{ nodes {{ id }} pageInfo {{ {more} {edge} }} }}");
                fields += &self.select(&format!("w{place}"), &arguments, &selection);
                fields.push('\n');
                variables.insert(format!("c{place}"), walk.cursor.clone());
            }
            let query = format!("query ({declared}) {{ {fields} }}");
            let data = actor.query_with(&query, variables.into()).await.data();
            for (place, walk) in walks.iter_mut().enumerate().filter(|(_, walk)| !walk.done) {
                walk.take(self.find(&data[format!("w{place}")]));
            }
        }
    }
}

/// How a page is asked for, and where it says that there are more.
fn words(forward: bool) -> (&'static str, &'static str, &'static str, &'static str) {
    if forward {
        ("first", "after", "hasNextPage", "endCursor")
    } else {
        ("last", "before", "hasPreviousPage", "startCursor")
    }
}

impl Walk {
    /// Adds a page to what has been seen.
    fn take(&mut self, page: &Value) {
        let (_, _, more, edge) = words(self.forward);
        let nodes = page["nodes"].as_array().unwrap();
        let ids: Vec<_> = nodes.iter().map(|node| node["id"].clone()).collect();
        if self.forward {
            self.ids.extend(ids);
        } else {
            self.ids.splice(0..0, ids);
        }
        self.done = page["pageInfo"][more] == json!(false);
        assert!(
            self.done || nodes.len() == self.size,
            "{}: a page ends early",
            self.order
        );
        assert!(self.ids.len() < 1000, "{}: no end", self.order);
        self.cursor = page["pageInfo"][edge].clone();
    }
}

/// Every way to sort an entity that its order type offers, through relations
/// as deep as said: what stands before a direction and after it.
async fn sort_keys(actor: &Actor<'_>, type_name: &str, depth: usize) -> Vec<(String, String)> {
    let query =
        format!("{{ __type(name: \"{type_name}\") {{ inputFields {{ name type {{ name }} }} }} }}");
    let data = actor.query(&query).await.data();
    let mut keys = Vec::new();
    for field in data["__type"]["inputFields"].as_array().unwrap() {
        let (name, kind) = (
            field["name"].as_str().unwrap(),
            field["type"]["name"].as_str().unwrap(),
        );
        match kind {
            "OrderDirection" => keys.push((format!("{name}: "), String::new())),
            "JSONOrder" => keys.extend(PATHS.iter().map(|(path, reading)| {
                let before = format!("{name}: {{ path: \"{path}\", {reading}: ");
                (before, " }".to_owned())
            })),
            "PercentileOrder" => {
                let before = format!("{name}: {{ p: 0.25, direction: ");
                keys.push((before, " }".to_owned()));
            }
            "JSONAggregateOrder" => {
                let (path, reading) = PATHS[1];
                for statistic in ["count: ", "sum: "] {
                    let before = format!("{name}: {{ path: \"{path}\", ");
                    let (inner, after) = match statistic {
                        "count: " => (statistic.to_owned(), " }"),
                        of_values => (format!("{reading}: {{ {of_values}"), " } }"),
                    };
                    keys.push((before + &inner, after.to_owned()));
                }
            }
            related if depth > 0 => {
                let inner = Box::pin(sort_keys(actor, related, depth - 1)).await;
                keys.extend(inner.into_iter().map(|(before, after)| {
                    (format!("{name}: {{ {before}"), format!("{after} }}"))
                }));
            }
            _ => {}
        }
    }
    keys
}

/// Walks a list in all of these orders. Returns how many walks there were.
async fn check(actor: &Actor<'_>, list: &List, orders: &[String]) -> usize {
    let mut count = 0;
    // Fields at the root wait for each other's connections, but not for long.
    for orders in orders.chunks(2) {
        let mut walks = Vec::new();
        for order in orders {
            for size in SIZES {
                for forward in [true, false] {
                    walks.push(Walk {
                        order: order.clone(),
                        size,
                        forward,
                        ids: Vec::new(),
                        cursor: Value::Null,
                        done: false,
                    });
                }
            }
        }
        list.walk(actor, &mut walks).await;
        for order in orders {
            let expected = list.all(actor, order).await;
            for walk in walks.iter().filter(|walk| walk.order == *order) {
                let Walk { size, forward, .. } = walk;
                assert_eq!(
                    walk.ids, expected,
                    "{} {order} in pages of {size}, forward: {forward}",
                    list.name
                );
            }
        }
        count += walks.len();
    }
    count
}

/// The lists that a role has at its root, with the entities in them.
async fn root_lists(actor: &Actor<'_>) -> Vec<(String, String)> {
    let query = "{ __schema { queryType { fields { name type { ofType { name } } } } } }";
    let data = actor.query(query).await.data();
    let fields = data["__schema"]["queryType"]["fields"].as_array().unwrap();
    fields
        .iter()
        .filter_map(|field| {
            let entity = field["type"]["ofType"]["name"]
                .as_str()?
                .strip_suffix("Connection")
                .filter(|entity| !entity.ends_with("Group"))?;
            Some((field["name"].as_str()?.to_owned(), entity.to_owned()))
        })
        .collect()
}

/// Some rows of a root list: spread over it, and the actor's own.
async fn some_rows(actor: &Actor<'_>, name: &str) -> List {
    let query = format!("{{ {name}(first: 100) {{ nodes {{ id }} }} }}");
    let data = actor.query(&query).await.data();
    let nodes = data[name]["nodes"].as_array().unwrap();
    let step = nodes.len().div_ceil(ROWS).max(1);
    let mut ids: Vec<_> = nodes
        .iter()
        .step_by(step)
        .map(|node| node["id"].to_string())
        .collect();
    if name == "users" {
        ids.extend(
            actor
                .requester
                .user()
                .map(|id| format!("\"user_{}\"", id.simple())),
        );
    }
    List {
        before: String::new(),
        name: name.to_owned(),
        after: String::new(),
        narrowed: format!("filter: {{ id: {{ in: [{}] }} }}", ids.join(", ")),
    }
}

/// All orders of the root lists of an actor, through up to two relations in a
/// row.
async fn walk_root_lists(app: &TestApp, name: &str) -> usize {
    let actor = app.actor(name).await;
    let mut count = 0;
    for (list, entity) in root_lists(&actor).await {
        let list = some_rows(&actor, &list).await;
        let keys = sort_keys(&actor, &format!("{entity}Order"), DEPTH).await;
        // There are many statistics of related rows, and all of them are
        // values of the row as any other.
        let (keys, statistics): (Vec<_>, Vec<_>) = keys
            .into_iter()
            .partition(|(before, _)| !before.contains("Aggregate"));
        let turns = DIRECTIONS.iter().cycle();
        let by_statistics: Vec<_> = statistics
            .iter()
            .zip(turns)
            .map(|((before, after), direction)| format!("{{ {before}{direction}{after} }}"))
            .collect();
        count += check(&actor, &list, &by_statistics).await;
        let mut orders = Vec::new();
        for (place, (before, after)) in keys.iter().enumerate() {
            // Keys of related rows take turns with the directions.
            let related = before.matches('{').count() > 0;
            for (turn, direction) in DIRECTIONS.iter().enumerate() {
                if !related || turn == place % DIRECTIONS.len() {
                    orders.push(format!("{{ {before}{direction}{after} }}"));
                }
            }
            // With a key that runs the other way before it.
            let (first, second) = (&keys[(place * 7) % keys.len()], (before, after));
            orders.push(format!(
                "{{ {}DESC_NULLS_LAST{} }}, {{ {}ASC_NULLS_FIRST{} }}",
                first.0, first.1, second.0, second.1
            ));
        }
        count += check(&actor, &list, &orders).await;
    }
    count
}

/// Lists that hang on a row, in orders of each kind.
async fn walk_nested_lists(app: &TestApp) -> usize {
    let staff = app.staff().await;
    let mut count = 0;
    for (before, name, orders) in [
        (
            "category(by: { slug: \"gaming-laptops\" }) {",
            "products",
            &[
                "{ attributes: { path: \"color\", text: DESC_NULLS_LAST } }",
                "{ category: { parent: { name: ASC } } }, { priceCents: DESC }",
                "{ status: ASC }, { attributes: { path: \"ram_gb\", number: ASC } }",
            ][..],
        ),
        (
            "category(by: { slug: \"electronics\" }) {",
            "descendants",
            &[
                "{ parent: { name: DESC_NULLS_LAST } }",
                "{ position: DESC }",
                "{ name: ASC }",
            ],
        ),
        (
            "user(by: { email: \"ada@example.com\" }) {",
            "orders",
            &[
                "{ note: DESC_NULLS_LAST }, { status: ASC }",
                "{ shippingAddress: { path: \"city\", text: ASC } }",
                "{ customer: { displayName: DESC } }",
            ],
        ),
    ] {
        let list = List {
            before: before.to_owned(),
            name: name.to_owned(),
            after: "}".to_owned(),
            narrowed: String::new(),
        };
        let orders: Vec<_> = orders.iter().map(|order| (*order).to_owned()).collect();
        let all = list.all(&staff, &orders[0]).await;
        assert!(all.len() > SIZES[2], "{name} has {} rows", all.len());
        count += check(&staff, &list, &orders).await;
    }
    count
}

/// Lists that are searched, in the order of relevance: no `orderBy` at all.
async fn walk_what_is_found(app: &TestApp) -> usize {
    let anonymous = app.anonymous();
    let mut count = 0;
    for search in ["the", "the s*", "n*"] {
        let list = List {
            before: String::new(),
            name: "products".to_owned(),
            after: String::new(),
            narrowed: format!("search: {search:?}, filter: {{ stock: {{ lt: 8 }} }}"),
        };
        // An empty list of keys would be an order by id; null is none.
        let query = format!(
            "{{ {} }}",
            list.select("all", "first: 100", "{ nodes { id } totalCount }")
        );
        let data = anonymous.query(&query).await.data();
        let expected: Vec<_> = data["all"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["id"].clone())
            .collect();
        assert_eq!(data["all"]["totalCount"], json!(expected.len()), "{search}");
        assert!(expected.len() > SIZES[2], "{search}: {}", expected.len());
        for size in SIZES {
            for forward in [true, false] {
                let (page, bound, more, edge) = words(forward);
                let mut walk = Walk {
                    order: search.to_owned(),
                    size,
                    forward,
                    ids: Vec::new(),
                    cursor: Value::Null,
                    done: false,
                };
                while !walk.done {
                    let arguments = format!("{page}: {size}, {bound}: $cursor");
                    let selection = format!("{{ nodes {{ id }} pageInfo {{ {more} {edge} }} }}");
                    let field = list.select("page", &arguments, &selection);
                    let query = format!("query ($cursor: String) {{ {field} }}");
                    let variables = json!({ "cursor": walk.cursor });
                    let data = anonymous.query_with(&query, variables).await.data();
                    walk.take(&data["page"]);
                }
                assert_eq!(walk.ids, expected, "{search} {size} {forward}");
                count += 1;
            }
        }
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_is_walked_both_ways_in_pages_of_every_size() {
    let apps = TestApp::on_every_database().await;
    let counts = join_all(apps.iter().map(async |app| {
        [
            walk_root_lists(app, "ada").await,
            walk_root_lists(app, "admin").await,
            walk_nested_lists(app).await,
            walk_what_is_found(app).await,
        ]
    }))
    .await;
    for (app, counts) in apps.into_iter().zip(counts) {
        println!("pages: {counts:?} walks on {}", app.database().dialect());
        assert!(counts.iter().all(|count| *count > 0));
        app.remove().await;
    }
}
