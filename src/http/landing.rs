use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, header};

use super::respond;

/// Says where things are.
pub(super) async fn page(headers: HeaderMap) -> Response<Body> {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    respond::bytes(
        StatusCode::OK,
        "text/plain; charset=utf-8",
        TEXT.replace("HOST", host).into_bytes(),
    )
}

const TEXT: &str = r#"Purser

/graphql   the API: GraphQL over HTTP, by POST or GET
/livez     whether the process runs
/readyz    whether requests can be answered

A first query:

curl http://HOST/graphql -H 'content-type: application/json' \
  -d '{"query": "{ products(first: 3) { nodes { name priceCents category { name } } } }"}'
"#;
