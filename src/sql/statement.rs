use super::Dialect;
use super::around::Around;
use super::dialect::Grammar;
use crate::plan::{Alias, ParamId};

/// The text of a statement and what it binds, placeholder by placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The SQL text. It depends on the shape of the request, never on values.
    pub sql: String,
    /// The parameters of the plan, in the order of the placeholders.
    pub binds: Vec<ParamId>,
}

/// A statement being written.
pub(super) struct Writer {
    pub(super) grammar: &'static dyn Grammar,
    sql: String,
    binds: Vec<ParamId>,
    /// What is known of the rows around, from the outermost in.
    pub(super) around: Vec<Around>,
    /// Whether texts are not told, but how long they are.
    pub(super) weighs: bool,
}

/// A part of a statement, with the parameters of its placeholders.
#[derive(Clone)]
pub(super) struct Text(String, Vec<ParamId>);

impl Text {
    /// How long it is, in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Writer {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            grammar: dialect.grammar(),
            sql: String::with_capacity(2048),
            binds: Vec::new(),
            around: Vec::new(),
            weighs: false,
        }
    }

    pub(super) fn finish(self) -> Statement {
        Statement {
            sql: self.sql,
            binds: self.binds,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// Writes something beside the statement, to be put into it later, where
    /// placeholders have no numbers.
    pub(super) fn aside(&mut self, write: impl FnOnce(&mut Self)) -> Text {
        let sql = std::mem::take(&mut self.sql);
        let binds = std::mem::take(&mut self.binds);
        write(self);
        Text(
            std::mem::replace(&mut self.sql, sql),
            std::mem::replace(&mut self.binds, binds),
        )
    }

    /// Puts in what was written beside the statement.
    pub(super) fn text(&mut self, Text(sql, binds): Text) {
        self.sql.push_str(&sql);
        self.binds.extend(binds);
    }

    /// Writes a placeholder. Where the database can name one twice, the same
    /// parameter is bound once.
    pub(super) fn param(&mut self, param: ParamId) {
        let known = self.binds.iter().position(|bound| *bound == param);
        let place = match known {
            Some(place) if self.grammar.numbers_placeholders() => place,
            _ => {
                self.binds.push(param);
                self.binds.len() - 1
            }
        };
        self.grammar.placeholder(&mut self.sql, place + 1);
    }

    /// Writes an identifier, quoted.
    pub(super) fn name(&mut self, name: &str) {
        self.quoted(name, self.grammar.quote());
    }

    /// Writes a text literal. Only GraphQL names are ever written so (types,
    /// prefixes, response keys), which hold neither quotes nor backslashes.
    pub(super) fn literal(&mut self, text: &str) {
        self.quoted(text, '\'');
    }

    /// Writes a text in quotes, with each quote in it twice.
    fn quoted(&mut self, text: &str, quote: char) {
        self.sql.push(quote);
        if text.bytes().any(|byte| char::from(byte) == quote) {
            let doubled = String::from_iter([quote, quote]);
            self.sql.push_str(&text.replace(quote, &doubled));
        } else {
            self.sql.push_str(text);
        }
        self.sql.push(quote);
    }

    pub(super) fn alias(&mut self, alias: Alias) {
        self.sql.push('t');
        push_number(&mut self.sql, alias.0);
    }

    /// Writes `alias.column`.
    pub(super) fn column(&mut self, alias: Alias, column: &str) {
        self.alias(alias);
        self.sql.push('.');
        self.name(column);
    }

    /// Writes a template of the grammar around an operand.
    pub(super) fn template(&mut self, template: &str, mut operand: impl FnMut(&mut Self)) {
        let mut rest = template;
        // In so short a text, quicker than a search that is set up first.
        while let Some(place) = rest.as_bytes().windows(2).position(|pair| pair == b"{}") {
            self.push(&rest[..place]);
            operand(self);
            rest = &rest[place + 2..];
        }
        self.push(rest);
    }

    /// Writes a template, and for what stands in braces there what `write`
    /// does.
    pub(super) fn fill(&mut self, template: &str, mut write: impl FnMut(&mut Self, &str)) {
        let mut rest = template;
        while let Some((before, (name, after))) = rest
            .split_once('{')
            .and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            self.push(before);
            write(self, name);
            rest = after;
        }
        self.push(rest);
    }

    /// Writes a template in which `{}` is the operand and `{?}` a parameter.
    pub(super) fn with_param(
        &mut self,
        template: &str,
        param: ParamId,
        operand: impl Fn(&mut Self),
    ) {
        for (place, part) in template.split("{?}").enumerate() {
            if place > 0 {
                self.param(param);
            }
            self.template(part, &operand);
        }
    }

    /// How long the text is so far, to come back to by
    /// [`truncate`](Self::truncate).
    pub(super) fn length(&self) -> usize {
        self.sql.len()
    }

    /// Takes back what was written beyond a length, in which no parameter is.
    pub(super) fn truncate(&mut self, length: usize) {
        self.sql.truncate(length);
    }

    /// Writes each item, with `separator` between.
    pub(super) fn separated<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        separator: &str,
        mut write: impl FnMut(&mut Self, T),
    ) {
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                self.push(separator);
            }
            write(self, item);
        }
    }
}

/// Writes a number. There are many of them in a statement, so this is not left
/// to formatting, which takes much longer.
pub(super) fn push_number(sql: &mut String, number: usize) {
    if number >= 10 {
        push_number(sql, number / 10);
    }
    let digit = u8::try_from(number % 10).unwrap_or_default();
    sql.push(char::from(b'0' + digit));
}
