use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::respond;

/// Says where things are.
pub(super) async fn page() -> Response<Body> {
    respond::bytes(
        StatusCode::OK,
        "text/plain; charset=utf-8",
        TEXT.as_bytes().to_vec(),
    )
}

const TEXT: &str = r#"Purser

/graphql   the API: GraphQL over HTTP, by POST or GET
/livez     whether the process runs
/readyz    whether requests can be answered

A first query:

curl http://127.0.0.1:8000/graphql -H 'content-type: application/json' \
  -d '{"query": "{ products(first: 3) { nodes { name priceCents category { name } } } }"}'
"#;
