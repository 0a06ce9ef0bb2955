//! Purser: a GraphQL back end that you own. `SeaORM` entities go in; a
//! complete, authorised, typed API comes out.
//!
//! Where to begin reading: a request enters in [`http`], [`auth`] says who
//! asks, [`graphql`] reads the document into a [`plan`], [`sql`] writes the
//! plan as one statement, [`run`] executes it and hands its bytes on. What is
//! exposed, and to whom, stands in [`catalog`], written in the words of
//! [`access`]. `ARCHITECTURE.md` walks one request file by file.

#![warn(missing_docs)]

pub mod access;
pub mod accounts;
pub mod app;
pub mod audit;
pub mod auth;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod error;
pub mod graphql;
pub mod http;
pub mod plan;
pub mod run;
pub mod seed;
pub mod shop;
pub mod sql;
pub mod telemetry;
