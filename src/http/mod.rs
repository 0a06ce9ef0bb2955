//! The door.
//!
//! Owns the router, GraphQL over HTTP, health, and the shape of every error
//! that a client sees. Must not know `SeaORM` or entities. A request comes in
//! through [`router()`]; the flow goes on in [`crate::auth`] and
//! [`crate::graphql`].

mod accept;
mod client;
mod documents;
mod graphql;
mod health;
mod idempotency;
mod jwks;
mod landing;
mod load;
mod playground;
mod request;
mod request_id;
mod respond;
mod router;
mod schema;
mod shield;

pub use documents::{Documents, ManifestError, read_manifest};
pub use load::Load;
pub use playground::{DemoUser, Playground};
pub use respond::status;
pub use router::{Door, router};
