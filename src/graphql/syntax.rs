use std::collections::HashSet;

use apollo_parser::cst::{Argument, CstNode, Name, ObjectField, ObjectValue, SelectionSet};
use apollo_parser::{Parser, SyntaxKind, SyntaxNode};

use super::limits::Limits;
use crate::error::{ApiError, Code, Location};

/// What the parser lets pass and the specification (September 2025) does not.
///
/// - An object field without a value, `{ name }`, is dropped, so that a
///   condition would mean everything (section 2.10.8).
/// - A selection set without selections (section 2.4).
/// - An object field given twice, of which one is dropped (section 5.6.3).
///
/// And names that are longer than any may be: they are looked up again and again.
pub(super) fn laxity(text: &str, limits: &Limits) -> Option<ApiError> {
    let tree = Parser::new(text)
        .token_limit(limits.tokens)
        .recursion_limit(limits.nesting)
        .parse();
    let mut nodes = tree.document().syntax().descendants();
    let (node, error) =
        nodes.find_map(|node| fault(&node, limits.name).map(|error| (node, error)))?;
    let begin = usize::from(node.text_range().start());
    // A location counts lines from the beginning of the text, so only this node
    // has one.
    Some(error.at([Location::of(text, begin)]))
}

/// What is wrong with a node by itself.
fn fault(node: &SyntaxNode, longest_name: usize) -> Option<ApiError> {
    let (code, message) = match node.kind() {
        SyntaxKind::NAME => {
            let name = Name::cast(node.clone())?;
            return (name.text().len() > longest_name).then(|| {
                let message =
                    format!("A name has more than {longest_name} characters. Shorten it.");
                ApiError::too_complex("name", message)
            });
        }
        SyntaxKind::OBJECT_FIELD => {
            let field = ObjectField::cast(node.clone())?;
            let message = "A field of an input object has a value.";
            (field.value().is_none()).then_some((Code::GraphqlParseFailed, message))
        }
        SyntaxKind::ARGUMENT => {
            let argument = Argument::cast(node.clone())?;
            let message = "An argument has a value.";
            (argument.value().is_none()).then_some((Code::GraphqlParseFailed, message))
        }
        SyntaxKind::SELECTION_SET => {
            let mut selections = SelectionSet::cast(node.clone())?.selections();
            let message = "A selection set names at least one field.";
            (selections.next().is_none()).then_some((Code::GraphqlParseFailed, message))
        }
        SyntaxKind::OBJECT_VALUE => {
            let mut seen = HashSet::new();
            let mut fields = ObjectValue::cast(node.clone())?.object_fields();
            let is_given_twice = fields.any(|field| {
                let name = field.name();
                name.is_some_and(|name| !seen.insert(name.text().to_string()))
            });
            let message = "A field of an input object is given once.";
            is_given_twice.then_some((Code::GraphqlValidationFailed, message))
        }
        _ => None,
    }?;
    Some(ApiError::new(code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Code> {
        laxity(text, &Limits::default()).map(|error| error.code())
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
    fn what_is_found_has_its_place() {
        let error = laxity("# é\n{ a(b: {\n  c }) }", &Limits::default()).unwrap();
        let location = &error.to_json(None)["locations"][0];
        assert_eq!(*location, serde_json::json!({ "line": 3, "column": 3 }));
    }

    #[test]
    fn names_are_short_wherever_they_stand() {
        for document in [
            "{ # }",
            "{ #: a }",
            "{ a(#: 1) }",
            "{ a(b: #) }",
            "{ a(b: { #: 1 }) }",
            "query ($#: Int) { a }",
            "query ($a: [#!]) { a }",
            "query # { a }",
            "{ a @# }",
            "{ ... on # { a } }",
            "{ ...# }",
            "fragment # on T { a }",
            "fragment F on # { a }",
        ] {
            let of = |length: usize| document.replace('#', &"x".repeat(length));
            assert_eq!(found(&of(128)), None, "{document}");
            assert_eq!(found(&of(129)), Some(Code::QueryTooComplex), "{document}");
        }
    }

    #[test]
    fn an_empty_selection_set_is_found() {
        assert!(found("{ a { } }").is_some());
        assert!(found("{ a } fragment F on T { ... on U { } }").is_some());
    }
}
