//! What `docs/limits.md` says is at most, is at most.
//!
//! `UPDATE_DOCS=1 cargo test limits` rewrites what is shown of refusals.

use std::fmt::Write as _;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use chrono::{DateTime, Days};
use futures_util::stream;
use purser::access::Role;
use purser::app::{HEAD_WITHIN, LARGEST_HEAD, READ_WITHIN};
use purser::config::SETTINGS;
use purser::graphql::{ByRole, Limits};
use purser::http::{LoadLimits, SocketLimits};
use purser::plan::Fill;
use purser::run::{ACQUIRE_TIMEOUT, BUSY_TIMEOUT, LONGEST};
use serde_json::{Value, json};

use crate::app::{Reply, TestApp, Variant};
use crate::docs::{between, check};
use crate::documents::{REQUEST_ID, printed, read};
use crate::http::sockets::Served;

const MANUAL: &str = "docs/limits.md";
/// A mutation, which waits while somebody else writes.
const UPDATE: &str =
    "mutation { updateProfile(input: { displayName: \"Ada\" }) { userErrors { code } } }";

/// A row of a table of the manual.
struct Row {
    what: String,
    /// The first number in the second cell.
    most: Option<u64>,
    cells: Vec<String>,
}

/// The rows of the tables of a section, below their heads.
fn rows(section: &str) -> Vec<Row> {
    let manual = read(MANUAL);
    let (_, text) = manual.split_once(&format!("\n## {section}\n")).unwrap();
    let text = text.split_once("\n## ").map_or(text, |(text, _)| text);
    let lines = text.lines().filter(|line| line.starts_with("| "));
    let rows = lines.map(|line| {
        let cells = line.trim_matches('|').split(" | ");
        let cells: Vec<_> = cells.map(|cell| cell.trim().to_owned()).collect();
        Row {
            what: cells[0].clone(),
            most: number(&cells[1]),
            cells,
        }
    });
    rows.filter(|row| row.what != "what" && !row.what.is_empty())
        .collect()
}

/// The first number of a text, whose thousands have commas.
fn number(text: &str) -> Option<u64> {
    let text = text.replace(',', "");
    let mut numbers = text.split(|letter: char| !letter.is_ascii_digit());
    numbers.find(|digits| !digits.is_empty())?.parse().ok()
}

/// What stands in the first code of a cell.
fn code(cell: &str) -> Option<&str> {
    cell.split('`').nth(1)
}

/// Everything that the tables say of what has no setting.
fn without_settings() -> Vec<Row> {
    let rows = [
        "Requests",
        "The database",
        "Documents",
        "Arguments",
        "Writes",
        "WebSockets",
    ]
    .into_iter()
    .flat_map(rows);
    rows.filter(|row| {
        row.cells.len() == 3 && code(&row.cells[2]).is_some_and(is_a_code)
            || row.cells.len() == 4 && row.cells[2] == "–"
    })
    .collect()
}

fn is_a_code(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Limits that are constants of the program, in the words of the manual.
fn constants() -> Vec<(&'static str, u64)> {
    let Limits {
        tokens: _,
        nesting: _,
        depth: _,
        selections: _,
        aliases: _,
        directives: _,
        root_fields: _,
        conditions: _,
        budgets: _,
        per_minute: _,
        bulk: _,
        // Memory of the service, and nothing that a client can run into.
        cached_bytes: _,
        // What follows has no setting; a new limit belongs into the manual.
        operations,
        name,
        relations,
        introspection,
        members,
        joins,
        measures,
        patterns,
        values,
        items,
        text: _,
    } = Limits::default();
    let SocketLimits {
        sockets: _,
        operations: _,
        message: _,
        initialisation,
        sending,
        ping,
        idle,
        checks: _,
    } = SocketLimits::default();
    let counts = [
        ("operations in a document", operations),
        ("characters in a name or alias", name),
        ("fields of one object", members),
        ("selections that ask for the schema", introspection),
        ("relations in a row, in a filter or an order", relations),
        ("items in all lists that are compared with", items),
        (
            "texts under one root field that are looked for whatever their case, words of searches among them",
            patterns,
        ),
        ("tables joined for statistics under one root field", joins),
        ("statistics of groups under one field", measures),
    ];
    let counts = counts.map(|(what, most)| (what, most as u64));
    let times = [
        (
            "the time for sending the head of a request, and for silence between two",
            HEAD_WITHIN,
        ),
        (
            "the time in which a client takes none of an answer",
            READ_WITHIN,
        ),
        ("the time for the transaction of a mutation", LONGEST),
        ("waiting for one of the connections", ACQUIRE_TIMEOUT),
        ("waiting for the one writer of SQLite", BUSY_TIMEOUT),
        ("the time until `connection_init`", initialisation),
        ("the time in which a client takes a message", sending),
        ("the time until a ping is answered", ping),
        ("the time in which nothing is asked", idle),
    ];
    let times = times.map(|(what, time)| (what, time.as_secs()));
    let others = [
        ("the head of a request", LARGEST_HEAD as u64),
        (
            "values that an answer may come to: fields times rows",
            values,
        ),
        ("groups that are filled in", Fill::MOST_GROUPS),
    ];
    counts.into_iter().chain(times).chain(others).collect()
}

/// A request in which there are so many of something.
type Ask = fn(usize) -> String;

/// Limits that clients can run into, in the words of the manual, with requests
/// that have so many of it.
const PROBES: &[(&str, Ask)] = &[
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

/// A limit of which something is refused that is beyond it, by itself.
const ELSEWHERE: [&str; 3] = [
    "an `Idempotency-Key`",
    "rows that a bulk change meets",
    "mistakes that are told at once",
];

#[test]
fn every_limit_without_a_setting_is_held_to_the_code() {
    let constants = constants();
    for row in without_settings() {
        let constant = constants.iter().find(|(what, _)| *what == row.what);
        if let Some((_, most)) = constant {
            assert_eq!(row.most, Some(*most), "{}", row.what);
        } else {
            let is_probed = PROBES.iter().any(|(what, _)| *what == row.what);
            assert!(
                is_probed || ELSEWHERE.contains(&row.what.as_str()),
                "nothing holds {:?} to the code",
                row.what
            );
        }
    }
    let said: Vec<_> = without_settings().into_iter().map(|row| row.what).collect();
    let probed = PROBES.iter().map(|(what, _)| what);
    let known = constants
        .iter()
        .map(|(what, _)| what)
        .chain(probed)
        .chain(&ELSEWHERE);
    for what in known {
        assert!(
            said.contains(&(*what).to_owned()),
            "{MANUAL} does not say: {what}"
        );
    }
}

#[test]
fn every_limit_with_a_setting_has_its_default() {
    let default = |name: &str| {
        let setting = SETTINGS.iter().find(|setting| setting.name == name);
        setting
            .unwrap_or_else(|| panic!("{name} is no setting"))
            .default
            .unwrap()
    };
    let mut checked = 0;
    for section in ["Requests", "The database", "Writes", "WebSockets"] {
        for row in rows(section) {
            if let (Some(name), Some(most)) = (code(&row.cells[2]), row.most) {
                assert_eq!(most.to_string(), default(name), "{}", row.what);
                checked += 1;
            }
        }
    }
    assert!(checked >= 9, "{checked}");
    let parts = rows("Documents").into_iter().filter_map(|row| {
        let name = code(&row.cells[2])
            .filter(|name| !is_a_code(name))?
            .to_owned();
        Some(format!("{name}={}", row.most?))
    });
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts.join(","), default("DOCUMENT_LIMITS"));
}

#[test]
fn limits_by_role_are_the_settings() {
    let mut table = String::from(
        "| role | `COST_BUDGETS` | `COST_PER_MINUTE` | `BULK_ROWS` |\n|---|---|---|---|\n",
    );
    let Limits {
        budgets,
        per_minute,
        bulk,
        ..
    } = Limits::default();
    for role in Role::ALL {
        let cells = [budgets, per_minute, bulk].map(|limit| limit.of(role).to_string());
        writeln!(table, "| {} | {} |", role.name(), cells.join(" | ")).unwrap();
    }
    let (begin, end) = ("<!-- by-role -->\n", "<!-- /by-role -->");
    check(MANUAL, &between(&read(MANUAL), begin, end, &table));
}

/// The errors of an answer, those in its data among them, by code and message.
fn complaints(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer["errors"].as_array().into_iter().flatten();
    let errors = errors.map(|error| (text(&error["extensions"]["code"]), text(&error["message"])));
    let fields = answer["data"].as_object().into_iter().flatten();
    let user_errors = fields.filter_map(|(_, field)| field["userErrors"].as_array());
    let user_errors = user_errors
        .flatten()
        .map(|error| (text(&error["code"]), text(&error["message"])));
    errors.chain(user_errors).collect()
}

#[tokio::test]
async fn whatever_is_at_most_is_taken_and_one_more_is_not() {
    let app = TestApp::shared().await;
    let admin = app.admin().await;
    let manual = without_settings();
    for (what, ask) in PROBES {
        let row = manual.iter().find(|row| row.what == *what).unwrap();
        let most = row.most.unwrap();
        let expected = code(&row.cells[row.cells.len() - 1]).unwrap();
        let told = async |many: u64| {
            let query = ask(usize::try_from(many).unwrap());
            let body = json!({ "query": query, "extensions": { "preview": query.starts_with("mutation") } });
            let answer = admin.post(body.to_string()).await.json();
            let mut complaints = complaints(&answer).into_iter();
            complaints
                .find(|(code, message)| code == expected && message.contains(&most.to_string()))
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
    assert_eq!(code, "BAD_REQUEST");
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

#[tokio::test]
async fn prices_are_what_the_manual_says() {
    let app = TestApp::shared().await;
    let staff = app.staff().await;
    let rows: Vec<_> = rows("Cost")
        .into_iter()
        .filter(|row| row.cells.len() == 4)
        .collect();
    let priced = rows
        .iter()
        .filter_map(|row| Some((code(&row.cells[2])?, number(&row.cells[3])?)));
    let priced: Vec<_> = priced
        .filter(|(example, _)| example.contains('{'))
        .collect();
    assert!(priced.len() >= 20, "{}", priced.len());
    for (example, price) in priced {
        let writes = example.starts_with("mutation");
        let query = if writes {
            example.to_owned()
        } else {
            format!("{{ {example} }}")
        };
        let body = json!({ "query": query, "extensions": { "cost": true, "preview": writes } });
        let answer = staff.post(body.to_string()).await.json();
        assert_eq!(
            answer["extensions"]["cost"]["cost"], price,
            "{example}: {answer}"
        );
    }
}

/// An answer as the manual shows it.
fn shown(mut answer: Value) -> String {
    for error in answer["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"]["requestId"] = json!(REQUEST_ID);
    }
    format!("{}\n", printed(&answer, 0))
}

/// A shop with other limits.
async fn loaded(shop: &TestApp, load: LoadLimits) -> TestApp {
    shop.node(Variant {
        load,
        ..Variant::default()
    })
    .await
}

/// Being refused because as much is answered as may be.
async fn full(shop: &TestApp) -> Reply {
    let load = LoadLimits {
        at_once: 0,
        ..LoadLimits::default()
    };
    let app = loaded(shop, load).await;
    app.anonymous().query("{ __typename }").await
}

/// Being refused because an answer takes too long.
async fn late(shop: &TestApp) -> Reply {
    let load = LoadLimits {
        answer: Duration::from_secs(2),
        ..LoadLimits::default()
    };
    let app = loaded(shop, load).await;
    // Nobody else writes meanwhile, so the operation waits.
    let _writer = shop.database().begin().await.unwrap();
    app.actor("ada").await.query(UPDATE).await
}

/// Being refused because a body takes too long.
async fn slow(shop: &TestApp) -> Reply {
    let load = LoadLimits {
        body: Duration::from_secs(2),
        ..LoadLimits::default()
    };
    let app = loaded(shop, load).await;
    let body = stream::pending::<Result<Bytes, std::io::Error>>();
    let request = Request::post("/graphql").header("content-type", "application/json");
    app.send(request.body(Body::from_stream(body)).unwrap())
        .await
}

/// Being refused because a batch has too many requests.
async fn batched(shop: &TestApp) -> Reply {
    let app = shop
        .node(Variant {
            batch: 2,
            ..Variant::default()
        })
        .await;
    let requests = json!(vec![json!({ "query": "{ __typename }" }); 3]);
    app.anonymous().post(requests.to_string()).await
}

/// Being refused because too much was asked within a minute.
async fn spent(shop: &TestApp) -> Value {
    let limits = Limits {
        per_minute: ByRole::default().with(Role::Anonymous, 300),
        ..Limits::default()
    };
    let app = shop
        .node(Variant {
            limits,
            ..Variant::default()
        })
        .await;
    let anonymous = app.anonymous();
    loop {
        let mut answer = anonymous.query("{ products { totalCount } }").await.json();
        let Some(error) = answer["errors"].get_mut(0) else {
            continue;
        };
        // Which depends on how fast that went.
        let seconds = error["extensions"]["retryAfter"].as_u64().unwrap();
        assert!((1..=12).contains(&seconds), "{error}");
        let message = error["message"].as_str().unwrap();
        let message = message.replace(&format!("in {seconds} seconds"), "in 12 seconds");
        error["message"] = json!(message);
        error["extensions"]["retryAfter"] = json!(12);
        return answer;
    }
}

/// Being refused because of too many attempts to sign in.
async fn attempted(shop: &TestApp) -> Value {
    let anonymous = shop.anonymous();
    loop {
        let log_in = "mutation { logIn(input: { email: \"alan@example.com\", password: \"not the password\" }) \
                      { accessToken userErrors { code message path ... on RateLimitedError { retryAfter } } } }";
        let answer = anonymous.query(log_in).await.json();
        if answer["data"]["logIn"]["userErrors"][0]["code"] == "RATE_LIMITED" {
            return answer;
        }
    }
}

/// Being refused because as many operations run on a socket as may.
async fn crowded() -> Value {
    let served = Served::limited(SocketLimits {
        operations: 1,
        ..SocketLimits::default()
    })
    .await;
    let mut socket = served.socket_of("ada").await;
    // Nobody else writes meanwhile, so the operation waits.
    let _writer = served.app.database().begin().await.unwrap();
    socket.subscribe("1", UPDATE).await;
    socket.subscribe("2", "{ __typename }").await;
    let mut payload = socket.refusal("2").await;
    payload[0]["extensions"]["requestId"] = json!(REQUEST_ID);
    json!({ "id": "2", "type": "error", "payload": payload })
}

#[tokio::test]
async fn refusals_are_as_the_manual_shows_them() {
    let shop = TestApp::sqlite().await;
    let large = shop.anonymous().post(vec![b' '; 1_048_577]).await;
    let (late, slow) = tokio::join!(late(&shop), slow(&shop));
    let all = [
        ("PAYLOAD_TOO_LARGE", large.json()),
        ("SERVICE_UNAVAILABLE", full(&shop).await.json()),
        ("BAD_REQUEST", batched(&shop).await.json()),
        ("TIMEOUT", late.json()),
        ("REQUEST_TIMEOUT", slow.json()),
        ("RATE_LIMITED", spent(&shop).await),
        ("RATE_LIMITED_ERROR", attempted(&shop).await),
        ("TOO_MANY_OPERATIONS", crowded().await),
    ];
    let mut text = read(MANUAL);
    for (mark, answer) in all {
        let begin = format!("\n```json {mark}\n");
        text = between(&text, &begin, "```\n", &shown(answer));
    }
    check(MANUAL, &text);
}
