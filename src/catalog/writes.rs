use std::ops::RangeInclusive;

use regex::Regex;
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic as _};
use serde_json::Value as Json;

use super::checks::{Checks, Pattern};
use super::declaration::Expose;
use crate::access::{Rule, everyone};

/// How rows of an entity are written, as declared.
#[derive(Debug, Default)]
pub(super) struct DeclaredWrites {
    pub create: Option<Rule>,
    pub update: Option<Rule>,
    pub delete: Option<Rule>,
    pub inputs: Vec<DeclaredInput>,
    pub created_by: Option<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub version: Option<String>,
}

/// A column whose value clients give. See [`input`].
#[derive(Debug)]
pub struct DeclaredInput {
    pub(super) column: String,
    pub(super) once: bool,
    pub(super) rule: Rule,
    pub(super) default: Option<Json>,
    pub(super) checks: Checks,
    pub(super) faults: Vec<String>,
}

/// Begins what is said of a column whose value clients give: by the field that
/// exposes it, or by the relation where it refers to another row.
pub fn input(column: impl ColumnTrait) -> DeclaredInput {
    DeclaredInput {
        column: column.as_str().to_owned(),
        once: false,
        rule: everyone(),
        default: None,
        checks: Checks::default(),
        faults: Vec::new(),
    }
}

impl DeclaredInput {
    /// Given when the row is made, and never changed.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Only for those whom `rule` admits, on rows that it admits, before and
    /// after.
    #[must_use]
    pub fn only(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }

    /// The value of new rows for which none is given: of an enumeration the
    /// stored text.
    #[must_use]
    pub fn default(mut self, value: impl Into<Json>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// A text of so many characters. What the column holds at most binds
    /// anyway.
    #[must_use]
    pub fn length(mut self, characters: RangeInclusive<u32>) -> Self {
        self.checks.length = Some(characters.into_inner());
        self
    }

    /// A number among these.
    #[must_use]
    pub fn range(mut self, numbers: RangeInclusive<i64>) -> Self {
        self.checks.range = Some(numbers.into_inner());
        self
    }

    /// A text all of which matches a regular expression; `words` say the same
    /// to people, as in "It must be …".
    #[must_use]
    pub fn pattern(mut self, pattern: &str, words: &str) -> Self {
        match Regex::new(&format!("\\A(?:{pattern})\\z")) {
            Ok(regex) => {
                self.checks.pattern = Some(Pattern {
                    regex,
                    words: words.to_owned(),
                });
            }
            Err(error) => self.faults.push(format!("{}: {error}", self.column)),
        }
        self
    }

    /// A text that is an e-mail address.
    #[must_use]
    pub fn email(mut self) -> Self {
        self.checks.email = true;
        self
    }

    /// A JSON object of at most so many bytes, nested at most so deep.
    #[must_use]
    pub fn object(mut self, bytes: usize, depth: usize) -> Self {
        self.checks.json = super::JsonBounds {
            bytes,
            depth,
            object: true,
        };
        self
    }
}

impl<E: EntityTrait> Expose<E> {
    /// Who may make rows, and which. Where the rule asks about the row, it is
    /// asked about the row as it was made.
    #[must_use]
    pub fn create(mut self, rule: Rule) -> Self {
        self.declaration.writes.create = Some(rule);
        self
    }

    /// Who may change rows, and which. Where the rule asks about the row, it
    /// is asked about the row as it was and as it becomes.
    #[must_use]
    pub fn update(mut self, rule: Rule) -> Self {
        self.declaration.writes.update = Some(rule);
        self
    }

    /// Who may delete rows, and which.
    #[must_use]
    pub fn delete(mut self, rule: Rule) -> Self {
        self.declaration.writes.delete = Some(rule);
        self
    }

    /// The columns whose values clients give. All others are set by the
    /// server, or not at all.
    #[must_use]
    pub fn inputs<const N: usize>(mut self, inputs: [DeclaredInput; N]) -> Self {
        self.declaration.writes.inputs.extend(inputs);
        self
    }

    /// The column with the user who made the row. It is set from the
    /// requester's token.
    #[must_use]
    pub fn created_by(mut self, column: E::Column) -> Self {
        self.declaration.writes.created_by = Some(column.as_str().to_owned());
        self
    }

    /// The columns with the moments at which the row was made and last
    /// changed.
    #[must_use]
    pub fn timestamps(mut self, created: E::Column, updated: E::Column) -> Self {
        self.declaration.writes.created_at = Some(created.as_str().to_owned());
        self.declaration.writes.updated_at = Some(updated.as_str().to_owned());
        self
    }

    /// The column that counts the changes of the row from 1 on.
    #[must_use]
    pub fn version(mut self, column: E::Column) -> Self {
        self.declaration.writes.version = Some(column.as_str().to_owned());
        self
    }
}
