//! What is opened of what the configuration names.

use std::fs;

use tokio::net::TcpListener;
use uuid::Uuid;

use super::AppError;
use crate::auth::{Attempts, KeyError, Keyring, Tokens};
use crate::config::Config;
use crate::run::{Database, LONGEST, ReadLimits};

/// Opens the database of the configuration. The embedded one is made where it
/// is not there.
///
/// # Errors
/// [`AppError`] where that is not possible.
pub async fn open(config: &Config) -> Result<Database, AppError> {
    make_directory(config)?;
    connect(config, config.reads).await
}

/// What serving takes from outside the process.
pub struct Opened {
    /// The keys.
    pub tokens: Tokens,
    /// Where to listen.
    pub listener: TcpListener,
    /// What counts attempts to sign in.
    pub attempts: Attempts,
    /// The database, with limits on how long statements may take.
    pub database: Database,
}

/// Opens all that serving takes. Nothing in the database is changed yet.
///
/// # Errors
/// [`AppError::Start`] with everything that cannot be had.
pub async fn open_to_serve(config: &Config) -> Result<Opened, AppError> {
    let mut faults = Vec::new();
    let directory = kept(make_directory(config), &mut faults);
    let listener = kept(listen(config).await, &mut faults);
    let attempts = kept(attempts(config).await, &mut faults);
    let (mut tokens, mut database) = (None, None);
    if directory.is_some() {
        let limits = ReadLimits {
            writing: Some(config.reads.statement.min(LONGEST)),
            ..config.reads
        };
        tokens = match self::tokens(config) {
            Err(AppError::Key(KeyError::Several(errors))) => {
                faults.extend(errors.into_iter().map(AppError::Key));
                None
            }
            tokens => kept(tokens, &mut faults),
        };
        database = kept(connect(config, limits).await, &mut faults);
    }
    match (tokens, listener, attempts, database) {
        (Some(tokens), Some(listener), Some(attempts), Some(database)) => Ok(Opened {
            tokens,
            listener,
            attempts,
            database,
        }),
        _ => Err(AppError::Start(faults)),
    }
}

/// What there is, or one more fault.
fn kept<T>(result: Result<T, AppError>, faults: &mut Vec<AppError>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

async fn connect(config: &Config, limits: ReadLimits) -> Result<Database, AppError> {
    let connected = Database::connect(&config.database, limits).await;
    connected.map_err(|error| {
        let url = config.database.clone();
        if config.embedded {
            AppError::Embedded(url, error)
        } else {
            AppError::Database(url, error)
        }
    })
}

/// Makes the directory of the embedded database, for its owner only: it holds
/// accounts and the signing key. Also sees whether it can be written to.
fn make_directory(config: &Config) -> Result<(), AppError> {
    let Some(directory) = config.directory() else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    let probe = directory.join(format!(".probe-{}", Uuid::new_v4().simple()));
    builder
        .create(directory)
        .and_then(|()| fs::write(&probe, []))
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|error| AppError::Directory(directory.display().to_string(), error))
}

async fn attempts(config: &Config) -> Result<Attempts, AppError> {
    match &config.redis {
        Some(url) => Attempts::shared(url).await.map_err(AppError::Redis),
        None => Ok(Attempts::default()),
    }
}

/// The tokens of the configuration. The embedded database has keys of its own
/// beside it.
///
/// # Errors
/// [`AppError::Key`] where the keys cannot be used.
pub fn tokens(config: &Config) -> Result<Tokens, AppError> {
    let keys = if config.embedded {
        make_directory(config)?;
        Keyring::read_or_generate(&config.keys)
    } else {
        Keyring::read(&config.keys)
    };
    Ok(Tokens::new(keys?, config.tokens.clone()))
}

/// Listens where the configuration says.
async fn listen(config: &Config) -> Result<TcpListener, AppError> {
    TcpListener::bind(config.bind)
        .await
        .map_err(|error| AppError::Bind(config.bind, error))
}
