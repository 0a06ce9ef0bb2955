//! The files of `docs/deployment/` go with the settings, and the documents with
//! each other.

use std::collections::HashSet;
use std::path::Path;

use purser::app::HEAD_WITHIN;
use purser::config::SETTINGS;

use crate::docs::guides;
use crate::documents::read;

/// The default of a setting, as a number.
fn default(name: &str) -> u64 {
    let setting = SETTINGS.iter().find(|setting| setting.name == name);
    setting.unwrap().default.unwrap().parse().unwrap()
}

/// The number that stands behind a word on a line of a file.
fn number(file: &str, word: &str) -> u64 {
    let text = read(file);
    let line = text.lines().find_map(|line| line.trim().strip_prefix(word));
    let digits = line.unwrap_or_else(|| panic!("{file} does not say {word}"));
    let digits = digits
        .trim()
        .trim_end_matches(|letter: char| !letter.is_ascii_digit());
    digits.parse().unwrap()
}

#[test]
fn files_of_the_deployment_wait_as_long_as_the_service() {
    let unit = "docs/deployment/purser.service";
    assert!(number(unit, "TimeoutStopSec=") >= default("SHUTDOWN_SECONDS") + 5);
    assert!(number(unit, "LimitNOFILE=") > default("SOCKETS") + default("REQUESTS_AT_ONCE"));
    let nginx = "docs/deployment/nginx.conf";
    let request = default("REQUEST_SECONDS");
    assert!(number(nginx, "proxy_read_timeout ") > request);
    assert!(number(nginx, "client_body_timeout ") >= default("BODY_SECONDS"));
    assert!(number(nginx, "client_max_body_size ") * 1_000_000 > default("MAX_BODY_BYTES"));
    let caddy = "docs/deployment/Caddyfile";
    assert!(number(caddy, "response_header_timeout ") > request);
    // A connection is let go of before the service closes it.
    assert!(number(nginx, "keepalive_timeout ") < HEAD_WITHIN.as_secs());
    assert!(number(caddy, "keepalive ") < HEAD_WITHIN.as_secs());
}

#[test]
fn files_of_the_deployment_name_settings_and_folders_that_are_there() {
    let known: HashSet<_> = SETTINGS.iter().map(|setting| setting.name).collect();
    let image = read("docs/deployment/Containerfile");
    let unit = read("docs/deployment/purser.service");
    let set = image.lines().filter_map(|line| line.strip_prefix("ENV "));
    let set = set.chain(
        unit.lines()
            .filter_map(|line| line.strip_prefix("Environment=")),
    );
    let names = set
        .flat_map(str::split_whitespace)
        .map(|pair| pair.split_once('=').unwrap().0);
    let names: Vec<_> = names.collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        assert!(known.contains(name), "{name} is no setting");
    }
    let copied = image.lines().filter_map(|line| line.strip_prefix("COPY "));
    let copied = copied.filter(|line| !line.starts_with("--"));
    let copied: Vec<Vec<&str>> = copied
        .map(|line| line.split_whitespace().collect())
        .collect();
    // What SQLite is built with is said in `.cargo`.
    for needed in [".cargo", "Cargo.lock", "entity", "migration", "src", "web"] {
        assert!(
            copied.iter().any(|names| names.contains(&needed)),
            "the Containerfile does not copy {needed}"
        );
    }
    for mut names in copied {
        names.pop();
        for name in names {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            assert!(
                path.exists(),
                "the Containerfile copies {name}, which is not there"
            );
        }
    }
}

/// What GitHub makes of a heading.
fn anchor(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let kept = lower
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

/// The anchors of a document.
fn anchors(text: &str) -> HashSet<String> {
    let outside = text.split("\n```").step_by(2).collect::<String>();
    let lines = outside.lines().filter(|line| line.starts_with('#'));
    lines
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    let others = ["README.md", "ARCHITECTURE.md"].map(str::to_owned);
    for name in guides().into_iter().chain(others) {
        let text = read(&name);
        let folder = Path::new(&name).parent().unwrap();
        for link in text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
        {
            let is_elsewhere = link.contains("://") || link.contains(char::is_whitespace);
            if is_elsewhere || link.is_empty() {
                continue;
            }
            let (path, place) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                Path::new(&name).to_owned()
            } else {
                folder.join(path)
            };
            assert!(
                root.join(&target).exists(),
                "{name} links to {link}, which is not there"
            );
            if !place.is_empty() {
                let anchors = anchors(&read(&target.display().to_string()));
                assert!(
                    anchors.contains(place),
                    "{name} links to {link}, of which there is no heading"
                );
            }
            seen += 1;
        }
    }
    assert!(seen >= 50, "{seen}");
}
