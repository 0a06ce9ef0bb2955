use regex::Regex;

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
