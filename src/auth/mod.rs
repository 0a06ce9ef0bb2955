//! Who is asking.
//!
//! Owns tokens, the key they are signed with, and the [`Requester`] that the
//! rest of a request is planned for. Must not know GraphQL or axum's handlers.
//! The flow goes on in [`crate::graphql`].

mod key;
mod requester;
mod token;

pub use key::{KeyError, SigningKey};
pub use requester::Requester;
pub use token::{TokenError, TokenSettings, Tokens};
