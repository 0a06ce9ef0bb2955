//! Requests through the router, as clients send them.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail where it is"
)]

mod abuse;
mod access;
mod alike;
mod app;
mod architecture;
mod auth;
mod bad_input;
mod between;
mod broken;
mod clocks;
mod config;
mod connections;
mod corpus;
mod deployment;
mod docs;
mod documents;
mod examples;
mod explain;
mod generated;
mod group_sizes;
mod has_one;
mod http;
mod indexes;
mod kinds;
mod limits;
mod misfits;
mod node;
mod numbers;
mod own_tables;
mod pages;
mod recipe;
mod schema;
mod search;
mod shop;
mod silence;
mod statements;
mod statistics;
mod tour;
mod wire;
mod writers;
mod writes;
