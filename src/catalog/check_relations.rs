use super::check::Check;
use super::declaration::{Declaration, DeclaredRelation, Unhandled};
use super::model::{Kind, Relation, RelationKind};
use super::names;
use super::remedy::remedy;
use crate::access::{Reference, Rule};

impl Check<'_> {
    pub(super) fn relation(&mut self, relation: &DeclaredRelation) -> Option<Relation> {
        let name = &relation.name;
        let (declaration, all) = (self.declaration, self.all);
        let Some(target) = all.iter().position(|other| other.table == relation.table) else {
            self.refuse(format!(
                "the relation {name} leads to {}, which is not exposed; declare it, or leave the \
                 relation out",
                relation.table
            ));
            return None;
        };
        let other = &all[target];
        if relation.conditional {
            self.refuse(format!(
                "the relation {name} has an on_condition, which is not asked here; say it in the \
                 .read of {}, or leave the relation out",
                other.name
            ));
            return None;
        }
        let ([from], [to]) = (relation.from.as_slice(), relation.to.as_slice()) else {
            self.refuse(format!(
                "the relation {name} joins by several columns; join by a unique one that is \
                 generated from them, or leave the relation out"
            ));
            return None;
        };
        let fault = unreadable(declaration, from).or_else(|| unreadable(other, to));
        if let Some(fault) = fault {
            self.refuse(format!(
                "the relation {name} joins by {fault}, or leave the relation out"
            ));
            return None;
        }
        let (Some(from), Some(to)) = (declaration.joint(from), other.joint(to)) else {
            self.refuse(format!(
                "the relation {name} joins by no column of the entities; mend its from and to, or \
                 leave the relation out"
            ));
            return None;
        };
        if relation.kind == RelationKind::ToOne && !to.unique {
            self.refuse(format!(
                "the relation {name} leads to one row by a column that is not unique; say unique \
                 of it where it is, or leave the relation out"
            ));
            return None;
        }
        if !alike(&from.kind, &to.kind) {
            self.refuse(format!(
                "the relation {name} joins {} and {}, which must be of one type: {JOINED}",
                from.column.name, to.column.name
            ));
        }
        if let Some(told) = self.told_by(&relation.from[0]) {
            self.refuse(format!(
                "the relation {name} joins {} and {}, by which {told} would be told to others than \
                 its rule says; let everyone or the same role read each field of these columns, or \
                 leave the relation out",
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

    /// A field whose values rows would tell that others may read, were a
    /// column of this entity joined as it is: all columns that are joined with
    /// one hold the same value.
    fn told_by(&self, column: &str) -> Option<String> {
        let mut joined = vec![(self.declaration.table.as_str(), column)];
        let mut next = 0;
        while let Some(&known) = joined.get(next) {
            for declaration in self.all {
                for relation in &declaration.relations {
                    let ([from], [to]) = (relation.from.as_slice(), relation.to.as_slice()) else {
                        continue;
                    };
                    let ends = [
                        (declaration.table.as_str(), from.as_str()),
                        (relation.table.as_str(), to.as_str()),
                    ];
                    if ends.contains(&known) {
                        for end in ends {
                            if !joined.contains(&end) {
                                joined.push(end);
                            }
                        }
                    }
                }
            }
            next += 1;
        }
        let exposed: Vec<_> = joined
            .into_iter()
            .filter_map(|(table, column)| {
                let declaration = self.all.iter().find(|other| other.table == table)?;
                let joint = declaration.joint(column)?;
                let read = joint.read?;
                Some((format!("{table}.{column}"), read, joint.unique))
            })
            .collect();
        let (_, first, _) = exposed.first()?;
        let alone = exposed.len() == 1;
        let mut told = exposed.iter().filter(|(_, read, unique)| {
            let by_row = !matches!(read, Rule::Everyone | Rule::Role(_));
            read != first || by_row && !(alone && *unique)
        });
        told.next().map(|(name, ..)| name.clone())
    }

    /// What is wrong with a reference through which rows are seen.
    pub(super) fn amiss_with(&self, reference: &Reference) -> Option<String> {
        let Reference { column, table, to } = reference;
        let mut others = self.all.iter();
        let other = others.find(|other| other.table == *table);
        let to = other.and_then(|other| other.joint(to));
        let to = to.filter(|to| to.unique);
        if let Some(fault) = unreadable(self.declaration, column) {
            return Some(format!("through({column}) leads by {fault}"));
        }
        match (self.declaration.joint(column), to) {
            (Some(from), Some(to)) if alike(&from.kind, &to.kind) => None,
            (Some(_), Some(to)) => Some(format!(
                "through({column}) leads to {table} by {}; the two must be of one type: {JOINED}",
                to.column.name
            )),
            _ => Some(format!(
                "through({column}) must name a to-one relation to an exposed entity; declare that, \
                 or ask something else"
            )),
        }
    }
}

/// What values may be by which tables are joined.
const JOINED: &str = "a UUID, a whole number, a text, a day or a moment";

/// Whether values of these kinds compare alike on every database.
fn alike(one: &Kind, other: &Kind) -> bool {
    let is_whole = |kind: &Kind| matches!(kind, Kind::BigInt | Kind::Int);
    let is_joined = !matches!(one, Kind::Float | Kind::Boolean | Kind::Json);
    is_joined && one == other || is_whole(one) && is_whole(other)
}

/// What is wrong with a column that cannot be read, and what to do about it.
fn unreadable(declaration: &Declaration, column: &str) -> Option<String> {
    let mut columns = declaration.columns.iter();
    let (_, Err(Unhandled { kind, .. })) = columns.find(|(name, _)| name == column)? else {
        return None;
    };
    let (table, remedy) = (&declaration.table, remedy(kind));
    Some(format!(
        "{column} of {table}, which has the type {kind:?}; {remedy}"
    ))
}

#[cfg(test)]
mod tests;
