use super::{Alias, Connection, Planner, Predicate, Row, Source};
use crate::access;
use crate::catalog::{Column, Field};

/// A column of a row, as the requester may see it. This is the one way to
/// name a column, in output, filters, orders and cursors alike, so a mask
/// binds wherever the column does.
#[derive(Clone, Debug)]
pub struct Scalar<'c> {
    /// The row.
    pub alias: Alias,
    /// The column.
    pub column: &'c Column,
    /// Rows on which the value may be read; null elsewhere.
    pub mask: Option<Box<Predicate<'c>>>,
}

impl Scalar<'_> {
    /// Whether the value can be null, be it stored so or masked.
    #[must_use]
    pub fn nullable(&self) -> bool {
        self.column.nullable || self.mask.is_some()
    }
}

/// A JSON object of one row: response keys and what stands under them, in
/// response order.
#[derive(Clone, Debug, Default)]
pub struct Object<'c> {
    /// Keys and members.
    pub members: Vec<(String, Member<'c>)>,
}

/// What stands under one response key.
#[derive(Clone, Debug)]
pub enum Member<'c> {
    /// The name of the object's type.
    Typename(&'c str),
    /// The row's global id: type prefix and key.
    GlobalId(&'c str, Scalar<'c>),
    /// A column.
    Scalar(Scalar<'c>),
    /// A related row, or null.
    ToOne(Box<Row<'c>>),
    /// A page of related rows.
    Connection(Box<Connection<'c>>),
}

impl<'c> Planner<'c> {
    /// An exposed column of the rows of `source`, masked where the requester
    /// may not read it.
    pub fn scalar(&mut self, source: &Source<'c>, field: &'c Field) -> Scalar<'c> {
        let (entity, alias) = (source.entity(), source.alias());
        Scalar {
            alias,
            column: entity.column_of(field),
            mask: access::field_mask(self, entity, alias, field).map(Box::new),
        }
    }

    /// The primary key of the rows of `source`, which every visible row shows.
    pub fn key(&mut self, source: &Source<'c>) -> Scalar<'c> {
        Scalar {
            alias: source.alias(),
            column: source.entity().key(),
            mask: None,
        }
    }
}
