use sea_orm::{ActiveEnum, ColumnTrait, Identity, RelationTrait};

use super::Role;

/// Who may read a row or a field. Rules are plain data: a role's schema is
/// derived from them at start-up, and a requester's predicates at planning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Admits every requester.
    Everyone,
    /// Admits requesters of this role and above.
    Role(Role),
    /// Admits the signed-in user whose id is in this column of the row.
    Owner {
        /// Column of the row that holds the user's id.
        column: String,
    },
    /// Admits rows that pass a test, whoever asks.
    Rows(RowTest),
    /// Admits rows whose related row, over a to-one relation, is visible.
    Through {
        /// Column of the row that refers to the related row.
        column: String,
        /// Table of the related row.
        table: String,
        /// Column of that table by which the row is referred to.
        to: String,
    },
    /// Admits what at least one of the rules admits.
    AnyOf(Vec<Rule>),
    /// Admits what all of the rules admit.
    AllOf(Vec<Rule>),
}

/// A test on one column of the row itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowTest {
    /// The column that is looked at.
    pub column: String,
    /// The stored values that pass.
    pub one_of: Vec<String>,
}

/// What a rule says about a role before any row is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// No row passes, so the thing does not exist for the role.
    Never,
    /// It depends on the row.
    PerRow,
    /// Every row passes.
    Always,
}

impl Rule {
    /// What the rule says about the role `asking` alone. `target` answers for
    /// the rows behind a [`Rule::Through`], by column and table.
    pub fn verdict(&self, asking: Role, target: &dyn Fn(&str, &str) -> Verdict) -> Verdict {
        match self {
            Rule::Everyone => Verdict::Always,
            Rule::Role(lowest) if asking >= *lowest => Verdict::Always,
            Rule::Role(_) => Verdict::Never,
            Rule::Owner { .. } if asking == Role::Anonymous => Verdict::Never,
            Rule::Owner { .. } | Rule::Rows(_) => Verdict::PerRow,
            Rule::Through { column, table, .. } => target(column, table),
            Rule::AnyOf(rules) => rules
                .iter()
                .map(|rule| rule.verdict(asking, target))
                .max()
                .unwrap_or(Verdict::Never),
            Rule::AllOf(rules) => rules
                .iter()
                .map(|rule| rule.verdict(asking, target))
                .min()
                .unwrap_or(Verdict::Never),
        }
    }

    /// Calls `visit` with every rule in this one, itself included.
    pub fn walk<'r>(&'r self, visit: &mut dyn FnMut(&'r Rule)) {
        visit(self);
        if let Rule::AnyOf(rules) | Rule::AllOf(rules) = self {
            for rule in rules {
                rule.walk(visit);
            }
        }
    }

    /// Whether a row that passes certainly has a visible row of `table` behind
    /// `column`.
    #[must_use]
    pub fn requires_through(&self, column: &str, table: &str) -> bool {
        match self {
            Rule::Through {
                column: own,
                table: target,
                ..
            } => own == column && target == table,
            Rule::AllOf(rules) => rules
                .iter()
                .any(|rule| rule.requires_through(column, table)),
            Rule::AnyOf(rules) => {
                !rules.is_empty()
                    && rules
                        .iter()
                        .all(|rule| rule.requires_through(column, table))
            }
            Rule::Everyone | Rule::Role(_) | Rule::Owner { .. } | Rule::Rows(_) => false,
        }
    }
}

/// Admits every requester.
#[must_use]
pub fn everyone() -> Rule {
    Rule::Everyone
}

/// Admits every requester with a valid token.
#[must_use]
pub fn signed_in() -> Rule {
    Rule::Role(Role::Customer)
}

/// Admits requesters of `lowest` and above.
#[must_use]
pub fn role(lowest: Role) -> Rule {
    Rule::Role(lowest)
}

/// Admits the user whose id stands in `column`.
pub fn owner(column: impl ColumnTrait) -> Rule {
    Rule::Owner {
        column: column.as_str().to_owned(),
    }
}

/// Admits rows whose `column` holds one of `values`.
pub fn rows<A, const N: usize>(column: impl ColumnTrait, values: [A; N]) -> Rule
where
    A: ActiveEnum<Value = String>,
{
    Rule::Rows(RowTest {
        column: column.as_str().to_owned(),
        one_of: values.iter().map(ActiveEnum::to_value).collect(),
    })
}

/// Admits rows whose related row is visible to the requester. The relation
/// must be to one row, declared from the column that refers to it.
pub fn through(relation: impl RelationTrait) -> Rule {
    let definition = relation.def();
    let joined = |columns: &Identity| {
        let names: Vec<_> = columns.iter().map(ToString::to_string).collect();
        names.join(",")
    };
    Rule::Through {
        column: joined(&definition.from_col),
        table: crate::catalog::table_name(&definition.to_tbl),
        to: joined(&definition.to_col),
    }
}

/// Admits what at least one of `rules` admits.
#[must_use]
pub fn any_of<const N: usize>(rules: [Rule; N]) -> Rule {
    Rule::AnyOf(rules.into())
}

/// Admits what all of `rules` admit.
#[must_use]
pub fn all_of<const N: usize>(rules: [Rule; N]) -> Rule {
    Rule::AllOf(rules.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(rule: &Rule, asking: Role) -> Verdict {
        rule.verdict(asking, &|_, _| Verdict::PerRow)
    }

    #[test]
    fn a_role_admits_itself_and_higher_ones() {
        let rule = role(Role::Staff);
        assert_eq!(verdict(&rule, Role::Customer), Verdict::Never);
        assert_eq!(verdict(&rule, Role::Staff), Verdict::Always);
        assert_eq!(verdict(&rule, Role::Admin), Verdict::Always);
        assert_eq!(verdict(&signed_in(), Role::Anonymous), Verdict::Never);
        assert_eq!(verdict(&everyone(), Role::Anonymous), Verdict::Always);
    }

    #[test]
    fn nobody_without_an_id_owns_anything() {
        let rule = owner(entity::session::Column::UserId);
        assert_eq!(verdict(&rule, Role::Anonymous), Verdict::Never);
        assert_eq!(verdict(&rule, Role::Admin), Verdict::PerRow);
    }

    #[test]
    fn any_of_takes_the_widest_and_all_of_the_narrowest() {
        let (wide, narrow) = (everyone(), role(Role::Admin));
        let any = any_of([wide.clone(), narrow.clone()]);
        let all = all_of([wide, narrow]);
        assert_eq!(verdict(&any, Role::Anonymous), Verdict::Always);
        assert_eq!(verdict(&all, Role::Anonymous), Verdict::Never);
        assert_eq!(verdict(&all, Role::Admin), Verdict::Always);
    }

    #[test]
    fn no_rule_at_all_admits_nobody() {
        assert_eq!(verdict(&any_of([]), Role::Admin), Verdict::Never);
        assert_eq!(verdict(&all_of([]), Role::Admin), Verdict::Never);
    }

    #[test]
    fn through_is_as_visible_as_its_target() {
        let rule = through(entity::session::Relation::User);
        assert_eq!(verdict(&rule, Role::Customer), Verdict::PerRow);
        assert_eq!(
            rule.verdict(Role::Customer, &|column, table| {
                assert_eq!((column, table), ("user_id", "users"));
                Verdict::Always
            }),
            Verdict::Always
        );
        assert!(rule.requires_through("user_id", "users"));
        assert!(!any_of([rule, everyone()]).requires_through("user_id", "users"));
    }
}
