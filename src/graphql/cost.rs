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

/// What an operation may come to, in rows that may be touched.
///
/// Rows that are read count as they are: the size of a page times the rows it
/// hangs on. What else the database does for a list has a flat price, since
/// how many rows there are is not known before anything runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Cost {
    total: u64,
    fields: Vec<(Vec<String>, u64)>,
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

impl Cost {
    /// Adds what the field at `path` costs.
    pub fn add(&mut self, path: &[String], units: u64) {
        self.total = self.total.saturating_add(units);
        let known = self.fields.iter_mut().rev();
        match known.into_iter().find(|(known, _)| known == path) {
            Some((_, sum)) => *sum = sum.saturating_add(units),
            None => self.fields.push((path.to_vec(), units)),
        }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The path of the field that costs most.
    pub fn costliest(&self) -> Option<String> {
        self.most().map(|(path, _)| path.join("."))
    }

    /// The field that costs most, the first of several, and how much.
    fn most(&self) -> Option<&(Vec<String>, u64)> {
        self.fields.iter().rev().max_by_key(|(_, sum)| *sum)
    }

    /// Refuses what is over the budget of a role.
    pub fn check(&self, budgets: &ByRole, role: Role) -> Result<(), ApiError> {
        let budget = budgets.of(role);
        let Some((path, most)) = self.most().filter(|_| self.total > budget) else {
            return Ok(());
        };
        let field = path.join(".");
        Err(ApiError::too_complex(
            "cost",
            format!(
                "The operation costs {}, and {budget} are allowed; {field} costs most, {most}. \
                 Ask for less there: smaller pages, above all of the outer lists, or a simpler filter \
                 or order.",
                self.total
            ),
        )
        .on(path)
        .with("cost", self.total.into())
        .with("budget", budget.into())
        .with("costliest", field.into()))
    }
}
