//! What operations may come to, in rows that may be touched.
//!
//! Rows that are read count as they are: the size of a page times the rows it
//! hangs on. What else the database does for a list has a flat price, since
//! how many rows there are is not known before anything runs.

use super::tally::{Amount, Most, Tally};
use crate::access::Role;
use crate::error::ApiError;
use crate::run::Length;

/// Counting the rows of a list.
pub(super) const COUNT: u64 = 100;
/// Searching a list.
pub(super) const SEARCH: u64 = 100;
/// Sorting a list by what no index is on.
pub(super) const SORT: u64 = 100;
/// A statistic over rows, all of which are counted already.
pub(super) const MEASURE: u64 = 1;
/// A statistic for which values are sorted or kept apart.
pub(super) const ORDERED_MEASURE: u64 = 100;
/// A statistic over the rows that hang on each row of a list.
pub(super) const STATISTIC_OF_ROWS: u64 = 100;
/// The combinations of other keys for which groups are filled in.
pub(super) const COMBINATIONS: u64 = 20;
/// A walk through a tree.
pub(super) const WALK: u64 = 100;
/// Telling of the schema.
pub(super) const SCHEMA: u64 = 100;
/// A row that is written, with what is recorded of it.
pub(super) const WRITE: u64 = 10;
/// A condition on a related row.
pub(super) const RELATED: u64 = 10;
/// A condition on related rows, of which there may be many: conditions on what
/// is related to them are met or not for each.
pub(super) const RELATED_ROWS: u64 = 20;

/// How many values an answer has that may be large.
const MANY_VALUES: u64 = 10_000;

/// How many bytes the texts of an answer have that may be large, or largest.
const MANY_BYTES: u64 = 1_000_000;
const MOST_BYTES: u64 = 4_000_000;

/// How long a statement of that cost may take, whose answer may have so many
/// values, and so many bytes in their texts. What costs as much as counting a
/// list may look at all of it.
pub(super) fn length(cost: u64, values: u64, bytes: u64) -> Length {
    match (cost, values, bytes) {
        (_, _, MOST_BYTES..) => Length::Largest,
        (_, MANY_VALUES.., _) | (_, _, MANY_BYTES..) => Length::Large,
        (..COUNT, ..) => Length::Short,
        _ => Length::Long,
    }
}

/// A number for each role, such as the most that an operation may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByRole([u64; Role::ALL.len()]);

impl ByRole {
    /// What an operation may cost unless it is said, in rows.
    #[must_use]
    pub fn budgets() -> Self {
        Self([20_000, 50_000, 100_000, 100_000])
    }

    /// How many rows may be written at once unless it is said.
    #[must_use]
    pub fn bulk_rows() -> Self {
        Self([1, 100, 1_000, 5_000])
    }

    /// The number of a role.
    #[must_use]
    pub fn of(&self, role: Role) -> u64 {
        self.0[role.index()]
    }

    /// The same with another number for one role.
    #[must_use]
    pub fn with(mut self, role: Role, number: u64) -> Self {
        self.0[role.index()] = number;
        self
    }
}

/// Refuses what is over the budget of a role: so much that adds up like this.
pub(super) fn check(
    cost: u64,
    tally: &Tally,
    budgets: &ByRole,
    role: Role,
) -> Result<(), ApiError> {
    let budget = budgets.of(role);
    if cost <= budget {
        return Ok(());
    }
    let most = tally.most(&Amount::COST).unwrap_or_default();
    let field = most.path.join(".");
    Err(ApiError::too_complex(
        "cost",
        format!(
            "The operation costs {cost}, and {budget} are allowed; {field} costs most, {}. \
             Ask for less there: {}.",
            most.sum(&Amount::COST),
            less(&most)
        ),
    )
    .on(&most.path)
    .with("cost", cost.into())
    .with("budget", budget.into())
    .with("costliest", field.into()))
}

/// What to ask for less of, by what most of it is for.
fn less(most: &Most) -> &'static str {
    let sorts = Amount::COST.iter().rev();
    match sorts.max_by_key(|sort| most.sum(&[**sort])) {
        Some(Amount::Sorting) => "fewer medians, percentiles, modes and distinct counts",
        Some(Amount::Counts) => {
            "fewer counts, statistics and facets, above all of each row, or smaller pages"
        }
        _ => "smaller pages, above all of the outer lists, or a simpler filter or order",
    }
}
