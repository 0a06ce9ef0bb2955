//! How many statements a request takes, and what they are made of.

use std::sync::{Arc, Mutex};

use purser::graphql::GraphqlRequest;
use purser::sql::Dialect;
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

use super::app::{TestApp, not_covered, read};
use super::wire::Wire;

/// Four levels of selections below one root field.
const DEEP: &str = "{
  categories(first: 3) {
    totalCount
    nodes {
      name
      products(first: 3) {
        pageInfo { hasNextPage endCursor }
        nodes {
          name
          reviews(first: 2) { edges { cursor node { rating author { displayName } } } }
        }
      }
    }
  }
}";

/// What may be large, with a list in it that is empty.
const LARGE: &str = "{
  category(by: { slug: \"ultrabooks\" }) {
    children(first: 4) {
      totalCount
      pageInfo { hasNextPage }
      nodes { slug products(first: 100) { nodes { description } } }
    }
    products(first: 100, filter: { sku: { eq: \"nope\" } }) { totalCount nodes { a: description } }
  }
}";

/// Remembers the statements that are run.
#[derive(Clone, Default)]
pub struct Statements(pub Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Sql(Option<String>);
        impl Visit for Sql {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "sql" {
                    self.0 = Some(format!("{value:?}"));
                }
            }
        }
        if event.metadata().target() == "purser::sql" {
            let mut sql = Sql(None);
            event.record(&mut sql);
            self.0.lock().unwrap().extend(sql.0);
        }
    }
}

async fn statements_of(app: &TestApp, query: &str) -> Vec<String> {
    let statements = Statements::default();
    let subscriber = Registry::default().with(statements.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    app.anonymous().query(query).await.data();
    drop(guard);
    statements.0.lock().unwrap().clone()
}

#[tokio::test]
async fn four_levels_deep_is_one_statement() {
    let app = TestApp::sqlite().await;
    let statements = statements_of(&app, DEEP).await;
    assert_eq!(statements.len(), 1, "{statements:#?}");
}

#[tokio::test]
async fn each_root_field_is_one_statement() {
    let app = TestApp::sqlite().await;
    let query = format!("{DEEP} fragment F on Query {{ a: products {{ totalCount }} }}").replacen(
        '{',
        "{ ...F b: users(first: 1) { nodes { id } } __typename __schema { queryType { name } }",
        1,
    );
    assert_eq!(statements_of(&app, &query).await.len(), 3);
}

#[tokio::test]
async fn four_levels_deep_is_one_statement_on_the_wire() {
    for variable in ["TEST_POSTGRES_URL", "TEST_MARIADB_URL"] {
        let Ok(url) = std::env::var(variable) else {
            not_covered(variable);
            continue;
        };
        let wire = Wire::to(&url).await;
        let app = TestApp::on_server(&wire.url, 1).await;
        // The connection is made and the statement prepared the first time.
        app.anonymous().query(DEEP).await.data();
        let before = wire.executed();
        app.anonymous().query(DEEP).await.data();
        assert_eq!(wire.executed() - before, 1, "{variable}");
        assert!(before > 0, "the wire is silent");
        app.remove().await;
    }
}

#[tokio::test]
async fn a_thousand_rows_are_made_by_few_statements_on_the_wire() {
    let query = "mutation ($rows: [CreateProductInput!]!) { createProducts(input: $rows) \
                 { count userErrors { message } } }";
    let rows = |name: &str, count: usize| -> Value {
        let rows = (0..count).map(|number| {
            json!({
                "sku": format!("{name}-{number}"), "slug": format!("{name}-{number}").to_lowercase(),
                "name": "A thing", "priceCents": 1250, "costCents": 500, "currency": "EUR",
                "category": {"slug": "books"},
            })
        });
        json!({ "rows": rows.collect::<Vec<_>>() })
    };
    for variable in ["TEST_POSTGRES_URL", "TEST_MARIADB_URL"] {
        let Ok(url) = std::env::var(variable) else {
            not_covered(variable);
            continue;
        };
        let wire = Wire::to(&url).await;
        let app = TestApp::on_server(&wire.url, 1).await;
        let staff = app.staff().await;
        let mut executed = Vec::new();
        for (name, count) in [("WARM", 1000), ("FEW", 1000)] {
            let before = wire.executed();
            let made = staff.query_with(query, rows(name, count)).await.data();
            assert_eq!(made["createProducts"]["count"], json!(count), "{made}");
            executed.push(wire.executed() - before);
        }
        // References, rows by the hundred, records of them, and the payload.
        assert!(executed[1] <= 50, "{variable}: {executed:?}");
        app.remove().await;
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_planned_runs_nothing() {
    let app = TestApp::sqlite().await;
    let statements = Statements::default();
    let subscriber = Registry::default().with(statements.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    let reply = app
        .anonymous()
        .query("{ good: products { totalCount } bad: products(first: 101) { totalCount } }")
        .await;
    drop(guard);
    assert_eq!(reply.code(), "BAD_USER_INPUT");
    assert!(statements.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn values_are_never_in_the_text() {
    let app = TestApp::sqlite().await;
    let query = "query ($text: String, $list: [String!], $first: Int) {
      products(
        first: $first
        filter: { name: { contains: $text, in: $list, ne: \"needle4\" }, stock: { gt: 987654 } }
      ) { totalCount nodes { name } }
    }";
    let variables = json!({
        "text": "needle1' OR 1=1 --",
        "list": ["needle2", "needle3\"; DROP TABLE products"],
        "first": 77,
    });
    let request = GraphqlRequest {
        query,
        variables: serde_json::from_value(variables).unwrap(),
        ..GraphqlRequest::default()
    };
    let requester = app.anonymous().requester;
    for dialect in Dialect::ALL {
        let statements = app
            .door
            .engine
            .operations()
            .explain(&request, requester, dialect)
            .unwrap();
        for statement in read(statements) {
            for value in ["needle", "987654", "77", "active", "DROP"] {
                assert!(
                    !statement.sql.contains(value),
                    "{dialect}: {}",
                    statement.sql
                );
            }
        }
    }
}

#[tokio::test]
async fn the_text_does_not_depend_on_values() {
    let app = TestApp::sqlite().await;
    let query = "query ($list: [String!], $first: Int) {
      products(first: $first, filter: { name: { in: $list } }) { nodes { name } }
    }";
    let mut seen = Vec::new();
    for (list, first) in [(vec!["a"], 1), (vec!["b", "c", "d"], 99)] {
        let variables = json!({ "list": list, "first": first });
        let request = GraphqlRequest {
            query,
            variables: serde_json::from_value(variables).unwrap(),
            ..GraphqlRequest::default()
        };
        let requester = app.anonymous().requester;
        let statements = app
            .door
            .engine
            .operations()
            .explain(&request, requester, Dialect::Postgres)
            .unwrap();
        let texts: Vec<_> = read(statements).into_iter().map(|one| one.sql).collect();
        seen.push(texts);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].len(), 1);
}

#[tokio::test]
async fn only_selected_columns_are_read() {
    let app = TestApp::sqlite().await;
    let request = GraphqlRequest {
        query: "{ products(first: 1, orderBy: [{ name: ASC }]) { nodes { sku } } }",
        ..GraphqlRequest::default()
    };
    for dialect in Dialect::ALL {
        let requester = app.anonymous().requester;
        let statements = app
            .door
            .engine
            .operations()
            .explain(&request, requester, dialect)
            .unwrap();
        let sql = read(statements).remove(0).sql;
        for column in ["description", "price_cents", "attributes", "created_at"] {
            assert!(!sql.contains(column), "{dialect}: {column} in {sql}");
        }
    }
}

#[tokio::test]
async fn what_may_be_large_is_the_same_each_time() {
    let empty = json!({ "category": {
        "children": { "totalCount": 0, "pageInfo": { "hasNextPage": false }, "nodes": [] },
        "products": { "totalCount": 0, "nodes": [] },
    } });
    for app in TestApp::on_every_database().await {
        for _ in 0..4 {
            let answer = app.anonymous().query(LARGE).await.data();
            assert_eq!(answer, empty, "{:?}", app.database());
        }
        app.remove().await;
    }
}
