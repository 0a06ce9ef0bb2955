//! Heads of requests that are too large, or name too much.

use purser::app::LARGEST_HEAD;

use super::Expected::{Closed, Refused, Served};
use super::{Abuse, body, numbered};

pub fn all() -> Vec<Abuse> {
    let question = body("{ __typename }");
    let with = |name, head: String, expected| Abuse::with(&head, name, &question, expected);
    let get = |name, query: String, expected| {
        Abuse::raw(&format!("GET /graphql?{query}"), "", name, b"", expected)
    };
    let bearer = |name, token: &str| {
        with(
            name,
            format!("authorization: Bearer {token}\r\n"),
            Refused(401, "UNAUTHENTICATED"),
        )
    };
    let of = |size: usize, name, expected| {
        let empty = with(name, "x-a: \r\n".to_owned(), expected);
        let rest = size + question.len() - empty.request.len();
        with(name, format!("x-a: {}\r\n", "a".repeat(rest)), expected)
    };
    vec![
        with("200 headers", numbered(200, "x-#: a\r\n"), Closed(431)),
        with(
            "a header of a megabyte",
            format!("x-a: {}\r\n", "a".repeat(1_000_000)),
            Closed(431),
        ),
        get(
            "an address of 100 kB",
            format!("query={}", "a".repeat(100_000)),
            Closed(431),
        ),
        get(
            "an address of 17 kB",
            format!("query={}", "a".repeat(17_000)),
            Closed(431),
        ),
        get(
            "an address of 4,000 parameters",
            "a=b&".repeat(4_000),
            Refused(400, "BAD_REQUEST"),
        ),
        with(
            "a token of 300 kB",
            format!("authorization: Bearer {}\r\n", "a".repeat(300_000)),
            Closed(431),
        ),
        bearer("a token of 12 kB", &"a".repeat(12_000)),
        bearer("a token of 6,000 parts", &"a.".repeat(6_000)),
        bearer(
            "a token that is signed by nobody",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
        ),
        with(
            "a key of 100 kB",
            format!("idempotency-key: {}\r\n", "a".repeat(100_000)),
            Closed(431),
        ),
        of(LARGEST_HEAD, "a head as large as may be", Served),
        of(LARGEST_HEAD + 1, "one byte more in a head", Closed(431)),
    ]
}
