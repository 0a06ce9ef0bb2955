use std::collections::HashSet;

use apollo_compiler::diagnostic::Diagnostic;
use apollo_compiler::validation::{DiagnosticData, DiagnosticList};

use super::place::Places;
use crate::access::Role;
use crate::error::{ApiError, Code};

/// What is wrong with a document, and where.
type Mistake<'d> = Diagnostic<'d, DiagnosticData>;

/// What apollo-compiler calls names that a schema does not have.
const MISSING: [&str; 4] = [
    "UndefinedField",
    "UndefinedDefinition",
    UNDEFINED_TYPE_OF_A_FRAGMENT,
    "UndefinedTypeInInlineFragmentTypeCondition",
];
const UNDEFINED_TYPE_OF_A_FRAGMENT: &str = "UndefinedTypeInNamedFragmentTypeCondition";
const UNDEFINED_FRAGMENT: &str = "UndefinedFragment";

/// Other mistakes for which it does not look at a part of the document, so that
/// what is used there seems not to be.
const PASSED_OVER: [&str; 5] = [
    UNDEFINED_FRAGMENT,
    "SubselectionOnScalarType",
    "SubselectionOnEnumType",
    "OperationNameCollision",
    "AmbiguousAnonymousOperation",
];

/// What it calls that which is not used.
const UNUSED: [&str; 2] = ["UnusedVariable", "UnusedFragment"];

/// What it calls fields that are not alike and have one name in the answer.
const CONFLICTS: [&str; 3] = [
    "ConflictingFieldType",
    "ConflictingFieldName",
    "ConflictingFieldArgument",
];

/// The most mistakes of one document that are told at once.
const MOST_REPORTED: usize = 20;

/// Says what of a document does not fit the schema of a role, and which role
/// that is: most who miss a field have forgotten their token. What may only
/// follow from a name that is missing would hide it, and is left out.
pub(super) fn misfits(text: &str, diagnostics: &DiagnosticList, role: Role) -> Vec<ApiError> {
    let is_a_cause = |mistake: Mistake<'_>| {
        let kind = kind(&mistake);
        MISSING.contains(&kind) || PASSED_OVER.contains(&kind)
    };
    let has_a_cause = diagnostics.iter().any(is_a_cause);
    let lost: HashSet<_> = diagnostics.iter().filter_map(lost_fragment).collect();
    let follows = |mistake: &Mistake<'_>| match kind(mistake) {
        UNDEFINED_FRAGMENT => lost.contains(&mistake.error.to_string()),
        kind => has_a_cause && UNUSED.contains(&kind),
    };
    let mistakes = diagnostics.iter().filter(|mistake| !follows(mistake));
    let (role, places) = (role.name(), Places::new(text));
    let mut errors: Vec<_> = mistakes
        .take(MOST_REPORTED)
        .map(|mistake| {
            let lines = mistake.line_column_range();
            let location = lines.and_then(|lines| places.at_line(lines.start));
            ApiError::new(Code::GraphqlValidationFailed, message(&mistake, role))
                .at(location)
                .with("role", role.into())
        })
        .collect();
    errors.dedup();
    errors
}

fn message(mistake: &Mistake<'_>, role: &str) -> String {
    let message = mistake.error.to_string();
    match kind(mistake) {
        kind if MISSING.contains(&kind) => {
            let missing = message
                .strip_suffix(" in this document")
                .or_else(|| message.strip_suffix(" in the schema"))
                .unwrap_or(&message);
            format!("{missing} in the schema of {role}")
        }
        kind if CONFLICTS.contains(&kind) => {
            let what = conflicting(mistake).unwrap_or_default();
            format!("{message}{what}. Give one of the fields an alias of its own.")
        }
        _ => message,
    }
}

/// What apollo-compiler calls a mistake. The name is not for everyone, so its
/// version is pinned.
fn kind(mistake: &Mistake<'_>) -> &'static str {
    mistake.error.unstable_error_name().unwrap_or_default()
}

/// What is said wherever a fragment is spread that was lost for want of its
/// type.
fn lost_fragment(mistake: Mistake<'_>) -> Option<String> {
    if kind(&mistake) != UNDEFINED_TYPE_OF_A_FRAGMENT {
        return None;
    }
    let message = mistake.error.to_string();
    let (_, fragment) = message.split_once("of fragment `")?;
    let (fragment, _) = fragment.split_once('`')?;
    Some(format!(
        "cannot find fragment `{fragment}` in this document"
    ))
}

/// The types or the fields that conflict. Only the message in the form of
/// graphql-js has them, in quotes of which one is missing.
fn conflicting(mistake: &Mistake<'_>) -> Option<String> {
    let message = mistake.error.unstable_compat_message()?;
    let (_, reason) = message.split_once(" conflict because ")?;
    let (reason, _) = reason.split_once(". ")?;
    let mut parts = reason.split('"').skip(1);
    let one = parts.next()?.trim_end_matches(" and ");
    let other = parts.find(|part| *part != " and ")?;
    Some(format!(": `{one}` and `{other}`"))
}
