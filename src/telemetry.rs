//! Logs.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::LogConfig;

/// Begins to log to standard error. A second call changes nothing.
pub fn begin(config: &LogConfig) {
    let filter = EnvFilter::new(&config.filter);
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let begun = if config.json {
        logs.json().flatten_event(true).try_init()
    } else {
        logs.try_init()
    };
    if begun.is_err() {
        tracing::debug!("logs had begun already");
    }
}
