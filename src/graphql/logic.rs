use async_graphql::dynamic::{InputObject, InputValue, TypeRef};

use super::input::Input;
use super::selection::Reader;
use crate::error::ApiError;
use crate::plan::Predicate;

/// What a condition says of the one that it denies. Every type of conditions has
/// it.
pub(super) const NOT: &str = "not";

/// Adds `and`, `or` and `not` to the type of conditions of that name.
pub(super) fn with_connectives(object: InputObject, type_name: &str) -> InputObject {
    let list = || TypeRef::named_nn_list(type_name);
    object
        .field(
            InputValue::new("and", list())
                .description("Every one of these. An empty list is met by all."),
        )
        .field(
            InputValue::new("or", list())
                .description("At least one of these. An empty list is met by none."),
        )
        .field(
            InputValue::new(NOT, TypeRef::named(type_name))
                .description("Not this: exactly the rest."),
        )
}

/// Reads a condition by its name and what is said of it, this deep within
/// others.
pub(super) type Named<'n, 'c, 'r> =
    dyn FnMut(&mut Reader<'c, 'r>, &str, Input<'_>, usize) -> Result<Predicate<'c>, ApiError> + 'n;

impl<'c, 'r> Reader<'c, 'r> {
    /// Reads conditions that are joined by `and`, `or` and `not`, and all
    /// others by `named`.
    pub(super) fn logic(
        &mut self,
        input: Input<'_>,
        depth: usize,
        named: &mut Named<'_, 'c, 'r>,
    ) -> Result<Predicate<'c>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input("Null is no condition. Leave it out."));
        }
        self.spend_condition(depth)?;
        let mut conditions = Vec::new();
        for (name, value) in input.entries() {
            conditions.push(self.logic_of(name, value, depth, named)?);
        }
        Ok(Predicate::all(conditions))
    }

    /// Reads one of such conditions.
    pub(super) fn logic_of(
        &mut self,
        name: &str,
        input: Input<'_>,
        depth: usize,
        named: &mut Named<'_, 'c, 'r>,
    ) -> Result<Predicate<'c>, ApiError> {
        let condition = match name {
            "and" => self.alternatives(input, depth, named).map(Predicate::all),
            "or" => self.alternatives(input, depth, named).map(Predicate::any),
            NOT => self.logic(input, depth + 1, named).map(Predicate::negate),
            name => named(self, name, input, depth),
        };
        condition.map_err(|error| error.within(name))
    }

    fn alternatives(
        &mut self,
        input: Input<'_>,
        depth: usize,
        named: &mut Named<'_, 'c, 'r>,
    ) -> Result<Vec<Predicate<'c>>, ApiError> {
        if input.is_null() {
            return Err(ApiError::input(
                "Null is no list of conditions. Leave it out.",
            ));
        }
        let mut alternatives = Vec::new();
        for (place, item) in input.items().into_iter().enumerate() {
            let alternative = self
                .logic(item, depth + 1, named)
                .map_err(|error| error.within(place.to_string()))?;
            alternatives.push(alternative);
        }
        Ok(alternatives)
    }
}
