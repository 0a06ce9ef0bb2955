//! What the documents say is what the code does.
//!
//! `UPDATE_DOCS=1 cargo test --test it -- --test-threads=1 docs:: limits:: tour::`
//! rewrites the generated parts.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use purser::config::{SETTINGS, Secrecy};
use purser::error::Code;
use serde_json::{Value, json};

use super::alike::alike;
use super::app::{TestApp, Variant};
use super::documents::{Example, examples, path, printed, read, with_shown_request_id};

/// The documents of `docs/`.
pub fn guides() -> Vec<String> {
    let entries = std::fs::read_dir(path("docs")).unwrap();
    let names = entries.map(|entry| PathBuf::from("docs").join(entry.unwrap().file_name()));
    let guides = names.filter(|name| name.extension().is_some_and(|end| end == "md"));
    guides.map(|name| name.display().to_string()).collect()
}

/// Compares a document with what it should be, or rewrites it.
pub fn check(name: &str, expected: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path(name), expected).unwrap();
    }
    assert!(
        read(name) == expected,
        "{name} is not what the code makes. If the change is meant, refresh it:\n\
         UPDATE_DOCS=1 cargo test --test it -- --test-threads=1 docs:: limits:: tour::"
    );
}

/// Puts `content` between two marks of a document.
pub fn between(text: &str, begin: &str, end: &str, content: &str) -> String {
    let (before, rest) = text.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{begin}{content}{end}{after}")
}

#[test]
fn the_manual_says_who_may_do_what() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_purser"));
    let output = command.arg("access").output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    let name = "docs/authorization.md";
    let (begin, end) = ("<!-- access -->\n", "<!-- /access -->");
    let text = between(&read(name), begin, end, &format!("```text\n{table}```\n"));
    check(name, &text);
}

#[test]
fn the_first_steps_show_what_explain_prints() {
    let name = "docs/getting-started.md";
    let text = read(name);
    let (_, after) = text.split_once("\necho '").unwrap();
    let (query, after) = after.split_once("' | cargo run -q -- explain -\n").unwrap();
    assert!(after.starts_with("```\n\n<!-- explain -->"));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("query.graphql");
    std::fs::write(&file, query).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_purser"))
        .arg("explain")
        .arg(&file)
        .env_clear()
        .current_dir(directory.path())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let (begin, end) = ("<!-- explain -->\n", "<!-- /explain -->");
    let shown = format!("```text\n{}\n```\n", printed.trim_end());
    check(name, &between(&text, begin, end, &shown));
}

#[test]
fn the_example_environment_lists_every_setting() {
    let mut text = String::from(
        "# Copy this file to .env and change what you need. A flag outweighs the environment, the\n\
         # environment this file, and this file the default. Behind the # stands the default, or, where\n\
         # there is none, an example.\n",
    );
    for setting in SETTINGS {
        let (value, kind) = match setting.default {
            Some(default) => (default, ""),
            None => (setting.example, " For example:"),
        };
        let (name, words) = (setting.name, setting.description);
        write!(text, "\n# {words}.{kind}\n#{name}={value}\n").unwrap();
    }
    check(".env.example", &text);
}

#[test]
fn the_manual_lists_every_setting() {
    let mut table = String::from(
        "\n| setting | flag | default | for example | meaning |\n|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let default = setting.default.map(|default| format!("`{default}`"));
        let secret = match setting.secrecy {
            Secrecy::Open => "",
            _ => ". May hold a secret",
        };
        writeln!(
            table,
            "| `{}` | `--{}` | {} | `{}` | {}{secret} |",
            setting.name,
            setting.flag,
            default.unwrap_or_default(),
            setting.example,
            setting.description,
        )
        .unwrap();
    }
    let name = "docs/configuration.md";
    let (begin, end) = ("<!-- settings -->", "<!-- /settings -->");
    check(name, &between(&read(name), begin, end, &table));
}

#[test]
fn the_readme_lists_every_setting() {
    let mut table = String::from("\n| setting | default | meaning |\n|---|---|---|\n");
    for setting in SETTINGS {
        let default = setting.default.map(|default| format!("`{default}`"));
        writeln!(
            table,
            "| `{}` | {} | {} |",
            setting.name,
            default.unwrap_or_default(),
            setting.description,
        )
        .unwrap();
    }
    let (begin, end) = ("<!-- settings -->", "<!-- /settings -->");
    let readme = between(&read("README.md"), begin, end, &table);
    check("README.md", &readme);
}

#[test]
fn the_example_environment_can_be_copied_and_used() {
    let directory = tempfile::tempdir().unwrap();
    let lines = read(".env.example");
    let lines = lines.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => setting,
        _ => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    std::fs::write(directory.path().join(".env"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_purser"))
        .args(["config", "print"])
        .env_clear()
        .current_dir(directory.path())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{complaint}");
    let lines = printed.lines().filter(|line| line.contains("  file /"));
    assert_eq!(lines.count(), SETTINGS.len(), "{printed}");
}

/// The codes of errors, with where they stand and their status.
fn codes() -> Vec<[String; 3]> {
    let errors = Code::ALL.iter().map(|code| {
        let word = json!(code).as_str().unwrap().to_owned();
        let status = purser::http::status(*code).as_u16().to_string();
        [word, "errors".to_owned(), status]
    });
    // The other codes are an enum of the schema.
    let schema = read("schema.graphql");
    let (_, codes) = schema.split_once("\nenum UserErrorCode {\n").unwrap();
    let (codes, _) = codes.split_once("\n}").unwrap();
    let words = codes.lines().map(str::trim);
    let words = words.filter(|line| {
        line.bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    });
    let user_errors = words.map(|word| [word, "userErrors", "200"].map(str::to_owned));
    errors.chain(user_errors).collect()
}

#[test]
fn the_manual_has_every_code_there_is() {
    let name = "docs/errors.md";
    let text = read(name);
    let (_, table) = text.split_once("\n## All codes\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut rows: Vec<_> = rows
        .map(|row| {
            let cells: Vec<_> = row
                .trim_end_matches('|')
                .split(" | ")
                .map(str::trim)
                .collect();
            let [code, place, status, meaning, next] = cells.try_into().unwrap();
            assert!(!meaning.is_empty() && !next.is_empty(), "{row}");
            [code, place, status].map(|cell| cell.trim_matches('`').to_owned())
        })
        .collect();
    let mut known = codes();
    rows.sort();
    known.sort();
    assert_eq!(
        rows, known,
        "the table of {name} and the codes differ; mend it by hand: code, where, status"
    );
}

/// Guides that change the program before they ask: `tests/guides` does what
/// they say.
const CHANGE_THE_PROGRAM: [&str; 2] = ["docs/adding-an-entity.md", "docs/your-own-tables.md"];

/// Guides in which nothing is asked.
const WITHOUT_QUERIES: [&str; 2] = ["docs/configuration.md", "docs/deployment.md"];

/// Mutations that give a token, of which there is no preview.
const TOKENS: [&str; 5] = [
    "changePassword",
    "logIn",
    "logOut",
    "refreshSession",
    "signUp",
];

impl Example<'_> {
    /// What it is answered. Nothing is kept of what mutations do.
    async fn answer_of(&self, app: &TestApp) -> Value {
        let mut tokens = TOKENS.iter();
        let gives_token = tokens.any(|name| self.query.contains(name));
        let previews = self.query.starts_with("mutation") && !gives_token;
        let aside = json!({ "preview": previews, "cost": self.cost });
        let body = json!({ "query": self.query, "extensions": aside });
        let strict;
        let app = match self.limits.clone() {
            None => app,
            Some(limits) => {
                let variant = Variant {
                    limits,
                    ..Variant::default()
                };
                strict = TestApp::node_on(app.database().clone(), variant).await;
                &strict
            }
        };
        let actor = app.actor(self.actor).await;
        let mut answer = actor.post(body.to_string()).await.json();
        if !(self.preview || self.cost)
            && let Some(answer) = answer.as_object_mut()
        {
            answer.shift_remove("extensions");
        }
        with_shown_request_id(&mut answer);
        answer
    }
}

#[tokio::test]
async fn every_example_gives_the_answer_beside_it_on_every_database() {
    let apps = TestApp::on_every_database().await;
    let guides = guides().into_iter();
    let guides = guides.filter(|guide| !CHANGE_THE_PROGRAM.contains(&guide.as_str()));
    for name in guides.chain(["README.md".to_owned()]) {
        let text = read(&name);
        let mut expected = text.clone();
        let examples = examples(&text);
        assert_eq!(
            examples.is_empty(),
            WITHOUT_QUERIES.contains(&name.as_str()),
            "{name}"
        );
        for example in examples {
            let query = example.query;
            let answer = example.answer_of(&apps[0]).await;
            assert_eq!(
                answer["errors"].is_null(),
                !example.refused,
                "{name}: {query}: {answer:#}"
            );
            let mut found = answer["data"].as_object().into_iter().flatten();
            assert!(
                example.refused || found.any(|(_, value)| !value.is_null()),
                "{name}: {query}"
            );
            for app in &apps[1..] {
                let other = example.answer_of(app).await;
                assert!(alike(&other, &answer), "{name}: {query}: {other:#}");
            }
            if let Some(known) = example.answer {
                let shown = format!("{}\n", printed(&answer, 0));
                let (query, answer) = (format!("{query}\n```\n\n```json\n{known}"), shown);
                let replaced = format!("{}\n```\n\n```json\n{answer}", example.query);
                expected = expected.replace(&query, &replaced);
            }
        }
        check(&name, &expected);
    }
    for app in apps {
        app.remove().await;
    }
}
