//! `purser config`: the settings, and where each comes from.

use std::io::Write as _;

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::table;
use crate::config::{Config, ConfigErrors, Disclosed, Mistake, Origin, Sources};

/// How it is printed, the default first.
const FORMATS: [&str; 2] = ["table", "json"];

pub(super) fn command() -> Command {
    Command::new("config")
        .about("Print the settings, and where each comes from")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("print")
                .about("Print every setting as `purser serve` would take it, without secrets")
                .long_about(
                    "Print every setting as `purser serve` would take it, without secrets, and \
                     where it comes from.\n\n\
                     Nothing is opened. Where a setting is wrong, all mistakes are listed, and the \
                     command fails.",
                )
                .arg(
                    Arg::new("format")
                        .long("format")
                        .value_name("FORMAT")
                        .default_value(FORMATS[0])
                        .value_parser(FORMATS)
                        .help("How it is printed"),
                ),
        )
}

/// Prints the settings, right or wrong.
///
/// # Errors
/// [`ConfigErrors`] where they are wrong, after they are printed.
pub(super) fn run(
    sources: &Sources,
    matches: &ArgMatches,
) -> Result<(), Box<dyn std::error::Error>> {
    let read = Config::read(sources, true);
    let mistakes = read
        .err()
        .map_or(Vec::new(), |ConfigErrors(mistakes)| mistakes);
    let settings = sources.disclose(&mistakes);
    let format = matches
        .subcommand()
        .and_then(|(_, matches)| matches.get_one::<String>("format"));
    if format.is_some_and(|format| format == "json") {
        let document = json(&settings, &mistakes);
        writeln!(std::io::stdout(), "{document:#}")?;
    } else {
        let header = ["setting", "value", "source"].map(str::to_owned).to_vec();
        let lines = settings.iter().map(line);
        table::print(&std::iter::once(header).chain(lines).collect::<Vec<_>>())?;
    }
    if mistakes.is_empty() {
        for doubt in &sources.doubts {
            eprintln!("{doubt}");
        }
        Ok(())
    } else {
        Err(ConfigErrors(mistakes).into())
    }
}

fn line(disclosed: &Disclosed) -> Vec<String> {
    let value = disclosed.value.as_deref().unwrap_or("-");
    // A line is a setting, whatever is in it.
    let value = if value.contains(char::is_control) {
        value.escape_debug().to_string()
    } else {
        value.to_owned()
    };
    let source = match &disclosed.origin {
        Origin::File(path) => format!("file {}", path.display()),
        origin => word(origin).to_owned(),
    };
    vec![disclosed.setting.name.to_owned(), value, source]
}

fn json(settings: &[Disclosed], mistakes: &[Mistake]) -> Value {
    let settings: Vec<_> = settings
        .iter()
        .map(|disclosed| {
            let mut setting = json!({
                "name": disclosed.setting.name,
                "value": disclosed.value,
                "redacted": disclosed.redacted,
                "source": word(&disclosed.origin),
            });
            if let Origin::File(path) = &disclosed.origin {
                setting["path"] = json!(path.to_string_lossy());
            }
            setting
        })
        .collect();
    let mistakes: Vec<_> = mistakes
        .iter()
        .map(|mistake| json!({ "about": mistake.about, "message": mistake.to_string() }))
        .collect();
    json!({ "settings": settings, "mistakes": mistakes })
}

fn word(origin: &Origin) -> &'static str {
    match origin {
        Origin::Flag => "flag",
        Origin::Environment => "environment",
        Origin::File(_) => "file",
        Origin::Default => "default",
    }
}
