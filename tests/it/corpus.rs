//! Every `tests/corpus/<topic>/<case>.graphql`: the answer, the same from
//! every database, and the statements that it takes in each dialect.
//!
//! Lines at the top say who asks and with which variables:
//!
//! ```text
//! # actor: ada
//! # variables: {"first": 2}
//! # preview: true
//! ```
//!
//! With the last one nothing is kept of what a mutation does, so that cases
//! stay apart.

use std::fmt::Write as _;
use std::path::Path;

use purser::graphql::{Explained, GraphqlRequest};
use purser::sql::Dialect;
use serde_json::{Value, json};

use super::alike::alike;
use super::app::{TestApp, announce, read, without_request_ids};

struct Case {
    query: String,
    actor: String,
    variables: Value,
    preview: bool,
}

impl Case {
    fn read(path: &Path) -> Self {
        let query = std::fs::read_to_string(path).unwrap();
        let header = |name: &str| {
            query
                .lines()
                .take_while(|line| line.starts_with('#'))
                .find_map(|line| line.strip_prefix(&format!("# {name}: ")))
        };
        Self {
            actor: header("actor").unwrap_or("anonymous").to_owned(),
            variables: header("variables").map_or_else(
                || serde_json::json!({}),
                |text| serde_json::from_str(text).unwrap(),
            ),
            preview: header("preview").is_some(),
            query,
        }
    }

    async fn answer(&self, app: &TestApp) -> Value {
        let actor = app.actor(&self.actor).await;
        let mut body = json!({ "query": self.query, "variables": self.variables });
        if self.preview {
            body["extensions"] = json!({ "preview": true });
        }
        let reply = actor.post(body.to_string()).await;
        assert_ne!(reply.status.as_u16() / 100, 5, "{:#}", reply.json());
        without_request_ids(reply.json())
    }

    async fn statements(&self, app: &TestApp) -> String {
        let actor = app.actor(&self.actor).await;
        let request = GraphqlRequest {
            query: &self.query,
            variables: serde_json::from_value(self.variables.clone()).unwrap(),
            ..GraphqlRequest::default()
        };
        let mut text = String::new();
        for dialect in Dialect::ALL {
            let statements =
                app.door
                    .engine
                    .operations()
                    .explain(&request, actor.requester, dialect);
            for Explained { field, sql, .. } in read(statements.unwrap_or_default()) {
                write!(text, "\n\n-- {field}, {dialect}\n{sql}").unwrap();
            }
        }
        text
    }
}

#[test]
fn every_case_has_its_answer_on_every_database() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // For what is dropped where a case fails.
    let _entered = runtime.enter();
    let apps = runtime.block_on(TestApp::on_every_database());
    let mut cases = 0;
    insta::glob!("../corpus", "*/*.graphql", |path| {
        cases += 1;
        runtime.block_on(check(&apps, path));
    });
    let covered: Vec<_> = apps
        .iter()
        .map(|app| app.database().dialect().to_string())
        .collect();
    announce(&format!("corpus: {cases} cases on {}", covered.join(", ")));
    runtime.block_on(async {
        for app in apps {
            app.remove().await;
        }
    });
}

async fn check(apps: &[TestApp], path: &Path) {
    let case = Case::read(path);
    let answer = case.answer(&apps[0]).await;
    for app in &apps[1..] {
        let other = case.answer(app).await;
        assert!(
            alike(&answer, &other),
            "{}: {} answers differently from {}: {}\n{}",
            path.display(),
            app.database().dialect(),
            apps[0].database().dialect(),
            pretty(&other),
            pretty(&answer),
        );
    }
    let snapshot = format!("{}{}", pretty(&answer), case.statements(&apps[0]).await);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.remove_snapshot_suffix();
    settings.remove_input_file();
    settings.bind(|| {
        insta::assert_snapshot!(path.file_stem().unwrap().to_str().unwrap(), snapshot);
    });
}

/// JSON with its keys in the order they came in, which is part of the answer.
fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}
