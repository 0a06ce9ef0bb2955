//! Places within documents, as apollo-compiler keeps them.
//!
//! It makes a [`SourceSpan`] of nothing but a text that it reads itself. Here it
//! reads a ruler, a text of many lines, of which each stands for a token of a
//! document. Only where a span begins tells anything: of names it keeps no more.

use std::sync::LazyLock;

use apollo_compiler::ast::{Definition, Document, Selection};
use apollo_compiler::parser::{LineColumn, Parser, SourceMap, SourceSpan};
use apollo_parser::{Lexer, Token, TokenKind};

use crate::error::{Location, line_ends};

/// How many tokens have places.
const LINES: usize = 1 << 16;

/// A field on each line of a selection set.
struct Ruler {
    sources: SourceMap,
    lines: Vec<SourceSpan>,
}

static RULER: LazyLock<Ruler> = LazyLock::new(|| {
    let text = format!("{{{}\n}}", "\na".repeat(LINES));
    let parsed = Parser::new().parse_ast(text, "ruler.graphql");
    let Document {
        sources,
        definitions,
    } = parsed.unwrap_or_else(|error| error.partial);
    let selections = match definitions.first() {
        Some(Definition::OperationDefinition(operation)) => &*operation.selection_set,
        _ => &[],
    };
    Ruler {
        sources,
        lines: selections.iter().filter_map(Selection::location).collect(),
    }
});

/// Reads the ruler, once and for all.
pub(super) fn prepare() {
    LazyLock::force(&RULER);
}

/// What a document has for the text that it was read from.
pub(super) fn sources() -> SourceMap {
    RULER.sources.clone()
}

/// The place of a token, of which so many that mean something are before it.
pub(super) fn of(token: usize) -> Option<SourceSpan> {
    RULER.lines.get(token).copied()
}

/// Whether a token means something.
pub(super) fn is_told(token: &Token<'_>) -> bool {
    !matches!(
        token.kind(),
        TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma | TokenKind::Eof
    )
}

/// Where the tokens of a document are.
pub(super) struct Places<'t> {
    text: &'t str,
    tokens: Vec<usize>,
    /// Where lines begin but the first.
    lines: Vec<usize>,
}

impl<'t> Places<'t> {
    /// Those of a document that was read.
    pub fn new(text: &'t str) -> Self {
        let tokens = Lexer::new(text).filter_map(Result::ok).filter(is_told);
        Self {
            text,
            tokens: tokens.map(|token| token.index()).collect(),
            lines: line_ends(text).collect(),
        }
    }

    /// Where a place is.
    pub fn location(&self, place: SourceSpan) -> Option<Location> {
        self.at_line(place.line_column(&RULER.sources)?)
    }

    /// Where a place is that is on this line of the ruler, of which the first is
    /// that of the selection set.
    pub fn at_line(&self, ruler: LineColumn) -> Option<Location> {
        let byte = *self.tokens.get(ruler.line.checked_sub(2)?)?;
        let before = self.lines.partition_point(|begin| *begin <= byte);
        let begin = before.checked_sub(1).map_or(0, |line| self.lines[line]);
        Some(Location::within(self.text, before + 1, begin, byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_places_and_are_found_by_them() {
        let text = "a,\n".repeat(LINES + 1);
        let places = Places::new(&text);
        for token in (0..LINES).step_by(61).chain([LINES - 1]) {
            let location = places.location(of(token).unwrap()).unwrap();
            assert_eq!((location.line, location.column), (token + 1, 1));
        }
        assert!(of(LINES).is_none());
    }

    #[test]
    fn characters_are_counted_within_their_line() {
        let text = "b # é\nc(d: \"\"\"é\né\"\"\" e)\n\n  f";
        let places = Places::new(text);
        let locations = [0, 1, 5, 6, 8].map(|token| {
            let location = places.location(of(token).unwrap()).unwrap();
            (location.line, location.column)
        });
        assert_eq!(locations, [(1, 1), (2, 1), (2, 6), (3, 6), (5, 3)]);
    }
}
