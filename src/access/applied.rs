use super::{Reference, Role, Rule, Verdict};
use crate::catalog::{Catalog, Entity, Field};

/// A rule that narrows what a plan reads: which rows of an entity, or on which
/// of them a field.
#[derive(Clone, Copy, Debug)]
pub struct AppliedRule<'c> {
    pub(super) catalog: &'c Catalog,
    pub(super) entity: &'c Entity,
    pub(super) field: Option<&'c Field>,
}

impl AppliedRule<'_> {
    /// Whether it is the same rule.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let place = |rule: &Self| rule.field.map(std::ptr::from_ref);
        std::ptr::eq(self.entity, other.entity) && place(self) == place(other)
    }

    /// What it says to a role, in a sentence.
    #[must_use]
    pub fn describe(&self, role: Role) -> String {
        let entity = self.entity;
        match self.field {
            None => format!(
                "rows of {} limited to {} by the rule of {}",
                entity.table,
                self.condition(&entity.read, role),
                entity.name
            ),
            Some(field) => format!(
                "{} of {} read where {}, null elsewhere, by the rule of {}.{0}",
                field.name,
                entity.table,
                self.condition(&field.read, role),
                entity.name
            ),
        }
    }

    /// On which rows a rule of the entity admits a role, where that depends on the
    /// row.
    pub(super) fn condition(&self, rule: &Rule, role: Role) -> String {
        let all = |rules: &[Rule], between: &str| {
            let parts: Vec<_> = rules
                .iter()
                .filter(|rule| {
                    let verdict = self.catalog.rule_verdict(self.entity, rule, role);
                    verdict == Verdict::PerRow
                })
                .map(|rule| self.condition(rule, role))
                .collect();
            parts.join(between)
        };
        match rule {
            Rule::Everyone => "all".to_owned(),
            Rule::Role(lowest) => format!("role {lowest} and above"),
            Rule::Owner { column } => format!("{column} = the requester"),
            Rule::Rows(test) => format!(
                "{} = {}",
                test.column,
                test.one_of.join(" or ").to_ascii_uppercase()
            ),
            Rule::Through(Reference { column, table, .. }) => {
                format!("those whose {column} leads to a visible row of {table}")
            }
            Rule::Amiss(_) => "none".to_owned(),
            Rule::AnyOf(rules) => all(rules, " or "),
            Rule::AllOf(rules) => all(rules, " and "),
        }
    }
}
