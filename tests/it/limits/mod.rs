//! What `docs/limits.md` says is at most, is at most.
//!
//! `UPDATE_DOCS=1 cargo test limits` rewrites what is shown of refusals.

mod prices;
mod probes;
mod refusals;
mod tables;

use serde_json::Value;

use crate::documents::read;

const MANUAL: &str = "docs/limits.md";

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

/// The errors of an answer, those in its data among them, by code and message;
/// behind the code stands which limit it is.
fn complaints(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer["errors"].as_array().into_iter().flatten();
    let errors = errors.map(|error| {
        let code = text(&error["extensions"]["code"]);
        let code = match error["extensions"]["limit"].as_str() {
            Some(limit) => format!("`{code}` (`{limit}`)"),
            None => format!("`{code}`"),
        };
        (code, text(&error["message"]))
    });
    let fields = answer["data"].as_object().into_iter().flatten();
    let user_errors = fields.filter_map(|(_, field)| field["userErrors"].as_array());
    let user_errors = user_errors.flatten().map(|error| {
        (
            format!("`{}`", text(&error["code"])),
            text(&error["message"]),
        )
    });
    errors.chain(user_errors).collect()
}

/// Limits of which something is refused that is beyond it, each by itself.
const ELSEWHERE: [&str; 3] = [
    "an `Idempotency-Key`",
    "rows that a bulk change meets",
    "mistakes that are told at once",
];
