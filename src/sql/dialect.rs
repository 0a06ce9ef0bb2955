use std::fmt;

use super::calendar::Calendar;
use super::mariadb::Mariadb;
use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::statistic::Computed;
use crate::catalog::Kind;
use crate::plan::{Function, Match, Reading};

/// A family of databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `SQLite` 3.45 and later.
    Sqlite,
    /// `PostgreSQL` 14 and later.
    Postgres,
    /// `MariaDB` 10.6 and later.
    Mariadb,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mariadb];

    /// Whether a statement that is refused ends the transaction that it is in.
    #[must_use]
    pub fn refusals_end_transactions(self) -> bool {
        self == Self::Postgres
    }

    pub(super) fn grammar(self) -> &'static dyn Grammar {
        match self {
            Self::Sqlite => &Sqlite,
            Self::Postgres => &Postgres,
            Self::Mariadb => &Mariadb,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
        })
    }
}

/// In what the databases differ. A template is SQL in which `{}` stands for
/// its operand, once or several times.
///
/// Each scalar has one text form, the same from every database: keys are
/// lower-case hex, moments are RFC 3339 in UTC with six digits of fraction,
/// enums are their stored text in capitals.
pub(super) trait Grammar: Calendar + Sync {
    /// Quotes identifiers.
    fn quote(&self) -> char;
    /// Whether placeholders have numbers and can be used again.
    fn numbers_placeholders(&self) -> bool;
    /// Writes the placeholder of that number, counted from 1.
    fn placeholder(&self, sql: &mut String, number: usize);

    /// Template: a column of this kind as a member of a JSON object.
    fn json_value(&self, kind: &Kind) -> &'static str;
    /// Template: how many bytes a text has, in a list of JSON.
    fn weight(&self) -> &'static str;
    /// Template: lower-case hex of a text's UTF-8.
    fn hex(&self) -> &'static str;
    /// Template: the text of a number or truth value (`1` and `0`).
    fn text(&self, kind: &Kind) -> &'static str;
    /// Template: a condition that is never null as a JSON truth value.
    fn json_condition(&self) -> &'static str;
    /// Joins texts: before, between, after.
    fn concat(&self) -> [&'static str; 3];
    /// Template: the JSON object of keys and values that alternate. Where it is
    /// larger than the database makes any, that is an error.
    fn json_object(&self) -> &'static str;
    /// The function that gathers JSON values from rows into an array.
    fn json_gather(&self) -> &'static str;
    /// Template: such an array, or an empty one where there were no rows.
    fn or_empty(&self) -> &'static str;
    /// Template: an array that was gathered so, with no object around it. Where
    /// it is larger than the database makes any, it is null.
    fn whole_array(&self) -> &'static str {
        "{}"
    }
    /// Template: a table of the pairs of the JSON parameter `{}`, as `kind` and
    /// the key `id`, with the place `n` of each.
    fn names(&self) -> &'static str;
    /// Template: the ids `{id}` of rows, gathered in the order of `{order}`.
    fn gather_ids(&self) -> &'static str;
    /// Template: the rows of `{table}` whose ids `{id}` are among `{ids}`,
    /// gathered so. Beside it `k.n` is the place of each.
    fn rows_of_ids(&self) -> &'static str;
    /// An empty JSON array.
    fn empty_array(&self) -> &'static str;
    /// An empty JSON object.
    fn empty_object(&self) -> &'static str;
    /// How many keys one JSON object takes, and how several are joined into
    /// one: before all, around each (a template), between, after all.
    fn wide_object(&self) -> Option<(usize, [&'static str; 4])>;

    /// A statistic over values of a kind, as far as it can be told.
    fn measure(&self, function: Function, kind: &Kind) -> Computed;
    /// Template, beside aggregate functions of `{}`: an error, for a statistic
    /// that cannot be told.
    fn out_of_range(&self) -> &'static str;
    /// Template: a condition that is met where the number `{}` is at most the
    /// parameter `{?}`, and an error elsewhere.
    fn at_most(&self) -> &'static str;

    /// Template: where the step begins that a number `{}` is in, as wide as
    /// `{width}`, one of which begins at `{origin}`.
    fn step(&self, kind: &Kind) -> &'static str;
    /// Template: a number as a double.
    fn double(&self) -> &'static str;
    /// Template: a double, to twelve digits, which do not show in which order
    /// it was added up.
    fn rounded(&self) -> &'static str;
    /// Template: a table of the integers of the list parameter `{}`, as `v`.
    fn listed(&self) -> &'static str;
    /// Between two values: whether they are equal, or both are null.
    fn same(&self) -> &'static str;
    /// A JSON value where a condition is met, null elsewhere: before the
    /// condition, between, after.
    fn where_only(&self) -> [&'static str; 3];

    /// Joins the row that each one refers to.
    fn join(&self) -> &'static str;
    /// Whether derived tables are joined fast whose keys can be null.
    fn joins_null_keys(&self) -> bool;
    /// Whether a derived table may refer to rows around it.
    fn correlates_derived_tables(&self) -> bool;
    /// Whether the rows of an ordered derived table keep their order when they
    /// are gathered.
    fn keeps_derived_order(&self) -> bool;
    /// The smaller of two numbers.
    fn least(&self) -> &'static str;
    /// The greater of two numbers.
    fn greatest(&self) -> &'static str;

    /// What stands around the placeholder of a value that is written to a
    /// column of that kind.
    fn stored(&self, kind: &Kind) -> (&'static str, &'static str) {
        let _ = kind;
        ("", "")
    }
    /// After a query: its rows are nobody else's to write until the
    /// transaction is over. None where that is so anyway.
    fn lock(&self) -> Option<&'static str>;

    /// Whether a page whose size is bound needs a constant bound as well, for
    /// its cost to be estimated.
    fn needs_bounded_pages(&self) -> bool;
    /// Begins a test for rows, before what is selected.
    fn exists(&self) -> &'static str;
    /// Whether the conditions within such a test are evaluated for each
    /// surrounding row anew, however often they are asked about the same row.
    fn repeats_conditions(&self) -> bool;
    /// Whether a comparison of rows begins an index at the row.
    fn seeks_rows(&self) -> bool;
    /// What stands before a parameter that a plan could be estimated by: one
    /// that is compared with, and a page's size.
    fn before_estimated(&self) -> &'static str;
    /// Between operand and list, with the list parameter as the template's
    /// operand: membership.
    fn in_list(&self, kind: &Kind) -> &'static str;
    /// Template: `{}` matches the text parameter `{?}`, letter by letter.
    fn matches(&self, kind: Match) -> &'static str;
    /// Template: the regular expression `{?}` finds something in `{}`.
    fn matches_pattern(&self) -> &'static str;
    /// Template: what stands at the path `{?}` within the JSON of `{}`.
    fn json_path(&self, reading: Reading) -> &'static str;
    /// Template: whether an array stands at the path `{?}` within the JSON of
    /// `{}`; only where `[0]` of anything else would be that itself.
    fn is_array(&self) -> Option<&'static str>;
    /// Template: a row has every word of the search `{?}`, of which the index
    /// may not know the letters if they are rare. `{key}` is the row's key,
    /// `{column}` its column with an index, `{table}` its table, and `{index}`
    /// and `{rows}` are the tables that make an index elsewhere; see
    /// `migration::search`.
    fn search(&self, rare: bool) -> &'static str;
    /// After a sort key, where nulls are to stand last or first; `None` if
    /// the database has no words for it and sorts null as the least value.
    fn nulls(&self, last: bool) -> Option<&'static str>;
}
