//! The error that leaves the process, and every conversion into it.
//!
//! Rooms return errors of their own. Whoever answers a client turns them into
//! an [`ApiError`] here, and nowhere else. It has no `Display` and no `From`
//! for anything that has, so that a bare `?` cannot publish internal text.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::auth::TokenError;
use crate::auth::password::HashFault;
use crate::plan::Fill;
use crate::run::RunError;

/// What went wrong, in a word that programs may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The request is not a GraphQL request.
    BadRequest,
    /// The document is not GraphQL.
    GraphqlParseFailed,
    /// The document does not fit the schema.
    GraphqlValidationFailed,
    /// The document has no such operation, or has several and none was named.
    OperationResolutionFailure,
    /// An argument or a variable has a value that is not possible.
    BadUserInput,
    /// A cursor is not one of this list's.
    InvalidCursor,
    /// The document is deeper, wider or longer than is allowed.
    QueryTooComplex,
    /// No document has the id or hash that the client names.
    PersistedQueryNotFound,
    /// Only documents of the manifest are answered.
    DocumentNotTrusted,
    /// The token is not valid.
    Unauthenticated,
    /// The requester may not ask for this.
    Forbidden,
    /// The idempotency key came with another request.
    IdempotencyKeyReused,
    /// No route leads there.
    NotFound,
    /// The route takes other methods.
    MethodNotAllowed,
    /// None of the media types that the client accepts can be produced.
    NotAcceptable,
    /// The body is larger than is allowed.
    PayloadTooLarge,
    /// The client took too long to send the body.
    RequestTimeout,
    /// The body's media type is not JSON.
    UnsupportedMediaType,
    /// The caller has asked for too much lately.
    RateLimited,
    /// As many operations run on the socket as are allowed at once.
    TooManyOperations,
    /// A statistic is beyond what can be told exactly.
    OutOfRange,
    /// The database took too long over it.
    Timeout,
    /// The database cannot be reached just now.
    ServiceUnavailable,
    /// Our mistake; the log knows more, under the request id.
    InternalServerError,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 24] = [
        Self::BadRequest,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::OperationResolutionFailure,
        Self::BadUserInput,
        Self::InvalidCursor,
        Self::QueryTooComplex,
        Self::PersistedQueryNotFound,
        Self::DocumentNotTrusted,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::IdempotencyKeyReused,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::PayloadTooLarge,
        Self::RequestTimeout,
        Self::UnsupportedMediaType,
        Self::RateLimited,
        Self::TooManyOperations,
        Self::OutOfRange,
        Self::Timeout,
        Self::ServiceUnavailable,
        Self::InternalServerError,
    ];
}

/// The detail that says after how many seconds the same may succeed.
pub const RETRY_AFTER: &str = "retryAfter";

/// A step on the way to the part of a response that an error is about.
pub type Path = Vec<String>;

/// The error that a client sees.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    code: Code,
    message: Box<str>,
    locations: Vec<Location>,
    path: Path,
    argument: Vec<String>,
    details: Vec<(&'static str, Value)>,
    contention: bool,
}

/// A place in the document, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The character within the line.
    pub column: usize,
}

impl Location {
    /// The place of a byte of a text.
    #[must_use]
    pub fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let (lines, begin) = line_ends(before).fold((1, 0), |(lines, _), end| (lines + 1, end));
        Self::within(before, lines, begin, before.len())
    }

    /// The place of a byte in a line of that number, which begins there.
    #[must_use]
    pub fn within(text: &str, line: usize, begin: usize, byte: usize) -> Self {
        let before = text.get(begin..byte).unwrap_or_default();
        Self {
            line,
            column: before.chars().count() + 1,
        }
    }
}

/// Where lines end: the bytes after each line feed or carriage return, of which two
/// are one (GraphQL specification, section 2.1.3).
pub fn line_ends(text: &str) -> impl Iterator<Item = usize> {
    let ends = text.match_indices(['\n', '\r']);
    let ends = ends.map(|(place, end)| (place + 1, end));
    let is_half = |next: usize, end: &str| end == "\r" && text.as_bytes().get(next) == Some(&b'\n');
    ends.filter(move |(next, end)| !is_half(*next, end))
        .map(|(next, _)| next)
}

impl ApiError {
    /// An error with this code. The message is for the client's eyes: it names
    /// the reason and the next step, and nothing internal.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: cut(message.into()),
            locations: Vec::new(),
            path: Vec::new(),
            argument: Vec::new(),
            details: Vec::new(),
            contention: false,
        }
    }

    /// A value that is not possible.
    #[must_use]
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Code::BadUserInput, message)
    }

    /// More than the limit of that name allows.
    #[must_use]
    pub fn too_complex(limit: &'static str, message: impl Into<String>) -> Self {
        Self::new(Code::QueryTooComplex, message).with("limit", limit.into())
    }

    /// Our mistake. The detail is logged, and only logged.
    #[must_use]
    pub fn internal(detail: &dyn std::fmt::Display) -> Self {
        tracing::error!(%detail, "internal error");

        Self::new(
            Code::InternalServerError,
            "Something went wrong on our side. The request id finds it in the log.",
        )
    }

    /// Another transaction was in the way. The detail is logged, and only
    /// logged.
    #[must_use]
    pub fn contended(detail: &dyn std::fmt::Display) -> Self {
        tracing::info!(%detail, "another transaction was in the way");
        let message = "Too many change the same just now. Try again in a moment.";
        Self {
            contention: true,
            ..Self::new(Code::ServiceUnavailable, message)
        }
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What it says to the client.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// After how many seconds the same may succeed, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        let mut details = self.details.iter();
        let (_, seconds) = details.find(|(name, _)| *name == RETRY_AFTER)?;
        seconds.as_u64()
    }

    /// Whether another transaction was in the way, so that the same may succeed
    /// now.
    #[must_use]
    pub fn is_contention(&self) -> bool {
        self.contention
    }

    /// Says it otherwise.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = cut(message.into());
        self
    }

    /// Says where in the document the cause is.
    #[must_use]
    pub fn at(mut self, locations: impl IntoIterator<Item = Location>) -> Self {
        self.locations.extend(locations);
        self
    }

    /// Says which field of the response it is about.
    #[must_use]
    pub fn on(mut self, path: &[String]) -> Self {
        if self.path.is_empty() {
            self.path = path.to_vec();
        }
        self
    }

    /// Says that the cause is inside the argument, input field or list item
    /// of this name; outer ones are added last.
    #[must_use]
    pub fn within(mut self, name: impl Into<String>) -> Self {
        self.argument.insert(0, name.into());
        self
    }

    /// Adds a detail for programs to `extensions`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.details.push((name, value));
        self
    }

    /// The error in the response format of the GraphQL specification
    /// (September 2025, section 7.1.2).
    #[must_use]
    pub fn to_json(&self, request_id: Option<&str>) -> Value {
        let mut error = Map::new();
        error.insert("message".to_owned(), json!(self.message));
        if !self.locations.is_empty() {
            error.insert("locations".to_owned(), json!(self.locations));
        }
        if !self.path.is_empty() {
            error.insert("path".to_owned(), json!(self.path));
        }
        let mut extensions = Map::new();
        extensions.insert("code".to_owned(), json!(self.code));
        if !self.argument.is_empty() {
            extensions.insert("argument".to_owned(), json!(self.argument.join(".")));
        }
        for (name, value) in &self.details {
            extensions.insert((*name).to_owned(), value.clone());
        }
        if let Some(id) = request_id {
            extensions.insert("requestId".to_owned(), json!(id));
        }
        error.insert("extensions".to_owned(), Value::Object(extensions));
        Value::Object(error)
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let reason = match error {
            TokenError::Unavailable => {
                return Self::new(
                    Code::ServiceUnavailable,
                    "Tokens cannot be verified just now. Try again in a moment.",
                );
            }
            TokenError::Malformed => "There must be one Authorization header: Bearer <token>.",
            TokenError::Expired => "The token has expired. Get a new one.",
            TokenError::Invalid => {
                "The token is not valid here. Get a new one, or send no Authorization header."
            }
        };
        Self::new(Code::Unauthenticated, reason)
    }
}

impl From<HashFault> for ApiError {
    fn from(error: HashFault) -> Self {
        match error {
            HashFault::Busy => {
                tracing::warn!(%error, "too many sign in");
                Self::new(
                    Code::ServiceUnavailable,
                    "Too many sign in just now. Try again in a moment.",
                )
            }
            HashFault::Failed(_) => Self::internal(&error),
        }
    }
}

impl From<sea_orm::DbErr> for ApiError {
    fn from(error: sea_orm::DbErr) -> Self {
        RunError::from(error).into()
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Unavailable(detail) => {
                tracing::error!(%detail, "database unavailable");
                Self::new(
                    Code::ServiceUnavailable,
                    "The database cannot be reached just now. Try again in a moment.",
                )
            }
            RunError::Uncertain(detail) => {
                tracing::error!(%detail, "database lost while changes were being kept");
                Self::new(
                    Code::ServiceUnavailable,
                    "The database was lost while changes were being kept. Whether they are is not \
                     known: look, or send it again with the same Idempotency-Key.",
                )
            }
            RunError::Contended(detail) => Self::contended(&detail),
            RunError::TimedOut(detail) => {
                tracing::warn!(%detail, "statement given up");
                Self::new(
                    Code::Timeout,
                    "The database took too long. Ask for less, or narrow the filter.",
                )
            }
            RunError::TooComplex(detail) => {
                tracing::warn!(%detail, "statement too complex");
                Self::too_complex(
                    "nesting",
                    "This nests deeper than the database goes. Ask for fewer levels at once.",
                )
            }
            RunError::TooLarge(detail) => {
                tracing::info!(%detail, "answer too large");
                Self::too_complex(
                    "answer",
                    "The answer is larger than any may be. Ask for less at a time.",
                )
            }
            RunError::OutOfRange(detail) => {
                tracing::info!(%detail, "statistic out of range");
                Self::new(
                    Code::OutOfRange,
                    format!(
                        "A statistic is beyond what can be told exactly: a sum beyond ±(2^53−1), \
                         numbers beyond ±1e100 that are added up, or too many values for a \
                         percentile; or more than {} groups are filled in. Narrow the filter.",
                        Fill::MOST_GROUPS
                    ),
                )
            }
            RunError::Failed(detail) => Self::internal(&detail),
        }
    }
}

/// The most characters of a message.
const LONGEST: usize = 400;

/// A message that is no longer than it may be: some quote what was sent.
fn cut(mut message: String) -> Box<str> {
    if let Some((end, _)) = message.char_indices().nth(LONGEST) {
        message.truncate(end);
        message.push('…');
    }
    message.into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has one implementation for every type, and another for those that can
    /// be displayed: naming the method is ambiguous for the latter.
    trait NoDisplay<Marker> {
        fn cannot_be_displayed() {}
    }
    impl<T> NoDisplay<()> for T {}
    impl<T: std::fmt::Display> NoDisplay<u8> for T {}

    #[test]
    fn every_code_is_among_all() {
        // Whoever reads a code that is none is told which ones there are.
        let error = serde_json::from_str::<Code>("\"\"").unwrap_err();
        let known = json!(Code::ALL);
        let known = known.as_array().unwrap().iter();
        let known: Vec<_> = known.filter_map(Value::as_str).collect();
        let listed = format!("expected one of `{}`", known.join("`, `"));
        assert!(error.to_string().contains(&listed), "{error}");
    }

    #[test]
    fn the_edge_error_cannot_be_displayed() {
        // Does not compile once `ApiError` is `Display`: a `?` could publish
        // internal text then.
        <ApiError as NoDisplay<_>>::cannot_be_displayed();
    }

    #[test]
    fn internal_text_is_not_sent() {
        let error = ApiError::from(RunError::Failed("relation \"products\" is gone".to_owned()));
        let text = error.to_json(Some("id")).to_string();
        assert!(!text.contains("products"), "{text}");
        assert!(text.contains("INTERNAL_SERVER_ERROR") && text.contains("requestId"));
    }

    #[test]
    fn places_are_counted_from_one() {
        let place = |byte| {
            let Location { line, column } = Location::of("ab\ncé d", byte);
            (line, column)
        };
        assert_eq!([place(0), place(3), place(7)], [(1, 1), (2, 1), (2, 4)]);
        assert_eq!(place(99), (2, 5));
    }

    #[test]
    fn lines_end_as_the_specification_says() {
        assert_eq!(
            line_ends("\ra\n\nb\r\n\r\r\u{2028}\n\r").collect::<Vec<_>>(),
            [1, 3, 4, 7, 8, 9, 13, 14]
        );
    }
}
