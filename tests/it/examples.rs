//! The documents that the playground begins with, on every database.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::app::TestApp;

/// The documents, in the order of their names.
fn documents() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut documents: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "graphql"))
        .collect();
    documents.sort();
    documents
}

#[tokio::test]
async fn every_example_is_answered_as_whom_it_says() {
    let documents = documents();
    assert!(documents.len() >= 8, "{documents:?}");
    for app in TestApp::on_every_database().await {
        for path in &documents {
            let text = fs::read_to_string(path).unwrap();
            let said = |what: &str| {
                let begins = format!("# {what}: ");
                text.lines().find_map(|line| line.strip_prefix(&begins))
            };
            let role = said("As").unwrap_or_else(|| panic!("{path:?} says not as whom"));
            let actor = app
                .actor(if role == "customer" { "ada" } else { role })
                .await;
            let variables = path.with_extension("json");
            let variables: Value = match fs::read_to_string(variables) {
                Ok(variables) => serde_json::from_str(&variables).unwrap(),
                Err(_) => json!({}),
            };
            let extensions = json!({ "preview": said("With") == Some("preview"), "cost": true });
            let body = json!({ "query": text, "variables": variables, "extensions": extensions });
            let reply = actor.post(body.to_string()).await;
            let data = reply.data();
            let told = data.as_object().unwrap();
            assert!(
                told.values().all(|field| !field.is_null()),
                "{path:?}: {data:#}"
            );
            // Only the password is left for who tries it to fill in.
            let errors: Vec<_> = told.values().map(|field| &field["userErrors"]).collect();
            let refused = errors
                .iter()
                .any(|errors| **errors != json!([]) && !errors.is_null());
            assert_eq!(
                refused,
                text.contains("mutation LogIn"),
                "{path:?}: {data:#}"
            );
        }
        app.remove().await;
    }
}
