use crate::catalog::{Column, Entity, Field};
use crate::error::ApiError;
use crate::graphql::selection::Reader;
use crate::plan::write::{Cell, Named, REFERRED, References, VALUE};
use crate::plan::{Comparison, Each, Member, Object, ParamId, Predicate, Root, Row, Source, Value};

/// The rows that a write refers to, gathered so that each entity is asked once.
#[derive(Debug, Default)]
pub(in crate::graphql) struct ReferenceBook<'c> {
    pages: Vec<Page<'c>>,
}

/// Those of one entity that are named by one field, and referred to by one
/// column.
#[derive(Debug)]
struct Page<'c> {
    entity: &'c Entity,
    field: &'c Field,
    to: &'c Column,
    named: Vec<Named>,
}

impl<'c> ReferenceBook<'c> {
    /// Adds a row, and says what stands for it: its value of the column `to`.
    pub fn add(
        &mut self,
        entity: &'c Entity,
        field: &'c Field,
        to: &'c Column,
        value: Value,
        path: Vec<String>,
    ) -> Cell {
        let known = self.pages.iter().position(|page| {
            page.entity.name == entity.name
                && page.field.name == field.name
                && page.to.name == to.name
        });
        let page = known.unwrap_or_else(|| {
            self.pages.push(Page {
                entity,
                field,
                to,
                named: Vec::new(),
            });
            self.pages.len() - 1
        });
        let named = &mut self.pages[page].named;
        named.push(Named { value, path });
        Cell::Reference(page, named.len() - 1)
    }
}

impl<'c> Reader<'c, '_> {
    /// Plans how references are looked up.
    pub(in crate::graphql) fn references(
        &mut self,
        book: ReferenceBook<'c>,
    ) -> Result<Vec<References<'c>>, ApiError> {
        let pages = book.pages.into_iter();
        pages
            .map(
                |Page {
                     entity,
                     field,
                     to,
                     named,
                 }| {
                    self.charge(named.len() as u64);
                    let (plan, ()) = self.apart_plan(|reader| {
                        let mut source = reader.source(entity);
                        reader.named_by(&mut source, field, &named);
                        let value = Member::Scalar(reader.scalar(&source, field));
                        let members = vec![
                            (VALUE.to_owned(), value),
                            (REFERRED.to_owned(), source.stored(to)),
                        ];
                        Ok((each(source, members, None, false), ()))
                    })?;
                    Ok(References { plan, to, named })
                },
            )
            .collect()
    }

    /// Narrows a source to the rows that are named.
    pub(super) fn named_by(&mut self, source: &mut Source<'c>, field: &'c Field, named: &[Named]) {
        let scalar = self.scalar(source, field);
        let predicate = match named {
            [one] => {
                let param = self.bind_own(one.value.clone());
                Predicate::Compare(scalar, Comparison::Equal, param)
            }
            several => {
                let kind = source.entity().column_of(field).kind.clone();
                let values = several.iter().map(|named| named.value.clone()).collect();
                let list = self.bind_own(Value::List(kind, values));
                Predicate::In(scalar, list)
            }
        };
        source.narrow(predicate);
    }
}

/// What reads some members of every row of a source.
pub(super) fn each<'c>(
    source: Source<'c>,
    members: Vec<(String, Member<'c>)>,
    most: Option<ParamId>,
    locked: bool,
) -> Root<'c> {
    Root::Each(Box::new(Each {
        row: Row {
            source,
            object: Object { members },
        },
        most,
        locked,
    }))
}
