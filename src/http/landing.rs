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

/// The same for programs, and for people without a browser.
const TEXT: &str = "Purser

{{graphiql}}/graphql          the API: GraphQL by POST or GET, over a WebSocket
                  (graphql-transport-ws), and as server-sent events
{{schema}}/livez            whether the process runs
/readyz           whether requests can be answered

{{first}}
";

/// Says where things are: as a page to browsers, as text to others.
pub(super) async fn page(State(door): State<Arc<Door>>, request: Request<Body>) -> Response<Body> {
    let headers = request.headers();
    let client = client(&door, headers, request.extensions());
    let role = match graphql::identity(&door, headers, &client).await {
        Ok(identity) => identity.requester.role(),
        Err(error) => return respond::refuse(&error.into()),
    };
    let operations = door.engine.operations();
    let query = (!door.documents.are_all()).then(|| operations.first_query(role));
    let curl = |query: &str| {
        let (scheme, host) = (scheme(&door, headers), host(headers));
        format!(
            "curl {scheme}://{host}/graphql -H 'content-type: application/json' \\\n  -d \
             '{{\"query\": \"{query}\"}}'"
        )
    };
    let serves = |is_served: bool, line: &'static str| if is_served { line } else { "" };
    let serves_graphiql = door.graphiql.is_some();
    let tells_schema = operations.printed(role).is_some();
    let reads_html = headers.get_all(header::ACCEPT).iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.contains("text/html"))
    });
    let mut response = if reads_html {
        let first = query.map_or_else(
            || {
                "<p>Only the documents of a manifest are answered here: name one by its \
                 <code>documentId</code>.</p>"
                    .to_owned()
            },
            |query| {
                format!(
                    "<h2>A first question</h2>\n<pre>{query}</pre>\n<p>From a \
                     terminal:</p>\n<pre>{}</pre>",
                    escaped(&curl(&query))
                )
            },
        );
        let graphiql = "<li><a href=\"/graphiql\">/graphiql</a> <span>a page to ask questions and \
                        to read what can be asked</span></li>\n";
        let schema = "<li><a href=\"/schema.graphql\">/schema.graphql</a> <span>what you may ask, \
                      as a schema</span></li>\n";
        let page = PAGE
            .replace(
                "{{database}}",
                &door.engine.database().dialect().to_string(),
            )
            .replace("{{role}}", role.name())
            .replace("{{graphiql}}", serves(serves_graphiql, graphiql))
            .replace("{{schema}}", serves(tells_schema, schema))
            .replace("{{first}}", &first);
        let page = respond::bytes(
            StatusCode::OK,
            "text/html; charset=utf-8",
            page.into_bytes(),
        );
        shield::page(page, POLICY)
    } else {
        let first = query.map_or_else(
            || {
                "Only the documents of a manifest are answered here: name one by its documentId."
                    .to_owned()
            },
            |query| format!("A first query:\n\n{}", curl(&query)),
        );
        let graphiql = "/graphiql         a page to ask questions, for browsers\n";
        let schema = "/schema.graphql   what you may ask\n";
        let text = TEXT
            .replace("{{graphiql}}", serves(serves_graphiql, graphiql))
            .replace("{{schema}}", serves(tells_schema, schema))
            .replace("{{first}}", &first);
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

/// The scheme by which was asked, as the proxies before the server say.
fn scheme(door: &Door, headers: &HeaderMap) -> &'static str {
    let said = headers.get("x-forwarded-proto");
    let said = said.and_then(|said| said.to_str().ok()?.split(',').next());
    let is_https = said.is_some_and(|said| said.trim().eq_ignore_ascii_case("https"));
    if door.trusted_proxies > 0 && is_https {
        "https"
    } else {
        "http"
    }
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
