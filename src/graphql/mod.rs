//! The GraphQL face of the catalogue.
//!
//! Owns one schema per role, the cache of documents validated against it, and
//! the reading of selections and arguments into a [`crate::plan::Plan`]. Each
//! file holds one notion whole: how it looks in the schema and how it is read
//! from a request. Must not know axum or SQL text. A request enters at
//! [`Engine::answer`]; the flow goes on in [`crate::sql`] and [`crate::run`].
//!
//! `async-graphql` defines the schema and prints it. Documents are parsed,
//! validated and introspected, and variables coerced, by `apollo-compiler`
//! against that same schema; see `ARCHITECTURE.md` for why.

mod aftermath;
mod aggregate;
mod aggregate_order;
mod call;
mod collect;
mod connection;
mod cost;
mod document;
mod engine;
mod expansion;
mod explain;
mod facet;
mod fill;
mod filter;
mod first_query;
mod global_id;
mod group;
mod group_by;
mod group_key;
mod grouping;
mod guard;
mod having;
mod idempotency;
mod input;
mod json;
mod limits;
mod logic;
mod lookup;
mod me;
mod measure;
mod meter;
mod misfit;
mod mutation;
mod node;
mod number_bucket;
mod object;
mod operation;
mod operator;
mod order;
mod page;
mod place;
mod scalar;
mod schema;
mod search;
mod selection;
mod shape;
mod share;
mod statistics;
mod summary;
mod syntax;
mod tally;
mod telling;
mod time_bucket;
mod tree;
mod user_error;
mod variables;
mod verb;
mod view;
mod watch;
mod weigh;
mod write;

use apollo_compiler::executable::Field as Selected;

pub use call::{Call, Outcome, Prepared};
pub use cost::ByRole;
pub use engine::{Answer, Engine};
pub use explain::{Explained, Outlook, Run};
pub use guard::{Extensions, Guard, Made};
pub use idempotency::IdempotencyKey;
pub use limits::Limits;
pub use operation::{Aside, GraphqlRequest, Operations};
pub use schema::{Printed, RoleSchema, SchemaFault};
pub use shape::{Argument, Arguments, Shape};
pub use user_error::{UserError, UserErrorKind};
pub use verb::{GiftKind, Verb};
pub use watch::Watch;
