use super::{AppliedRule, Role, Rule, Verdict};
use crate::catalog::{Catalog, Entity};

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
/// sorted, grouped nor counted by, nor written.
#[must_use]
pub fn matrix(catalog: &Catalog) -> Vec<MatrixRow> {
    let mut rows = Vec::new();
    for entity in catalog.entities() {
        let line = |action, field: Option<&str>, rules: &[&Rule]| MatrixRow {
            entity: entity.name.clone(),
            action,
            field: field.map(str::to_owned),
            cells: Role::ALL.map(|role| cell(catalog, entity, rules, role)),
        };
        rows.push(line("read", None, &[&entity.read]));
        for field in &entity.fields {
            rows.push(line(
                "read",
                Some(&field.name),
                &[&entity.read, &field.read],
            ));
        }
        rows.extend(writes(entity, line));
    }
    rows
}

/// What may be written. New rows are admitted as they were made, other ones as
/// they were and as they become.
fn writes<'e>(
    entity: &'e Entity,
    line: impl Fn(&'static str, Option<&str>, &[&'e Rule]) -> MatrixRow,
) -> Vec<MatrixRow> {
    let mut rows = Vec::new();
    let writes = &entity.writes;
    for (action, rule) in [("create", &writes.create), ("update", &writes.update)] {
        let Some(rule) = rule else { continue };
        rows.push(line(action, None, &[rule]));
        for input in &writes.inputs {
            if action == "update" && input.once {
                continue;
            }
            let field = entity.field_at(input.column).map(|field| &field.read);
            let rules: Vec<_> = [Some(rule), Some(&input.rule), field]
                .into_iter()
                .flatten()
                .collect();
            rows.push(line(action, Some(&input.name), &rules));
        }
    }
    rows.extend(
        writes
            .delete
            .iter()
            .map(|rule| line("delete", None, &[rule])),
    );
    rows
}

/// What rules that must all admit say to a role. The last one that asks about
/// the row is told: the others are those of the line above.
fn cell(catalog: &Catalog, entity: &Entity, rules: &[&Rule], role: Role) -> String {
    let verdict = |rule: &Rule| catalog.rule_verdict(entity, rule, role);
    let mut open = rules.iter().filter(|rule| verdict(rule) == Verdict::PerRow);
    if rules.iter().any(|rule| verdict(rule) == Verdict::Never) {
        return "-".to_owned();
    }
    match (rules.last(), open.next_back()) {
        // Of the rows there are, all show the field.
        (Some(last), _) if rules.len() > 1 && verdict(last) == Verdict::Always => "all".to_owned(),
        (_, None) => "all".to_owned(),
        (_, Some(rule)) => AppliedRule {
            catalog,
            entity,
            field: None,
        }
        .condition(rule, role),
    }
}
