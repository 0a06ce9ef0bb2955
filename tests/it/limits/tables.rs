//! The numbers of the tables are those of the code and of the settings.

use std::fmt::Write as _;

use purser::access::Role;
use purser::app::{HEAD_WITHIN, LARGEST_HEAD, READ_WITHIN};
use purser::config::SETTINGS;
use purser::graphql::Limits;
use purser::http::SocketLimits;
use purser::plan::Fill;
use purser::run::{ACQUIRE_TIMEOUT, BUSY_TIMEOUT, LONGEST};

use super::probes::PROBES;
use super::{ELSEWHERE, MANUAL, code, is_a_code, rows, without_settings};
use crate::docs::{between, check};
use crate::documents::read;

/// A limit that is no number of things.
const WEIGHED: &str = "what it takes to validate a document";

/// Limits that are constants of the program, in the words of the manual.
fn constants() -> Vec<(&'static str, u64)> {
    let Limits {
        tokens: _,
        nesting: _,
        depth: _,
        selections: _,
        aliases: _,
        directives: _,
        root_fields: _,
        conditions: _,
        budgets: _,
        per_minute: _,
        bulk: _,
        // The bytes of a body.
        written: _,
        // Memory of the service, and nothing that a client can run into.
        cached_bytes: _,
        // What follows has no setting; a new limit belongs into the manual.
        operations,
        name,
        relations,
        introspection,
        members,
        joins,
        measures,
        patterns,
        values,
        bytes,
        items,
        texts,
        text: _,
    } = Limits::default();
    let SocketLimits {
        sockets: _,
        operations: _,
        message: _,
        initialisation,
        sending,
        ping,
        idle,
        checks: _,
    } = SocketLimits::default();
    let counts = [
        ("operations in a document", operations),
        ("characters in a name or alias", name),
        ("fields of one object", members),
        ("selections that ask for the schema", introspection),
        ("relations in a row, in a filter or an order", relations),
        ("items in all lists that are compared with", items),
        (
            "bytes of all texts that are compared with, each counted wherever it is used",
            texts,
        ),
        (
            "texts under one root field that are looked for whatever their case, words of searches among them",
            patterns,
        ),
        ("tables joined for statistics under one root field", joins),
        ("statistics of groups under one field", measures),
    ];
    let counts = counts.map(|(what, most)| (what, most as u64));
    let times = [
        (
            "the time for sending the head of a request, and for silence between two",
            HEAD_WITHIN,
        ),
        (
            "the time in which a client takes none of an answer",
            READ_WITHIN,
        ),
        ("the time for the transaction of a mutation", LONGEST),
        ("waiting for one of the connections", ACQUIRE_TIMEOUT),
        ("waiting for the one writer of SQLite", BUSY_TIMEOUT),
        ("the time until `connection_init`", initialisation),
        ("the time in which a client takes a message", sending),
        ("the time until a ping is answered", ping),
        ("the time in which nothing is asked", idle),
    ];
    let times = times.map(|(what, time)| (what, time.as_secs()));
    let others = [
        ("the head of a request", LARGEST_HEAD as u64),
        (
            "values that an answer may come to: fields times rows",
            values,
        ),
        (
            "bytes that the texts among them may come to: lengths of columns times rows",
            bytes,
        ),
        ("groups that are filled in", Fill::MOST_GROUPS),
    ];
    counts.into_iter().chain(times).chain(others).collect()
}

#[test]
fn every_limit_without_a_setting_is_held_to_the_code() {
    let constants = constants();
    for row in without_settings() {
        let constant = constants.iter().find(|(what, _)| *what == row.what);
        if row.what == WEIGHED {
            assert_eq!(row.most, None, "{}", row.what);
        } else if let Some((_, most)) = constant {
            assert_eq!(row.most, Some(*most), "{}", row.what);
        } else {
            let is_probed = PROBES.iter().any(|(what, _)| *what == row.what);
            assert!(
                is_probed || ELSEWHERE.contains(&row.what.as_str()),
                "nothing holds {:?} to the code",
                row.what
            );
        }
    }
    let said: Vec<_> = without_settings().into_iter().map(|row| row.what).collect();
    let probed = PROBES.iter().map(|(what, _)| what);
    let known = constants
        .iter()
        .map(|(what, _)| what)
        .chain(probed)
        .chain(&ELSEWHERE)
        .chain([&WEIGHED]);
    for what in known {
        assert!(
            said.contains(&(*what).to_owned()),
            "{MANUAL} does not say: {what}"
        );
    }
}

#[test]
fn every_limit_with_a_setting_has_its_default() {
    let default = |name: &str| {
        let setting = SETTINGS.iter().find(|setting| setting.name == name);
        setting
            .unwrap_or_else(|| panic!("{name} is no setting"))
            .default
            .unwrap()
    };
    let mut checked = 0;
    for section in ["Requests", "The database", "Writes", "WebSockets"] {
        for row in rows(section) {
            if let (Some(name), Some(most)) = (code(&row.cells[2]), row.most) {
                assert_eq!(most.to_string(), default(name), "{}", row.what);
                checked += 1;
            }
        }
    }
    assert!(checked >= 9, "{checked}");
    let parts = rows("Documents").into_iter().filter_map(|row| {
        let name = code(&row.cells[2])
            .filter(|name| !is_a_code(name))?
            .to_owned();
        Some(format!("{name}={}", row.most?))
    });
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts.join(","), default("DOCUMENT_LIMITS"));
}

#[test]
fn limits_by_role_are_the_settings() {
    let mut table = String::from(
        "| role | `COST_BUDGETS` | `COST_PER_MINUTE` | `BULK_ROWS` |\n|---|---|---|---|\n",
    );
    let Limits {
        budgets,
        per_minute,
        bulk,
        ..
    } = Limits::default();
    for role in Role::ALL {
        let cells = [budgets, per_minute, bulk].map(|limit| limit.of(role).to_string());
        writeln!(table, "| {} | {} |", role.name(), cells.join(" | ")).unwrap();
    }
    let (begin, end) = ("<!-- by-role -->\n", "<!-- /by-role -->");
    check(MANUAL, &between(&read(MANUAL), begin, end, &table));
}
