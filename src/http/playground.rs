use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Serialize;

use super::{client, respond, shield};
use crate::error::{ApiError, Code};
use crate::http::Door;

/// GraphiQL, as `web/graphiql` builds it.
#[derive(RustEmbed)]
#[folder = "web/graphiql/dist/"]
struct Files;

/// What the page may load.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// What the page is told about the server.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Playground {
    /// Who can sign in there to look around.
    pub demo_users: Vec<DemoUser>,
    /// Whether everyone may ask how requests are answered.
    pub explain: bool,
}

/// Someone who can sign in.
#[derive(Clone, Debug, Serialize)]
pub struct DemoUser {
    /// The e-mail address.
    pub email: String,
    /// The password, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The role.
    pub role: String,
}

/// The page itself.
pub(super) async fn index(door: State<Arc<Door>>, headers: HeaderMap) -> Response<Body> {
    file(door, Path("index.html".to_owned()), headers).await
}

/// What the page is told.
pub(super) async fn settings(State(door): State<Arc<Door>>, headers: HeaderMap) -> Response<Body> {
    let Some(playground) = &door.graphiql else {
        return off();
    };
    let mut playground = playground.clone();
    if !is_asked_here(&headers) {
        for user in &mut playground.demo_users {
            user.password = None;
        }
    }
    match serde_json::to_vec(&playground) {
        Ok(settings) => respond::bytes(StatusCode::OK, respond::JSON, settings),
        Err(error) => respond::refuse(&ApiError::internal(&error)),
    }
}

/// One of its files.
pub(super) async fn file(
    State(door): State<Arc<Door>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let Some(file) = Files::get(&path).filter(|_| door.graphiql.is_some()) else {
        return off();
    };
    let tag = tag(&file);
    let known = headers.get(header::IF_NONE_MATCH);
    let mut response = if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let data = match file.data {
            Cow::Borrowed(data) => Bytes::from_static(data),
            Cow::Owned(data) => data.into(),
        };
        respond::bytes(StatusCode::OK, media_type(&path), data)
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    // The names of assets tell what is in them.
    let kept = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    shield::page(response, POLICY)
}

/// Whether a page of this very machine asks: not one that has its own name mean
/// this machine, nor one behind a proxy.
fn is_asked_here(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let host = host.as_ref().map_or("", |host| host.host());
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_local = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    is_local && !headers.contains_key(client::FORWARDED_FOR)
}

fn off() -> Response<Body> {
    respond::refuse(&ApiError::new(
        Code::NotFound,
        "Nothing is here. The API is at /graphql.",
    ))
}

fn tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let digits = hash.iter().take(16).map(|byte| format!("{byte:02x}"));
    format!("\"{}\"", digits.collect::<String>())
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "ttf" => "font/ttf",
        "woff2" => "font/woff2",
        "json" => respond::JSON,
        _ => "text/plain; charset=utf-8",
    }
}
