//! Every refusal, one by one.

use entity::user;

use super::*;
use crate::access::{Role, everyone, owner, role, rows, through};
use crate::catalog::specimens::{author, book, card, category, loan, pallet, product, review};
use crate::catalog::{Expose, declarations, expose};

fn products() -> Expose<product::Entity> {
    expose::<product::Entity>("Product")
        .read(everyone())
        .fields([product::Column::Id, product::Column::Name])
}

fn refused(declarations: Vec<Declaration>) -> Vec<String> {
    let errors = Catalog::new(declarations).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn assert_refused(declaration: Expose<product::Entity>, reason: &str) {
    let errors = refused(vec![declaration.done()]);
    assert!(
        errors.len() == 1 && errors[0].contains(reason),
        "expected {reason:?}: {errors:#?}"
    );
}

#[test]
fn what_is_exposed_is_declared_well() {
    let declared = declarations().len();
    let catalog = Catalog::new(declarations()).unwrap();
    assert_eq!(catalog.entities().len(), declared);
}

#[test]
fn keys_that_are_no_uuid_are_refused() {
    let numbered = expose::<book::Entity>("Book")
        .read(everyone())
        .fields([book::Column::Id]);
    let errors = refused(vec![numbered.done()]);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].contains("the primary key id is no UUID; give the table"));
    let several = expose::<loan::Entity>("Loan").read(everyone());
    let errors = refused(vec![several.done()]);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].contains("is made of book_id, member_id; give the table"));
}

#[test]
fn the_key_is_the_id_whatever_its_column_is_called() {
    let declaration = expose::<author::Entity>("Author")
        .read(everyone())
        .fields([author::Column::Uid, author::Column::Name]);
    let catalog = Catalog::new(vec![declaration.done()]).unwrap();
    let author = &catalog.entities()[0];
    assert_eq!(author.key().name, "uid");
    assert_eq!(author.key_field().unwrap().name, "id");
}

#[test]
fn columns_that_cannot_be_exposed_are_refused_with_a_remedy() {
    for (column, remedy) in [
        (book::Column::Price, "whole minor units"),
        (book::Column::BoughtAt, "with its time zone"),
        (book::Column::Kind, "text with a CHECK"),
        (book::Column::Opens, "leave it out"),
    ] {
        let declaration = expose::<book::Entity>("Book").fields([column]);
        let errors = refused(vec![declaration.done()]);
        let mut told = errors.iter();
        assert!(
            told.any(|error| error.contains("cannot be exposed") && error.contains(remedy)),
            "{remedy}: {errors:#?}"
        );
    }
}

#[test]
fn rows_without_a_rule_are_refused() {
    let declaration = expose::<product::Entity>("Product").fields([product::Column::Id]);
    assert_refused(declaration, "no rule says which rows may be read");
}

#[test]
fn least_sizes_of_groups_that_leave_nothing_out_are_refused() {
    let declaration = products().min_group_size(Role::Customer, 1);
    assert_refused(declaration, "groups of 1 rows leave nothing out");
}

#[test]
fn two_least_sizes_of_groups_for_a_role_are_refused() {
    let declaration = products()
        .min_group_size(Role::Customer, 5)
        .min_group_size(Role::Anonymous, 9)
        .min_group_size(Role::Customer, 7);
    assert_refused(declaration, "two .min_group_size for customer");
}

#[test]
fn a_default_order_without_an_index_is_refused() {
    let declaration = products()
        .fields([product::Column::CostCents])
        .ascending(product::Column::CostCents);
    assert_refused(declaration, "which no index starts with");
}

#[test]
fn a_default_order_by_what_not_everyone_may_read_is_refused() {
    let declaration = products()
        .field(product::Column::PriceCents, role(Role::Staff))
        .ascending(product::Column::PriceCents);
    assert_refused(declaration, "which not everyone may read");
    assert_refused(
        products().ascending(product::Column::Stock),
        "which not everyone may read",
    );
}

#[test]
fn a_lookup_that_may_name_several_rows_is_refused() {
    assert_refused(products().lookup([product::Column::Name]), "lookup(name)");
    assert_refused(products().lookup([product::Column::Sku]), "lookup(sku)");
}

#[test]
fn a_lookup_by_what_is_written_in_several_ways_is_refused() {
    let pallets = expose::<pallet::Entity>("Pallet")
        .read(everyone())
        .fields([pallet::Column::Id, pallet::Column::State])
        .enumeration::<pallet::State>(pallet::Column::State, "PalletState")
        .lookup([pallet::Column::State]);
    let errors = refused(vec![pallets.done()]);
    assert!(
        errors[0].contains("lookup(state) must name a text"),
        "{errors:#?}"
    );
}

#[test]
fn a_relation_to_what_is_not_exposed_is_refused() {
    let declaration = products().relations([product::Relation::Category]);
    assert_refused(declaration, "leads to categories, which is not exposed");
}

#[test]
fn a_foreign_key_is_no_field() {
    let declaration = products().fields([product::Column::CategoryId]);
    assert_refused(
        declaration,
        "category_id refers to another row; name the relation",
    );
}

#[test]
fn a_uuid_that_refers_to_nothing_is_no_field() {
    let pallets = expose::<pallet::Entity>("Pallet")
        .read(everyone())
        .fields([pallet::Column::Id])
        .field(pallet::Column::OwnerId, owner(pallet::Column::OwnerId));
    let errors = refused(vec![pallets.done()]);
    assert!(
        errors[0].contains("owner_id holds a UUID, which only keys and references may"),
        "{errors:#?}"
    );
}

#[test]
fn the_key_must_be_exposed() {
    let declaration = expose::<product::Entity>("Product")
        .read(everyone())
        .fields([product::Column::Name]);
    assert_refused(declaration, "the key id is not exposed");
}

#[test]
fn the_key_is_read_with_its_row() {
    let declaration = expose::<product::Entity>("Product")
        .read(everyone())
        .field(product::Column::Id, role(Role::Staff));
    assert_refused(declaration, "the key id has a rule of its own");
}

#[test]
fn a_column_without_a_comment_is_no_field() {
    let declaration = expose::<user::Entity>("User")
        .read(everyone())
        .fields([user::Column::Id, user::Column::PasswordHash]);
    let errors = refused(vec![declaration.done()]);
    assert!(
        errors[0].contains("password_hash has no description"),
        "{errors:#?}"
    );
}

#[test]
fn an_enum_needs_a_text_column() {
    let declaration = products().enumeration::<product::Status>(product::Column::Stock, "Stock");
    assert_refused(declaration, "stock holds no text");
}

#[test]
fn a_rule_on_a_column_of_the_wrong_kind_is_refused() {
    let named = products().field(product::Column::Sku, owner(product::Column::Name));
    assert_refused(named, "owner(name)");
    let counted = products().field(
        product::Column::Sku,
        rows(product::Column::Stock, [product::Status::Active]),
    );
    assert_refused(counted, "rows(stock)");
    let hidden = products().field(product::Column::Sku, through(product::Relation::Category));
    assert_refused(hidden, "through(category_id)");
}

#[test]
fn names_that_would_replace_each_other_are_refused() {
    let orders = expose::<category::Entity>("ProductOrder")
        .read(everyone())
        .fields([category::Column::Id]);
    let errors = refused(vec![products().done(), orders.done()]);
    assert!(
        errors[0].contains("needs the name ProductOrder"),
        "{errors:#?}"
    );
    let nodes = expose::<product::Entity>("Node")
        .read(everyone())
        .fields([product::Column::Id]);
    assert_refused(nodes, "needs the name Node");
}

#[test]
fn an_enum_does_not_take_the_place_of_a_type_of_its_entity() {
    for name in ["Product", "ProductOrder", "ProductGroup", "ProductFilter"] {
        let declaration = products().enumeration::<product::Status>(product::Column::Status, name);
        assert_refused(declaration, &format!("needs the name {name}"));
    }
}

#[test]
fn a_lookup_that_is_named_twice_is_refused() {
    let declaration = products()
        .fields([product::Column::Sku])
        .lookup([product::Column::Sku, product::Column::Sku]);
    assert_refused(declaration, "lookup(sku) is named twice");
}

#[test]
fn a_text_that_is_searched_twice_is_refused() {
    let declaration = products().search([product::Column::Name, product::Column::Name]);
    assert_refused(declaration, "search(name) is named twice; keep one");
}

#[test]
fn a_rule_that_leads_back_to_itself_is_refused() {
    let declaration = expose::<category::Entity>("Category")
        .read(through(category::Relation::Parent))
        .fields([category::Column::Id]);
    let errors = refused(vec![declaration.done()]);
    assert!(errors[0].contains("visible through itself"), "{errors:#?}");
}

#[test]
fn a_table_is_declared_once() {
    let errors = refused(vec![products().done(), products().done()]);
    assert!(errors[0].contains("declared twice"), "{errors:#?}");
}

#[test]
fn a_field_is_one_column() {
    let twice = products().fields([product::Column::Name]);
    assert_refused(twice, "names name twice; keep one");
    let cards = expose::<card::Entity>("Card").read(everyone()).fields([
        card::Column::Uid,
        card::Column::Id,
        card::Column::Number,
    ]);
    assert_eq!(
        refused(vec![cards.done()]),
        [
            "Card: the column id and the column uid would both be the field id; rename one, expose \
             a generated column in its place, or leave it out"
        ]
    );
}

#[test]
fn every_mistake_is_told() {
    let reviews = expose::<review::Entity>("Review").fields([review::Column::Id]);
    let products = products()
        .lookup([product::Column::Name])
        .relations([product::Relation::Category]);
    assert_eq!(refused(vec![reviews.done(), products.done()]).len(), 3);
}
