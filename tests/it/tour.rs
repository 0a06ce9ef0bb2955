//! The tour of the schema shows what is in it, as `docs/schema-tour.md` does.

use std::fmt::Write as _;

use purser::access::Role;
use purser::app;
use purser::graphql::Printed;

use crate::docs::{between, check};
use crate::documents::{blocks, read};

const TOUR: &str = "docs/schema-tour.md";

/// The words of a schema without its descriptions and however it is laid out.
fn words(schema: &str) -> Vec<String> {
    let outside = schema.split("\"\"\"").step_by(2).collect::<String>();
    let spaced: String = outside
        .chars()
        .flat_map(|letter| match letter {
            ',' => vec![' '],
            '(' | ')' | '{' | '}' | '[' | ']' | ':' | '!' | '=' => vec![' ', letter, ' '],
            letter => vec![letter],
        })
        .collect();
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// Where words stand in others, from a place on.
fn find(all: &[String], part: &[String], from: usize) -> Option<usize> {
    let mut windows = all[from..].windows(part.len());
    windows
        .position(|window| window == part)
        .map(|at| from + at)
}

#[test]
fn every_excerpt_is_in_the_schema() {
    let schema = words(&read("schema.graphql"));
    let excerpts = blocks(&read(TOUR), "graphql sdl");
    assert!(excerpts.len() >= 8, "{}", excerpts.len());
    for excerpt in excerpts {
        let mut parts = excerpt.split('…').map(words);
        let first = parts.next().unwrap();
        let begins = find(&schema, &first, 0).unwrap_or_else(|| panic!("not so: {excerpt}"));
        let mut end = begins + first.len();
        for part in parts {
            let place = find(&schema, &part, end);
            let is_within = |place: &usize| !schema[end..*place].contains(&"}".to_owned());
            let place = place.filter(is_within);
            end = place.unwrap_or_else(|| panic!("not so: {excerpt}")) + part.len();
        }
    }
}

#[test]
fn the_tour_counts_what_each_role_sees() {
    let catalog = app::catalog().unwrap();
    let mut table =
        String::from("| role | types | fields of `Query` | of `Mutation` |\n|---|---|---|---|\n");
    for role in Role::ALL {
        let Printed(schema) = Printed::new(&catalog, &app::verbs(), role).unwrap();
        let kinds = ["type ", "input ", "enum ", "scalar ", "interface "];
        let types = schema
            .lines()
            .filter(|line| kinds.iter().any(|kind| line.starts_with(kind)));
        let fields = |name: &str| {
            let (_, body) = schema.split_once(&format!("\ntype {name} {{\n")).unwrap();
            let (body, _) = body.split_once("\n}").unwrap();
            let names = body.lines().filter(|line| {
                let name = line.strip_prefix("  ").unwrap_or_default();
                name.starts_with(|letter: char| letter.is_ascii_lowercase())
                    && (name.ends_with('(') || name.contains(": "))
            });
            names.count()
        };
        writeln!(
            table,
            "| {} | {} | {} | {} |",
            role.name(),
            types.count(),
            fields("Query"),
            fields("Mutation")
        )
        .unwrap();
    }
    let (begin, end) = ("<!-- roles -->\n", "<!-- /roles -->");
    check(TOUR, &between(&read(TOUR), begin, end, &table));
}

#[test]
fn nothing_is_deprecated_as_the_tour_says() {
    assert!(read(TOUR).contains("Nothing is marked `@deprecated` so far."));
    assert!(!read("schema.graphql").contains("@deprecated"));
}
