//! What stands in the documents: blocks, and queries with their answers.

use std::path::PathBuf;

use purser::graphql::Limits;
use serde_json::{Value, json};

pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

pub fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_default()
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

/// A query of a document.
pub struct Example<'d> {
    /// Who asks.
    pub actor: &'d str,
    /// Whether the answer is an error.
    pub refused: bool,
    /// Whether what it costs is asked as well.
    pub cost: bool,
    /// Whether the answer says that it is a preview.
    pub preview: bool,
    /// Limits of documents, where they are other than by default.
    pub limits: Option<Limits>,
    pub query: &'d str,
    /// The answer beside it, if there is one.
    pub answer: Option<&'d str>,
}

/// What stands behind `graphql` where a part of the schema follows.
const SDL: &str = " sdl";

/// The queries of a document. After `graphql` stands who asks, if that is not
/// just anyone; that the answer is an error; what is asked beside it; and limits
/// of documents that are other than by default. An `sdl` is no query.
pub fn examples(text: &str) -> Vec<Example<'_>> {
    let mut examples = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("\n```graphql") {
        let (words, after) = after.split_once('\n').unwrap();
        let (query, after) = after.split_once("\n```").unwrap();
        rest = after;
        if words == SDL {
            continue;
        }
        let answer = after.strip_prefix("\n\n```json\n");
        let mut example = Example {
            actor: "anonymous",
            refused: false,
            cost: false,
            preview: false,
            limits: None,
            query,
            answer: answer.map(|answer| answer.split_once("```").unwrap().0),
        };
        for word in words.split_whitespace() {
            match (word, word.split_once('=')) {
                (_, Some((name, number))) => {
                    let limits = example.limits.get_or_insert_default();
                    *limits.named(name).unwrap() = number.parse().unwrap();
                }
                ("refused", None) => example.refused = true,
                ("cost", None) => example.cost = true,
                ("preview", None) => example.preview = true,
                (actor, None) => example.actor = actor,
            }
        }
        examples.push(example);
    }
    examples
}

/// The request id of the examples.
pub const REQUEST_ID: &str = "5f0c7a1e9b3d44580000000000000c1b";

/// Gives the errors of an answer the request id of the examples: no two
/// requests have the same.
pub fn with_shown_request_id(answer: &mut Value) {
    let errors = answer.get_mut("errors").and_then(Value::as_array_mut);
    for error in errors.into_iter().flatten() {
        error["extensions"]["requestId"] = json!(REQUEST_ID);
    }
}

/// JSON for people: what fits on a line stands on one.
pub fn printed(value: &Value, indent: usize) -> String {
    const WIDTH: usize = 90;
    let line = in_line(value);
    if line.len() + indent <= WIDTH {
        return line;
    }
    let within = indent + 2;
    let (open, members, close) = match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| printed(item, within)).collect();
            ('[', items, ']')
        }
        Value::Object(members) => {
            let member =
                |(key, value): (&String, &Value)| format!("{key:?}: {}", printed(value, within));
            ('{', members.iter().map(member).collect(), '}')
        }
        _ => return line,
    };
    let blanks = " ".repeat(within);
    let members = members.join(&format!(",\n{blanks}"));
    format!("{open}\n{blanks}{members}\n{}{close}", " ".repeat(indent))
}

fn in_line(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(in_line).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{key:?}: {}", in_line(value));
            let members: Vec<_> = members.iter().map(member).collect();
            format!("{{ {} }}", members.join(", "))
        }
        other => other.to_string(),
    }
}
