use super::check::Check;
use super::declaration::{DeclaredRelation, Joint};
use super::model::{Kind, Relation, RelationKind};
use super::names;
use crate::access::{Reference, Rule};

impl Check<'_> {
    pub(super) fn relation(&mut self, relation: &DeclaredRelation) -> Option<Relation> {
        let name = &relation.name;
        let (declaration, all) = (self.declaration, self.all);
        let Some(target) = all.iter().position(|other| other.table == relation.table) else {
            self.refuse(format!(
                "the relation {name} leads to {}, which is not exposed",
                relation.table
            ));
            return None;
        };
        let other = &all[target];
        let ([from], [to]) = (relation.from.as_slice(), relation.to.as_slice()) else {
            self.refuse(format!("the relation {name} must join by one column"));
            return None;
        };
        let (Some(from), Some(to)) = (declaration.joint(from), other.joint(to)) else {
            self.refuse(format!(
                "the relation {name} joins by a column that cannot be read"
            ));
            return None;
        };
        if relation.kind == RelationKind::ToOne && !to.unique {
            self.refuse(format!(
                "the relation {name} leads to one row by a column that is not unique"
            ));
            return None;
        }
        if !alike(&from.kind, &to.kind) {
            self.refuse(format!(
                "the relation {name} joins {} and {}, which are not of one type; give both the \
                 same",
                from.column.name, to.column.name
            ));
        }
        if tells_more(&from, &to) {
            self.refuse(format!(
                "the relation {name} joins {} and {}, and whoever reads one of them would read the \
                 other by it; give both fields the same rule, or leave the relation out",
                from.column.name, to.column.name
            ));
        }
        let (own, theirs) = (names::words(&declaration.name), names::words(&other.name));
        Some(Relation {
            name: name.clone(),
            description: match relation.kind {
                RelationKind::ToOne if !relation.refers => {
                    format!("The {theirs} that refers to the {own}.")
                }
                RelationKind::ToOne => format!(
                    "The {theirs} that the {own} refers to as its {}.",
                    names::words(name)
                ),
                RelationKind::ToMany => format!(
                    "The {} that refer to the {own}, page by page.",
                    names::plural(&theirs)
                ),
            },
            kind: relation.kind,
            refers: relation.refers,
            target,
            from: from.place,
            to: to.place,
        })
    }

    pub(super) fn tree(&mut self, relations: &[Relation]) -> Option<usize> {
        let name = self.declaration.tree.as_ref()?;
        let itself = |relation: &Relation| {
            self.all[relation.target].table == self.declaration.table
                && relation.kind == RelationKind::ToOne
                && relation.refers
        };
        let place = relations
            .iter()
            .position(|relation| relation.name == *name && itself(relation));
        let Some(place) = place else {
            self.refuse(format!(
                "tree({name}) must name an exposed relation to one row of the same entity"
            ));
            return None;
        };
        let key = self.declaration.key.first();
        let key = key.and_then(|key| self.declaration.joint(key));
        if key.is_none_or(|key| key.place != relations[place].to) {
            self.refuse(format!(
                "tree({name}) must lead to the parent by its primary key"
            ));
        }
        Some(place)
    }

    /// What is wrong with a reference through which rows are seen.
    pub(super) fn amiss_with(&self, reference: &Reference) -> Option<String> {
        let Reference { column, table, to } = reference;
        let mut others = self.all.iter();
        let other = others.find(|other| other.table == *table);
        let to = other.and_then(|other| other.joint(to));
        let to = to.filter(|to| to.unique);
        match (self.declaration.joint(column), to) {
            (Some(from), Some(to)) if alike(&from.kind, &to.kind) => None,
            (Some(_), Some(to)) => Some(format!(
                "through({column}) leads to {table} by {}, which is not of the same type",
                to.column.name
            )),
            _ => Some(format!(
                "through({column}) must name a to-one relation to an exposed entity"
            )),
        }
    }
}

/// Whether values of these kinds compare alike on every database.
fn alike(one: &Kind, other: &Kind) -> bool {
    let is_whole = |kind: &Kind| matches!(kind, Kind::BigInt | Kind::Int);
    one == other || is_whole(one) && is_whole(other)
}

/// Whether who may read one side of a join would learn more of the other than
/// its rule says: both hold the same value.
fn tells_more(from: &Joint<'_>, to: &Joint<'_>) -> bool {
    match (from.read, to.read) {
        (Some(one), Some(other)) => one != other || !matches!(one, Rule::Everyone | Rule::Role(_)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
