//! GraphQL over WebSockets.

mod cancelled;
mod handshake;
mod limits;
mod messages;
mod operations;
mod stop;
mod tokens;

use std::net::SocketAddr;

use axum::http::StatusCode;
use futures_util::{SinkExt as _, StreamExt as _};
use purser::http::{SocketLimits, router};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::app::{TestApp, Variant};

pub const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

/// A shop that listens, for as long as this is there.
pub struct Served {
    pub app: TestApp,
    pub address: SocketAddr,
    _server: Server,
}

struct Server(JoinHandle<std::io::Result<()>>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Served {
    pub async fn new(app: TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router(app.door.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async { axum::serve(listener, service).await });
        Self {
            app,
            address,
            _server: Server(server),
        }
    }

    pub async fn sqlite() -> Self {
        Self::new(TestApp::sqlite().await).await
    }

    /// One whose sockets have these limits.
    pub async fn limited(limits: SocketLimits) -> Self {
        Self::of(Variant {
            sockets: limits,
            ..Variant::default()
        })
        .await
    }

    pub async fn of(variant: Variant) -> Self {
        Self::new(TestApp::sqlite_as(variant).await).await
    }

    /// A socket on which nothing was said yet.
    pub async fn open(&self) -> Socket {
        Socket::open(self.address, &[PROTOCOL]).await.unwrap()
    }

    /// A socket of somebody in particular.
    pub async fn socket(&self, payload: Value) -> Socket {
        let mut socket = self.open().await;
        socket.initialise(payload).await;
        socket
    }

    /// A socket of a user of the demo shop.
    pub async fn socket_of(&self, name: &str) -> Socket {
        let token = self.app.actor(name).await.token();
        self.socket(bearer(&token)).await
    }

    /// A socket of nobody in particular, whom the proxy sees at an address.
    pub async fn socket_from(&self, address: &str) -> Socket {
        let headers = [PROTOCOL, ("x-forwarded-for", address)];
        let mut socket = Socket::open(self.address, &headers).await.unwrap();
        socket.initialise(json!({})).await;
        socket
    }

    /// A socket as soon as there is a place for it.
    pub async fn next_place(&self) -> Socket {
        loop {
            if let Ok(socket) = Socket::open(self.address, &[PROTOCOL]).await {
                return socket;
            }
            tokio::task::yield_now().await;
        }
    }

    /// A socket of nobody in particular.
    pub async fn anonymous(&self) -> Socket {
        self.socket(json!({})).await
    }
}

/// What says who asks.
pub fn bearer(token: &str) -> Value {
    json!({ "Authorization": format!("Bearer {token}") })
}

/// A client that says what it is told to.
pub struct Socket {
    pub stream: WebSocketStream<TcpStream>,
}

impl Socket {
    /// Opens a socket with these headers, or says why that was refused.
    pub async fn open(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, (StatusCode, Value)> {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::open_on(stream, headers).await
    }

    /// The same on a connection that is there.
    pub async fn open_on(
        stream: TcpStream,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, (StatusCode, Value)> {
        let mut request = format!("ws://{}/graphql", stream.peer_addr().unwrap())
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        match client_async(request, stream).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                Err((response.status(), serde_json::from_slice(&body).unwrap()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub async fn send(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }

    /// The same, which fails where nobody listens any more.
    pub async fn try_to_say(&mut self, message: &Value) -> bool {
        let message = Message::text(message.to_string());
        self.stream.send(message).await.is_ok()
    }

    /// The next message.
    pub async fn hear(&mut self) -> Value {
        match self.hear_or_close().await {
            Ok(message) => message,
            Err(close) => panic!("expected a message: {close:?}"),
        }
    }

    /// With what the server closes the socket, as the next that it says.
    pub async fn closed(&mut self) -> (u16, String) {
        match self.hear_or_close().await {
            Ok(message) => panic!("expected a close: {message:#}"),
            Err(close) => close,
        }
    }

    /// The next message, or with what the server closes the socket.
    pub async fn hear_or_close(&mut self) -> Result<Value, (u16, String)> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err((frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("expected a message or a close: {other:?}"),
            }
        }
    }

    /// Waits until it is asked for a sign of life, and gives it.
    pub async fn is_pinged(&mut self) -> bool {
        matches!(self.stream.next().await, Some(Ok(Message::Ping(_))))
            && self.stream.flush().await.is_ok()
    }

    /// What comes back of a ping of the WebSocket itself.
    pub async fn pong(&mut self) -> Vec<u8> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Pong(payload))) => return payload.to_vec(),
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("expected a pong: {other:?}"),
            }
        }
    }

    /// How the connection ends after that.
    pub async fn ends(&mut self) {
        while let Some(message) = self.stream.next().await {
            match message {
                Ok(Message::Ping(_)) => {}
                Ok(message) => panic!("{message:?}"),
                Err(_) => return,
            }
        }
    }

    pub async fn initialise(&mut self, payload: Value) {
        self.say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(self.hear().await, json!({ "type": "connection_ack" }));
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.subscribe_with(id, json!({ "query": query })).await;
    }

    pub async fn subscribe_with(&mut self, id: &str, payload: Value) {
        self.say(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
    }

    /// Waits until everything that was said is heard.
    pub async fn is_heard(&mut self) {
        self.say(json!({ "type": "ping" })).await;
        assert_eq!(self.hear().await, json!({ "type": "pong" }));
    }

    /// The result of the one operation that runs.
    pub async fn result(&mut self, id: &str) -> Value {
        let next = self.hear().await;
        assert_eq!(
            (&next["type"], &next["id"]),
            (&json!("next"), &json!(id)),
            "{next:#}"
        );
        assert_eq!(self.hear().await, json!({ "id": id, "type": "complete" }));
        next["payload"].clone()
    }

    /// What is told instead of a result.
    pub async fn refusal(&mut self, id: &str) -> Vec<Value> {
        let error = self.hear().await;
        assert_eq!(
            (&error["type"], &error["id"]),
            (&json!("error"), &json!(id)),
            "{error:#}"
        );
        error["payload"].as_array().unwrap().clone()
    }

    /// Asks for data, and gets it.
    pub async fn data(&mut self, id: &str, query: &str) -> Value {
        self.subscribe(id, query).await;
        let result = self.result(id).await;
        assert!(result.get("errors").is_none(), "{result:#}");
        result["data"].clone()
    }
}

/// The code of the only error.
#[track_caller]
pub fn code(errors: &[Value]) -> &str {
    match errors {
        [error] => error["extensions"]["code"].as_str().unwrap(),
        errors => panic!("expected one error: {errors:#?}"),
    }
}
