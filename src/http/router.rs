use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Response};
use axum::middleware;
use axum::response::Redirect;
use axum::routing::get;
use tower::ServiceBuilder;
use tower::util::option_layer;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

use super::documents::Documents;
use super::load::Load;
use super::playground::Playground;
use super::socket::Sockets;
use super::{
    cors, graphql, health, jwks, landing, panic, playground, request_id, respond, schema, shield,
};
use crate::auth::Auth;
use crate::error::{ApiError, Code};
use crate::graphql::Engine;

/// Answers smaller than this many bytes are sent as they are.
const COMPRESS_ABOVE: u64 = 1024;

/// What the handlers need.
pub struct Door {
    /// Answers GraphQL.
    pub engine: Engine,
    /// Says who asks.
    pub auth: Arc<Auth>,
    /// Origins whose pages may call the API.
    pub cors_origins: Vec<HeaderValue>,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// How many requests one body may have, as a list; 0 where it is no list.
    pub batch: usize,
    /// The WebSockets that are open.
    pub sockets: Sockets,
    /// How many proxies stand before the server.
    pub trusted_proxies: usize,
    /// Documents that clients name instead of sending them.
    pub documents: Documents,
    /// How much is answered at once, and for how long.
    pub load: Load,
    /// What GraphiQL is told, where it is served.
    pub graphiql: Option<Playground>,
    /// For how long the answer to a mutation with an idempotency key is kept.
    pub idempotency_kept: Duration,
}

/// Every route there is.
pub fn router(door: Arc<Door>) -> Router {
    let cors = (!door.cors_origins.is_empty()).then(|| cors::layer(door.clone()));
    // One stack rather than several layers: each layer of a router is another
    // box on the way of every request. The first is the outermost.
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn(request_id::trace))
        .map_response(shield::guard)
        .layer(option_layer(cors))
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(SizeAbove::new(COMPRESS_ABOVE).and(NotForContentType::SSE)),
        )
        .layer(CatchPanicLayer::custom(|panic: Box<dyn Any + Send>| {
            respond::refuse(&panic::error(&*panic))
        }));
    Router::new()
        .route("/", get(landing::page))
        .route("/landing.css", get(landing::style))
        .route("/graphiql", get(playground::index))
        .route("/graphiql/", get(async || Redirect::permanent("/graphiql")))
        .route("/graphiql/settings.json", get(playground::settings))
        .route("/graphiql/{*path}", get(playground::file))
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/schema.graphql", get(schema::page))
        .route("/.well-known/jwks.json", get(jwks::keys))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(async || {
            respond::refuse(&ApiError::new(
                Code::NotFound,
                "Nothing is here. The API is at /graphql.",
            ))
        })
        .method_not_allowed_fallback(not_allowed)
        .with_state(door)
        .layer(layers)
}

async fn not_allowed(
    State(door): State<Arc<Door>>,
    method: Method,
    headers: HeaderMap,
) -> Response<Body> {
    let refusal = cors::answer(&door, &method, &headers);
    respond::refuse(&refusal.unwrap_or_else(|| {
        ApiError::new(
            Code::MethodNotAllowed,
            "This method is not taken here. Use GET, or POST at /graphql.",
        )
    }))
}
