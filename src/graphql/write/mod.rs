//! What can be written of every entity that is declared so: how it looks in
//! the schema, and how it is read into a [`crate::plan::write::Write`].

mod create;
mod delete;
mod faults;
mod form;
mod key;
mod nested;
mod payload;
mod perform;
mod references;
mod refusal;
mod rights;
mod targets;
mod update;
mod upsert;
mod value;
mod values;

pub(super) use self::form::{define, form_of};
pub(super) use self::payload::AskedWrite;
pub(super) use self::value::document;
pub(super) use self::values::Draft;
