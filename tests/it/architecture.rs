//! The rooms keep to themselves, as ARCHITECTURE.md says.

use std::path::{Path, PathBuf};

/// A room and what it must not know.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "http",
        &[
            "sea_orm",
            "sqlx",
            "entity::",
            "crate::plan",
            "crate::sql",
            "crate::catalog",
        ],
    ),
    (
        "auth",
        &[
            "axum",
            "async_graphql",
            "apollo_compiler",
            "crate::graphql",
            "crate::http",
        ],
    ),
    (
        "access",
        &[
            "axum",
            "async_graphql",
            "apollo_compiler",
            "crate::graphql",
            "crate::http",
            "crate::run",
        ],
    ),
    (
        "catalog",
        &[
            "axum",
            "async_graphql",
            "apollo_compiler",
            "crate::graphql",
            "crate::plan",
            "crate::sql",
            "crate::run",
            "crate::http",
            "crate::auth",
        ],
    ),
    (
        "graphql",
        &["axum", "sea_orm", "sqlx", "entity::", "crate::http"],
    ),
    (
        "plan",
        &[
            "axum",
            "async_graphql",
            "apollo_compiler",
            "sqlx",
            "sea_orm",
            "crate::graphql",
            "crate::sql",
            "crate::run",
            "crate::http",
        ],
    ),
    (
        "sql",
        &[
            "axum",
            "async_graphql",
            "apollo_compiler",
            "sqlx",
            "sea_orm",
            "crate::access",
            "crate::auth",
            "crate::graphql",
            "crate::run",
            "crate::http",
        ],
    ),
    (
        "run",
        &[
            "axum",
            "async_graphql",
            "apollo_compiler",
            "crate::graphql",
            "crate::http",
            "crate::access",
        ],
    ),
    (
        "seed",
        &[
            "axum",
            "async_graphql",
            "apollo_compiler",
            "crate::graphql",
            "crate::plan",
            "crate::access",
        ],
    ),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The lines of a file that are code.
fn code(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_room_knows_only_what_it_may() {
    for (room, forbidden) in FORBIDDEN {
        for file in files(&source().join(room)) {
            for line in code(&file) {
                for word in *forbidden {
                    assert!(!line.contains(word), "{}: {line}", file.display());
                }
            }
        }
    }
}

#[test]
fn a_table_is_named_in_one_place_only() {
    // That place takes a `Source`, and a source carries its row rule.
    let naming: Vec<_> = files(&source())
        .into_iter()
        .filter(|file| {
            code(file)
                .iter()
                .any(|line| line.contains("entity().table"))
        })
        .map(|file| file.strip_prefix(source()).unwrap().to_path_buf())
        .collect();
    assert_eq!(naming, [Path::new("sql/predicate.rs")]);
}

#[test]
fn a_source_is_made_in_one_place_only() {
    let making: Vec<_> = files(&source())
        .into_iter()
        .filter(|file| code(file).iter().any(|line| line.ends_with("Source {")))
        .map(|file| file.strip_prefix(source()).unwrap().to_path_buf())
        .collect();
    assert_eq!(making, [Path::new("plan/source.rs")]);
}

#[test]
fn a_transaction_begins_in_one_place_only() {
    // That place is out of reach of clients who hang up; seeds have none.
    let mut beginning: Vec<_> = files(&source())
        .into_iter()
        .filter(|file| {
            code(file).iter().any(|line| {
                let begins = line.contains(".begin()") || line.contains(".begin_with_");
                begins && !line.contains("database.begin()")
            })
        })
        .map(|file| file.strip_prefix(source()).unwrap().to_path_buf())
        .collect();
    beginning.sort();
    assert_eq!(
        beginning,
        [Path::new("run/database.rs"), Path::new("seed/load.rs")]
    );
}

#[test]
fn only_the_configuration_reads_the_environment() {
    for file in files(&source()) {
        if file.ends_with("config/sources.rs") {
            continue;
        }
        for line in code(&file) {
            assert!(!line.contains("env::var"), "{}: {line}", file.display());
        }
    }
}
