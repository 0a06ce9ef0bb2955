use apollo_compiler::executable::Field;
use async_graphql::dynamic::{InputValue, TypeRef};

use super::input::Input;
use super::selection::Reader;
use crate::error::{ApiError, Code};
use crate::plan::{
    Bound, Connection, Cursor, CursorError, Fingerprint, LARGEST_PAGE, OrderTerm, Outside,
    Predicate, Side, Source, Value,
};

/// The size of a page that does not say how long it is.
const DEFAULT_SIZE: i64 = 20;

/// The arguments that choose a page.
pub(super) fn arguments() -> [InputValue; 5] {
    let int = || TypeRef::named(TypeRef::INT);
    let cursor = || TypeRef::named(TypeRef::STRING);
    [
        InputValue::new("first", int()).description(format!(
            "How many rows from the start; {DEFAULT_SIZE} unless said, at most {LARGEST_PAGE}."
        )),
        InputValue::new("after", cursor()).description("Only rows after the one with this cursor."),
        InputValue::new("last", int()).description(format!(
            "How many rows from the end; at most {LARGEST_PAGE}."
        )),
        InputValue::new("before", cursor())
            .description("Only rows before the one with this cursor."),
        InputValue::new("offset", int()).description(
            "How many rows to skip, for interfaces with page numbers; goes with `first` alone.",
        ),
    ]
}

impl<'c> Reader<'c, '_> {
    /// Reads the arguments of a page over the rows of `source`; its members
    /// are still to come.
    pub(super) fn page(
        &mut self,
        source: Source<'c>,
        order: Vec<OrderTerm<'c>>,
        field: &Field,
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
            (Some(first), _) => size(first).map_err(|error| error.within("first"))?,
            (None, Some(last)) => size(last).map_err(|error| error.within("last"))?,
            (None, None) => DEFAULT_SIZE,
        };
        let role = self.view().role;
        let fingerprint = Fingerprint::new(source.entity(), &order, role);
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
            source,
            order,
            window,
            preceding,
            following,
            backward,
            most: size.unsigned_abs(),
            size: self.bind(Value::Int(size)),
            fetch: self.bind(Value::Int(size + 1)),
            offset: offset.map(|offset| self.bind(Value::Int(offset))),
            fingerprint,
            members: Vec::new(),
        })
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

fn size(input: Input<'_>) -> Result<i64, ApiError> {
    match input.integer() {
        Some(size) if (0..=i64::from(LARGEST_PAGE)).contains(&size) => Ok(size),
        Some(size) if size > 0 => Err(ApiError::input(format!(
            "A page has at most {LARGEST_PAGE} rows; {size} are too many. Ask for several pages."
        ))),
        _ => Err(ApiError::input(format!(
            "The size of a page is between 0 and {LARGEST_PAGE}."
        ))),
    }
}
