use apollo_compiler::validation::DiagnosticList;

use crate::access::Role;
use crate::error::{ApiError, Code, Location};

/// Says what of a document does not fit the schema of a role, and which role
/// that is: most who miss a field have forgotten their token.
pub(super) fn misfits(diagnostics: &DiagnosticList, role: Role) -> Vec<ApiError> {
    let role = role.name();
    let errors = report(diagnostics, Code::GraphqlValidationFailed).into_iter();
    let errors = errors.map(|error| {
        let message = error.message();
        // As apollo-compiler says it.
        let missing = match message.strip_suffix(" in this document") {
            Some(missing) if missing.starts_with("cannot find type") => Some(missing),
            _ => Some(message).filter(|message| message.contains("does not have")),
        };
        let message = missing.map(|missing| format!("{missing} in the schema of {role}"));
        let error = match message {
            Some(message) => error.saying(message),
            None => error,
        };
        error.with("role", role.into())
    });
    errors.collect()
}

/// Says why a document is not GraphQL.
pub(super) fn mistakes(diagnostics: &DiagnosticList) -> Vec<ApiError> {
    report(diagnostics, Code::GraphqlParseFailed)
}

/// Names of tokens that apollo-parser tells, and what they are.
const SIGNS: [(&str, &str); 7] = [
    ("L_CURLY", "{"),
    ("R_CURLY", "}"),
    ("L_PAREN", "("),
    ("R_PAREN", ")"),
    ("L_BRACK", "["),
    ("R_BRACK", "]"),
    ("COLON", ":"),
];

/// What apollo-parser says, with signs for the names of tokens.
fn in_signs(message: &str) -> String {
    let expects = "syntax error: expected ";
    let rest = message.strip_prefix(expects);
    let named = rest.and_then(|rest| {
        let mut signs = SIGNS.iter();
        signs.find_map(|(name, sign)| Some((sign, rest.strip_prefix(name)?)))
    });
    let message = match named {
        Some((sign, rest)) => format!("{expects}{sign}{rest}"),
        None => message.to_owned(),
    };
    match message.strip_suffix(", got EOF") {
        Some(message) => format!("{message}, got the end"),
        None => message,
    }
}

/// The most mistakes of one document that are told at once.
const MOST_REPORTED: usize = 20;

fn report(diagnostics: &DiagnosticList, code: Code) -> Vec<ApiError> {
    let mut errors: Vec<_> = diagnostics
        .iter()
        .take(MOST_REPORTED)
        .map(|diagnostic| {
            let error = diagnostic.to_json();
            let locations = error.locations.iter().map(|place| Location {
                line: place.line,
                column: place.column,
            });
            let message = match code {
                Code::GraphqlParseFailed => in_signs(&error.message),
                _ => error.message,
            };
            ApiError::new(code, message).at(locations)
        })
        .collect();
    errors.dedup();
    errors
}
