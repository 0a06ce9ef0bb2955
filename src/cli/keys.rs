//! `purser keys`: the keys that tokens are signed with.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::app::AppError;
use crate::auth::keyring::{generate, rotate};
use crate::auth::{Algorithm, Keyring};
use crate::config::Config;

/// How long the next key is published before it signs, in seconds: as long as
/// others may keep the published ones.
const DEFAULT_DELAY: &str = "300";

pub(super) fn command() -> Command {
    let algorithm = || {
        Arg::new("algorithm")
            .long("algorithm")
            .value_name("ALGORITHM")
            .default_value(Algorithm::EdDsa.name())
            .value_parser(Algorithm::ALL.map(Algorithm::name))
            .help("How it signs")
    };
    Command::new("keys")
        .about("Make, rotate and list the keys that tokens are signed with")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("generate")
                .about("Make the first key, in the directory of JWT_KEYS")
                .arg(algorithm()),
        )
        .subcommand(
            Command::new("rotate")
                .about("Make the next key, and remove those whose last tokens have expired")
                .long_about(
                    "Make the next key, and remove those whose last tokens have expired.\n\n\
                     Servers notice it within two seconds; nothing is restarted. The key is \
                     published at once and signs after a while, so that whoever verifies tokens \
                     has it by then. The key before stays until the rotation after the next, or \
                     until its last token has expired.",
                )
                .arg(algorithm())
                .arg(
                    Arg::new("delay")
                        .long("delay")
                        .value_name("SECONDS")
                        .default_value(DEFAULT_DELAY)
                        .value_parser(value_parser!(u64))
                        .help("How long it is published before it signs"),
                ),
        )
        .subcommand(Command::new("list").about("List the keys, and which of them signs"))
}

pub(super) fn run(config: &Config, matches: &ArgMatches) -> Result<(), AppError> {
    let now = Utc::now();
    match matches.subcommand() {
        Some(("generate", matches)) => {
            let file = generate(&config.keys, algorithm(matches))?;
            println!("{} signs from now on", file.display());
        }
        Some(("rotate", matches)) => {
            let delay = matches.get_one::<u64>("delay").copied().unwrap_or_default();
            let from = now + Duration::from_secs(delay);
            let lifetime = config.tokens.lifetime;
            let rotation = rotate(&config.keys, algorithm(matches), from, now, lifetime)?;
            let from = rotation.from.format("%Y-%m-%d %H:%M:%S");
            println!("{} signs from {from} UTC on", rotation.added.display());
            for file in rotation.removed {
                println!("{} is removed", file.display());
            }
        }
        _ => list(&config.keys, now)?,
    }
    Ok(())
}

fn algorithm(matches: &ArgMatches) -> Algorithm {
    let name = matches.get_one::<String>("algorithm");
    name.and_then(|name| Algorithm::from_name(name))
        .unwrap_or(Algorithm::EdDsa)
}

fn list(path: &Path, now: DateTime<Utc>) -> Result<(), AppError> {
    let ring = Keyring::read(path)?;
    let signing = ring.signing(now).map(|key| key.id().to_owned());
    for turn in ring.turns() {
        let state = if signing.as_deref() == Some(turn.key.id()) {
            "signs".to_owned()
        } else if turn.from > now {
            format!(
                "signs from {} UTC on",
                turn.from.format("%Y-%m-%d %H:%M:%S")
            )
        } else {
            "verifies".to_owned()
        };
        println!(
            "{}  {}  {state}  {}",
            turn.key.id(),
            turn.key.algorithm().name(),
            turn.file.display()
        );
    }
    Ok(())
}
