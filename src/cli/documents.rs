use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::access::Role;
use crate::app::{self, AppError};
use crate::error::ApiError;
use crate::graphql::{Extensions, Limits, Operations};

pub(super) fn command() -> Command {
    let manifest = Arg::new("manifest")
        .value_name("MANIFEST")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("What GraphQL Code Generator, Relay or Apollo wrote");
    let role = Arg::new("role")
        .long("role")
        .value_parser(Role::ALL.map(Role::name))
        .default_value(Role::Admin.name())
        .help("Whose schema the documents must fit");
    let check = Command::new("check")
        .about("Say which documents of a manifest the schema does not answer any more")
        .arg(manifest)
        .arg(role);
    Command::new("documents")
        .about("Documents that clients name instead of sending them")
        .subcommand_required(true)
        .subcommand(check)
}

/// Fails where a document does not fit.
pub(super) fn run(matches: &ArgMatches) -> Result<(), Box<dyn std::error::Error>> {
    let Some(("check", matches)) = matches.subcommand() else {
        return Ok(());
    };
    let Some(path) = matches.get_one::<PathBuf>("manifest") else {
        return Ok(());
    };
    let role = matches.get_one::<String>("role");
    let role = role
        .and_then(|name| Role::from_name(name))
        .unwrap_or(Role::Admin);
    let documents = app::manifest(path)?;
    let extensions = Extensions {
        verbs: app::verbs(),
        ..Extensions::default()
    };
    let operations = Operations::new(app::catalog()?, extensions, Limits::default());
    let operations = operations.map_err(AppError::from)?;
    let mut out = io::stdout();
    let mut broken = 0;
    for (id, text) in &documents {
        if let Err(errors) = operations.check(text, role) {
            broken += 1;
            writeln!(out, "{id}")?;
            for error in &errors {
                writeln!(out, "  {}", told(error))?;
            }
        }
    }
    if broken > 0 {
        let all = documents.len();
        return Err(format!(
            "{broken} of {all} documents do not fit the {} schema",
            role.name()
        )
        .into());
    }
    match documents.len() {
        1 => writeln!(out, "The document fits.")?,
        all => writeln!(out, "All {all} documents fit.")?,
    }
    Ok(())
}

fn told(error: &ApiError) -> String {
    let json = error.to_json(None);
    let place = &json["locations"][0];
    match (place["line"].as_u64(), place["column"].as_u64()) {
        (Some(line), Some(column)) => format!("{line}:{column} {}", error.message()),
        _ => error.message().to_owned(),
    }
}
