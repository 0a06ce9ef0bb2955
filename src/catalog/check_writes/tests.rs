use crate::access::{Role, everyone, owner, role, signed_in};
use crate::catalog::specimens::{author, card, parcel, product, review};
use crate::catalog::{Catalog, Expose, expose, input};

fn reviews() -> Expose<review::Entity> {
    expose::<review::Entity>("Review")
        .read(everyone())
        .fields([
            review::Column::Id,
            review::Column::Rating,
            review::Column::Title,
            review::Column::Version,
        ])
        .relations([])
}

/// Why a declaration of reviews is refused, beside the shop's other ones.
fn refused(reviews: Expose<review::Entity>) -> Vec<String> {
    let errors = Catalog::new(vec![reviews.done()]).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn assert_refused(reviews: Expose<review::Entity>, reason: &str) {
    let errors = refused(reviews);
    assert!(
        errors.iter().any(|error| error.contains(reason)),
        "{errors:#?}"
    );
}

#[test]
fn what_is_declared_of_writes_is_in_the_catalogue() {
    let products = expose::<product::Entity>("Product")
        .read(everyone())
        .fields([product::Column::Id]);
    let reviews = reviews()
        .relations([review::Relation::Product])
        .create(signed_in())
        .inputs([
            input(review::Column::ProductId).once(),
            input(review::Column::Rating),
            input(review::Column::Title),
        ])
        .created_by(review::Column::AuthorId)
        .version(review::Column::Version)
        .timestamps(review::Column::CreatedAt, review::Column::UpdatedAt);
    let catalog = Catalog::new(vec![products.done(), reviews.done()]).unwrap();
    let reviews = &catalog.by_name("Review").unwrap().writes;
    let names: Vec<_> = reviews.inputs.iter().map(|input| &input.name).collect();
    assert_eq!(names, ["product", "rating", "title"]);
    assert_eq!(reviews.keys.len(), 1);
    assert!(reviews.inputs[0].once && reviews.created_by.is_some());
    let products = &catalog.by_name("Product").unwrap().writes;
    assert!(products.create.is_none() && products.update.is_none() && products.delete.is_none());
}

#[test]
fn what_the_database_fills_in_needs_no_value() {
    let authors = expose::<author::Entity>("Author")
        .read(everyone())
        .fields([author::Column::Uid, author::Column::Name])
        .create(everyone())
        .inputs([input(author::Column::Name)]);
    let errors = Catalog::new(vec![authors.done()]).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert!(errors[0].message.contains("no value for note"));
}

#[test]
fn what_the_database_fills_in_is_not_overwritten_by_nothing() {
    let authors = |numbered| {
        let authors = expose::<author::Entity>("Author")
            .read(everyone())
            .fields([author::Column::Uid, author::Column::Number])
            .create(everyone())
            .inputs([numbered]);
        Catalog::new(vec![authors.done()])
    };
    let told = |input| {
        let errors = authors(input).unwrap_err();
        let mut errors = errors.iter();
        errors.any(|error| error.message.contains("give the input the same .default"))
    };
    assert!(told(input(author::Column::Number)));
    assert!(!told(input(author::Column::Number).default(0)));
}

#[test]
fn columns_that_cannot_be_written_need_no_value() {
    let cards = || {
        expose::<card::Entity>("Card")
            .read(everyone())
            .fields([card::Column::Uid, card::Column::Number])
            .inputs([input(card::Column::Number)])
    };
    let errors = Catalog::new(vec![cards().create(everyone()).done()]).unwrap_err();
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    let lacks = |column: &str| {
        let lacks = format!("Card: new rows have no value for {column}");
        told.iter().any(|error| error.starts_with(&lacks))
    };
    assert!(lacks("price, which has the type Decimal"), "{told:#?}");
    assert!(!lacks("discount") && !lacks("refund"), "{told:#?}");
    Catalog::new(vec![cards().update(everyone()).done()]).unwrap();
}

#[test]
fn new_rows_have_a_value_for_every_column() {
    let incomplete = reviews()
        .create(signed_in())
        .inputs([input(review::Column::Rating)]);
    let errors = refused(incomplete);
    for column in ["product_id", "author_id", "version", "created_at"] {
        assert!(
            errors.iter().any(|error| error.contains(column)),
            "{column}: {errors:#?}"
        );
    }
    assert!(!errors.iter().any(|error| error.contains("for title")));
}

#[test]
fn inputs_are_what_somebody_may_give() {
    let nobody = reviews().inputs([input(review::Column::Rating)]);
    assert_refused(nobody, "takes inputs that nobody may give");
    let twice = reviews()
        .update(everyone())
        .inputs([input(review::Column::Rating), input(review::Column::Rating)]);
    assert_refused(twice, "takes rating twice");
    let hidden = reviews()
        .update(everyone())
        .inputs([input(review::Column::Body)]);
    assert_refused(hidden, "takes body, which is not exposed");
    let key = reviews()
        .update(everyone())
        .inputs([input(review::Column::Id)]);
    assert_refused(key, "takes id, which the server gives");
    let unrelated = reviews()
        .update(everyone())
        .inputs([input(review::Column::ProductId)]);
    assert_refused(unrelated, "refers to a row by no exposed relation");
    let unknown = reviews()
        .update(everyone())
        .inputs([input(review::Column::AuthorId)]);
    assert_refused(unknown, "takes author_id, which holds a UUID");
    let both = reviews()
        .update(everyone())
        .version(review::Column::Version)
        .inputs([input(review::Column::Version)]);
    assert_refused(both, "is set by the server and taken from clients");
}

#[test]
fn something_is_given_of_new_rows() {
    let authors = || {
        expose::<author::Entity>("Author")
            .read(everyone())
            .fields([author::Column::Uid])
            .create(everyone())
    };
    let errors = Catalog::new(vec![authors().done()]).unwrap_err();
    let nothing = "Author: makes rows of which nothing is given; name a column in .inputs";
    assert!(
        errors
            .iter()
            .any(|error| error.to_string().starts_with(nothing)),
        "{errors:#?}"
    );
    let named = authors()
        .fields([author::Column::Name])
        .inputs([input(author::Column::Name)]);
    let errors = Catalog::new(vec![named.done()]).unwrap_err();
    assert!(
        errors
            .iter()
            .all(|error| !error.to_string().starts_with(nothing)),
        "{errors:#?}"
    );
}

#[test]
fn something_can_be_changed_of_rows_that_are() {
    let authors = || {
        expose::<author::Entity>("Author")
            .read(everyone())
            .fields([author::Column::Uid, author::Column::Name])
            .update(everyone())
    };
    let told = |authors: Expose<author::Entity>| {
        let errors = Catalog::new(vec![authors.done()]).err().unwrap_or_default();
        let nothing = "Author: changes rows of which nothing can be changed";
        let mut errors = errors.iter().map(ToString::to_string);
        errors.any(|error| error.starts_with(nothing))
    };
    assert!(told(authors()));
    assert!(told(authors().inputs([input(author::Column::Name).once()])));
    assert!(!told(authors().inputs([input(author::Column::Name)])));
}

#[test]
fn what_is_said_of_an_input_fits_its_column() {
    let wrong = reviews()
        .update(everyone())
        .inputs([input(review::Column::Rating).default("five")]);
    assert_refused(wrong, "the default of rating");
    let large = reviews()
        .update(everyone())
        .inputs([input(review::Column::Rating).default(1_i64 << 40)]);
    assert_refused(large, "the default of rating");
    let pattern = reviews()
        .update(everyone())
        .inputs([input(review::Column::Title).pattern("(", "anything")]);
    assert_refused(pattern, "the pattern of title");
    let rule = reviews()
        .update(owner(review::Column::Title))
        .inputs([input(review::Column::Title)]);
    assert_refused(rule, "owner(title)");
    let status = expose::<product::Entity>("Product")
        .read(everyone())
        .fields([product::Column::Id, product::Column::Status])
        .enumeration::<product::Status>(product::Column::Status, "ProductStatus")
        .update(role(Role::Staff))
        .inputs([input(product::Column::Status).default("gone")]);
    let errors = Catalog::new(vec![status.done()]).unwrap_err();
    assert!(errors[0].message.contains("the default of status"));
}

#[test]
fn versions_are_counted_where_they_can_be_read() {
    let hidden = expose::<review::Entity>("Review")
        .read(everyone())
        .fields([review::Column::Id, review::Column::Rating])
        .update(everyone())
        .version(review::Column::Version)
        .inputs([input(review::Column::Rating)]);
    assert_refused(hidden, "counts versions in a column that is not exposed");
    let text = reviews()
        .update(everyone())
        .version(review::Column::Title)
        .inputs([input(review::Column::Rating)]);
    assert_refused(text, "title cannot be set by the server");
}

#[test]
fn every_row_has_a_version() {
    let parcels = expose::<parcel::Entity>("Parcel")
        .read(everyone())
        .fields([
            parcel::Column::Id,
            parcel::Column::Label,
            parcel::Column::Version,
        ])
        .update(everyone())
        .version(parcel::Column::Version)
        .inputs([input(parcel::Column::Label)]);
    let errors = Catalog::new(vec![parcels.done()]).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "Parcel: counts versions in version, which may be null; make it NOT NULL, and 1 in the \
         rows that are there"
    );
}
