//! How the databases run what is asked most, on a shop that is large enough
//! for an index to matter: from an index, without reading or sorting a whole
//! table.

use purser::sql::Dialect;
use serde_json::{Value, json};

use crate::app::TestApp;

/// How large the shop is: 20,000 products, 100,000 reviews.
const SCALE: u32 = 20;

/// The tables that must not be read from end to end. Of categories there are
/// so few that a scan may be the better way.
const TABLES: [&str; 5] = ["products", "reviews", "orders", "order_items", "users"];

#[tokio::test]
async fn what_is_asked_most_runs_from_indexes() {
    for app in TestApp::on_every_database_of(SCALE).await {
        let dialect = app.database().dialect();
        let mut faults = Vec::new();
        for (actor, query) in questions(&app).await {
            let body = json!({ "query": query, "extensions": { "explain": true } });
            let reply = app.actor(actor).await.post(body.to_string()).await;
            let answer = reply.json();
            assert!(answer["errors"].is_null(), "{dialect}: {query}: {answer:#}");
            for field in answer["extensions"]["explain"].as_array().unwrap() {
                let plan: Vec<_> = field["plan"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|line| line.as_str().unwrap())
                    .collect();
                let plan = plan.join("\n");
                for fault in faults_of(dialect, &plan) {
                    let sql = field["sql"].as_str().unwrap();
                    faults.push(format!("{fault}\n{query}\n{sql}\n{plan}\n"));
                }
            }
        }
        println!("indexes: checked on {dialect}");
        assert!(faults.is_empty(), "{dialect}\n{}", faults.join("\n"));
        app.remove().await;
    }
}

/// Reads by key, lists in their default order, children of a row, and the
/// pages before and after a row in the middle.
async fn questions(app: &TestApp) -> Vec<(&'static str, String)> {
    let mut questions = Vec::new();
    for (actor, list, order) in [
        ("anonymous", "products", ""),
        ("anonymous", "reviews", ""),
        ("staff", "orders", ""),
        ("staff", "orderItems", ""),
        ("anonymous", "users", ""),
        ("admin", "auditEntries", ""),
        ("ada", "orders", ""),
        ("staff", "products", "orderBy: { name: ASC }"),
    ] {
        let actor_of = app.actor(actor).await;
        let find = format!(
            "{{ {list}(first: 1, offset: 40 {order}) {{ edges {{ cursor node {{ id }} }} }} }}"
        );
        let found = actor_of.query(&find).await.data()[list]["edges"][0].clone();
        let (Some(cursor), Some(id)) = (found["cursor"].as_str(), found["node"]["id"].as_str())
        else {
            // Ada has fewer orders than that; her first page says enough.
            questions.push((actor, format!("{{ {list} {{ nodes {{ id }} }} }}")));
            continue;
        };
        let pages = [
            "first: 20".to_owned(),
            "last: 20".to_owned(),
            format!("first: 20, after: {cursor:?}"),
            format!("last: 20, before: {cursor:?}"),
        ];
        for page in pages {
            questions.push((
                actor,
                format!("{{ {list}({page} {order}) {{ nodes {{ id }} }} }}"),
            ));
        }
        questions.push((actor, format!("{{ node(id: {id:?}) {{ id }} }}")));
    }
    let product = first(app, "products", "id sku slug").await;
    let (id, sku, slug) = (&product["id"], &product["sku"], &product["slug"]);
    let user = first(app, "users", "id email").await;
    let (user_id, email) = (&user["id"], &user["email"]);
    let category = first(app, "categories", "id slug").await;
    let category_id = &category["id"];
    let keys = [
        (
            "anonymous",
            format!("{{ product(by: {{ id: {id} }}) {{ name }} }}"),
        ),
        (
            "anonymous",
            format!("{{ product(by: {{ sku: {sku} }}) {{ name }} }}"),
        ),
        (
            "anonymous",
            format!("{{ product(by: {{ slug: {slug} }}) {{ name }} }}"),
        ),
        (
            "ada",
            format!("{{ user(by: {{ email: {email} }}) {{ displayName }} }}"),
        ),
        (
            "anonymous",
            format!("{{ nodes(ids: [{id}, {user_id}]) {{ id }} }}"),
        ),
    ];
    questions.extend(keys);
    for page in ["first: 3", "last: 3"] {
        questions.push((
            "anonymous",
            format!(
                "{{ product(by: {{ id: {id} }}) {{ name category {{ name }} \
                 reviews({page}) {{ nodes {{ rating author {{ displayName }} }} }} }} }}"
            ),
        ));
        questions.push((
            "anonymous",
            format!(
                "{{ products(first: 20) {{ nodes {{ name category {{ name }} \
                 reviews({page}) {{ nodes {{ rating author {{ displayName }} }} }} }} }} }}"
            ),
        ));
        questions.push((
            "staff",
            format!(
                "{{ user(by: {{ id: {user_id} }}) {{ orders({page}) {{ nodes {{ \
                 items({page}) {{ nodes {{ product {{ name }} }} }} }} }} }} }}"
            ),
        ));
        questions.push((
            "anonymous",
            format!(
                "{{ category(by: {{ id: {category_id} }}) {{ products({page}) {{ nodes {{ name }} }} }} }}"
            ),
        ));
    }
    questions
}

/// A row from the middle of a list, as an admin sees it.
async fn first(app: &TestApp, list: &str, selection: &str) -> Value {
    let query = format!("{{ {list}(first: 1, offset: 20) {{ nodes {{ {selection} }} }} }}");
    app.admin().await.query(&query).await.data()[list]["nodes"][0].clone()
}

/// More rows than this are not sorted for a page.
const MANY: f64 = 1000.0;

/// What is wrong with a plan, in the words of the database that made it.
fn faults_of(dialect: Dialect, plan: &str) -> Vec<String> {
    let mut faults = Vec::new();
    match dialect {
        Dialect::Sqlite => sqlite(plan, &mut faults),
        Dialect::Postgres => postgres(plan, &mut faults),
        Dialect::Mariadb => mariadb(&serde_json::from_str(plan).unwrap(), false, &mut faults),
    }
    faults
}

/// A page is a derived table, a co-routine, and has the alias of the rows that
/// it is made of; to scan it is no fault.
fn sqlite(plan: &str, faults: &mut Vec<String>) {
    let lines: Vec<_> = plan.lines().collect();
    let is_table = |alias: &str| {
        alias.starts_with('t') && !lines.contains(&format!("CO-ROUTINE {alias}").as_str())
    };
    let mut table_was_read = false;
    for line in &lines {
        let mut words = line.split(' ');
        match (words.next(), words.next()) {
            (Some("SCAN"), Some(alias)) => {
                table_was_read = is_table(alias);
                if table_was_read && !line.contains("INDEX") {
                    faults.push(format!("a whole table is read: {line}"));
                }
            }
            (Some("SEARCH"), Some(_)) => table_was_read = true,
            (Some("USE"), _) if table_was_read && line.ends_with("FOR ORDER BY") => {
                faults.push(format!("what an index finds is sorted: {line}"));
            }
            _ => table_was_read = false,
        }
    }
}

fn postgres(plan: &str, faults: &mut Vec<String>) {
    for line in plan.lines() {
        let scans = |table: &&str| line.contains(&format!("Seq Scan on {table} "));
        if TABLES.iter().any(scans) {
            faults.push(format!("a whole table is read: {line}"));
        }
        let rows = line
            .split("rows=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let rows: f64 = rows.and_then(|rows| rows.parse().ok()).unwrap_or(0.0);
        if line.contains("Sort  (") && rows > MANY {
            faults.push(format!("many rows are sorted: {line}"));
        }
    }
}

fn mariadb(plan: &Value, sorted: bool, faults: &mut Vec<String>) {
    match plan {
        Value::Array(items) => items.iter().for_each(|item| mariadb(item, sorted, faults)),
        Value::Object(members) => {
            let rows = members.get("rows").and_then(Value::as_f64).unwrap_or(0.0);
            let whole = members.get("access_type") == Some(&json!("ALL"));
            if rows > MANY && (whole || sorted) {
                let what = if whole {
                    "a whole table is read"
                } else {
                    "many rows are sorted"
                };
                faults.push(format!("{what}: {}", members["table_name"]));
            }
            for (name, member) in members {
                mariadb(member, sorted || name == "filesort", faults);
            }
        }
        _ => {}
    }
}
