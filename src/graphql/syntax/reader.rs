//! The tokens of a document, one after the other, within the limits.

use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Name, Node};
use apollo_parser::{Lexer, Token, TokenKind};

use super::super::limits::Limits;
use super::super::place;
use crate::error::{ApiError, Code, Location};

/// Reads a document, one token ahead.
pub(super) struct Reader<'t> {
    text: &'t str,
    limits: &'t Limits,
    lexer: Lexer<'t>,
    /// The next token that means something; none at the end.
    next: Option<Token<'t>>,
    /// Up to where tokens were read, how many, and how many of them meant
    /// something.
    read: usize,
    tokens: usize,
    told: usize,
    /// How many selection sets, lists and objects are around.
    nesting: usize,
}

/// Where something begins, in the text and as apollo-compiler has it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub byte: usize,
    pub span: Option<SourceSpan>,
}

impl<'t> Reader<'t> {
    /// At the first token.
    ///
    /// # Errors
    /// What is wrong before it, or too much.
    pub fn new(text: &'t str, limits: &'t Limits) -> Result<Self, ApiError> {
        let mut reader = Self {
            text,
            limits,
            lexer: Lexer::new(text),
            next: None,
            read: 0,
            tokens: 0,
            told: 0,
            nesting: 0,
        };
        reader.advance()?;
        Ok(reader)
    }

    /// Goes on to the next token that means something.
    pub fn advance(&mut self) -> Result<(), ApiError> {
        loop {
            let token = match self.lexer.next() {
                None => None,
                Some(Ok(token)) => Some(token),
                Some(Err(error)) => {
                    return Err(self.mistake(self.read, error.message()));
                }
            };
            let Some(token) = token.filter(|token| token.kind() != TokenKind::Eof) else {
                self.next = None;
                self.read = self.text.len();
                return Ok(());
            };
            self.read = token.index() + token.data().len();
            self.tokens += 1;
            if self.tokens > self.limits.tokens {
                let message = format!(
                    "The document has more than {} tokens. Send values as variables, and ask for \
                     less at once.",
                    self.limits.tokens
                );
                return Err(ApiError::too_complex("tokens", message));
            }
            if !place::is_told(&token) {
                continue;
            }
            if token.kind() == TokenKind::Name && token.data().len() > self.limits.name {
                let message = format!(
                    "A name has more than {} characters. Shorten it.",
                    self.limits.name
                );
                let place = Location::of(self.text, token.index());
                return Err(ApiError::too_complex("name", message).at([place]));
            }
            self.told += usize::from(self.next.is_some());
            self.next = Some(token);
            return Ok(());
        }
    }

    /// Reads what is in something, of which the next token is the beginning.
    pub fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.nesting += 1;
        if self.nesting > self.limits.nesting {
            let message = format!(
                "The document nests deeper than {} levels. Ask for fewer at once.",
                self.limits.nesting
            );
            return Err(ApiError::too_complex("nesting", message));
        }
        self.advance()?;
        let inner = inner(self)?;
        self.nesting -= 1;
        Ok(inner)
    }

    pub fn name(&mut self, what: &str) -> Result<Name, ApiError> {
        let begin = self.place();
        let name = self.next_name().ok_or_else(|| self.unexpected(what))?;
        let name = named(name, begin);
        self.advance()?;
        Ok(name)
    }

    pub fn expect(&mut self, kind: TokenKind, what: &str) -> Result<(), ApiError> {
        if !self.is_next(kind) {
            return Err(self.unexpected(what));
        }
        self.advance()
    }

    /// The next token; none at the end.
    pub fn peek(&self) -> Option<Token<'t>> {
        self.next.clone()
    }

    pub fn is_next(&self, kind: TokenKind) -> bool {
        self.next.as_ref().is_some_and(|token| token.kind() == kind)
    }

    pub fn next_name(&self) -> Option<&'t str> {
        let token = self.next.as_ref()?;
        (token.kind() == TokenKind::Name).then(|| token.data())
    }

    /// Where the next token is.
    pub fn place(&self) -> Place {
        Place {
            byte: self.next.as_ref().map_or(self.text.len(), Token::index),
            span: place::of(self.told),
        }
    }

    pub fn unexpected(&self, what: &str) -> ApiError {
        let got = match &self.next {
            None => "the end",
            Some(token) if token.kind() == TokenKind::StringValue => "a text",
            Some(token) => token.data(),
        };
        self.mistake(self.place().byte, &format!("expected {what}, got {got}"))
    }

    fn mistake(&self, byte: usize, message: &str) -> ApiError {
        let message = format!("syntax error: {message}");
        self.fault(Code::GraphqlParseFailed, byte, &message)
    }

    pub fn fault(&self, code: Code, byte: usize, message: &str) -> ApiError {
        ApiError::new(code, message).at([Location::of(self.text, byte)])
    }
}

/// Something that begins there.
pub(super) fn node<T>(place: Place, value: T) -> Node<T> {
    match place.span {
        Some(span) => Node::new_parsed(value, span),
        None => Node::new(value),
    }
}

/// A name that begins there.
pub(super) fn named(name: &str, place: Place) -> Name {
    let name = Name::new_unchecked(name);
    match place.span {
        Some(span) => name.with_location(span),
        None => name,
    }
}
