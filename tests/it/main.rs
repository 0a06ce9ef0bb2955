//! Requests through the router, as clients send them.

mod access;
mod app;
mod bad_input;
mod corpus;
mod http;
mod schema;
mod statements;
