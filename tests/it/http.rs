//! GraphQL over HTTP, and the rest of the door.
