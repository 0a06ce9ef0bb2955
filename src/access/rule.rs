use sea_orm::{ActiveEnum, ColumnTrait, RelationTrait};

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
    /// Admits rows that refer to a visible row.
    Through(Reference),
    /// Admits what at least one of the rules admits.
    AnyOf(Vec<Rule>),
    /// Admits what all of the rules admit.
    AllOf(Vec<Rule>),
    /// Admits nobody: no such rule can be, and a declaration with it is refused
    /// for this reason.
    Amiss(String),
}

/// How a row refers to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The column of the row.
    pub column: String,
    /// The table of the other row.
    pub table: String,
    /// The column of that table with the same value.
    pub to: String,
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
    /// the rows behind a [`Rule::Through`].
    pub fn verdict(&self, asking: Role, target: &dyn Fn(&Reference) -> Verdict) -> Verdict {
        match self {
            Rule::Everyone => Verdict::Always,
            Rule::Role(lowest) if asking >= *lowest => Verdict::Always,
            Rule::Role(_) | Rule::Amiss(_) => Verdict::Never,
            Rule::Owner { .. } if asking == Role::Anonymous => Verdict::Never,
            Rule::Owner { .. } | Rule::Rows(_) => Verdict::PerRow,
            Rule::Through(reference) => target(reference),
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

    /// Whether a row that passes certainly refers to a visible row like this.
    #[must_use]
    pub fn requires(&self, reference: &Reference) -> bool {
        let requires = |rule: &Self| rule.requires(reference);
        match self {
            Rule::Through(own) => own == reference,
            Rule::AllOf(rules) => rules.iter().any(requires),
            Rule::AnyOf(rules) => !rules.is_empty() && rules.iter().all(requires),
            _ => false,
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

/// Admits rows whose related row is visible to the requester. The relation must
/// be the one by which the row refers to the other, by one column.
pub fn through(relation: impl RelationTrait) -> Rule {
    let definition = relation.def();
    let from: Vec<_> = definition.from_col.iter().collect();
    let to: Vec<_> = definition.to_col.iter().collect();
    if definition.on_condition.is_some() {
        return Rule::Amiss(format!(
            "through({relation:?}) has an on_condition, which is not asked here; say it in the \
             .read of the other entity, or name a relation without one"
        ));
    }
    match (definition.is_owner, from.as_slice(), to.as_slice()) {
        (false, [column], [to]) => Rule::Through(Reference {
            column: column.to_string(),
            table: crate::catalog::table_name(&definition.to_tbl),
            to: to.to_string(),
        }),
        (true, ..) => Rule::Amiss(format!(
            "through({relation:?}) leads to rows that refer to this one; name a relation by which \
             this one refers to another"
        )),
        _ => Rule::Amiss(format!(
            "through({relation:?}) joins by several columns; name a relation by one"
        )),
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
        rule.verdict(asking, &|_| Verdict::PerRow)
    }

    fn user(to: &str) -> Reference {
        Reference {
            column: "user_id".to_owned(),
            table: "users".to_owned(),
            to: to.to_owned(),
        }
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
            rule.verdict(Role::Customer, &|reference| {
                assert_eq!(*reference, user("id"));
                Verdict::Always
            }),
            Verdict::Always
        );
        assert!(rule.requires(&user("id")) && !rule.requires(&user("email")));
        assert!(all_of([rule.clone(), everyone()]).requires(&user("id")));
        assert!(!any_of([rule, everyone()]).requires(&user("id")));
        assert!(!any_of([]).requires(&user("id")));
    }

    #[test]
    fn nothing_is_seen_through_what_refers_to_it() {
        let rule = through(entity::user::Relation::Sessions);
        assert!(matches!(&rule, Rule::Amiss(reason) if reason.contains("Sessions")));
        let verdict = rule.verdict(Role::Admin, &|_| Verdict::Always);
        assert_eq!(verdict, Verdict::Never);
    }
}
