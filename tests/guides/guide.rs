//! Guides whose steps a program can take: on a copy of the tree, in the order
//! in which they stand.
//!
//! | block | what it says |
//! |---|---|
//! | ```` ```rust src/new.rs ```` | a new file; so with any language |
//! | ```` ```diff src/old.rs ```` | an edit: what is not added stands in the file once |
//! | ```` ```sh ```` | commands |
//! | ```` ```graphql staff ```` | what somebody asks, or with `refused` asks in vain; then the answer in a `json` block |

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::documents::{path, read};

/// What a guide tells to do.
pub enum Step {
    /// Write a new file.
    File { path: String, text: String },
    /// Change a file.
    Edit { path: String, hunks: Vec<Hunk> },
    /// Run commands.
    Run(String),
    /// Ask something.
    Ask {
        /// Who asks; nobody, if it is empty.
        actor: String,
        /// Whether the answer is an error.
        refused: bool,
        query: String,
        answer: Option<String>,
    },
}

/// Lines in the place of others.
pub struct Hunk {
    old: String,
    new: String,
}

/// The steps of a guide.
pub fn steps(guide: &str) -> Vec<Step> {
    let text = read(guide);
    let mut steps = Vec::new();
    for (info, block) in fences(&text) {
        match info.split_once(' ').unwrap_or((info, "")) {
            ("sh", "") => steps.push(Step::Run(block)),
            ("graphql", who) => steps.push(Step::Ask {
                actor: who.trim_end_matches("refused").trim_end().to_owned(),
                refused: who.ends_with("refused"),
                query: block,
                answer: None,
            }),
            ("json", "") => match steps.last_mut() {
                Some(Step::Ask { answer, .. }) if answer.is_none() => *answer = Some(block),
                _ => panic!("{guide}: an answer to no question:\n{block}"),
            },
            ("diff", path) => steps.push(Step::Edit {
                path: path.to_owned(),
                hunks: block.split("@@\n").map(Hunk::new).collect(),
            }),
            (_, "") => {}
            (_, path) => steps.push(Step::File {
                path: path.to_owned(),
                text: block,
            }),
        }
    }
    steps
}

/// The blocks of a document, each with what stands behind its fence.
fn fences(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some((info, String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, block))) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

impl Hunk {
    fn new(text: &str) -> Self {
        let (mut old, mut new) = (String::new(), String::new());
        for line in text.lines() {
            let (mark, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
            if mark != "+" {
                old.push_str(rest);
                old.push('\n');
            }
            if mark != "-" {
                new.push_str(rest);
                new.push('\n');
            }
        }
        Self { old, new }
    }

    fn apply(&self, path: &str, text: &str) -> String {
        let lines = format!("\n{text}");
        let old = format!("\n{}", self.old);
        let found = lines.matches(&old).count();
        assert_eq!(found, 1, "{path} has this {found} times:\n{}", self.old);
        let changed = lines.replace(&old, &format!("\n{}", self.new));
        changed[1..].to_owned()
    }
}

/// A copy of everything that is kept under version control, or will be.
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Makes the copy, or brings one of another run back to what it copies:
    /// what has not changed keeps its age, so that it need not be built again.
    pub fn copy(root: PathBuf) -> Self {
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(path(""))
            .output()
            .unwrap();
        assert!(listed.status.success(), "{listed:?}");
        let listed = String::from_utf8(listed.stdout).unwrap();
        let names = listed.split('\0').filter(|name| path(name).is_file());
        let names: BTreeSet<PathBuf> = names.map(PathBuf::from).collect();
        let tree = Self { root };
        for old in files(&tree.root) {
            if !names.contains(old.strip_prefix(&tree.root).unwrap()) {
                fs::remove_file(old).unwrap();
            }
        }
        for name in &names {
            let content = fs::read(path("").join(name)).unwrap();
            let is_cargos = name == Path::new("Cargo.toml") || name == Path::new("Cargo.lock");
            match String::from_utf8(content) {
                Ok(text) if is_cargos => tree.write(name, tree.versioned(&text).as_bytes()),
                Ok(text) => tree.write(name, text.as_bytes()),
                Err(binary) => tree.write(name, binary.as_bytes()),
            }
        }
        tree
    }

    /// Gives the packages a version of their own. Cargo tells those of one version
    /// in one build directory apart by nothing else, and would take what it built
    /// of the copy for what it builds of this tree.
    fn versioned(&self, text: &str) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let own = format!("{version}-{}", self.root.file_name().unwrap().display());
        let package =
            |name: &str, version: &str| format!("name = \"{name}\"\nversion = \"{version}\"\n");
        let workspace = |version: &str| format!("[workspace.package]\nversion = \"{version}\"\n");
        let text = text.replace(&workspace(version), &workspace(&own));
        ["entity", "migration", "purser"]
            .iter()
            .fold(text, |text, name| {
                text.replace(&package(name, version), &package(name, &own))
            })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Writes a new file, or changes one.
    pub fn take(&self, step: &Step) {
        match step {
            Step::File { path, text } => {
                assert!(!self.root.join(path).exists(), "{path} is there already");
                self.write(Path::new(path), text.as_bytes());
            }
            Step::Edit { path, hunks } => {
                let text = fs::read_to_string(self.root.join(path));
                let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
                let changed = hunks
                    .iter()
                    .fold(text, |text, hunk| hunk.apply(path, &text));
                self.write(Path::new(path), changed.as_bytes());
            }
            Step::Run(_) | Step::Ask { .. } => {}
        }
    }

    fn write(&self, name: &Path, content: &[u8]) {
        let file = self.root.join(name);
        if fs::read(&file).is_ok_and(|known| known == content) {
            return;
        }
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
}

/// The files of a copy, without what is built and stored in it.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path == root.join("target") {
                continue;
            }
            let found_in = if path.is_dir() {
                &mut folders
            } else {
                &mut found
            };
            found_in.push(path);
        }
    }
    found
}
