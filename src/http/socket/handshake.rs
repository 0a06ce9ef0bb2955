use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::connection::Connection;
use super::upgrade::{self, Upgrade};
use crate::auth::Client;
use crate::error::{ApiError, Code};
use crate::http::client::client;
use crate::http::graphql::authorization;
use crate::http::router::Door;
use crate::http::{origin, respond};

/// The sub-protocol that is spoken.
const PROTOCOL: &str = "graphql-transport-ws";
/// The one before it, whose clients are told so.
const LEGACY: &str = "graphql-ws";
/// By how many bytes a message may be too large and still be read to its end, so
/// that the client is told rather than cut off.
const TOLERANCE: usize = 4 * 1024;
/// How many bytes are read at once. Each socket has as many all the time.
const READ: usize = 8 * 1024;
/// How many bytes are gathered before they are sent.
const WRITE: usize = 4 * 1024;

/// Whether a connection is to become a WebSocket.
pub(in crate::http) fn is_wanted(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::UPGRADE).iter();
    values.any(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Opens a WebSocket, or says why not.
pub(in crate::http) fn open(door: Arc<Door>, mut parts: Parts) -> Response<Body> {
    // Browsers let any page open a socket, and only tell which one it is.
    if let Err(error) = origin::check(&door, &parts.headers) {
        return respond::refuse(&error);
    }
    let authorization = match authorization(&parts.headers) {
        Ok(header) => header.cloned(),
        Err(error) => return respond::refuse(&error.into()),
    };
    let Some(upgrade) = Upgrade::of(&mut parts) else {
        let mut refusal = respond::refuse(&ApiError::new(
            Code::BadRequest,
            "This is not how a WebSocket is opened: GET over HTTP/1.1, version 13 (RFC 6455).",
        ));
        let version = HeaderValue::from_static("13");
        refusal
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_VERSION, version);
        return refusal;
    };
    let Some(protocol) = upgrade::offered(&parts.headers, &[PROTOCOL, LEGACY]) else {
        return respond::refuse(&ApiError::new(
            Code::BadRequest,
            "The sub-protocol must be graphql-transport-ws, as in Sec-WebSocket-Protocol.",
        ));
    };
    let client = Client {
        // The handshake is not of the moment of an operation.
        cookie: None,
        takes_cookies: false,
        ..client(&door, &parts.headers, &parts.extensions)
    };
    let Some(place) = door.sockets.place(&client) else {
        return respond::refuse(&ApiError::new(
            Code::ServiceUnavailable,
            "No more WebSockets are opened just now. Send requests by POST, or try again later.",
        ));
    };
    let largest = door.sockets.limits.message.saturating_add(TOLERANCE);
    let config = WebSocketConfig::default()
        .max_message_size(Some(largest))
        .max_frame_size(Some(largest))
        .read_buffer_size(READ)
        .write_buffer_size(WRITE);
    upgrade.switch(protocol, config, async move |socket| {
        let connection = Connection::new(socket, door, place, client, authorization);
        if protocol == PROTOCOL {
            connection.run().await;
        } else {
            connection.refuse().await;
        }
    })
}
