use crate::catalog::Catalog;
use crate::graphql::user_error::{UserError, UserErrorKind};
use crate::run::{Reason, Refusal};

/// What the caller is told of a refusal.
pub(super) fn told(catalog: &Catalog, refusal: Refusal) -> UserError {
    let (kind, message) = match refusal.reason {
        Reason::NotFound => (
            UserErrorKind::NotFound,
            "There is no such thing, or none that you may see.".to_owned(),
        ),
        Reason::NotAllowed => (
            UserErrorKind::NotAllowed,
            "You may not write this, or not like this.".to_owned(),
        ),
        Reason::Stale(version) => (
            UserErrorKind::StaleVersion(version),
            format!("It has version {version} by now. Read it again, and decide again."),
        ),
        Reason::TooMany { matches, most } => (
            UserErrorKind::TooManyRows(matches),
            format!(
                "{matches} rows meet the filter, more than {most}. Narrow the filter, or expect \
                 more by atMost."
            ),
        ),
        Reason::Taken(entity, fields) => {
            (UserErrorKind::Conflict, taken(catalog, &entity, &fields))
        }
        Reason::Referred => (
            UserErrorKind::Conflict,
            "Other rows still refer to it. Delete these first, or let them refer to another one."
                .to_owned(),
        ),
        Reason::Circle => (
            UserErrorKind::Validation,
            "It would stand below itself, or deeper than 64 levels.".to_owned(),
        ),
        Reason::Value => (
            UserErrorKind::Validation,
            "This value is not one that is taken.".to_owned(),
        ),
    };
    let path: Vec<_> = refusal.path.iter().map(String::as_str).collect();
    UserError::new(kind, message, &path)
}

fn taken(catalog: &Catalog, entity: &str, fields: &[String]) -> String {
    let words = catalog.by_name(entity).map(crate::catalog::Entity::words);
    let words = words.unwrap_or_else(|| "row".to_owned());
    if fields.is_empty() {
        format!("There is such a {words} already.")
    } else {
        format!("Another {words} has this {} already.", fields.join(" and "))
    }
}
