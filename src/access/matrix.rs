use super::{AppliedRule, Role, Verdict};
use crate::catalog::{Catalog, Entity, Field};

/// What one action on an entity or one of its fields is to each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixRow {
    /// The entity.
    pub entity: String,
    /// What is done to it.
    pub action: &'static str,
    /// The field; none where rows are meant.
    pub field: Option<String>,
    /// For each of [`Role::ALL`]: `all`, `-` for nothing, or which rows.
    pub cells: [String; 4],
}

/// Who may do what, entity by entity and field by field. A field binds
/// wherever it can be named: what may not be read can neither be filtered,
/// sorted, grouped nor counted by.
#[must_use]
pub fn matrix(catalog: &Catalog) -> Vec<MatrixRow> {
    let mut rows = Vec::new();
    for entity in catalog.entities() {
        rows.push(row(catalog, entity, None));
        let fields = entity.fields.iter();
        rows.extend(fields.map(|field| row(catalog, entity, Some(field))));
    }
    rows
}

fn row(catalog: &Catalog, entity: &Entity, field: Option<&Field>) -> MatrixRow {
    let cell = |role: Role| {
        let verdict = match field {
            // Of rows that do not exist, there are no fields.
            Some(field) if catalog.visibility(entity, role) != Verdict::Never => {
                catalog.field_verdict(entity, field, role)
            }
            _ => catalog.visibility(entity, role),
        };
        let rule = AppliedRule {
            catalog,
            entity,
            field,
        };
        match verdict {
            Verdict::Never => "-".to_owned(),
            Verdict::Always => "all".to_owned(),
            Verdict::PerRow => rule.rows(role),
        }
    };
    MatrixRow {
        entity: entity.name.clone(),
        action: "read",
        field: field.map(|field| field.name.clone()),
        cells: Role::ALL.map(cell),
    }
}
