//! `purser access`: who may do what, as a table.

use clap::Command;

use super::table;
use crate::access::{MatrixRow, Role, matrix};
use crate::app;

pub(super) fn command() -> Command {
    Command::new("access")
        .about("Print who may do what: entity by entity, field by field, role by role")
        .long_about(
            "Print who may do what: entity by entity, field by field, role by role.\n\n\
             `all` rows, `-` none, or the rows for which a condition holds; a field reads as null \
             on the others. No database is asked.",
        )
}

pub(super) fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut lines = vec![header()];
    lines.extend(matrix(&*app::catalog()?).iter().map(line));
    lines.extend(app::verbs().iter().map(|verb| {
        let cells = Role::ALL.map(|role| if verb.is_for(role) { "all" } else { "-" });
        let name = [String::new(), verb.name().to_owned()];
        name.into_iter().chain(cells.map(str::to_owned)).collect()
    }));
    table::print(&lines)?;
    Ok(())
}

fn header() -> Vec<String> {
    let roles = Role::ALL.map(|role| role.name().to_owned());
    [String::new(), String::new()]
        .into_iter()
        .chain(roles)
        .collect()
}

fn line(row: &MatrixRow) -> Vec<String> {
    let what = match &row.field {
        Some(field) => format!("{} {field}", row.action),
        None => row.action.to_owned(),
    };
    [row.entity.clone(), what]
        .into_iter()
        .chain(row.cells.iter().cloned())
        .collect()
}
