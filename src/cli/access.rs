//! `purser access`: who may do what, as a table.

use std::io::Write as _;

use clap::Command;

use crate::access::{MatrixRow, Role, matrix};
use crate::app::{self, AppError};

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
    print(&lines)?;
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

/// Prints a table, each column as wide as its widest cell.
fn print(lines: &[Vec<String>]) -> Result<(), AppError> {
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut output = std::io::stdout().lock();
    for line in lines {
        let cells = line.iter().zip(&widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let text = cells.join("  ");
        writeln!(output, "{}", text.trim_end()).map_err(AppError::Server)?;
    }
    Ok(())
}
