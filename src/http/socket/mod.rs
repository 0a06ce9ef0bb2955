//! GraphQL over WebSockets, by the protocol `graphql-transport-ws`.
//!
//! A handshake comes in through [`open`], which makes a [`Sockets`] place for a
//! connection. What the connection reads and writes is in `protocol`, by what
//! it knows who asks in `credentials`, and why it ends in `close`. Long answers
//! are cut in `frames`. Operations go on in [`super::operation`], as those of
//! requests do.

mod close;
mod connection;
mod credentials;
mod frames;
mod handshake;
mod protocol;
mod sockets;
mod upgrade;

pub(super) use handshake::{is_wanted, open};
pub use sockets::{SocketLimits, Sockets};
