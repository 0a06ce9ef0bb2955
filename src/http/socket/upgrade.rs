use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// A connection that has become a WebSocket.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A request of a client that opens a WebSocket as is said in RFC 6455, section
/// 4.2.1.
pub(super) struct Upgrade {
    connection: OnUpgrade,
    key: HeaderValue,
}

impl Upgrade {
    /// What such a request asks for, if it is one.
    pub fn of(parts: &mut Parts) -> Option<Self> {
        let headers = &parts.headers;
        let asks = parts.method == Method::GET
            && words(headers, &header::CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade"))
            && is(headers, &header::UPGRADE, "websocket")
            && is(headers, &header::SEC_WEBSOCKET_VERSION, "13");
        let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| asks)?;
        let key = key.clone();
        let connection = parts.extensions.remove()?;
        Some(Self { connection, key })
    }

    /// Switches to a sub-protocol that the client has offered, and serves it then.
    pub fn switch<F>(
        self,
        protocol: &'static str,
        config: WebSocketConfig,
        serve: impl FnOnce(Socket) -> F + Send + 'static,
    ) -> Response<Body>
    where
        F: Future<Output = ()> + Send,
    {
        let Self { connection, key } = self;
        tokio::spawn(async move {
            match connection.await {
                Ok(upgraded) => {
                    let io = TokioIo::new(upgraded);
                    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config));
                    serve(socket.await).await;
                }
                Err(error) => tracing::debug!(%error, "a connection did not become a socket"),
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accepted) = derive_accept_key(key.as_bytes()).try_into() {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accepted);
        }
        headers.insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(protocol),
        );
        response
    }
}

/// The first of some sub-protocols that a client offers as well.
pub(super) fn offered(headers: &HeaderMap, known: &[&'static str]) -> Option<&'static str> {
    let is_offered = |protocol: &&'static str| {
        words(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|word| word == *protocol)
    };
    known.iter().copied().find(is_offered)
}

fn is(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    let given = headers.get(name).map(HeaderValue::as_bytes);
    given.is_some_and(|given| given.eq_ignore_ascii_case(value.as_bytes()))
}

/// What the lists of a header hold.
fn words<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lists = headers.get_all(name).into_iter();
    lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
}
