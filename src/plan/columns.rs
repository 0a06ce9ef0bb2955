use super::{
    Alias, Connection, ConnectionMember, Content, Derived, EdgeMember, GroupColumn, Grouping,
    Measure, Member, Object, Predicate, Rows, Scalar, Source, Statistic,
};
use crate::catalog::Column;

impl<'c> Connection<'c> {
    /// The columns of the page's rows that its members and its order read, so
    /// that nothing else is fetched. The key is always among them. `None` for
    /// groups, which have [`outputs`](Self::outputs).
    #[must_use]
    pub fn columns(&self) -> Option<Vec<&'c Column>> {
        let Rows::Entity(source) = &self.rows else {
            return None;
        };
        let mut found = Found::of(source.alias());
        found.columns.push(source.entity().key());
        found.page(self);
        Some(found.columns)
    }

    /// What the page's members and its order read of groups, so that nothing
    /// else is computed.
    #[must_use]
    pub fn outputs(&self) -> Vec<GroupColumn> {
        let mut found = Found::of(self.rows.alias());
        found.page(self);
        found.outputs
    }
}

impl Rows<'_> {
    /// What statistics over groups read of them.
    #[must_use]
    pub fn outputs(&self, members: &[(String, Statistic<'_>)]) -> Vec<GroupColumn> {
        let mut found = Found::of(self.alias());
        found.statistics(members);
        found.outputs
    }

    /// What one statistic over groups reads of them.
    #[must_use]
    pub fn outputs_of(&self, measure: &Measure<'_>) -> Vec<GroupColumn> {
        let mut found = Found::of(self.alias());
        found.measure(measure);
        found.outputs
    }
}

impl Grouping<'_> {
    /// The same groups with no more computed of them than what is read, and
    /// what conditions on them ask.
    #[must_use]
    pub fn reading(&self, read: &[GroupColumn], conditions: &[&Predicate<'_>]) -> Self {
        let mut found = Found::of(self.alias);
        for condition in conditions {
            found.predicate(condition);
        }
        found.predicate(&self.having);
        found.outputs.extend(read);
        let mut grouping = self.clone();
        (grouping.derived).retain(|place, _| found.outputs.contains(&GroupColumn::Derived(*place)));
        for derived in grouping.derived.values() {
            let measures = match derived {
                Derived::Start(..) | Derived::End(..) => [None, None],
                Derived::Previous(measure) => [Some(*measure), None],
                Derived::Share(measure, told) => [Some(*measure), told.map(|(rows, _)| rows)],
            };
            (found.outputs).extend(measures.into_iter().flatten().map(GroupColumn::Measure));
        }
        (grouping.measures)
            .retain(|place, _| found.outputs.contains(&GroupColumn::Measure(*place)));
        grouping
    }
}

/// What is read of rows or groups of a name.
struct Found<'c> {
    alias: Alias,
    columns: Vec<&'c Column>,
    outputs: Vec<GroupColumn>,
}

impl<'c> Found<'c> {
    fn of(alias: Alias) -> Self {
        Self {
            alias,
            columns: Vec::new(),
            outputs: Vec::new(),
        }
    }

    fn page(&mut self, connection: &Connection<'c>) {
        for (_, member) in &connection.members {
            match member {
                ConnectionMember::Nodes(object) => self.object(object),
                ConnectionMember::Edges(edges) => {
                    for (_, member) in edges {
                        if let EdgeMember::Node(object) = member {
                            self.object(object);
                        }
                    }
                }
                ConnectionMember::Typename(_)
                | ConnectionMember::PageInfo(_)
                | ConnectionMember::TotalCount
                | ConnectionMember::Totals(_)
                | ConnectionMember::Summary(_)
                | ConnectionMember::Facets(_) => {}
            }
        }
        for term in &connection.order {
            self.scalar(&term.scalar);
        }
    }

    fn statistics(&mut self, members: &[(String, Statistic<'c>)]) {
        for (_, member) in members {
            match member {
                Statistic::Typename(_) => {}
                Statistic::Object(members, enough) => {
                    self.statistics(members);
                    if let Some(enough) = enough {
                        self.measure(&enough.rows);
                        for others in &enough.others {
                            self.measure(others);
                        }
                    }
                }
                Statistic::Measure(measure) => self.measure(measure),
            }
        }
    }

    fn measure(&mut self, measure: &Measure<'c>) {
        if let Some(operand) = &measure.operand {
            self.scalar(operand);
        }
        if let Some(condition) = &measure.condition {
            self.predicate(condition);
        }
    }

    fn object(&mut self, object: &Object<'c>) {
        for (_, member) in &object.members {
            match member {
                Member::Typename(_) | Member::Null | Member::Sample(..) => {}
                Member::Object(object, value) => {
                    self.object(object);
                    if let Some(value) = value {
                        self.scalar(value);
                    }
                }
                Member::GlobalId(_, scalar) | Member::Scalar(scalar) => self.scalar(scalar),
                Member::Condition(condition) => self.predicate(condition),
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
            Content::Output(output) if scalar.alias == self.alias => {
                self.outputs.push(output.column);
            }
            Content::Output(_) => {}
            Content::Statistic(statistic) => self.source(&statistic.0.source),
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
