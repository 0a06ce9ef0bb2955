//! From a plan to one SQL statement, as text and a list of what it binds.
//!
//! Owns the text of every statement that reads the catalogue and everything
//! in which the databases differ. Pure: no connection, no requester, no rule.
//! The database shapes the JSON of the answer. The flow goes on in
//! [`crate::run`].

mod around;
mod bounds;
mod calendar;
mod connection;
mod dialect;
mod fill;
mod group_key;
mod grouping;
mod level;
mod mariadb;
mod object;
mod postgres;
mod predicate;
mod sqlite;
mod statement;
mod statistic;
mod walk;
mod write;

pub use dialect::Dialect;
pub use statement::Statement;
pub use write::{circle, delete, insert, taken, update};

use statement::Writer;

use crate::catalog::Kind;
use crate::plan::{Plan, Root};

/// Writes the statement of a plan. It returns one row with one column, the
/// JSON of the root field; or no row, which reads as `null`. Of each row of a
/// source it returns one.
#[must_use]
pub fn compile(plan: &Plan<'_>, dialect: Dialect) -> Statement {
    write(plan, Writer::new(dialect))
}

/// Writes the same with how many bytes each text of a row has, in a list of its
/// own, in place of the text, and without documents of JSON.
#[must_use]
pub fn weigh(plan: &Plan<'_>, dialect: Dialect) -> Statement {
    let mut writer = Writer::new(dialect);
    writer.weighs = true;
    write(plan, writer)
}

fn write(plan: &Plan<'_>, mut writer: Writer) -> Statement {
    match &plan.root {
        Root::Row(row) => writer.row(row),
        Root::Connection(connection) => {
            writer.push("SELECT ");
            writer.connection(connection, false);
        }
        Root::Aggregate(aggregate) if aggregate.enough.is_some() => {
            // A row without a value is an error.
            writer.push("SELECT coalesce((");
            writer.aggregate(aggregate);
            writer.push("),'null')");
        }
        Root::Aggregate(aggregate) => writer.aggregate(aggregate),
        Root::Rows(named) => writer.rows(named),
        Root::Each(each) => writer.each(each),
        Root::Count(source) => {
            writer.push("SELECT ");
            let text = writer.grammar.text(&Kind::BigInt);
            writer.template(text, |writer| writer.push("count(*)"));
            writer.push(" ");
            writer.from(source, &[]);
        }
    }
    writer.finish()
}
