//! What an answer may tell, and what not.

use axum::http::header;
use purser::error::Code;
use serde_json::{Value, json};

use super::{KEPT, Service};
use crate::app::Reply;

/// What is said of what is not the caller's mistake, and nothing else.
const SAID: &[(&str, &[&str])] = &[
    (
        "INTERNAL_SERVER_ERROR",
        &["Something went wrong on our side. The request id finds it in the log."],
    ),
    (
        "SERVICE_UNAVAILABLE",
        &[
            "The database cannot be reached just now. Try again in a moment.",
            "Too many change the same just now. Try again in a moment.",
            "Tokens cannot be verified just now. Try again in a moment.",
        ],
    ),
    (
        "TIMEOUT",
        &["The database took too long. Ask for less, or narrow the filter."],
    ),
];

/// What is in no message and no header, in lower case: names of libraries and
/// databases, SQL with names of ours, places in the source, and what errors of
/// databases speak of.
const FORBIDDEN: &[&str] = &[
    "sqlx",
    "sea_orm",
    "seaorm",
    "rusqlite",
    "sqlite",
    "postgres",
    "mariadb",
    "mysql",
    "pragma",
    "sqlstate",
    "select ",
    "insert into",
    "delete from",
    "update \"",
    "update `",
    " join ",
    "order by",
    "group by",
    "products",
    "users",
    "orders",
    "order_items",
    "reviews",
    "categories",
    "sessions",
    "audit_entries",
    "idempotency_keys",
    "outbox",
    "price_cents",
    "password_hash",
    KEPT,
    "constraint",
    "relation \"",
    "column",
    "syntax",
    "no such table",
    "malformed",
    "denied",
    "readonly",
    "disk",
    "panicked",
    "unwrap",
    ".rs",
    "127.0.0.1",
    "/tmp",
];

impl Service {
    /// Sees that an answer is one, and tells nothing.
    #[track_caller]
    pub(super) fn check(&self, query: &str, reply: &Reply) -> Option<String> {
        let place = format!("{:?}: {query}", self.dialect());
        let media = reply.headers[header::CONTENT_TYPE].to_str().unwrap();
        assert!(media.contains("json"), "{place}: {media}");
        let id = &reply.headers["x-request-id"];
        for (name, value) in &reply.headers {
            if value != id {
                self.assert_tells_nothing(&place, &format!("{name}: {}", value.to_str().unwrap()));
            }
        }
        let answer = reply.json();
        let Some(errors) = answer.get("errors") else {
            self.check_user_errors(&place, &answer["data"]);
            return None;
        };
        assert!(
            answer.get("data").is_none_or(Value::is_null),
            "{place}: {answer:#}"
        );
        let known = json!(Code::ALL);
        let mut first = None;
        for error in errors.as_array().unwrap() {
            let code = &error["extensions"]["code"];
            assert!(
                known.as_array().unwrap().contains(code),
                "{place}: {error:#}"
            );
            assert_eq!(
                error["extensions"]["requestId"].as_str(),
                id.to_str().ok(),
                "{place}"
            );
            let message = error["message"].as_str().unwrap();
            if let Some((_, said)) = SAID.iter().find(|(known, _)| code == known) {
                assert!(said.contains(&message), "{place}: {error:#}");
            }
            let mut rest = error.as_object().unwrap().clone();
            // What the caller has sent comes back.
            for sent in ["path", "locations"] {
                rest.shift_remove(sent);
            }
            rest["extensions"]["requestId"].take();
            self.assert_tells_nothing(&place, &Value::Object(rest).to_string());
            first = first.or_else(|| code.as_str().map(str::to_owned));
        }
        Some(first.unwrap_or_else(|| panic!("{place}: no error among errors")))
    }

    #[track_caller]
    fn check_user_errors(&self, place: &str, data: &Value) {
        for field in data
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, field)| field)
        {
            for error in field["userErrors"].as_array().into_iter().flatten() {
                self.assert_tells_nothing(place, &error["message"].to_string());
            }
        }
    }

    #[track_caller]
    fn assert_tells_nothing(&self, place: &str, text: &str) {
        let text = text.to_lowercase();
        let secrets = self.secrets.iter().map(String::as_str);
        for word in FORBIDDEN.iter().copied().chain(secrets) {
            assert!(!text.contains(word), "{place}: {word:?} is told: {text}");
        }
    }
}
