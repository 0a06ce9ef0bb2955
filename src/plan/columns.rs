use super::{
    Alias, Connection, ConnectionMember, Content, EdgeMember, Member, Object, Predicate, Rows,
    Scalar, Source,
};
use crate::catalog::Column;

impl<'c> Connection<'c> {
    /// The columns of the page's rows that its members and its order read, so
    /// that nothing else is fetched. The key is always among them. `None` for
    /// groups, of which only what is read is computed.
    #[must_use]
    pub fn columns(&self) -> Option<Vec<&'c Column>> {
        let Rows::Entity(source) = &self.rows else {
            return None;
        };
        let mut found = Columns {
            alias: source.alias(),
            columns: vec![source.entity().key()],
        };
        for (_, member) in &self.members {
            match member {
                ConnectionMember::Nodes(object) => found.object(object),
                ConnectionMember::Edges(edges) => {
                    for (_, member) in edges {
                        if let EdgeMember::Node(object) = member {
                            found.object(object);
                        }
                    }
                }
                ConnectionMember::Typename(_)
                | ConnectionMember::PageInfo(_)
                | ConnectionMember::TotalCount
                | ConnectionMember::Totals(_)
                | ConnectionMember::Summary(_) => {}
            }
        }
        for term in &self.order {
            found.scalar(&term.scalar);
        }
        Some(found.columns)
    }
}

struct Columns<'c> {
    alias: Alias,
    columns: Vec<&'c Column>,
}

impl<'c> Columns<'c> {
    fn object(&mut self, object: &Object<'c>) {
        for (_, member) in &object.members {
            match member {
                Member::Typename(_) | Member::Null => {}
                Member::Object(object, _) => self.object(object),
                Member::GlobalId(_, scalar) | Member::Scalar(scalar) => self.scalar(scalar),
                Member::ToOne(row) | Member::Ancestors(row) => self.source(&row.source),
                Member::Connection(connection) => self.source(connection.rows.source()),
                Member::Aggregate(aggregate) => self.source(&aggregate.population.source),
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar<'c>) {
        for step in &scalar.through {
            self.source(&step.source);
        }
        match &scalar.content {
            Content::Column(column) | Content::Path(column, _) => {
                self.column(scalar.alias, column);
            }
            Content::Output(_) => {}
            Content::Relevance(terms) => {
                for (predicate, _) in terms {
                    self.predicate(predicate);
                }
            }
        }
        if let Some(mask) = &scalar.mask {
            self.predicate(mask);
        }
    }

    fn predicate(&mut self, predicate: &Predicate<'c>) {
        match predicate {
            // Only filters search, and they are met before the page is made.
            Predicate::True | Predicate::False | Predicate::Search { .. } => {}
            Predicate::And(members) | Predicate::Or(members) => {
                for member in members {
                    self.predicate(member);
                }
            }
            Predicate::Not(inner) => self.predicate(inner),
            Predicate::CompareRow(keys, _) => {
                for (scalar, _) in keys {
                    self.scalar(scalar);
                }
            }
            Predicate::Compare(scalar, ..)
            | Predicate::IsNull(scalar)
            | Predicate::In(scalar, _)
            | Predicate::Matches(scalar, ..)
            | Predicate::MatchesCaseless(scalar, ..)
            | Predicate::Reached(scalar, _) => self.scalar(scalar),
            Predicate::Exists(source) => self.source(source),
        }
    }

    fn source(&mut self, source: &Source<'c>) {
        if let Some((parent, column)) = source.joined_to() {
            self.column(parent, column);
        }
    }

    fn column(&mut self, alias: Alias, column: &'c Column) {
        let known = self.columns.iter().any(|known| known.name == column.name);
        if alias == self.alias && !known {
            self.columns.push(column);
        }
    }
}
