use super::check::CatalogError;
use super::declaration::Declaration;
use super::model::RelationKind;
use super::names;

/// What names are made of that GraphQL can write and that are not its own.
pub(super) const NAMES: &str = "names are made of the letters A to Z and a to z, digits and underscores, and \
                     begin with a letter";

/// The names of fields that rows and groups have besides their own.
const RESERVED: [&str; 10] = [
    "and", "count", "key", "matching", "not", "or", "previous", "rowId", "rows", "share",
];

/// The same of rows that make a tree.
const RESERVED_IN_TREES: [&str; 4] = ["ancestors", "atLevel", "descendants", "inSubtreeOf"];

/// What to do about a column with such a name.
const RENAME_COLUMN: &str = "rename the column, expose a generated column in its place, or leave \
                             it out";

/// What to do about a relation with such a name.
const RENAME_RELATION: &str = "rename its relation_enum in the entity";

/// Refuses names that no schema can have.
pub(super) fn refuse_impossible(declarations: &[Declaration], errors: &mut Vec<CatalogError>) {
    for declaration in declarations {
        let mut messages = mistakes(declaration);
        messages.extend(illegible(declaration));
        messages.extend(clashes(declaration, declarations));
        let messages = messages.into_iter();
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
            RENAME_COLUMN,
        );
    }
    for relation in &declaration.relations {
        refuse(
            &relation.name,
            format!("the relation to {}", relation.table),
            RENAME_RELATION,
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
    for (name, remedy) in fields(declaration) {
        if is_reserved(name, declaration.tree.is_some()) {
            mistakes.push(format!(
                "no field can be called {name}, which rows or groups have besides their own; \
                 {remedy}"
            ));
        }
    }
    mistakes
}

fn is_reserved(name: &str, in_tree: bool) -> bool {
    RESERVED.contains(&name) || in_tree && RESERVED_IN_TREES.contains(&name)
}

/// The names of the fields of a row, and what to do about one.
fn fields(declaration: &Declaration) -> impl Iterator<Item = (&str, &str)> {
    let fields = declaration.fields.iter();
    let fields = fields.map(|field| (field.name.as_str(), RENAME_COLUMN));
    let relations = declaration.relations.iter();
    let relations = relations.map(|relation| (relation.name.as_str(), RENAME_RELATION));
    fields.chain(relations)
}

/// Descriptions that would end in the middle of a schema.
fn illegible(declaration: &Declaration) -> Vec<String> {
    let own = declaration.description.as_deref();
    let own = own.map(|text| (declaration.table.as_str(), text));
    let fields = declaration.fields.iter();
    let fields = fields.filter_map(|field| {
        let text = field.description.as_deref()?;
        Some((field.column.as_str(), text))
    });
    let enumerations = declaration.enumerations.iter();
    let enumerations = enumerations.flat_map(|(column, enumeration)| {
        let values = enumeration.values.iter();
        let values = values.map(|value| value.description.as_str());
        let own = std::iter::once(enumeration.description.as_str());
        own.chain(values).map(|text| (column.as_str(), text))
    });
    own.into_iter()
        .chain(fields)
        .chain(enumerations)
        .filter(|(_, text)| text.contains("\"\"\""))
        .map(|(of, text)| {
            format!(
                "the description {text:?} of {of} has three quotes in a row, which end it in a \
                 schema; write it with others"
            )
        })
        .collect()
}

/// Fields that have the name of what tells of the rows behind a relation.
fn clashes(declaration: &Declaration, all: &[Declaration]) -> Vec<String> {
    let mut clashes = Vec::new();
    let mut told: Vec<(String, &str)> = Vec::new();
    for relation in &declaration.relations {
        let target = all.iter().find(|other| other.table == relation.table);
        let (Some(target), RelationKind::ToMany) = (target, relation.kind) else {
            continue;
        };
        let name = relation.name.as_str();
        let singular = names::camel(&target.name);
        let plural = names::camel(&names::plural(&target.name));
        let one = names::one_of(name, &singular, &plural);
        for generated in names::of_statistics(one) {
            for (_, remedy) in fields(declaration).filter(|(name, _)| *name == generated) {
                clashes.push(format!(
                    "no field can be called {generated}, which tells of the relation {name}; \
                     {remedy}"
                ));
            }
        }
        match told.iter().find(|(known, _)| known == one) {
            // That it is named twice is told anyway.
            Some((_, other)) if *other == name => {}
            Some((_, other)) => {
                let [aggregate, _] = names::of_statistics(one);
                clashes.push(format!(
                    "the relations {other} and {name} would both be told of by {aggregate}; rename \
                     the relation_enum of one in the entity"
                ));
            }
            None => told.push((one.to_owned(), name)),
        }
    }
    clashes
}

pub(super) fn is_possible(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests;
