use regex::Regex;
use serde_json::Value as Json;

use super::model::Column;

/// The integers that JavaScript reads exactly, and columns take.
const EXACT: (i64, i64) = (-((1 << 53) - 1), (1 << 53) - 1);

/// What a value that is written must be, beyond what its type says.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// How many characters a text has, at least and at most.
    pub length: Option<(u32, u32)>,
    /// Between which numbers one is, both included.
    pub range: Option<(i64, i64)>,
    /// What a text looks like.
    pub pattern: Option<Pattern>,
    /// Whether a text is an e-mail address.
    pub email: bool,
    /// How large a JSON document may be.
    pub json: JsonBounds,
}

/// What a text looks like: a regular expression over all of it.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The expression.
    pub regex: Regex,
    /// The same in words, such as `three capital letters`.
    pub words: String,
}

/// How large a JSON document may be that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonBounds {
    /// Its size as text, in bytes.
    pub bytes: usize,
    /// How deep arrays and objects nest in it.
    pub depth: usize,
    /// Whether it must be an object.
    pub object: bool,
}

impl Default for JsonBounds {
    fn default() -> Self {
        Self {
            bytes: 64 * 1024,
            depth: 16,
            object: false,
        }
    }
}

/// What is wrong with a value is said to people.
impl Checks {
    /// The least and the greatest integers that a column takes.
    pub(super) fn integers(&self, column: &Column) -> (i64, i64) {
        let ranges = [column.range, self.range].into_iter().flatten();
        ranges.fold(EXACT, |known, range| {
            (known.0.max(range.0), known.1.min(range.1))
        })
    }

    /// How many characters a column takes, at least and at most.
    pub(super) fn characters(&self, column: &Column) -> (u32, u32) {
        let (least, most) = self.length.unwrap_or((0, u32::MAX));
        (least, most.min(column.length.unwrap_or(u32::MAX)))
    }

    /// Checks an integer that is written to a column.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn integer(&self, column: &Column, number: i64) -> Result<(), String> {
        let (least, greatest) = self.integers(column);
        if (least..=greatest).contains(&number) {
            Ok(())
        } else {
            Err(format!("Give a number from {least} to {greatest}."))
        }
    }

    /// Checks a number that may have a fraction.
    ///
    /// # Errors
    /// What is wrong with it.
    #[expect(
        clippy::cast_precision_loss,
        reason = "doubles are compared with the doubles that are declared"
    )]
    pub fn float(&self, number: f64) -> Result<(), String> {
        match self.range {
            Some((least, greatest)) if !(least as f64..=greatest as f64).contains(&number) => {
                Err(format!("Give a number from {least} to {greatest}."))
            }
            _ => Ok(()),
        }
    }

    /// Checks a text that is written to a column, but for its being an e-mail
    /// address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn text(&self, column: &Column, given: &str) -> Result<(), String> {
        let (least, most) = self.characters(column);
        // No character takes more bytes, and counting takes time.
        let characters = if given.len() > 4 * most as usize {
            usize::MAX
        } else {
            given.chars().count()
        };
        if characters > most as usize {
            return Err(format!("Give a text of at most {most} characters."));
        }
        if characters < least as usize {
            let unit = if least == 1 {
                "character"
            } else {
                "characters"
            };
            return Err(format!("Give a text of at least {least} {unit}."));
        }
        if given.contains('\0') {
            return Err(NUL.to_owned());
        }
        match &self.pattern {
            Some(pattern) if !pattern.regex.is_match(given) => {
                Err(format!("It must be {}.", pattern.words))
            }
            _ => Ok(()),
        }
    }
}

impl JsonBounds {
    /// Checks a document.
    ///
    /// # Errors
    /// What is wrong with it, to people.
    pub fn document(self, value: &Json) -> Result<(), String> {
        if self.object && !value.is_object() {
            return Err("Give a JSON object.".to_owned());
        }
        if nesting(value) > self.depth {
            let depth = self.depth;
            return Err(format!("Arrays and objects may nest {depth} deep here."));
        }
        if holds_nul(value) {
            return Err(NUL.to_owned());
        }
        if value.to_string().len() > self.bytes {
            let bytes = self.bytes;
            return Err(format!("This may take {bytes} bytes as JSON text."));
        }
        Ok(())
    }
}

const NUL: &str = "A text cannot hold the character U+0000.";

fn nesting(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or_default(),
        Json::Object(members) => 1 + members.values().map(nesting).max().unwrap_or_default(),
        _ => 0,
    }
}

fn holds_nul(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains('\0'),
        Json::Array(items) => items.iter().any(holds_nul),
        Json::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}
