use std::borrow::Cow;

use super::{Aggregate, Connection, Predicate, Row, Scalar};

/// A JSON object of one row: response keys and what stands under them, in
/// response order.
#[derive(Clone, Debug, Default)]
pub struct Object<'c> {
    /// Keys and members.
    pub members: Vec<(String, Member<'c>)>,
}

impl Object<'_> {
    /// Whether groups or walks hang on the row, or on rows related to it:
    /// they take a derived table.
    #[must_use]
    pub fn has_derived_tables(&self) -> bool {
        self.members.iter().any(|(_, member)| match member {
            Member::Object(object, _) => object.has_derived_tables(),
            Member::Ancestors(_) => true,
            Member::ToOne(row) | Member::Sample(_, row) => row.object.has_derived_tables(),
            Member::Connection(connection) => {
                connection.rows.is_derived()
                    || connection.has_facets()
                    || connection.nests_derived_tables()
            }
            Member::Typename(_)
            | Member::Null
            | Member::GlobalId(..)
            | Member::Scalar(_)
            | Member::Condition(_)
            | Member::Aggregate(_) => false,
        })
    }

    pub(super) fn samples_hung_on(&self, places: &mut Vec<usize>) {
        for (_, member) in &self.members {
            if let Member::Sample(place, row) = member
                && row.object.has_derived_tables()
            {
                places.push(*place);
            }
        }
    }
}

/// What stands under one response key.
#[derive(Clone, Debug)]
pub enum Member<'c> {
    /// The name of the object's type.
    Typename(Cow<'c, str>),
    /// Nothing.
    Null,
    /// Several members of the same row, or null where a value of it is.
    Object(Object<'c>, Option<Scalar<'c>>),
    /// The row's global id: type prefix and key.
    GlobalId(&'c str, Scalar<'c>),
    /// A column.
    Scalar(Scalar<'c>),
    /// Whether a condition is met.
    Condition(Predicate<'c>),
    /// A related row, or null.
    ToOne(Box<Row<'c>>),
    /// Every row of a source that walks up a tree, from the root down.
    Ancestors(Box<Row<'c>>),
    /// A page of related rows.
    Connection(Box<Connection<'c>>),
    /// Statistics over related rows.
    Aggregate(Box<Aggregate<'c>>),
    /// What is read of the rows of one of a group's samples.
    Sample(usize, Box<Row<'c>>),
}
