//! Requests through the router, as clients send them.

mod access;
mod app;
mod architecture;
mod bad_input;
mod corpus;
mod docs;
mod http;
mod schema;
mod statements;
