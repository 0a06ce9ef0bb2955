use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use purser::config::SETTINGS;
use serde_json::{Value, json};

use crate::documents::{path, printed, read, with_shown_request_id};
use crate::guide::{Step, Tree, steps};

/// What serves, in a guide: until it is told to stop.
const SERVES: &str = "cargo run\n";

/// Where the programs of this run are built, of whose dependencies there is no
/// need for others.
fn built() -> PathBuf {
    let mine = Path::new(env!("CARGO_TARGET_TMPDIR"));
    mine.parent().unwrap().to_path_buf()
}

/// Takes all steps of a guide, with these settings.
pub async fn follow(guide: &str, settings: &[(&str, &str)]) {
    let name = Path::new(guide).file_stem().unwrap();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("guides")
        .join(name);
    let tree = Tree::copy(root);
    let mut program = Program {
        root: tree.root().to_path_buf(),
        settings: settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        serving: None,
    };
    let steps = steps(guide);
    let mut expected = read(guide);
    let mut asked = 0;
    for step in &steps {
        tree.take(step);
        match step {
            Step::Run(commands) if commands == SERVES => program.serve(),
            Step::Run(commands) => program.run(commands),
            Step::Ask {
                actor,
                refused,
                query,
                answer,
            } => {
                let found = program.ask(actor, query).await;
                asked += 1;
                assert_eq!(
                    found["errors"].is_null(),
                    !refused,
                    "{guide}: {query}{found:#}"
                );
                if let Some(answer) = answer {
                    let shown = format!("{}\n", printed(&found, 0));
                    let known = format!("{query}```\n\n```json\n{answer}");
                    assert!(
                        expected.contains(&known),
                        "{guide}: no blank line before {answer}"
                    );
                    expected = expected.replace(&known, &format!("{query}```\n\n```json\n{shown}"));
                }
            }
            Step::File { .. } | Step::Edit { .. } => {}
        }
    }
    assert!(asked > 3, "{guide} asks next to nothing");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path(guide), &expected).unwrap();
    }
    assert!(
        read(guide) == expected,
        "the answers in {guide} are others. If the change is meant, refresh them:\n\
         UPDATE_DOCS=1 cargo test --test guides\n{expected}"
    );
}

/// A tree that is built and run.
struct Program {
    root: PathBuf,
    settings: Vec<(String, String)>,
    serving: Option<Serving>,
}

/// A program that serves until this is dropped.
struct Serving {
    process: Child,
    address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Program {
    /// A command in the tree, in the environment of somebody who has just opened a
    /// terminal: nothing of this program's, nor of cargo's that runs it.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let of_cargo = [
                "CARGO_BIN",
                "CARGO_CRATE",
                "CARGO_MANIFEST",
                "CARGO_PKG",
                "LD_LIBRARY",
            ];
            let is_set = SETTINGS.iter().any(|setting| setting.name == text);
            if is_set || of_cargo.iter().any(|begin| text.starts_with(begin)) {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(&self.root)
            .env("CARGO_BUILD_BUILD_DIR", built())
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env_remove("UPDATE_DOCS")
            .env("BIND", "127.0.0.1:0")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, commands: &str) {
        let status = self.command("sh").args(["-ec", commands]).status().unwrap();
        assert!(status.success(), "{commands}: {status}");
    }

    /// Builds the program and starts it.
    fn serve(&mut self) {
        self.run("cargo build --quiet");
        let mut process = self
            .command("target/debug/purser")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let mut banner = String::new();
        lines.read_line(&mut banner).unwrap();
        let address = banner
            .split_once("answers at ")
            .map(|(_, address)| address.trim().to_owned());
        self.serving = Some(Serving {
            process,
            address: address.unwrap_or_else(|| panic!("no address in {banner}")),
        });
        std::thread::spawn(move || {
            let _ = lines.read_to_string(&mut String::new());
        });
    }

    async fn ask(&self, actor: &str, query: &str) -> Value {
        let serving = self.serving.as_ref().unwrap();
        let mut request = reqwest::Client::new()
            .post(&serving.address)
            .json(&json!({ "query": query }));
        if !actor.is_empty() {
            request = request.bearer_auth(self.token(actor));
        }
        let mut answer = request.send().await.unwrap().json().await.unwrap();
        with_shown_request_id(&mut answer);
        answer
    }

    /// A token for one of the demo users, or for the user of an address.
    fn token(&self, actor: &str) -> String {
        let address = match actor {
            "staff" => "grace@example.com".to_owned(),
            "admin" => "root@example.com".to_owned(),
            customer => format!("{customer}@example.com"),
        };
        let output = self
            .command("target/debug/purser")
            .args(["token", "--user", &address])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}
