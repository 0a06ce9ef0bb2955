use apollo_compiler::executable::Field;
use async_graphql::dynamic::{InputValue, TypeRef};

use super::input::Input;
use super::selection::Reader;
use crate::error::{ApiError, Code};
use crate::plan::{
    Bound, Connection, Cursor, CursorError, Fingerprint, OrderTerm, Outside, Predicate, Rows, Side,
    Value,
};

/// How large pages are.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    /// What they are made of.
    what: &'static str,
    /// Where nothing is said.
    default: i64,
    /// At most.
    largest: u32,
}

/// How large pages of rows are.
pub(super) const ROWS: Sizes = Sizes {
    what: "rows",
    default: 20,
    largest: 100,
};

/// How large pages of groups are.
pub(super) const GROUPS: Sizes = Sizes {
    what: "groups",
    default: 100,
    largest: 1000,
};

/// How many rows a group tells.
pub(super) const SAMPLES: Sizes = Sizes {
    what: "rows",
    default: 3,
    largest: 100,
};

/// How many values a facet tells.
pub(super) const FACETS: Sizes = Sizes {
    what: "values",
    default: 10,
    largest: 100,
};

/// The argument that chooses how many there are from the start.
pub(super) fn first(sizes: Sizes) -> InputValue {
    let Sizes {
        what,
        default,
        largest,
    } = sizes;
    InputValue::new("first", TypeRef::named(TypeRef::INT)).description(format!(
        "How many {what} from the start; {default} unless said, at most {largest}."
    ))
}

/// The arguments that choose a page.
pub(super) fn arguments(sizes: Sizes) -> [InputValue; 5] {
    let Sizes { what, largest, .. } = sizes;
    let int = || TypeRef::named(TypeRef::INT);
    let cursor = || TypeRef::named(TypeRef::STRING);
    [
        first(sizes),
        InputValue::new("after", cursor())
            .description(format!("Only {what} after the one with this cursor.")),
        InputValue::new("last", int())
            .description(format!("How many {what} from the end; at most {largest}.")),
        InputValue::new("before", cursor())
            .description(format!("Only {what} before the one with this cursor.")),
        InputValue::new("offset", int()).description(format!(
            "How many {what} to skip, for interfaces with page numbers; goes with `first` alone.",
        )),
    ]
}

impl<'c> Reader<'c, '_> {
    /// Reads the arguments of a page over rows or groups; its members are
    /// still to come.
    pub(super) fn page(
        &mut self,
        rows: Rows<'c>,
        order: Vec<OrderTerm<'c>>,
        field: &Field,
        sizes: Sizes,
    ) -> Result<Connection<'c>, ApiError> {
        let variables = self.variables();
        let given = |name| Input::given(field, name, variables);
        let (first, last) = (given("first"), given("last"));
        if first.is_some() && last.is_some() {
            return Err(
                ApiError::input("A page has either first or last, not both.").within("last"),
            );
        }
        let backward = last.is_some();
        let size = match (first, last) {
            (Some(first), _) => size(first, sizes).map_err(|error| error.within("first"))?,
            (None, Some(last)) => size(last, sizes).map_err(|error| error.within("last"))?,
            (None, None) => sizes.default,
        };
        let role = self.view().role;
        let fingerprint = Fingerprint::new(rows.source().entity(), &order, role);
        let after = self.bound(given("after"), fingerprint, &order, "after")?;
        let before = self.bound(given("before"), fingerprint, &order, "before")?;
        let offset = match given("offset") {
            None => None,
            Some(_) if backward || after.is_some() || before.is_some() => {
                return Err(ApiError::input(
                    "An offset goes with first alone, not with last or a cursor.",
                )
                .within("offset"));
            }
            Some(input) => input.integer().filter(|offset| *offset >= 0).map_or_else(
                || Err(ApiError::input("An offset is zero or more.").within("offset")),
                |offset| Ok(Some(offset)),
            )?,
        };
        if let Some(offset) = offset {
            // What is skipped is read all the same.
            self.charge(offset.unsigned_abs());
        }
        let outside = |bound: &Option<Bound>, side| match bound {
            None => Outside::Nothing,
            Some(bound) => Outside::Rows(bound.rows(&order, side, true)),
        };
        let preceding = match offset {
            // Whatever is skipped comes before the page.
            Some(offset) if offset > 0 => Outside::Rows(Predicate::True),
            _ => outside(&after, Side::Before),
        };
        let following = outside(&before, Side::After);
        let window = Predicate::all([
            after.map_or(Predicate::True, |bound| {
                bound.rows(&order, Side::After, false)
            }),
            before.map_or(Predicate::True, |bound| {
                bound.rows(&order, Side::Before, false)
            }),
        ]);
        Ok(Connection {
            window,
            preceding,
            following,
            backward,
            offset: offset.map(|offset| self.bind(Value::Int(offset))),
            ..self.first_page(rows, order, size, sizes)
        })
    }

    /// Reads how many there are from the start.
    pub(super) fn first(&mut self, field: &Field, sizes: Sizes) -> Result<i64, ApiError> {
        match Input::given(field, "first", self.variables()) {
            Some(first) => size(first, sizes).map_err(|error| error.within("first")),
            None => Ok(sizes.default),
        }
    }

    /// A first page; its members are still to come.
    pub(super) fn first_page(
        &mut self,
        rows: Rows<'c>,
        order: Vec<OrderTerm<'c>>,
        size: i64,
        sizes: Sizes,
    ) -> Connection<'c> {
        let role = self.view().role;
        Connection {
            fingerprint: Fingerprint::new(rows.source().entity(), &order, role),
            rows,
            order,
            window: Predicate::True,
            preceding: Outside::Nothing,
            following: Outside::Nothing,
            backward: false,
            most: size.unsigned_abs(),
            largest: sizes.largest,
            size: self.bind(Value::Int(size)),
            fetch: self.bind(Value::Int(size + 1)),
            offset: None,
            members: Vec::new(),
        }
    }

    fn bound(
        &mut self,
        input: Option<Input<'_>>,
        fingerprint: Fingerprint,
        order: &[OrderTerm<'c>],
        argument: &str,
    ) -> Result<Option<Bound>, ApiError> {
        let Some(input) = input else {
            return Ok(None);
        };
        let text = input.text().unwrap_or_default();
        let cursor = Cursor::parse(text, fingerprint, order).map_err(|error| {
            let message = match error {
                CursorError::Malformed => "This is not a cursor. Send one as this API returned it.",
                CursorError::Foreign => {
                    "This cursor belongs to another list, ordering or role. \
                     Start again from the first page."
                }
            };
            ApiError::new(Code::InvalidCursor, message).within(argument)
        })?;
        let values = cursor
            .values
            .into_iter()
            .map(|value| value.map(|value| self.bind(value)))
            .collect();
        Ok(Some(Bound { values }))
    }
}

fn size(input: Input<'_>, sizes: Sizes) -> Result<i64, ApiError> {
    let Sizes { what, largest, .. } = sizes;
    match input.integer() {
        Some(size) if (0..=i64::from(largest)).contains(&size) => Ok(size),
        Some(size) if size > 0 => Err(ApiError::input(format!(
            "A page has at most {largest} {what}; {size} are too many. Ask for several pages."
        ))),
        _ => Err(ApiError::input(format!(
            "The size of a page is between 0 and {largest}."
        ))),
    }
}
