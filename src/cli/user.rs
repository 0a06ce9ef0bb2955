//! `purser user`: accounts, from the command line.

use std::io::Read as _;

use clap::{Arg, ArgAction, ArgMatches, Command};
use entity::user;

use crate::access::Role;
use crate::accounts::user::role_named;
use crate::app::{self, AppError, accounts};
use crate::config::Config;

pub(super) fn command() -> Command {
    let email = || {
        Arg::new("email")
            .value_name("EMAIL")
            .required(true)
            .help("The user's e-mail address")
    };
    let role = || {
        Arg::new("role")
            .long("role")
            .value_name("ROLE")
            .value_parser([Role::Customer, Role::Staff, Role::Admin].map(Role::name))
            .help("What the user may do")
    };
    let standard_input = || {
        Arg::new("password-stdin")
            .long("password-stdin")
            .action(ArgAction::SetTrue)
            .help("Read the password from standard input rather than make one up and print it")
    };
    Command::new("user")
        .about("Make and change accounts")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("create")
                .about("Make an account")
                .arg(email())
                .arg(
                    Arg::new("name")
                        .long("name")
                        .value_name("NAME")
                        .required(true)
                        .help("The name shown to everyone"),
                )
                .arg(role().default_value(Role::Customer.name()))
                .arg(standard_input()),
        )
        .subcommand(
            Command::new("set-role")
                .about("Give a user another role")
                .arg(email())
                .arg(role().required(true)),
        )
        .subcommand(
            Command::new("disable")
                .about("Keep a user out: sessions end, and nobody can sign in")
                .arg(email()),
        )
        .subcommand(
            Command::new("enable")
                .about("Let a user who was disabled sign in again")
                .arg(email()),
        )
        .subcommand(
            Command::new("reset-password")
                .about("Give a user another password, and end all sessions")
                .arg(email())
                .arg(standard_input()),
        )
}

pub(super) async fn run(config: &Config, matches: &ArgMatches) -> Result<(), AppError> {
    let Some((name, matches)) = matches.subcommand() else {
        return Ok(());
    };
    let text = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    let role = || role_named(text("role")).unwrap_or(user::Role::Customer);
    let database = app::open(config).await?;
    app::prepare(config, &database, &|_| {}).await?;
    let email = text("email");
    let passwords = || app::passwords(config);
    match name {
        "create" => {
            let password = password(matches)?;
            let new = accounts::New {
                email,
                name: text("name"),
                role: role(),
                password: &password.text,
            };
            accounts::create(&database, &passwords()?, new).await?;
            println!("{email} is made");
            password.tell();
        }
        "set-role" => {
            accounts::set_role(&database, email, role()).await?;
            println!("{email} is {} now", text("role"));
        }
        "disable" | "enable" => {
            accounts::set_disabled(&database, email, name == "disable").await?;
            println!("{email} is {name}d");
        }
        _ => {
            let password = password(matches)?;
            accounts::reset_password(&database, &passwords()?, email, &password.text).await?;
            println!("the password of {email} is changed, and all sessions are ended");
            password.tell();
        }
    }
    Ok(())
}

/// A password, and whether somebody has to be told.
struct Password {
    text: String,
    is_new: bool,
}

impl Password {
    fn tell(&self) {
        if self.is_new {
            println!("password: {}", self.text);
        }
    }
}

fn password(matches: &ArgMatches) -> Result<Password, AppError> {
    if !matches.get_flag("password-stdin") {
        return Ok(Password {
            text: app::new_password(),
            is_new: true,
        });
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| AppError::Account(format!("the password cannot be read: {error}")))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Password {
        text: line.strip_suffix('\r').unwrap_or(line).to_owned(),
        is_new: false,
    })
}
