//! The types that are registered are those that the catalogue knows of.

use std::collections::BTreeSet;

use super::*;
use crate::catalog::samples::{every_kind, sample};
use crate::catalog::type_names::OF_EVERY_SCHEMA;
use crate::catalog::{declarations, expose};
use crate::graphql::Shape;

fn printed(catalog: &Catalog) -> String {
    Printed::new(catalog, &[], Role::Admin).unwrap().0
}

fn types(schema: &str) -> BTreeSet<String> {
    let kinds = ["enum ", "input ", "interface ", "scalar ", "type "];
    let names = schema.lines().filter_map(|line| {
        let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind))?;
        rest.split_whitespace().next()
    });
    names.map(str::to_owned).collect()
}

#[test]
fn the_catalogue_knows_every_type_that_is_registered() {
    for catalog in [Catalog::new(declarations()).unwrap(), every_kind()] {
        let types = types(&printed(&catalog));
        assert!(types.len() > 100, "{types:?}");
        for name in types {
            assert!(
                catalog.has_type(&name),
                "{name} is registered; name it in src/catalog/type_names.rs, so that no entity \
                 takes its place"
            );
        }
    }
}

#[test]
fn every_type_that_is_taken_everywhere_is_registered() {
    let types = types(&printed(&every_kind()));
    for name in OF_EVERY_SCHEMA {
        assert!(
            types.contains(name),
            "{name} is not registered; take it out of src/catalog/type_names.rs"
        );
    }
}

#[test]
fn a_mutation_whose_types_are_taken_is_refused() {
    let catalog = |name: &str| {
        let declaration = expose::<sample::Entity>(name)
            .read(crate::access::everyone())
            .fields([sample::Column::Id]);
        Catalog::new(vec![declaration.done()]).unwrap()
    };
    let verb = || {
        let paint = Verb::new("paint", "Paints.", |_| unreachable!("nobody asks"));
        paint.takes("colour", Shape::Text, "Which.")
    };
    let refusal = |name| Printed::new(&catalog(name), &[verb()], Role::Admin);
    for taken in ["PaintInput", "PaintPayload"] {
        let message = refusal(taken).unwrap_err().to_string();
        assert!(
            message.contains(&format!("needs the name {taken}")),
            "{message}"
        );
    }
    refusal("Paint").unwrap();
}
