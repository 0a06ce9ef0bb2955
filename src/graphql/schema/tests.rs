//! The types that are registered are those that the catalogue knows of.

use std::collections::BTreeSet;

use super::*;
use crate::access::{everyone, role, signed_in};
use crate::catalog::samples::{club, every_kind, like, post, quotation, sample};
use crate::catalog::type_names::OF_EVERY_SCHEMA;
use crate::catalog::{Expose, declarations, expose, input};
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
            .read(everyone())
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

/// Whether customers and staff have an input of a name, where posts are made
/// with likes.
fn is_given(posts: Expose<post::Entity>, likes: Expose<like::Entity>, name: &str) -> [bool; 2] {
    let posts = posts
        .read(everyone())
        .fields([post::Column::Id, post::Column::Body])
        .relations([post::Relation::Likes])
        .create(signed_in());
    let likes = likes
        .read(everyone())
        .fields([like::Column::Id, like::Column::Reason])
        .relations([like::Relation::Post])
        .create(signed_in());
    let catalog = Catalog::new(vec![posts.done(), likes.done()]).unwrap();
    [Role::Customer, Role::Staff].map(|role| {
        let schema = RoleSchema::new(&catalog, &[], role, &Limits::default()).unwrap();
        schema.compiled.types.contains_key(name)
    })
}

#[test]
fn rows_are_made_where_something_is_given_of_them() {
    let posts = || expose::<post::Entity>("Post");
    let likes = || expose::<like::Entity>("Like");
    let liked = || likes().inputs([input(like::Column::PostId)]);
    let said = || posts().inputs([input(post::Column::Body)]);
    let reason = || input(like::Column::Reason);
    // A like that is made with a post has nothing but the post.
    assert_eq!(
        is_given(said(), liked(), "PostLikesCreateInput"),
        [false, false]
    );
    assert_eq!(is_given(said(), liked(), "CreateLikeInput"), [true, true]);
    let reasoned = || liked().inputs([reason()]);
    assert_eq!(
        is_given(said(), reasoned(), "PostLikesCreateInput"),
        [true, true]
    );
    let judged = || liked().inputs([reason().only(role(Role::Staff))]);
    assert_eq!(
        is_given(said(), judged(), "PostLikesCreateInput"),
        [false, true]
    );
    // Nor is anything given of a post but what others say of it.
    assert_eq!(
        is_given(posts(), reasoned(), "CreatePostInput"),
        [true, true]
    );
    assert_eq!(
        is_given(posts(), judged(), "CreatePostInput"),
        [false, true]
    );
    assert_eq!(
        is_given(posts(), liked(), "CreatePostInput"),
        [false, false]
    );
    let judged = posts().inputs([input(post::Column::Body).only(role(Role::Staff))]);
    assert_eq!(is_given(judged, liked(), "CreatePostInput"), [false, true]);
}

#[test]
fn names_that_only_look_taken_make_a_schema() {
    use club::{Column, Relation};

    let clubs = |name| {
        expose::<club::Entity>(name)
            .read(everyone())
            .fields([Column::Id, Column::Name, Column::TargetGroups])
            .create(everyone())
            .inputs([input(Column::Name)])
    };
    for (clubs, fields) in [
        (
            clubs("Club")
                .fields([Column::SectionAggregate])
                .relations([Relation::Sections]),
            ["targetGroups", "sectionAggregate", "sectionsGroups"],
        ),
        (
            clubs("Club").relations([Relation::Section, Relation::Sections]),
            ["targetGroups", "sectionGroups", "sectionsGroups"],
        ),
        (
            clubs("AgeGroup").relations([Relation::AgeGroups]),
            ["ageGroups", "ageGroupAggregate", "ageGroupGroups"],
        ),
        (
            clubs("Created").relations([Relation::SectionGroups]),
            ["sectionGroups", "sectionGroupsGroups", "targetGroups"],
        ),
    ] {
        let catalog = Catalog::new(vec![clubs.done()]).unwrap();
        let schema = RoleSchema::new(&catalog, &[], Role::Admin, &Limits::default()).unwrap();
        let name = catalog.entities()[0].name.as_str();
        let row = schema.compiled.get_object(name).unwrap();
        for field in fields {
            assert!(row.fields.contains_key(field), "{field} of {name}");
        }
    }
}

#[test]
fn descriptions_are_what_comments_and_defaults_say() {
    use quotation::Column;

    let quotations = expose::<quotation::Entity>("Quotation")
        .read(everyone())
        .fields([Column::Id, Column::Two])
        .create(everyone())
        .inputs([input(Column::Two).default("\"\"\"\\")]);
    let catalog = Catalog::new(vec![quotations.done()]).unwrap();
    let schema = RoleSchema::new(&catalog, &[], Role::Admin, &Limits::default()).unwrap();
    let row = schema.compiled.get_object("Quotation").unwrap();
    let description = row.description.as_deref();
    assert_eq!(description, Some("What \"somebody\" said \\"));
    let description = row.fields["two"].description.as_deref();
    assert_eq!(description, Some("Ends with \"\""));
    let given = schema.compiled.get_input_object("CreateQuotationInput");
    let description = given.unwrap().fields["two"].description.as_deref();
    assert_eq!(
        description,
        Some("Ends with \"\" Unless given: `\"\"\"\\`.")
    );
}
