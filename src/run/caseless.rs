use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::plan::Match;

/// How a language of regular expressions writes what is needed here.
pub(super) struct Flavour {
    /// The beginning of the text.
    begin: &'static str,
    /// The end of the text.
    end: &'static str,
    /// Writes one character so that it stands for itself, also in brackets.
    character: fn(&mut String, char),
}

/// As `SQLite`'s REGEXP, which is Rust's, and `MariaDB`'s, which is PCRE's.
pub(super) const BRACED: Flavour = Flavour {
    begin: "\\A",
    end: "\\z",
    character: braced,
};

/// As `PostgreSQL`'s.
pub(super) const EIGHT_DIGITS: Flavour = Flavour {
    begin: "^",
    end: "$",
    character: eight_digits,
};

/// A regular expression that finds a text, letter by letter, whatever its
/// case.
///
/// Databases differ in what they take for the case of a letter, so the letters
/// that are one but for their case are written out: simple case folding of
/// one character to one (Unicode, section 5.18), the same everywhere.
pub(super) fn pattern(place: Match, text: &str, flavour: &Flavour) -> String {
    let begins = matches!(place, Match::Whole | Match::StartsWith);
    let ends = matches!(place, Match::Whole | Match::EndsWith);
    let mut pattern = String::from(if begins { flavour.begin } else { "" });
    for character in text.chars() {
        let one = std::slice::from_ref(&character);
        let same = CASES
            .get(&fold(character))
            .map_or(one, |same| same.as_slice());
        pattern.push('[');
        for character in same {
            (flavour.character)(&mut pattern, *character);
        }
        pattern.push(']');
    }
    if ends {
        pattern.push_str(flavour.end);
    }
    pattern
}

/// Writes a character as `\x{…}`.
fn braced(pattern: &mut String, character: char) {
    let _ = write!(pattern, "\\x{{{:x}}}", u32::from(character));
}

/// Writes a character as `\U` and eight digits.
fn eight_digits(pattern: &mut String, character: char) {
    let _ = write!(pattern, "\\U{:08x}", u32::from(character));
}

/// The characters that are one but for their case, where there are several.
static CASES: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut cases: HashMap<char, Vec<char>> = HashMap::new();
    // Beyond these planes no letter has a case.
    for character in '\0'..='\u{1ffff}' {
        let folded = fold(character);
        if folded != character {
            let same = cases.entry(folded).or_insert_with(|| vec![folded]);
            same.push(character);
            same.sort_unstable();
        }
    }
    cases
});

/// What is left of a character without its case.
fn fold(character: char) -> char {
    // In Turkish alone this is the lower case of I.
    if character == 'ı' {
        return character;
    }
    let upper = only(character.to_uppercase()).unwrap_or(character);
    only(upper.to_lowercase())
        .or_else(|| only(character.to_lowercase()))
        .unwrap_or(character)
}

fn only(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next();
    first.filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(character: char) -> String {
        let same = CASES.get(&fold(character)).cloned().unwrap_or_default();
        same.into_iter().collect()
    }

    #[test]
    fn letters_of_any_script_are_found_in_each_case() {
        assert_eq!(same('a'), "Aa");
        assert_eq!(same('É'), "Éé");
        assert_eq!(same('Σ'), "Σςσ");
        assert_eq!(same('ß'), "ßẞ");
        assert_eq!(same('Я'), "Яя");
        assert_eq!(same('k'), "Kk\u{212a}");
        assert_eq!(same('ǅ'), "ǄǅǆǄ".trim_end_matches('Ǆ'));
    }

    #[test]
    fn what_has_no_case_stands_for_itself() {
        for character in ['1', '%', '.', '本', 'İ', 'ı', '\n'] {
            assert_eq!(same(character), "");
        }
    }

    #[test]
    fn no_character_is_special() {
        let flavour = Flavour {
            begin: "^",
            end: "$",
            character: braced,
        };
        let found = pattern(Match::Whole, "a.*", &flavour);
        assert_eq!(found, r"^[\x{41}\x{61}][\x{2e}][\x{2a}]$");
        assert_eq!(pattern(Match::Contains, "]", &flavour), r"[\x{5d}]");
    }
}
