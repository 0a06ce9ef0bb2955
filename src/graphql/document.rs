use std::sync::Arc;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::Schema;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use moka::sync::Cache;

use crate::error::{ApiError, Code, Location};

/// What a document may cost before anything is planned.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Tokens of the document.
    pub tokens: usize,
    /// How deep its text nests: selection sets, lists and objects.
    pub nesting: usize,
    /// How many levels its selections go down.
    pub depth: usize,
    /// Selections and conditions, with every fragment spread in place.
    pub selections: usize,
    /// Fields at the root. Each is one statement.
    pub root_fields: usize,
    /// Bytes of text for which validated documents are kept.
    pub cached_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 10_000,
            nesting: 100,
            depth: 24,
            selections: 2_000,
            root_fields: 50,
            cached_bytes: 16 * 1024 * 1024,
        }
    }
}

/// Documents that are known to fit one role's schema, by their text.
pub(super) struct Documents {
    limits: Limits,
    valid: Cache<Arc<str>, Arc<Valid<ExecutableDocument>>>,
}

impl Documents {
    pub fn new(limits: Limits) -> Self {
        let valid = Cache::builder()
            .max_capacity(limits.cached_bytes)
            .weigher(|text: &Arc<str>, _| u32::try_from(text.len()).unwrap_or(u32::MAX))
            .build();
        Self { limits, valid }
    }

    /// The document of that text. Only valid ones are kept.
    pub fn get(
        &self,
        schema: &Valid<Schema>,
        text: &str,
    ) -> Result<Arc<Valid<ExecutableDocument>>, Vec<ApiError>> {
        if let Some(document) = self.valid.get(text) {
            return Ok(document);
        }
        let document = Arc::new(self.parse(schema, text)?);
        self.valid.insert(Arc::from(text), document.clone());
        Ok(document)
    }

    fn parse(
        &self,
        schema: &Valid<Schema>,
        text: &str,
    ) -> Result<Valid<ExecutableDocument>, Vec<ApiError>> {
        let mut parser = Parser::new()
            .token_limit(self.limits.tokens)
            .recursion_limit(self.limits.nesting);
        let parsed = parser.parse_ast(text, "document.graphql");
        let too_complex = |reason: String| vec![ApiError::new(Code::QueryTooComplex, reason)];
        if parser.recursion_reached() >= self.limits.nesting {
            return Err(too_complex(format!(
                "The document nests deeper than {} levels.",
                self.limits.nesting
            )));
        }
        if parser.tokens_reached() >= self.limits.tokens {
            return Err(too_complex(format!(
                "The document has more than {} tokens.",
                self.limits.tokens
            )));
        }
        let parsed = parsed.map_err(|error| report(&error.errors, Code::GraphqlParseFailed))?;
        parsed
            .to_executable_validate(schema)
            .map_err(|error| report(&error.errors, Code::GraphqlValidationFailed))
    }
}

/// The most mistakes of one document that are told at once.
const MOST_REPORTED: usize = 20;

fn report(diagnostics: &DiagnosticList, code: Code) -> Vec<ApiError> {
    diagnostics
        .iter()
        .take(MOST_REPORTED)
        .map(|diagnostic| {
            let error = diagnostic.to_json();
            let locations = error.locations.iter().map(|place| Location {
                line: place.line,
                column: place.column,
            });
            ApiError::new(code, error.message.clone()).at(locations)
        })
        .collect()
}
