//! Every check that does not fit.

use std::ops::RangeInclusive;

use serde_json::json;

use super::super::specimens::{chest, pallet, parcel};
use crate::access::everyone;
use crate::catalog::specimens::parcel::Column;
use crate::catalog::{Catalog, DeclaredInput, expose, input};

fn refusals(input: DeclaredInput) -> Vec<String> {
    let parcels = expose::<parcel::Entity>("Parcel")
        .read(everyone())
        .fields([
            Column::Id,
            Column::Label,
            Column::Weight,
            Column::Pieces,
            Column::Day,
            Column::Contents,
        ])
        .update(everyone())
        .inputs([input]);
    match Catalog::new(vec![parcels.done()]) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

#[track_caller]
fn assert_refused(input: DeclaredInput, expected: &str) {
    let refusals = refusals(input);
    assert!(
        refusals.len() == 1 && refusals[0].contains(expected),
        "expected {expected:?}: {refusals:#?}"
    );
}

#[test]
fn checks_are_for_what_columns_hold() {
    for (input, word, what) in [
        (input(Column::Weight).length(1..=2), "length", "texts"),
        (input(Column::Pieces).email(), "email", "texts"),
        (input(Column::Day).pattern("x", "an x"), "pattern", "texts"),
        (input(Column::Label).range(0..=5), "range", "numbers"),
        (input(Column::Day).range(0..=5), "range", "numbers"),
        (
            input(Column::Label).object(10, 2),
            "object",
            "JSON documents",
        ),
    ] {
        let expected = format!("but that is for {what} that clients give; leave it out");
        let refusals = refusals(input);
        assert!(
            refusals.len() == 1
                && refusals[0].starts_with(&format!("Parcel: says .{word}(…) of "))
                && refusals[0].ends_with(&expected),
            "{refusals:#?}"
        );
    }
    for input in [
        input(Column::Label).length(1..=2).pattern("x*", "some x"),
        input(Column::Label).email(),
        input(Column::Weight).range(0..=5),
        input(Column::Pieces).range(0..=5),
        input(Column::Contents).object(10, 2),
    ] {
        assert_eq!(refusals(input), [""; 0]);
    }
}

#[test]
fn a_default_is_held_to_the_checks_that_are_made() {
    let refusals = refusals(input(Column::Weight).email().range(0..=10).default(99));
    assert_eq!(refusals.len(), 2, "{refusals:#?}");
    assert!(refusals[0].contains(".email(…) of weight"));
    assert!(refusals[1].contains("Give a number from 0 to 10."));
}

#[test]
fn what_names_a_row_is_not_checked_as_a_text() {
    let pallets = expose::<pallet::Entity>("Pallet")
        .read(everyone())
        .fields([pallet::Column::Id]);
    let chests = expose::<chest::Entity>("Chest")
        .read(everyone())
        .fields([chest::Column::Id])
        .relations([chest::Relation::Pallet])
        .update(everyone())
        .inputs([input(chest::Column::PalletCode).length(1..=3)]);
    let errors = Catalog::new(vec![pallets.done(), chests.done()]).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "Chest: says .length(…) of pallet_code, but that is for texts that clients give; leave it \
         out"
    );
}

#[test]
fn checks_that_no_value_passes_are_refused() {
    for (input, word) in [
        (
            input(Column::Label).length(RangeInclusive::new(5, 2)),
            "length",
        ),
        (input(Column::Label).length(17..=20), "length"),
        (
            input(Column::Pieces).range(RangeInclusive::new(5, 2)),
            "range",
        ),
        (input(Column::Pieces).range(1 << 40..=1 << 41), "range"),
        (
            input(Column::Weight).range(RangeInclusive::new(5, 2)),
            "range",
        ),
        (input(Column::Contents).object(1, 2), "object"),
        (input(Column::Contents).object(10, 0), "object"),
    ] {
        assert_refused(input, &format!("can be given; say a wider .{word}(…)"));
    }
}

#[test]
fn defaults_pass_the_checks_of_their_columns() {
    for (input, expected) in [
        (
            input(Column::Label).length(1..=3).default("Longer"),
            "the default of label is \"Longer\", which clients could not give: \"Give a text of at \
             most 3 characters.\"; give another default",
        ),
        (
            input(Column::Label).default("longer than the column"),
            "Give a text of at most 16 characters.",
        ),
        (
            input(Column::Label)
                .pattern("[0-9]+", "digits")
                .default("a"),
            "It must be digits.",
        ),
        (
            input(Column::Label).email().default("ada@example.com"),
            "leave out .default(…) or .email()",
        ),
        (
            input(Column::Pieces).range(1..=5).default(0),
            "Give a number from 1 to 5.",
        ),
        (
            input(Column::Weight).range(1..=5).default(5.5),
            "Give a number from 1 to 5.",
        ),
        (
            input(Column::Contents).object(100, 1).default(json!([])),
            "Give a JSON object.",
        ),
        (
            input(Column::Contents)
                .object(100, 1)
                .default(json!({"a": {}})),
            "Arrays and objects may nest 1 deep here.",
        ),
        (
            input(Column::Weight).default("heavy"),
            "the default of weight is \"heavy\", which it cannot hold; give another",
        ),
    ] {
        assert_refused(input, expected);
    }
    for input in [
        input(Column::Label).length(1..=3).default("abc"),
        input(Column::Pieces).range(1..=5).default(5),
        input(Column::Weight).range(1..=5).default(1),
        input(Column::Contents).object(100, 1).default(json!({})),
    ] {
        assert_eq!(refusals(input), [""; 0]);
    }
}
