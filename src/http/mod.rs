//! The door.
//!
//! Owns the router, GraphQL over HTTP, over WebSockets and as server-sent
//! events, health, and the shape of every error that a client sees. Must not
//! know `SeaORM` or entities. A request comes in through [`router()`]; the flow
//! goes on in [`crate::auth`] and [`crate::graphql`].

mod accept;
mod answers;
mod batch;
mod body;
mod client;
mod cors;
mod documents;
mod events;
mod graphql;
mod health;
mod idempotency;
mod jwks;
mod landing;
mod load;
mod operation;
mod origin;
mod panic;
mod playground;
mod request;
mod request_id;
mod respond;
mod room;
mod router;
mod schema;
mod shares;
mod shield;
mod socket;
mod turns;

pub use documents::{Documents, ManifestError, read_manifest};
pub use load::{Load, LoadLimits};
pub use playground::{DemoUser, Playground};
pub use respond::status;
pub use router::{Door, router};
pub(crate) use shares::Shares;
pub use socket::{SocketLimits, Sockets};
