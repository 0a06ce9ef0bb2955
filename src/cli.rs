//! The commands.

mod access;
mod config;
mod documents;
mod keys;
mod table;
mod user;

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sea_orm::ActiveEnum as _;

use crate::access::Role;
use crate::app::{self, AppError, Opened, Start};
use crate::config::{Config, SETTINGS, Sources};
use crate::graphql::{Explained, Outlook, Printed};
use crate::seed::{self, Progress};
use crate::sql::Dialect;
use crate::telemetry;

/// The largest shop that `seed` makes.
const MAX_SCALE: i64 = 1000;

/// Everything that can be said on the command line.
#[must_use]
pub fn command() -> Command {
    let settings = SETTINGS.iter().map(|setting| {
        let default = setting
            .default
            .map(|default| format!(" [default: {default}]"))
            .unwrap_or_default();
        Arg::new(setting.name)
            .long(setting.flag)
            .value_name("VALUE")
            .global(true)
            // A number that is too small is told like any other mistake.
            .allow_negative_numbers(true)
            .help_heading("Settings")
            .help(format!(
                "{}{default} [env: {}]",
                setting.description, setting.name
            ))
    });
    Command::new("purser")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A GraphQL back end that you own.")
        .long_about(
            "A GraphQL back end that you own.\n\n\
             Without a command it serves. With nothing set it serves a demo shop from an \
             embedded SQLite file.\n\n\
             A flag outweighs the environment, the environment a .env file in the working \
             directory, and that the default.",
        )
        .args(settings)
        .subcommand(Command::new("serve").about("Serve the API (what happens without a command)"))
        .subcommand(Command::new("migrate").about("Bring the tables up to date"))
        .subcommand(
            Command::new("seed")
                .about("Load the demo shop, the same on every machine")
                .arg(
                    Arg::new("scale")
                        .long("scale")
                        .value_name("N")
                        .default_value("1")
                        .value_parser(value_parser!(i64).range(1..=MAX_SCALE))
                        .help("How large: 1 is about 1,000 products and 2,000 orders"),
                )
                .arg(
                    Arg::new("reset")
                        .long("reset")
                        .action(ArgAction::SetTrue)
                        .help("Delete every row of the shop first"),
                ),
        )
        .subcommand(
            Command::new("schema")
                .about("Print a role's schema in GraphQL's schema definition language")
                .arg(
                    Arg::new("role")
                        .long("role")
                        .value_name("ROLE")
                        .default_value(Role::Admin.name())
                        .value_parser(Role::ALL.map(Role::name))
                        .help("Whose schema; the admin's is the full one"),
                ),
        )
        .subcommand(access::command())
        .subcommand(config::command())
        .subcommand(documents::command())
        .subcommand(explain_command())
        .subcommand(keys::command())
        .subcommand(user::command())
        .subcommand(
            Command::new("token")
                .about("Print an access token for a user, for development")
                .arg(
                    Arg::new("user")
                        .long("user")
                        .value_name("EMAIL")
                        .required(true)
                        .help("The user's e-mail address"),
                ),
        )
}

fn explain_command() -> Command {
    let option =
        |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("explain")
        .about("Print how a document would be answered: cost, rules and SQL of each root field")
        .long_about(
            "Print how a document would be answered: cost, rules and SQL of each root field.\n\n\
             Nothing runs, and no database is asked.",
        )
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .help("The file of the document, or - for standard input"),
        )
        .arg(
            option("role", "ROLE")
                .default_value(Role::Anonymous.name())
                .value_parser(Role::ALL.map(Role::name))
                .help("Who asks"),
        )
        .arg(
            option("dialect", "DATABASE")
                .value_parser(DIALECTS.map(|(name, _)| name))
                .help("In whose words [default: those of DATABASE_URL]"),
        )
        .arg(
            option("variables", "JSON")
                .default_value("{}")
                .help("The variables, as a JSON object"),
        )
        .arg(option("operation", "NAME").help("Which operation, where the document has several"))
}

/// The databases by the names of their URLs.
const DIALECTS: [(&str, Dialect); 3] = [
    ("sqlite", Dialect::Sqlite),
    ("postgres", Dialect::Postgres),
    ("mariadb", Dialect::Mariadb),
];

/// Does what was said on the command line.
///
/// # Errors
/// What went wrong, for the operator's eyes.
pub async fn run(matches: &ArgMatches) -> Result<(), Box<dyn std::error::Error>> {
    // The schema is a function of the declarations; it needs no setting.
    if let Some(("schema", matches)) = matches.subcommand() {
        let role = matches
            .get_one::<String>("role")
            .and_then(|name| Role::from_name(name))
            .unwrap_or(Role::Admin);
        let schema = Printed::new(&*app::catalog()?, &app::verbs(), role);
        let Printed(schema) = schema.map_err(AppError::from)?;
        writeln!(std::io::stdout(), "{schema}")?;
        return Ok(());
    }
    // Nor does who may do what.
    if let Some(("access", _)) = matches.subcommand() {
        return access::run();
    }
    // Nor whether documents fit.
    if let Some(("documents", matches)) = matches.subcommand() {
        return documents::run(matches);
    }
    let (name, matches) = matches.subcommand().unwrap_or(("serve", matches));
    let sources = Sources::gather(flags(matches));
    if name == "config" {
        return config::run(&sources, matches);
    }
    let signs = matches!(name, "serve" | "token" | "keys");
    let config = Config::read(&sources, signs)?;
    telemetry::begin(&config.log);
    for doubt in &sources.doubts {
        tracing::warn!("{doubt}");
    }
    match name {
        "migrate" => migrate(&config).await?,
        "seed" => {
            let scale = matches.get_one::<i64>("scale").copied().unwrap_or(1);
            let scale = u32::try_from(scale).unwrap_or(1);
            seed(&config, scale, matches.get_flag("reset")).await?;
        }
        "explain" => explain(&config, matches)?,
        "keys" => keys::run(&config, matches)?,
        "user" => user::run(&config, matches).await?,
        "token" => {
            let email = matches.get_one::<String>("user").map_or("", String::as_str);
            println!("{}", app::token(&config, email).await?);
        }
        _ => serve(&config).await?,
    }
    Ok(())
}

fn flags(matches: &ArgMatches) -> BTreeMap<String, String> {
    SETTINGS
        .iter()
        .filter_map(|setting| {
            let value = matches.get_one::<String>(setting.name)?;
            Some((setting.name.to_owned(), value.clone()))
        })
        .collect()
}

/// Prints how a document would be answered. That it is refused is an answer,
/// but no success.
fn explain(config: &Config, matches: &ArgMatches) -> Result<(), Box<dyn std::error::Error>> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let file = text("file").unwrap_or("-");
    let document = if file == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    let document = document.map_err(|error| AppError::Document(file.to_owned(), error))?;
    let dialect = DIALECTS
        .into_iter()
        .find(|(name, _)| Some(*name) == text("dialect"))
        .map_or(config.database.dialect(), |(_, dialect)| dialect);
    let question = app::Question {
        document: &document,
        operation: text("operation"),
        variables: text("variables").unwrap_or("{}"),
        role: text("role")
            .and_then(Role::from_name)
            .unwrap_or(Role::Anonymous),
        dialect,
    };
    match app::explain(config, &question)? {
        Ok(fields) => {
            for field in fields {
                writeln!(std::io::stdout(), "{}", outlook(&field))?;
            }
            Ok(())
        }
        Err(errors) => {
            let errors = errors.into_iter().map(|error| {
                let message = error.message();
                let message = message.replace("in operationName", "by --operation");
                error.saying(message).to_json(None)
            });
            let errors: Vec<_> = errors.collect();
            Err(format!("refused: {:#}", serde_json::Value::from(errors)).into())
        }
    }
}

fn outlook(field: &Outlook) -> String {
    match field {
        Outlook::Read(explained) => explanation(explained),
        Outlook::Change { field, cost } => {
            format!(
                "{field}: cost {cost}\n  what SQL a mutation runs depends on the rows it meets\n"
            )
        }
        Outlook::Schema { field, cost } => {
            format!("{field}: cost {cost}\n  told out of the schema, without SQL\n")
        }
    }
}

fn explanation(field: &Explained) -> String {
    let mut lines = vec![format!("{}: cost {}", field.field, field.cost)];
    lines.extend(field.rules.iter().map(|rule| format!("  {rule}")));
    lines.push(format!("  {}", field.sql));
    let parameters = field.parameters.iter().enumerate();
    lines.extend(parameters.map(|(place, name)| format!("  parameter {}: {name}", place + 1)));
    lines.push(String::new());
    lines.join("\n")
}

async fn migrate(config: &Config) -> Result<(), AppError> {
    let database = app::open(config).await?;
    let report = migration::run(database.orm()).await?;
    if report.applied.is_empty() {
        println!("The tables are up to date.");
    }
    for name in report.applied {
        println!("applied {name}");
    }
    for name in report.unknown {
        println!("unknown to this version: {name}");
    }
    Ok(())
}

async fn seed(config: &Config, scale: u32, reset: bool) -> Result<(), AppError> {
    let database = app::open(config).await?;
    if config.embedded {
        migration::run(database.orm()).await?;
    }
    app::check_migrated(&database).await?;
    let bar = progress_bar();
    let summary = seed::load(database.orm(), scale, reset, &|progress| {
        show(&bar, progress);
    })
    .await;
    bar.finish_and_clear();
    println!("{}", summary?);
    Ok(())
}

async fn serve(config: &Config) -> Result<(), AppError> {
    let Opened {
        tokens,
        listener,
        attempts,
        database,
    } = app::open_to_serve(config).await?;
    let address = listener.local_addr().map_err(AppError::Server)?;
    let bar = progress_bar();
    let start = app::prepare(config, &database, &|progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    let start = start?;
    let auth = app::auth(config, tokens, attempts, &database)?;
    let door = app::door(config, database, auth, &start)?;
    print!("{}", banner(config, address, &start));
    app::serve(config, listener, door, stop()).await
}

fn banner(config: &Config, address: SocketAddr, start: &Start) -> String {
    let at = format!("http://{address}");
    let mut lines = vec![
        format!(
            "Purser {} answers at {at}/graphql",
            env!("CARGO_PKG_VERSION")
        ),
        format!("  database  {}", config.database),
        format!("  health    {at}/livez  {at}/readyz"),
    ];
    if config.graphiql {
        lines.push(format!("  GraphiQL  {at}/graphiql"));
    }
    lines.extend(start.seeded.map(|summary| format!("  {summary}")));
    if config.embedded {
        lines.push(match &start.password {
            Some(password) => {
                format!("  demo logins, all with the password {password} (told once)")
            }
            None => {
                "  demo logins (purser user reset-password EMAIL makes a new password)".to_owned()
            }
        });
        for (email, _, role) in seed::DEMO_USERS {
            lines.push(format!("    {email:<20}{}", role.to_value()));
        }
        lines.push(
            "  stop it with Ctrl-C; set DATABASE_URL to use a database of your own".to_owned(),
        );
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A progress bar on a terminal, and nothing elsewhere.
fn progress_bar() -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    if let Ok(style) = ProgressStyle::with_template("{msg:12} {wide_bar} {human_pos}/{human_len}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_message(progress.table);
    bar.set_length(progress.total);
    bar.set_position(progress.done);
}

/// Done when the process is asked to stop. Asked a second time, it ends at
/// once.
async fn stop() {
    asked_to_stop().await;
    tokio::spawn(async {
        asked_to_stop().await;
        std::process::exit(1);
    });
}

async fn asked_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
