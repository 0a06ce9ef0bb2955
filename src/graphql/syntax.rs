use apollo_parser::Parser;
use apollo_parser::cst::{Argument, CstNode, ObjectField, SelectionSet};

/// What the parser lets pass and the specification (September 2025) does not:
/// the mistake, and the byte of the document at which it is.
///
/// - An object field without a value, `{ name }`, is dropped, so that a
///   condition would mean everything (section 2.10.8).
/// - A selection set without selections (section 2.4).
pub(super) fn laxity(text: &str, tokens: usize, nesting: usize) -> Option<(&'static str, usize)> {
    let tree = Parser::new(text)
        .token_limit(tokens)
        .recursion_limit(nesting)
        .parse();
    tree.document().syntax().descendants().find_map(|node| {
        let at = usize::from(node.text_range().start());
        if let Some(field) = ObjectField::cast(node.clone()) {
            return field
                .value()
                .is_none()
                .then_some(("A field of an input object has a value.", at));
        }
        if let Some(argument) = Argument::cast(node.clone()) {
            return argument
                .value()
                .is_none()
                .then_some(("An argument has a value.", at));
        }
        SelectionSet::cast(node)?
            .selections()
            .next()
            .is_none()
            .then_some(("A selection set names at least one field.", at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&'static str> {
        laxity(text, 1000, 50).map(|(mistake, _)| mistake)
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
    fn an_empty_selection_set_is_found() {
        assert!(found("{ a { } }").is_some());
        assert!(found("{ a } fragment F on T { ... on U { } }").is_some());
    }
}
