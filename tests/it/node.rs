//! Programs for Node.js that the tests run beside the server.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::app::announce;

/// One installs, whoever else needs the packages waits.
static INSTALLING: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// A folder below `tests` with its packages installed; nothing where the
/// environment says to go without them.
pub fn folder(name: &str, what: &str) -> Option<PathBuf> {
    if std::env::var("TEST_NODE").as_deref() == Ok("off") {
        announce(&format!("not covered: {what}, for TEST_NODE is off"));
        return None;
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name);
    let _turn = INSTALLING.lock().unwrap();
    if !directory.join("node_modules").exists() {
        run(Command::new("npm").arg("ci").current_dir(&directory));
    }
    Some(directory)
}

/// Runs a command to its end; what it printed.
pub fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{}", missing(command, &error)));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}:\n{printed}{complaint}"
    );
    printed
}

fn missing(command: &Command, error: &std::io::Error) -> String {
    format!(
        "{}: {error}. Install Node.js 20 or later with npm, or set TEST_NODE=off to go without.",
        command.get_program().display()
    )
}

/// A program that runs until this is dropped.
pub struct Running {
    child: Child,
    /// The first line it printed.
    pub said: String,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}", missing(command, &error)));
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert!(!said.is_empty(), "{command:?} said nothing");
        Self {
            child,
            said: said.trim().to_owned(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
