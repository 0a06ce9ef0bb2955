//! Logs.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::LogConfig;

/// What is never logged, whatever is asked for: messages over WebSockets have
/// tokens and passwords in them.
const SILENT: &str = "tungstenite=off,tokio_tungstenite=off";

/// Begins to log to standard error. A second call changes nothing.
pub fn begin(config: &LogConfig) {
    let filter = EnvFilter::new(format!("{},{SILENT}", config.filter));
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
