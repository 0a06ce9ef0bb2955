//! The printed schemas.

use purser::access::Role;
use purser::app;
use purser::graphql::Printed;

fn printed(role: Role) -> String {
    Printed::new(&app::catalog().unwrap(), &app::verbs(), role)
        .unwrap()
        .0
}

#[test]
fn the_schema_file_equals_the_code() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        written.trim_end() == printed(Role::Admin).trim_end(),
        "schema.graphql is not what the declarations make. If the change is meant, refresh it:\n\
         cargo run -- schema > schema.graphql"
    );
}

#[test]
fn everything_in_a_schema_is_described() {
    for role in Role::ALL {
        let text = printed(role);
        let mut described = false;
        for line in text.lines() {
            let line = line.trim();
            let names = line.starts_with(|first: char| first.is_ascii_alphabetic())
                && !line.starts_with("schema")
                && !line.starts_with("query:")
                && !line.starts_with("directive");
            if line.ends_with("\"\"\"") {
                described = true;
            } else if names && (line.contains(": ") || line.ends_with('{') || is_enum_value(line)) {
                assert!(described, "{role}: no description before: {line}");
                described = false;
            }
        }
    }
}

fn is_enum_value(line: &str) -> bool {
    line.bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[test]
fn anonymous_has_no_word_for_what_it_may_not_see() {
    let text = printed(Role::Anonymous);
    for hidden in [
        "costCents",
        "UserRole",
        "type Order",
        "OrderItem",
        "type Session ",
        "SessionFilter",
        "SessionConnection",
        "AuditEntry",
        "disabledAt",
        "passwordHash",
        "unitCostCents",
        "refreshTokenHash",
    ] {
        assert!(
            !text.contains(hidden),
            "{hidden} is in the anonymous schema"
        );
    }
    // An address is what one logs in by, and nothing else.
    let mut within = "";
    for line in text.lines() {
        if !line.starts_with([' ', '"', '}']) {
            within = line;
        }
        let is_named = line.trim_start().starts_with("email");
        assert!(
            !is_named
                || within.starts_with("input LogInInput")
                || within.starts_with("input SignUpInput"),
            "{within} {line}"
        );
    }
}

#[test]
fn hashes_are_in_no_schema() {
    for role in Role::ALL {
        let text = printed(role).to_lowercase();
        assert!(!text.contains("hash"), "{role}");
        assert!(
            !text.contains("outbox") && !text.contains("idempotency"),
            "{role}"
        );
    }
}

#[test]
fn a_higher_role_sees_at_least_as_much() {
    let types = |role| {
        printed(role)
            .lines()
            .filter(|line| line.starts_with("type ") || line.starts_with("input "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for pair in Role::ALL.windows(2) {
        let higher = types(pair[1]);
        for line in types(pair[0]) {
            assert!(higher.contains(&line), "{} has no {line}", pair[1]);
        }
    }
}
