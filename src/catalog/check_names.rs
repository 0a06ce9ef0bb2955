use super::check::CatalogError;
use super::declaration::Declaration;

/// What names are made of that GraphQL can write and that are not its own.
const NAMES: &str = "names are made of the letters A to Z and a to z, digits and underscores, and \
                     begin with a letter";

/// Refuses names that no schema can have.
pub(super) fn refuse_impossible(declarations: &[Declaration], errors: &mut Vec<CatalogError>) {
    for declaration in declarations {
        let messages = mistakes(declaration).into_iter();
        errors.extend(messages.map(|message| CatalogError {
            entity: declaration.name.clone(),
            message,
        }));
    }
}

fn mistakes(declaration: &Declaration) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut refuse = |name: &str, what: String, remedy: &str| {
        let mistake = format!("{what} cannot be called {name:?}: {NAMES}; {remedy}");
        if !is_possible(name) && !mistakes.contains(&mistake) {
            mistakes.push(mistake);
        }
    };
    refuse(
        &declaration.name,
        format!("the type of {}", declaration.table),
        "give expose another name",
    );
    for field in &declaration.fields {
        refuse(
            &field.name,
            format!("the field of the column {}", field.column),
            "rename the column, expose a generated column in its place, or leave it out",
        );
    }
    for relation in &declaration.relations {
        refuse(
            &relation.name,
            format!("the relation to {}", relation.table),
            "rename its relation_enum in the entity",
        );
    }
    for (column, enumeration) in &declaration.enumerations {
        refuse(
            &enumeration.name,
            format!("the enum of {column}"),
            "give .enumeration another name",
        );
        // Other characters that values have no room for are told of once for
        // all of them.
        let values = enumeration.values.iter();
        let values = values.filter(|value| {
            let first = value.name.bytes().next();
            first.is_some_and(|byte| byte.is_ascii_digit() || byte == b'_')
        });
        for value in values {
            refuse(
                &value.name,
                format!("the value {} of {column}", value.stored),
                "store it as a text that begins with a letter",
            );
        }
    }
    mistakes
}

fn is_possible(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests;
