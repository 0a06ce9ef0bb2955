//! What the documents say is what the code does.
//!
//! `UPDATE_DOCS=1 cargo test docs` rewrites the generated parts.

use std::fmt::Write as _;
use std::path::PathBuf;

use purser::config::SETTINGS;
use serde_json::Value;

use super::app::TestApp;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

pub fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_default()
}

/// Compares a document with what it should be, or rewrites it.
fn check(name: &str, expected: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path(name), expected).unwrap();
    }
    assert!(
        read(name) == expected,
        "{name} is not what the code makes. If the change is meant, refresh it:\n\
         UPDATE_DOCS=1 cargo test --test it docs"
    );
}

/// Puts `content` between two marks of a document.
fn between(text: &str, begin: &str, end: &str, content: &str) -> String {
    let (before, rest) = text.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{begin}{content}{end}{after}")
}

#[test]
fn the_example_environment_lists_every_setting() {
    let mut text = String::from(
        "# Copy this file to .env and change what you need. A flag outweighs the environment, the\n\
         # environment this file, and this file the default, which is what stands after a # here.\n",
    );
    for setting in SETTINGS {
        let value = setting.default.unwrap_or(setting.example);
        let words = setting
            .description
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        write!(text, "\n# {words}.\n#{}={value}\n", setting.name).unwrap();
    }
    check(".env.example", &text);
}

#[test]
fn the_readme_lists_every_setting() {
    let mut table = String::from("\n| setting | flag | default | meaning |\n|---|---|---|---|\n");
    for setting in SETTINGS {
        let default = setting
            .default
            .map_or_else(String::new, |default| format!("`{default}`"));
        let words = setting
            .description
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        writeln!(
            table,
            "| `{}` | `--{}` | {default} | {words} |",
            setting.name, setting.flag
        )
        .unwrap();
    }
    let readme = between(
        &read("README.md"),
        "<!-- settings -->",
        "<!-- /settings -->",
        &table,
    );
    check("README.md", &readme);
}

#[tokio::test]
async fn the_first_query_of_the_readme_gives_the_answer_beside_it() {
    let readme = read("README.md");
    let query = readme.split("```graphql\n").nth(1).unwrap();
    let query = query.split("```").next().unwrap();
    let answer = TestApp::sqlite()
        .await
        .anonymous()
        .query(query)
        .await
        .json();
    assert!(answer["errors"].is_null(), "{answer:#}");
    let printed = format!("{}\n", serde_json::to_string_pretty(&answer).unwrap());
    let document = between(&readme, "```json\n", "```", &printed);
    check("README.md", &document);
    assert_ne!(
        answer["data"]["products"]["nodes"],
        Value::Array(Vec::new())
    );
}

/// The blocks of a document that begin with this word.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&format!("\n```{language}\n")) {
        let (block, after) = after.split_once("\n```").unwrap();
        blocks.push(block.to_owned());
        rest = after;
    }
    blocks
}

#[tokio::test]
async fn every_example_runs_on_every_database() {
    let examples = blocks(&read("docs/reading.md"), "graphql");
    assert_eq!(examples.len(), 6);
    let apps = TestApp::on_every_database().await;
    for example in &examples {
        let expected = apps[0].anonymous().query(example).await.data();
        let found = expected.as_object().unwrap().values();
        let rows = found.filter(|value| !value.is_null()).count();
        assert!(rows > 0, "{example}: {expected:#}");
        for app in &apps[1..] {
            assert_eq!(app.anonymous().query(example).await.data(), expected);
        }
    }
    for app in apps {
        app.remove().await;
    }
}
