use async_graphql::dynamic::{Enum, EnumItem, InputObject, InputValue, TypeRef};

use super::input::Input;
use super::selection::Reader;
use super::view::View;
use crate::catalog::Entity;
use crate::error::ApiError;
use crate::plan::{Direction, Nulls, OrderTerm, Source};

/// The name of the enum of directions.
pub(super) const DIRECTION: &str = "OrderDirection";

/// Names, meanings and descriptions of the directions. The plain ones treat
/// null as the greatest value, as `PostgreSQL` does.
const DIRECTIONS: [(&str, Direction, Nulls, &str); 6] = [
    (
        "ASC",
        Direction::Ascending,
        Nulls::Last,
        "Smallest first; nulls last.",
    ),
    (
        "ASC_NULLS_FIRST",
        Direction::Ascending,
        Nulls::First,
        "Nulls first, then smallest first.",
    ),
    (
        "ASC_NULLS_LAST",
        Direction::Ascending,
        Nulls::Last,
        "Smallest first; nulls last.",
    ),
    (
        "DESC",
        Direction::Descending,
        Nulls::First,
        "Nulls first, then greatest first.",
    ),
    (
        "DESC_NULLS_FIRST",
        Direction::Descending,
        Nulls::First,
        "Nulls first, then greatest first.",
    ),
    (
        "DESC_NULLS_LAST",
        Direction::Descending,
        Nulls::Last,
        "Greatest first; nulls last.",
    ),
];

/// The enum of directions.
pub(super) fn define_direction() -> Enum {
    DIRECTIONS.iter().fold(
        Enum::new(DIRECTION).description(
            "Which way a list is sorted. Texts are compared byte by byte, which sorts \
             capitals before small letters.",
        ),
        |all, (name, _, _, description)| all.item(EnumItem::new(*name).description(*description)),
    )
}

/// The name of an entity's order type.
pub(super) fn type_name(entity: &Entity) -> String {
    format!("{}Order", entity.name)
}

/// The order type of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    view.fields(entity)
        .filter(|field| entity.column_of(field).kind.is_sortable())
        .fold(
            InputObject::new(type_name(entity))
                .description(format!(
                    "One key by which {} are sorted. The first key of a list counts most; \
                     rows that all keys leave equal are sorted by id.",
                    entity.plural_words()
                ))
                .oneof(),
            |object, field| {
                object.field(
                    InputValue::new(&field.name, TypeRef::named(DIRECTION))
                        .description(&field.description),
                )
            },
        )
}

impl<'c> Reader<'c, '_> {
    /// Reads an order of the rows of `source`, or takes the default one. It
    /// always ends with the primary key.
    pub(super) fn order(
        &mut self,
        source: &Source<'c>,
        input: Option<Input<'_>>,
    ) -> Result<Vec<OrderTerm<'c>>, ApiError> {
        let entity = source.entity();
        let mut terms: Vec<OrderTerm<'c>> = Vec::new();
        match input {
            None => {
                for sort in &entity.default_sort {
                    let Some(field) = entity.field_at(sort.column) else {
                        continue;
                    };
                    let (direction, nulls) = if sort.descending {
                        (Direction::Descending, Nulls::First)
                    } else {
                        (Direction::Ascending, Nulls::Last)
                    };
                    terms.push(OrderTerm {
                        scalar: self.scalar(source, field),
                        direction,
                        nulls,
                    });
                }
            }
            Some(input) => {
                let items = input.items();
                self.spend_items(items.len())?;
                for (place, item) in items.into_iter().enumerate() {
                    let term = self
                        .order_term(source, item)
                        .map_err(|error| error.within(place.to_string()))?;
                    // A key that has been named decides nothing the second
                    // time.
                    let known = terms
                        .iter()
                        .any(|known| known.scalar.column.name == term.scalar.column.name);
                    if !known {
                        terms.push(term);
                    }
                }
            }
        }
        let key = entity.key();
        match terms
            .iter()
            .position(|term| term.scalar.column.name == key.name)
        {
            Some(last) => terms.truncate(last + 1),
            None => terms.push(OrderTerm {
                scalar: self.key(source),
                direction: Direction::Ascending,
                nulls: Nulls::Last,
            }),
        }
        Ok(terms)
    }

    fn order_term(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
    ) -> Result<OrderTerm<'c>, ApiError> {
        let (name, value) = input.only()?;
        let direction = value
            .text()
            .and_then(|text| DIRECTIONS.iter().find(|(name, ..)| *name == text));
        let field = self.view().field(source.entity(), name);
        let (Some((_, direction, nulls, _)), Some(field)) = (direction, field) else {
            return Err(ApiError::internal(&format!("no order by {name}")));
        };
        Ok(OrderTerm {
            scalar: self.scalar(source, field),
            direction: *direction,
            nulls: *nulls,
        })
    }
}
