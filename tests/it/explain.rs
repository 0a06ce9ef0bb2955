//! What a request costs and how it is answered, beside the answer and on the
//! command line.

use std::io::Write as _;
use std::process::{Command, Output};

use axum::http::StatusCode;
use purser::app;
use std::sync::Arc;

use purser::auth::{Identity, Requester};
use purser::graphql::{Aside, ByRole, GraphqlRequest, Limits};
use serde_json::{Value, json};

use crate::app::TestApp;
use purser::access::Role;

/// Twenty products with their categories and three reviews each.
const LISTING: &str = "{ products(first: 20) { totalCount nodes { name category { name } \
    reviews(first: 3) { nodes { rating author { displayName } } } } } }";

async fn ask(app: &TestApp, extensions: Value) -> Value {
    let body = json!({ "query": LISTING, "extensions": extensions });
    app.anonymous().post(body.to_string()).await.json()
}

#[tokio::test]
async fn the_cost_is_told_when_it_is_asked_for() {
    let app = TestApp::shared().await;
    assert!(ask(app, json!({})).await["extensions"].is_null());
    assert!(ask(app, json!({ "cost": false })).await["extensions"].is_null());
    // A count, 20 products, their 20 categories, 60 reviews and 60 authors.
    assert_eq!(
        ask(app, json!({ "cost": true })).await["extensions"],
        json!({ "cost": { "cost": 260, "budget": 20000, "costliest": "products.nodes.reviews" } })
    );
}

#[tokio::test]
async fn every_way_to_make_the_database_work_has_its_price() {
    let app = TestApp::shared().await;
    let cost_of = async |query: &str| {
        let body = json!({ "query": query, "extensions": { "cost": true } });
        let answer = app.anonymous().post(body.to_string()).await.json();
        answer["extensions"]["cost"]["cost"]
            .as_u64()
            .unwrap_or_else(|| panic!("{query}: {answer:#}"))
    };
    let plain = cost_of("{ products(first: 1) { nodes { name } } }").await;
    assert_eq!(plain, 1);
    let id = "\"product_01941f297c007458a4782fa172fb379a\"";
    for (named, price) in [
        (format!("{{ node(id: {id}) {{ id }} }}"), 1),
        (format!("{{ nodes(ids: [{id}, {id}, {id}]) {{ id }} }}"), 3),
        (
            "{ product(by: { sku: \"a\" }) { category { name } } }".to_owned(),
            2,
        ),
    ] {
        assert_eq!(cost_of(&named).await, price, "{named}");
    }
    for (dearer, price) in [
        ("{ products(first: 1) { totalCount nodes { name } } }", 100),
        ("{ products(first: 1, offset: 70) { nodes { name } } }", 70),
        (
            "{ products(first: 1, search: \"a\") { nodes { name } } }",
            100,
        ),
        (
            "{ products(first: 1, orderBy: { category: { name: ASC } }) { nodes { name } } }",
            100,
        ),
        (
            "{ products(first: 1, orderBy: { attributes: { path: \"a\", text: ASC } }) { nodes { name } } }",
            100,
        ),
        (
            "{ products(first: 1, filter: { category: {}, reviews: { some: {}, none: { author: {} } } }) { nodes { name } } }",
            10 + 20 + 20 + 20 * 10,
        ),
        (
            "{ products(first: 1) { nodes { category { ancestors { name } } } } }",
            65,
        ),
        (
            "{ products(first: 1) { nodes { category { descendants(first: 5) { nodes { name } } } } } }",
            106,
        ),
    ] {
        assert_eq!(cost_of(dearer).await - plain, price, "{dearer}");
    }
}

#[tokio::test]
async fn what_is_over_the_budget_is_refused_before_anything_runs() {
    let app = TestApp::shared().await;
    let limits = Limits {
        budgets: ByRole::budgets().with(Role::Anonymous, 259),
        ..Limits::default()
    };
    let engine = app.engine(app::catalog().unwrap(), limits);
    let request = GraphqlRequest {
        query: LISTING,
        ..GraphqlRequest::default()
    };
    let answer = engine
        .answer(request.clone(), Identity::ANONYMOUS, &Arc::default())
        .await;
    assert!(answer.data.is_none());
    let error = answer.errors[0].to_json(None);
    assert_eq!(error["path"], json!(["products", "nodes", "reviews"]));
    assert_eq!(
        error["extensions"],
        json!({
            "code": "QUERY_TOO_COMPLEX",
            "limit": "cost",
            "cost": 260,
            "budget": 259,
            "costliest": "products.nodes.reviews"
        })
    );
    // The same is within the budget of staff.
    let staff = app.staff().await.requester;
    assert!(
        engine
            .answer(request, staff.into(), &Arc::default())
            .await
            .errors
            .is_empty()
    );
}

#[tokio::test]
async fn how_a_request_is_answered_is_told_with_rules_sql_and_time() {
    for app in TestApp::on_every_database().await {
        let answer = ask(&app, json!({ "explain": true })).await;
        let [explained] = answer["extensions"]["explain"]
            .as_array()
            .unwrap()
            .as_slice()
        else {
            panic!("{answer:#}");
        };
        assert_eq!(explained["field"], "products");
        assert_eq!(explained["cost"], 260);
        assert_eq!(
            explained["rules"],
            json!([
                "rows of products limited to status = ACTIVE by the rule of Product",
                "rows of reviews limited to those whose product_id leads to a visible row of \
                 products by the rule of Review"
            ])
        );
        let sql = explained["sql"].as_str().unwrap();
        assert!(sql.starts_with("SELECT"), "{sql}");
        // The text holds no value; the rule's is among the parameters.
        assert!(!sql.contains("active"), "{sql}");
        let parameters = explained["parameters"].as_array().unwrap();
        assert!(parameters.contains(&json!("text")), "{explained:#}");
        assert!(explained["milliseconds"].as_f64().unwrap() > 0.0);
        let plan = explained["plan"].as_array().unwrap();
        assert!(!plan.is_empty(), "{explained:#}");
        assert!(answer["data"]["products"]["nodes"].is_array());
        app.remove().await;
    }
}

#[tokio::test]
async fn with_real_data_only_admins_are_told() {
    let app = TestApp::shared().await;
    let engine = app.engine(app::catalog().unwrap(), Limits::default());
    let request = GraphqlRequest {
        query: LISTING,
        aside: Aside {
            explain: true,
            preview: false,
            cost: true,
        },
        ..GraphqlRequest::default()
    };
    let (ada, staff) = (app.customer("ada").await, app.staff().await);
    for requester in [Requester::Anonymous, ada.requester, staff.requester] {
        let answer = engine
            .answer(request.clone(), requester.into(), &Arc::default())
            .await;
        assert!(answer.data.is_none() && answer.extensions.is_empty());
        let error = answer.errors[0].to_json(None);
        assert_eq!(error["extensions"]["code"], "FORBIDDEN");
    }
    let admin = app.admin().await.requester;
    let answer = engine.answer(request, admin.into(), &Arc::default()).await;
    assert!(answer.errors.is_empty());
    assert!(answer.extensions.contains_key("explain") && answer.extensions.contains_key("cost"));
}

#[tokio::test]
async fn an_extension_that_is_no_truth_value_is_refused() {
    let app = TestApp::shared().await;
    for extensions in [json!({ "cost": 1 }), json!({ "explain": "yes" })] {
        let body = json!({ "query": "{ __typename }", "extensions": extensions });
        let reply = app.anonymous().post(body.to_string()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            reply.json()["errors"][0]["extensions"]["code"],
            "BAD_REQUEST"
        );
    }
    // What other servers know is left alone.
    let body =
        json!({ "query": "{ __typename }", "extensions": { "persistedQuery": null, "x": 1 } });
    assert_eq!(
        app.anonymous().post(body.to_string()).await.data()["__typename"],
        "Query"
    );
}

/// Runs `purser explain` with nothing else set, and no database to be had.
fn explain(document: &str, arguments: &[&str]) -> Output {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(document.as_bytes()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_purser"))
        .arg("explain")
        .arg(file.path())
        .args(arguments)
        .current_dir(directory.path())
        .env_clear()
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
        .output()
        .unwrap()
}

#[test]
fn the_command_line_tells_the_same_without_a_database() {
    let output = explain(LISTING, &["--role", "anonymous"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for expected in [
        "products: cost 260\n",
        "  rows of products limited to status = ACTIVE by the rule of Product\n",
        "  SELECT json_build_object('totalCount'",
        "  parameter 1: ",
    ] {
        assert!(text.contains(expected), "{expected:?}: {text}");
    }
    let output = explain(LISTING, &["--role", "staff", "--dialect", "mariadb"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("SELECT JSON_OBJECT(") && !text.contains("limited"),
        "{text}"
    );
}

#[test]
fn the_command_line_takes_variables_and_operations() {
    let document =
        "query A($n: Int!) { products(first: $n) { nodes { name } } } query B { __typename }";
    let output = explain(document, &["--operation", "A", "--variables", "{\"n\": 7}"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("products: cost 7\n"), "{text}");
    for (arguments, reason) in [
        (&["--operation", "A"][..], "refused"),
        (&["--variables", "[1]"], "not a JSON object"),
        (
            &[],
            "The document has several operations. Say which by --operation.",
        ),
    ] {
        let output = explain(document, arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains(reason), "{text}");
    }
}

#[test]
fn the_command_line_tells_the_price_of_what_is_no_read() {
    for (document, expected) in [
        (
            "mutation { updateProduct(by: { sku: \"ELE-000118\" }, patch: { stock: 1 }) \
             { product { name } } }",
            "updateProduct: cost 12\n  what SQL a mutation runs depends on the rows it meets\n\n",
        ),
        (
            "{ __typename __schema { types { name } } }",
            "__typename: cost 0\n  told out of the schema, without SQL\n\n\
             __schema: cost 100\n  told out of the schema, without SQL\n\n",
        ),
    ] {
        let output = explain(document, &["--role", "staff"]);
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}

#[test]
fn the_command_line_says_why_a_role_is_refused() {
    let document = "{ products(first: 1) { nodes { costCents } } }";
    assert!(explain(document, &["--role", "staff"]).status.success());
    let output = explain(document, &["--role", "customer"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(text.contains("GRAPHQL_VALIDATION_FAILED"), "{text}");
}
