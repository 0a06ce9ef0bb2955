//! Every refusal of what leads from rows to others.

use super::super::specimens::{card, chest, pallet, tag};
use crate::access::{Role, everyone, owner, role, through};
use crate::catalog::{Catalog, Expose, expose, input};

fn pallets() -> Expose<pallet::Entity> {
    expose::<pallet::Entity>("Pallet")
        .read(everyone())
        .fields([pallet::Column::Id])
}

fn chests() -> Expose<chest::Entity> {
    expose::<chest::Entity>("Chest")
        .read(everyone())
        .fields([chest::Column::Id])
}

#[track_caller]
fn assert_refused(pallets: Expose<pallet::Entity>, chests: Expose<chest::Entity>, reason: &str) {
    let errors = Catalog::new(vec![pallets.done(), chests.done()]).unwrap_err();
    assert!(
        errors.len() == 1 && errors[0].message.contains(reason),
        "expected {reason:?}: {errors:#?}"
    );
}

#[track_caller]
fn assert_accepted(pallets: Expose<pallet::Entity>, chests: Expose<chest::Entity>) {
    Catalog::new(vec![pallets.done(), chests.done()]).unwrap();
}

#[test]
fn columns_of_different_types_are_not_joined() {
    for (relation, reason) in [
        (chest::Relation::ByNumber, "joins pallet_code and number"),
        (chest::Relation::ByState, "joins pallet_code and state"),
        (chest::Relation::ByWeight, "joins heavy and heavy"),
    ] {
        let pallets = pallets().enumeration::<pallet::State>(pallet::Column::State, "PalletState");
        assert_refused(pallets, chests().relations([relation]), reason);
    }
    // Whole numbers are whole numbers.
    assert_accepted(pallets(), chests().relations([chest::Relation::BySmall]));
}

#[test]
fn what_has_a_rule_is_not_told_by_what_has_none() {
    let reason = "would be told to others than its rule says";
    let hidden = || chests().field(chest::Column::PalletCode, role(Role::Staff));
    let open = || pallets().fields([pallet::Column::Code]);
    let by_code = [chest::Relation::Pallet];
    assert_refused(open(), hidden().relations(by_code), reason);
    let masked = pallets().field(pallet::Column::Code, role(Role::Staff));
    let told = chests().fields([chest::Column::PalletCode]);
    let chests_of = [pallet::Relation::Chests];
    assert_refused(masked.relations(chests_of), told, reason);
    // Two users are not one.
    let owned = pallets().field(pallet::Column::Code, owner(pallet::Column::OwnerId));
    let own = chests().field(chest::Column::PalletCode, owner(chest::Column::OwnerId));
    assert_refused(owned, own.relations(by_code), reason);
    // Rows that hold the same value tell it of each other.
    let own = chests().field(chest::Column::PalletDay, owner(chest::Column::OwnerId));
    assert_refused(pallets(), own.relations([chest::Relation::ByDay]), reason);
    let masked = || pallets().field(pallet::Column::Code, role(Role::Staff));
    assert_accepted(masked(), hidden().relations(by_code));
    assert_accepted(masked(), chests().relations(by_code));
}

#[test]
fn a_tree_leads_to_the_parent_by_its_key() {
    let by_code = chests()
        .relations([chest::Relation::Within])
        .tree(chest::Relation::Within);
    assert_refused(pallets(), by_code, "by its primary key");
    let children = chests()
        .relations([chest::Relation::Inner])
        .tree(chest::Relation::Inner);
    assert_refused(
        pallets(),
        children,
        "tree(inner) must name an exposed relation",
    );
}

#[test]
fn rows_are_seen_through_what_they_refer_to() {
    let seen = |relation: chest::Relation| {
        expose::<chest::Entity>("Chest")
            .read(through(relation))
            .fields([chest::Column::Id])
    };
    assert_accepted(pallets(), seen(chest::Relation::Pallet));
    assert_refused(
        pallets(),
        seen(chest::Relation::ByNumber),
        "the two must be of one type",
    );
    assert_refused(
        pallets(),
        seen(chest::Relation::Inner),
        "through(Inner) leads to rows that refer",
    );
    let pallets = expose::<pallet::Entity>("Pallet")
        .read(through(pallet::Relation::Chests))
        .fields([pallet::Column::Id]);
    assert_refused(
        pallets,
        chests(),
        "through(Chests) leads to rows that refer",
    );
}

#[test]
fn relations_that_leave_out_rows_are_refused() {
    let tags = || expose::<tag::Entity>("Tag").fields([tag::Column::Id]);
    for (tags, reason) in [
        (
            tags()
                .read(everyone())
                .relations([tag::Relation::LightChest]),
            "the relation lightChest has an on_condition, which is not asked here; say it in the \
             .read of Chest",
        ),
        (
            tags().read(through(tag::Relation::LightChest)),
            "through(LightChest) has an on_condition",
        ),
    ] {
        let errors = Catalog::new(vec![chests().done(), tags.done()]).unwrap_err();
        assert!(
            errors.len() == 1 && errors[0].message.contains(reason),
            "expected {reason:?}: {errors:#?}"
        );
    }
}

#[test]
fn relations_lead_to_one_row_by_one_column_that_is_unique() {
    let pallets = || pallets().done();
    let cards = || {
        expose::<card::Entity>("Card")
            .read(everyone())
            .fields([card::Column::Uid])
    };
    for (relation, reason) in [
        (
            card::Relation::Owned,
            "the relation owned leads to one row by a column that is not unique; say unique of it \
             where it is, or leave the relation out",
        ),
        (
            card::Relation::Both,
            "the relation both joins by several columns; join by a unique one that is generated \
             from them, or leave the relation out",
        ),
    ] {
        let cards = cards().relations([relation]).done();
        let errors = Catalog::new(vec![pallets(), cards]).unwrap_err();
        assert!(
            errors.len() == 1 && errors[0].message == reason,
            "expected {reason:?}: {errors:#?}"
        );
    }
}

#[test]
fn a_reference_that_cannot_be_given_is_not_taken() {
    let taking = |relation: chest::Relation, column: chest::Column| {
        chests()
            .relations([relation])
            .update(everyone())
            .inputs([input(column)])
    };
    assert_accepted(
        pallets(),
        taking(chest::Relation::Pallet, chest::Column::PalletCode),
    );
    for (relation, column, reason) in [
        (
            chest::Relation::ByAlias,
            chest::Column::PalletAlias,
            "refers to a row by alias, which may be null",
        ),
        (
            chest::Relation::BySmall,
            chest::Column::PalletSmall,
            "holds less than number, by which it refers",
        ),
        (
            chest::Relation::ByShort,
            chest::Column::PalletShort,
            "holds less than code, by which it refers",
        ),
        (
            chest::Relation::ByDay,
            chest::Column::PalletDay,
            "something else than a UUID, a whole number or a text",
        ),
    ] {
        assert_refused(pallets(), taking(relation, column), reason);
    }
}
