use std::collections::HashSet;

use apollo_parser::Parser;
use apollo_parser::cst::{Argument, CstNode, ObjectField, ObjectValue, SelectionSet};

use crate::error::{ApiError, Code, Location};

/// What the parser lets pass and the specification (September 2025) does not.
///
/// - An object field without a value, `{ name }`, is dropped, so that a
///   condition would mean everything (section 2.10.8).
/// - A selection set without selections (section 2.4).
/// - An object field given twice, of which one is dropped (section 5.6.3).
pub(super) fn laxity(text: &str, tokens: usize, nesting: usize) -> Option<ApiError> {
    let tree = Parser::new(text)
        .token_limit(tokens)
        .recursion_limit(nesting)
        .parse();
    let mut nodes = tree.document().syntax().descendants();
    nodes.find_map(|node| {
        let at = Location::of(text, usize::from(node.text_range().start()));
        let wrong = |code, message: &str| Some(ApiError::new(code, message).at([at]));
        if ObjectField::cast(node.clone()).is_some_and(|field| field.value().is_none()) {
            return wrong(
                Code::GraphqlParseFailed,
                "A field of an input object has a value.",
            );
        }
        if Argument::cast(node.clone()).is_some_and(|argument| argument.value().is_none()) {
            return wrong(Code::GraphqlParseFailed, "An argument has a value.");
        }
        if SelectionSet::cast(node.clone()).is_some_and(|set| set.selections().next().is_none()) {
            return wrong(
                Code::GraphqlParseFailed,
                "A selection set names at least one field.",
            );
        }
        let mut seen = HashSet::new();
        let mut fields = ObjectValue::cast(node)?.object_fields();
        if fields.any(|field| {
            field
                .name()
                .is_some_and(|name| !seen.insert(name.text().to_string()))
        }) {
            return wrong(
                Code::GraphqlValidationFailed,
                "A field of an input object is given once.",
            );
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Code> {
        laxity(text, 1000, 50).map(|error| error.code())
    }

    #[test]
    fn what_the_specification_allows_passes() {
        assert_eq!(
            found("query ($a: Int = 1) { a(b: { c: $a, d: [], e: {} }) { f ... on T { g } } }"),
            None
        );
    }

    #[test]
    fn a_field_without_a_value_is_found() {
        assert!(found("{ a(b: { c }) }").is_some());
        assert!(found("{ a(b: [{ c: 1 d }]) }").is_some());
    }

    #[test]
    fn a_field_given_twice_is_found() {
        assert!(found("{ a(b: { c: 1, c: 1 }) }").is_some());
        assert!(found("{ a(b: [{ c: { d: 1 e: 2 d: 3 } }]) }").is_some());
        assert!(found("{ a(b: { c: { c: 1 } }) }").is_none());
    }

    #[test]
    fn an_empty_selection_set_is_found() {
        assert!(found("{ a { } }").is_some());
        assert!(found("{ a } fragment F on T { ... on U { } }").is_some());
    }
}
