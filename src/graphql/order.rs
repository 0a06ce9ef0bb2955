use async_graphql::dynamic::{Enum, EnumItem, InputObject, InputValue, TypeRef};

use super::input::Input;
use super::selection::Reader;
use super::view::View;
use super::{aggregate, aggregate_order, cost, json};
use crate::catalog::{Entity, Kind, RelationKind, Sort};
use crate::error::ApiError;
use crate::plan::{Direction, Nulls, OrderTerm, Scalar, Source, Step};

/// The most keys of an order. A position in a list compares each with those
/// before it.
const MOST_KEYS: usize = 16;

/// The argument that sorts.
pub(super) const ORDER_BY: &str = "orderBy";

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

/// The argument that sorts rows of an entity.
pub(super) fn argument(entity: &Entity) -> InputValue {
    InputValue::new(ORDER_BY, TypeRef::named_nn_list(type_name(entity)))
        .description("In which order; the first key counts most.")
}

/// The order type of an entity.
pub(super) fn define(view: View<'_>, entity: &Entity) -> InputObject {
    let mut object = InputObject::new(type_name(entity))
        .description(format!(
            "One key by which {} are sorted. The first key of a list counts most; rows that all \
             keys leave equal are sorted by id. A list has at most {MOST_KEYS} keys.",
            entity.plural_words()
        ))
        .oneof();
    for field in view.fields(entity) {
        let key = match &entity.column_of(field).kind {
            Kind::Json => json::ORDER,
            _ => DIRECTION,
        };
        object = object.field(
            InputValue::new(&field.name, TypeRef::named(key)).description(&field.description),
        );
    }
    for (relation, target) in view.relations(entity) {
        if relation.kind == RelationKind::ToOne {
            object = object.field(
                InputValue::new(&relation.name, TypeRef::named(type_name(target))).description(
                    format!(
                        "By its `{}`; where there is none that you may see, the key is null.",
                        relation.name
                    ),
                ),
            );
        }
    }
    aggregate::inputs_of_rows(
        view,
        entity,
        "By a statistic over",
        aggregate_order::type_name,
    )
    .into_iter()
    .fold(object, InputObject::field)
}

impl<'c> Reader<'c, '_> {
    /// Reads an order of the rows of `source`, or takes the default one. It
    /// always ends with the primary key.
    pub(super) fn order(
        &mut self,
        source: &Source<'c>,
        input: Option<Input<'_>>,
    ) -> Result<Vec<OrderTerm<'c>>, ApiError> {
        let terms = match input {
            None => self.default_order(source),
            Some(input) => self.order_terms(source, input)?,
        };
        Ok(self.total_order(source, terms))
    }

    /// Ends an order with the primary key.
    pub(super) fn total_order(
        &mut self,
        source: &Source<'c>,
        mut terms: Vec<OrderTerm<'c>>,
    ) -> Vec<OrderTerm<'c>> {
        let key = OrderTerm {
            scalar: self.key(source),
            direction: Direction::Ascending,
            nulls: Nulls::Last,
        };
        let label = key.scalar.label();
        match terms.iter().position(|term| term.scalar.label() == label) {
            Some(last) => terms.truncate(last + 1),
            None => terms.push(key),
        }
        terms
    }

    fn default_order(&mut self, source: &Source<'c>) -> Vec<OrderTerm<'c>> {
        let entity = source.entity();
        let sorts = entity.default_sort.iter();
        let keys: Vec<(&Sort, _)> = sorts
            .filter_map(|sort| Some((sort, entity.field_at(sort.column)?)))
            .collect();
        keys.into_iter()
            .map(|(sort, field)| {
                let (direction, nulls) = if sort.descending {
                    (Direction::Descending, Nulls::First)
                } else {
                    (Direction::Ascending, Nulls::Last)
                };
                OrderTerm {
                    scalar: self.scalar(source, field),
                    direction,
                    nulls,
                }
            })
            .collect()
    }

    fn order_terms(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
    ) -> Result<Vec<OrderTerm<'c>>, ApiError> {
        let items = input.items();
        if items.len() > MOST_KEYS {
            return Err(ApiError::input(format!(
                "An order has at most {MOST_KEYS} keys; {} are too many.",
                items.len()
            )));
        }
        let mut terms: Vec<OrderTerm<'c>> = Vec::with_capacity(items.len() + 1);
        for (place, item) in items.into_iter().enumerate() {
            let term = self
                .order_term(source, item, 0)
                .map_err(|error| error.within(place.to_string()))?;
            // A key that has been named decides nothing the second time.
            let label = term.scalar.label();
            if !terms.iter().any(|known| known.scalar.label() == label) {
                terms.push(term);
            }
        }
        // A position is compared key by key, each behind all before it.
        let steps: usize = terms.iter().map(|term| term.scalar.through.len()).sum();
        self.charge(cost::SORT * (steps * terms.len().saturating_sub(1)) as u64);
        Ok(terms)
    }

    fn order_term(
        &mut self,
        source: &Source<'c>,
        input: Input<'_>,
        depth: usize,
    ) -> Result<OrderTerm<'c>, ApiError> {
        self.spend_condition(depth)?;
        let (name, value) = input.only()?;
        let entity = source.entity();
        let term = if let Some(field) = self.view().field(entity, name) {
            if entity.column_of(field).kind == Kind::Json {
                self.json_order(source, field, value)
            } else {
                let scalar = self.scalar(source, field);
                Self::term(scalar, value)
            }
        } else if let Some((relation, _)) = self.view().relation(entity, name) {
            self.charge(cost::SORT);
            let view = self.view();
            let always = view.catalog.always_related(entity, relation, view.role);
            let related = self.child(source, relation);
            let term = self.across(|reader| reader.order_term(&related, value, depth + 1));
            term.map(|mut term| {
                let step = Step {
                    source: related,
                    always,
                };
                term.scalar.through.insert(0, step);
                term
            })
        } else if let Some(relation) = aggregate::of_rows(self.view(), entity, name) {
            self.order_by_statistic_of_rows(source, relation, value)
        } else {
            Err(ApiError::internal(&format!("no order by {name}")))
        };
        term.map_err(|error| error.within(name))
    }

    /// A sort key, and which way it runs.
    pub(super) fn term(scalar: Scalar<'c>, input: Input<'_>) -> Result<OrderTerm<'c>, ApiError> {
        let (_, direction, nulls, _) = input
            .text()
            .and_then(|text| DIRECTIONS.iter().find(|(name, ..)| *name == text))
            .ok_or_else(|| ApiError::input("Expected a direction, such as ASC."))?;
        Ok(OrderTerm {
            scalar,
            direction: *direction,
            nulls: *nulls,
        })
    }
}
