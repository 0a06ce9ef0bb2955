//! The tour of the schema shows what is in it, as `docs/schema-tour.md` does.

mod excerpt;

use std::fmt::Write as _;

use apollo_compiler::Schema;
use purser::access::Role;
use purser::app;
use purser::catalog::Catalog;
use purser::graphql::Printed;

use crate::docs::{between, check};
use crate::documents::{blocks, read};

const TOUR: &str = "docs/schema-tour.md";
/// How wide lines of text are at most.
const WIDTH: usize = 120;

#[test]
fn the_tour_shows_what_is_in_the_schema() {
    let catalog = app::catalog().unwrap();
    // The parts are mended one after another: tests run at the same time, and
    // would write over each other.
    let text = with_excerpts(&read(TOUR), &catalog);
    let (begin, end) = ("<!-- entities -->\n", "<!-- /entities -->");
    let text = between(&text, begin, end, &entities(&catalog));
    let (begin, end) = ("<!-- roles -->\n", "<!-- /roles -->");
    let text = between(&text, begin, end, &seen_by_each_role(&catalog));
    check(TOUR, &text);
}

/// The tour with excerpts as they have to be.
fn with_excerpts(text: &str, catalog: &Catalog) -> String {
    let Printed(schema) = Printed::new(catalog, &app::verbs(), Role::Admin).unwrap();
    let schema = Schema::parse_and_validate(schema, "schema.graphql").unwrap();
    let excerpts = blocks(text, "graphql sdl");
    assert!(excerpts.len() >= 8, "{}", excerpts.len());
    excerpts.iter().fold(text.to_owned(), |text, shown| {
        text.replace(shown, &excerpt::renewed(&schema, shown))
    })
}

/// The sentence that names every entity.
fn entities(catalog: &Catalog) -> String {
    let names = catalog.entities().iter();
    let names: Vec<_> = names.map(|entity| format!("`{}`", entity.name)).collect();
    let (last, others) = names.split_last().unwrap();
    let sentence = format!(
        "These entities are exposed: {} and {last}.",
        others.join(", ")
    );
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let line = lines.last_mut().unwrap();
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= WIDTH {
            write!(line, " {word}").unwrap();
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

/// The table of how many types and fields each role has.
fn seen_by_each_role(catalog: &Catalog) -> String {
    let mut table =
        String::from("| role | types | fields of `Query` | of `Mutation` |\n|---|---|---|---|\n");
    for role in Role::ALL {
        let Printed(schema) = Printed::new(catalog, &app::verbs(), role).unwrap();
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
    table
}

#[test]
fn nothing_is_deprecated_as_the_tour_says() {
    assert!(read(TOUR).contains("Nothing is marked `@deprecated` so far."));
    assert!(!read("schema.graphql").contains("@deprecated"));
}
