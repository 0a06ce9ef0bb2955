use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};

use super::client::client;
use super::{graphql, respond, shield};
use crate::http::Door;

/// The page for people.
const PAGE: &str = include_str!("../../web/landing/index.html");
/// How it looks.
const STYLE: &str = include_str!("../../web/landing/landing.css");
/// What it may load.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// A question to begin with.
const QUERY: &str = "{ products(first: 3) { nodes { name priceCents category { name } } } }";

const TEXT: &str = "Purser

{{graphiql}}/graphql          the API: GraphQL by POST or GET, over a WebSocket
                  (graphql-transport-ws), and as server-sent events
/schema.graphql   what you may ask
/livez            whether the process runs
/readyz           whether requests can be answered

A first query:

{{curl}}
";

/// Says where things are: as a page to browsers, as text to others.
pub(super) async fn page(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let headers = request.headers();
    let host = host(headers);
    let curl = format!(
        "curl http://{host}/graphql -H 'content-type: application/json' \\\n  -d '{{\"query\": \
         \"{QUERY}\"}}'"
    );
    let reads_html = headers.get_all(header::ACCEPT).iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.contains("text/html"))
    });
    let mut response = if reads_html {
        let client = client(&door, headers, request.extensions());
        let role = match graphql::identity(&door, headers, &client).await {
            Ok(identity) => identity.requester.role(),
            Err(error) => return respond::refuse(&error.into()),
        };
        let graphiql = "<li><a href=\"/graphiql\">/graphiql</a> <span>a page to ask questions and \
                        to read what can be asked</span></li>\n";
        let page = PAGE
            .replace(
                "{{database}}",
                &door.engine.database().dialect().to_string(),
            )
            .replace("{{role}}", role.name())
            .replace(
                "{{graphiql}}",
                if door.graphiql.is_some() {
                    graphiql
                } else {
                    ""
                },
            )
            .replace("{{query}}", QUERY)
            .replace("{{curl}}", &escaped(&curl));
        let page = respond::bytes(
            StatusCode::OK,
            "text/html; charset=utf-8",
            page.into_bytes(),
        );
        shield::page(page, POLICY)
    } else {
        let graphiql = "/graphiql         a page to ask questions, for browsers\n";
        let text = TEXT
            .replace(
                "{{graphiql}}",
                if door.graphiql.is_some() {
                    graphiql
                } else {
                    ""
                },
            )
            .replace("{{curl}}", &curl);
        respond::bytes(
            StatusCode::OK,
            "text/plain; charset=utf-8",
            text.into_bytes(),
        )
    };
    let vary = HeaderValue::from_static("accept, authorization");
    response.headers_mut().insert(header::VARY, vary);
    response
}

/// How the page looks.
pub(super) async fn style() -> Response<Body> {
    respond::bytes(
        StatusCode::OK,
        "text/css; charset=utf-8",
        Bytes::from_static(STYLE.as_bytes()),
    )
}

/// The host that was asked. Whoever asks may write anything there, so what is no
/// host is not told.
fn host(headers: &HeaderMap) -> &str {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || ".-:[]".contains(sign);
    host.filter(|host| !host.is_empty() && host.chars().all(is_part))
        .unwrap_or("localhost")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
