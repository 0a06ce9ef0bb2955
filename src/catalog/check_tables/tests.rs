//! Every refusal of tables.

use sea_orm::EntityTrait;

use super::super::specimens::{clerk, guest, pallet, visit};
use crate::access::{everyone, through};
use crate::catalog::{Catalog, Declaration, Expose, expose};

fn read<E: EntityTrait>(name: &str) -> Expose<E> {
    expose::<E>(name).read(everyone())
}

#[track_caller]
fn assert_refused(declarations: Vec<Declaration>, reason: &str) {
    let errors = Catalog::new(declarations).unwrap_err();
    assert!(
        errors.len() == 1 && errors[0].to_string().contains(reason),
        "expected {reason:?}: {errors:#?}"
    );
}

#[test]
fn tables_that_name_their_schema_are_refused() {
    let clerks = read::<clerk::Entity>("Clerk").fields([clerk::Column::Id]);
    assert_refused(
        vec![clerks.done()],
        "Clerk: the table users is in the schema hr, but tables are found by search_path",
    );
}

#[test]
fn tables_of_the_program_are_read_by_its_entities() {
    let users = read::<guest::Entity>("Guest").fields([guest::Column::Id]);
    assert_refused(
        vec![users.done()],
        "Guest: the table users is one of Purser's own",
    );
    let own = read::<entity::user::Entity>("User").fields([entity::user::Column::Id]);
    Catalog::new(vec![own.done()]).unwrap();
    let pallets = read::<pallet::Entity>("Pallet").fields([pallet::Column::Id]);
    Catalog::new(vec![pallets.done()]).unwrap();
}

#[test]
fn a_relation_does_not_lead_to_the_table_of_that_name_in_another_schema() {
    let users = || read::<entity::user::Entity>("User").fields([entity::user::Column::Id]);
    let visits = || read::<visit::Entity>("Visit").fields([visit::Column::Id]);
    let related = visits().relations([visit::Relation::Clerk]);
    assert_refused(
        vec![users().done(), related.done()],
        "Visit: the relation clerk leads to hr.users, which is not exposed",
    );
    let seen = expose::<visit::Entity>("Visit")
        .read(through(visit::Relation::Clerk))
        .fields([visit::Column::Id]);
    assert_refused(
        vec![users().done(), seen.done()],
        "through(clerk_id) must name a to-one relation to an exposed entity",
    );
}
