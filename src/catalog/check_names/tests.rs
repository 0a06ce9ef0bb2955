//! Every name, one by one.

use super::is_possible;
use crate::access::everyone;
use crate::catalog::samples::{club, misnomer, quotation, sample};
use crate::catalog::specimens::{place, product};
use crate::catalog::{Catalog, Declaration, Expose, expose, input};

fn refused(declaration: Declaration) -> Vec<String> {
    let errors = Catalog::new(vec![declaration]).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

fn misnomers(name: &str) -> Expose<misnomer::Entity> {
    expose::<misnomer::Entity>(name)
        .read(everyone())
        .fields([misnomer::Column::Id])
}

#[track_caller]
fn assert_refused(declaration: Expose<misnomer::Entity>, reasons: [&str; 2]) {
    let errors = refused(declaration.done());
    assert!(
        errors.len() == 1 && reasons.iter().all(|reason| errors[0].contains(reason)),
        "expected {reasons:?}: {errors:#?}"
    );
}

#[test]
fn names_are_of_letters_digits_and_underscores_behind_a_letter() {
    for name in ["a", "A", "size2", "A_b", "Z__"] {
        assert!(is_possible(name), "{name}");
    }
    for name in [
        "", "_", "__Type", "9", "2nd", "größe", "Über", "my book", "it's", "a-b", "a\0",
    ] {
        assert!(!is_possible(name), "{name}");
    }
}

#[test]
fn types_that_cannot_be_called_so_are_refused() {
    for name in ["größe", "Größe", "my book", "9Lives", "__Type", "_"] {
        assert_refused(
            misnomers(name),
            ["the type of misnomers", "give expose another name"],
        );
    }
    let errors = refused(misnomers("").done());
    assert!(errors[0].contains("cannot be called \"\""), "{errors:#?}");
}

#[test]
fn fields_that_cannot_be_called_so_are_refused() {
    use misnomer::Column;

    for (column, name) in [
        (Column::Size, "größe"),
        (Column::Second, "2nd"),
        (Column::Space, "with space"),
        (Column::Quote, "it's"),
        (Column::Underscore, "_"),
    ] {
        let place = format!("Misnomer: the field of the column {name} cannot be called");
        assert_refused(
            misnomers("Misnomer").fields([column]),
            [&place, "rename the column"],
        );
    }
    let declaration = misnomers("Misnomer").fields([Column::TypeName]).done();
    let catalog = Catalog::new(vec![declaration]).unwrap();
    assert!(catalog.entities()[0].field("typename").is_some());
}

#[test]
fn what_rows_and_groups_have_is_no_name_of_a_field() {
    use misnomer::Column;

    assert_refused(
        misnomers("Misnomer").fields([Column::Count]),
        ["no field can be called count", "rename the column"],
    );
    let like_one = misnomers("Misnomer").fields([Column::SumAggregate]);
    Catalog::new(vec![like_one.done()]).unwrap();
    let misnomers = || misnomers("Misnomer").fields([Column::Ancestors]);
    Catalog::new(vec![misnomers().done()]).unwrap();
    let errors = refused(misnomers().tree(misnomer::Relation::Übergeordnet).done());
    let expected = "no field can be called ancestors";
    assert!(
        errors.iter().any(|error| error.contains(expected)),
        "{errors:#?}"
    );
}

#[test]
fn what_tells_of_the_rows_of_a_relation_is_no_name_of_a_field() {
    use club::{Column, Relation};

    let clubs = |name| {
        expose::<club::Entity>(name).read(everyone()).fields([
            Column::Id,
            Column::Name,
            Column::TargetGroups,
        ])
    };
    for (clubs, clashes) in [
        (
            clubs("Section")
                .fields([Column::SectionGroups, Column::SectionAggregate])
                .relations([Relation::Sections]),
            vec![
                "Section: no field can be called sectionAggregate, which tells of the relation \
                 sections; rename the column, expose a generated column in its place, or leave it \
                 out",
                "Section: no field can be called sectionGroups, which tells of the relation \
                 sections; rename the column, expose a generated column in its place, or leave it \
                 out",
            ],
        ),
        (
            clubs("Club").relations([Relation::Section, Relation::SectionGroups]),
            vec![
                "Club: no field can be called sectionGroups, which tells of the relation section; \
                 rename its relation_enum in the entity",
            ],
        ),
        (
            clubs("Section").relations([Relation::Section, Relation::Sections]),
            vec![
                "Section: the relations section and sections would both be told of by \
                 sectionAggregate; rename the relation_enum of one in the entity",
            ],
        ),
    ] {
        assert_eq!(refused(clubs.done()), clashes);
    }
    // Each of these is told of by fields of its own.
    for clubs in [
        clubs("Club").fields([Column::SectionGroups, Column::SectionAggregate]),
        clubs("Club").relations([Relation::Section, Relation::Sections]),
        clubs("AgeGroup").relations([Relation::AgeGroups]),
        clubs("Club").relations([Relation::AgeGroups, Relation::SectionGroups]),
    ] {
        Catalog::new(vec![clubs.done()]).unwrap();
    }
}

#[test]
fn what_payloads_have_is_no_name_of_their_rows() {
    let clubs = |name| {
        expose::<club::Entity>(name)
            .read(everyone())
            .fields([club::Column::Id, club::Column::Name])
            .inputs([input(club::Column::Name)])
            .create(everyone())
    };
    for (clubs, name) in [
        (clubs("Created").update(everyone()), "created"),
        (clubs("UserErrors"), "userErrors"),
    ] {
        let errors = refused(clubs.done());
        let told = format!("has a field {name} already; choose another name");
        assert!(
            errors.len() == 1 && errors[0].contains(&told),
            "{errors:#?}"
        );
    }
    // An upsert alone tells whether it made the row.
    Catalog::new(vec![clubs("Created").done()]).unwrap();
}

#[test]
fn unique_keys_have_names_of_their_own() {
    use place::Column;

    let places = || {
        expose::<place::Entity>("Place")
            .read(everyone())
            .fields([
                Column::Id,
                Column::Shelf,
                Column::Place,
                Column::ShelfPlace,
                Column::Day,
            ])
            .create(everyone())
            .created_by(Column::MadeFor)
            .inputs([
                input(Column::Shelf),
                input(Column::Place),
                input(Column::ShelfPlace),
                input(Column::Day),
            ])
    };
    assert_eq!(
        refused(places().update(everyone()).done()),
        [
            "Place: the unique keys of shelf_place and of shelf, place are both called \
             SHELF_PLACE; rename a column of one",
            "Place: the unique key of day, gemacht_für cannot be called \"DAY_GEMACHT_FÜR\": names \
             are made of the letters A to Z and a to z, digits and underscores, and begin with a \
             letter; rename the column, or name its relation in .relations",
        ]
    );
    // No upsert asks for them.
    Catalog::new(vec![places().done()]).unwrap();
}

#[test]
fn descriptions_that_end_themselves_are_refused() {
    let quotations = expose::<quotation::Entity>("Quotation")
        .read(everyone())
        .fields([quotation::Column::Id, quotation::Column::Three]);
    assert_eq!(
        refused(quotations.done()),
        [
            "Quotation: the description \"Has \\\"\\\"\\\" in it.\" of three has three quotes in a \
             row, which end it in a schema; write it with others"
        ]
    );
}

#[test]
fn relations_that_cannot_be_called_so_are_refused() {
    let declaration = misnomers("Misnomer").relations([misnomer::Relation::Übergeordnet]);
    let place = "the relation to misnomers cannot be called \"übergeordnet\"";
    assert_refused(declaration, [place, "rename its relation_enum"]);
}

#[test]
fn enums_that_cannot_be_called_so_are_refused() {
    use misnomer::{Column, Kind};

    for name in ["9", "", "my enum", "__Kind"] {
        let place = format!("the enum of kind cannot be called {name:?}");
        let declaration = misnomers("Misnomer").enumeration::<sample::Kind>(Column::Kind, name);
        assert_refused(declaration, [&place, "give .enumeration another name"]);
    }
    let errors = refused(
        misnomers("Misnomer")
            .fields([Column::Kind])
            .enumeration::<Kind>(Column::Kind, "Kind")
            .done(),
    );
    assert_eq!(errors.len(), 2, "{errors:#?}");
    assert!(errors[0].contains("the value 1st of kind cannot be called \"1ST\""));
    assert!(errors[1].contains("the value _ of kind cannot be called \"_\""));
    assert!(
        errors
            .iter()
            .all(|error| error.contains("begins with a letter"))
    );
}

#[test]
fn types_that_every_schema_has_are_taken() {
    for name in [
        "Mutation",
        "Query",
        "Subscription",
        "UserError",
        "UserErrorCode",
        "ValidationError",
        "NotFoundError",
        "StaleVersionError",
        "Weekday",
        "String",
        "JSONFilter",
        "DateGroupKey",
    ] {
        let taken = format!("needs the name {name}, which is taken");
        assert_refused(misnomers(name), [&taken, "choose another"]);
        let declaration =
            misnomers("Misnomer").enumeration::<sample::Kind>(misnomer::Column::Kind, name);
        assert_refused(declaration, [&taken, "choose another"]);
    }
    assert_refused(misnomers("Me"), ["needs the name me", "choose another"]);
}

#[test]
fn two_enums_of_one_name_are_refused() {
    let samples = expose::<sample::Entity>("Sample")
        .read(everyone())
        .fields([sample::Column::Id, sample::Column::Kind])
        .enumeration::<sample::Kind>(sample::Column::Kind, "Status");
    let products = expose::<product::Entity>("Product")
        .read(everyone())
        .fields([product::Column::Id, product::Column::Status])
        .enumeration::<product::Status>(product::Column::Status, "Status");
    let errors = Catalog::new(vec![samples.done(), products.done()]).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(
        errors[0].to_string(),
        "Product: needs the name Status, which is taken; choose another"
    );
}
