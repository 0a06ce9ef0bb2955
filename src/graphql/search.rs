use std::sync::LazyLock;

use async_graphql::dynamic::{InputValue, TypeRef};
use regex::Regex;

use super::cost;
use super::input::Input;
use super::scalar;
use super::selection::Reader;
use super::view::View;
use crate::catalog::Entity;
use crate::error::ApiError;
use crate::plan::{
    Content, Direction, Match, Nulls, OrderTerm, Predicate, Scalar, SearchWord, Source, Value,
};

/// The argument of a list that is searched.
pub(super) const SEARCH: &str = "search";

/// The most words of a search.
const MOST_WORDS: usize = 16;
/// The most letters and digits of a word. `MariaDB` takes 84 bytes, two of
/// which are ours.
const LONGEST_WORD: usize = 80;

/// The argument of a list of an entity that can be searched.
pub(super) fn argument(view: View<'_>, entity: &Entity) -> Option<InputValue> {
    let names: Vec<_> = searched(view, entity)?
        .map(|field| format!("`{}`", field.name))
        .collect();
    Some(
        InputValue::new(SEARCH, TypeRef::named(TypeRef::STRING)).description(format!(
            "Only rows in which every one of these words stands, whatever the case of the \
             letters: in {}. A word with an asterisk behind it stands for all that begin so. \
             Unless `orderBy` is given, rows come first that have the more of them, be it as parts \
             of longer words, in the earlier texts.",
            names.join(" or ")
        )),
    )
}

fn searched<'c>(
    view: View<'c>,
    entity: &'c Entity,
) -> Option<impl DoubleEndedIterator<Item = &'c crate::catalog::Field>> {
    let fields = entity.search.iter().map(|place| &entity.fields[*place]);
    // A declaration that hid one would have been refused; what is searched is
    // decided for the index as a whole.
    let all = fields.clone().all(|field| view.shows(entity, field));
    (all && !entity.search.is_empty()).then_some(fields)
}

/// A search, read.
pub(super) struct Search {
    words: Vec<SearchWord>,
}

impl<'c> Reader<'c, '_> {
    /// Reads the search of a list and narrows `source` to what is found.
    pub(super) fn search(
        &mut self,
        source: &mut Source<'c>,
        input: Input<'_>,
    ) -> Result<Search, ApiError> {
        self.charge(cost::SEARCH);
        let words = words(&scalar::text(self.limits(), input)?)?;
        let (common, rare): (Vec<_>, Vec<_>) = words
            .iter()
            .cloned()
            .partition(|word| word.word.chars().all(is_common));
        for (words, rare) in [(common, false), (rare, true)] {
            if words.is_empty() {
                continue;
            }
            let words = if rare {
                Value::RareSearch(words)
            } else {
                Value::Search(words)
            };
            let words = self.bind(words);
            source.narrow(Predicate::Search {
                alias: source.alias(),
                entity: source.entity(),
                words,
                rare,
            });
        }
        Ok(Search { words })
    }

    /// The order of what was found: by how many of the words stand in which
    /// text. It depends on the row alone, never on other rows, of which some
    /// may be hidden.
    pub(super) fn relevance(
        &mut self,
        source: &Source<'c>,
        search: &Search,
    ) -> Result<OrderTerm<'c>, ApiError> {
        self.spend_patterns(search.words.len())?;
        let mut terms = Vec::new();
        let mut weight = 1;
        for field in searched(self.view(), source.entity())
            .into_iter()
            .flatten()
            .rev()
        {
            for SearchWord { word, .. } in &search.words {
                let scalar = self.scalar(source, field);
                let param = self.bind(Value::Caseless(Match::Contains, word.clone()));
                let found = Predicate::MatchesCaseless(scalar, param);
                terms.push((found, weight));
            }
            weight *= 2;
        }
        Ok(OrderTerm {
            scalar: Scalar {
                alias: source.alias(),
                content: Content::Relevance(terms),
                mask: None,
                through: Vec::new(),
            },
            direction: Direction::Descending,
            nulls: Nulls::Last,
        })
    }
}

/// Whether a letter or digit is one that the parser of every full-text index
/// takes for one. `MariaDB`'s knows no other scripts, no letters of newer
/// versions of Unicode, and none that take four bytes.
fn is_common(character: char) -> bool {
    matches!(
        character,
        '0'..='9'
            | 'a'..='z'
            | 'à'..='\u{24f}'
            | 'ά'..='ώ'
            | '\u{400}'..='\u{513}'
            | 'א'..='ת'
            | '\u{621}'..='\u{63a}'
            | '\u{641}'..='\u{64a}'
            | '\u{1e00}'..='\u{1e9b}'
            | '\u{1ea0}'..='\u{1ef9}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{4e00}'..='\u{9fa5}'
            | '\u{ac00}'..='\u{d7a3}'
    )
}

/// Whether a character is part of a word: a letter or a decimal digit, as the
/// indexes have it (Unicode categories L and Nd).
fn is_of_word(character: char) -> bool {
    static OF_WORD: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[\p{L}\p{Nd}]").ok());
    let mut bytes = [0; 4];
    let text = character.encode_utf8(&mut bytes);
    character.is_ascii_alphanumeric()
        || !character.is_ascii() && OF_WORD.as_ref().is_some_and(|class| class.is_match(text))
}

/// The form in which a character stands in the indexes.
fn lower(character: char) -> impl Iterator<Item = char> {
    let character = match character {
        'İ' => 'i',
        'ẞ' => 'ß',
        'ς' => 'σ',
        '\u{b5}' => 'μ',
        other => other,
    };
    character.to_lowercase()
}

/// Reads the words of a search: letters and digits, with anything else
/// between.
fn words(text: &str) -> Result<Vec<SearchWord>, ApiError> {
    let mut words: Vec<SearchWord> = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find(is_of_word) {
        let from = &rest[begin..];
        let end = from
            .find(|character: char| !is_of_word(character))
            .unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        let word = SearchWord {
            word: word.chars().flat_map(lower).collect(),
            prefix: after.starts_with('*'),
        };
        if word.word.len() > LONGEST_WORD {
            return Err(ApiError::input(format!(
                "A word to search for has at most {LONGEST_WORD} bytes."
            )));
        }
        if !words.contains(&word) {
            words.push(word);
        }
        rest = after;
    }
    match words.len() {
        0 => Err(ApiError::input(
            "There is no word to search for: give letters or digits, or leave this out.",
        )),
        count if count > MOST_WORDS => Err(ApiError::input(format!(
            "A search has at most {MOST_WORDS} words; {count} are too many."
        ))),
        _ => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, bool)> {
        let words = words(text).unwrap().into_iter();
        words.map(|word| (word.word, word.prefix)).collect()
    }

    #[test]
    fn words_are_what_stands_between_other_characters() {
        let expected = [("steel", false), ("5g", false), ("é", false), ("lam", true)];
        let expected = expected.map(|(word, prefix)| (word.to_owned(), prefix));
        assert_eq!(read("Steel-5G, (É) steel lam*"), expected);
        assert_eq!(read("\"a\" -b +c").len(), 3);
    }

    #[test]
    fn a_search_without_words_is_refused() {
        for text in ["", " ", "*", "+-\"", "%_", "\u{301}"] {
            assert!(words(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_search_is_bounded() {
        assert!(words(&"a".repeat(LONGEST_WORD + 1)).is_err());
        let many: Vec<_> = (0..=MOST_WORDS).map(|number| number.to_string()).collect();
        assert!(words(&many.join(" ")).is_err());
        assert!(words(&many[1..].join(" ")).is_ok());
    }
}
