//! Texts that have one hash, by a function that everybody knows: that by which
//! rowan, and with it the parser of apollo-parser, looks for tokens it has seen
//! before (`FxHasher` of rustc-hash 1). A table of them is a list.

use apollo_parser::SyntaxKind;

use super::Expected::Refused;
use super::validation::Sent;

/// What `FxHasher` multiplies by.
const SEED: u64 = 0x517c_c1b7_2722_0a95;

fn add(hash: u64, word: [u8; 8]) -> u64 {
    (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(SEED)
}

/// So many texts. The second half of each makes up for the first.
fn alike(count: usize) -> Vec<String> {
    let letters: Vec<_> = (b' '..=b'~')
        .filter(|letter| !b"\"\\".contains(letter))
        .collect();
    let size = letters.len() as u64;
    let before = (SyntaxKind::STRING as u64).wrapping_mul(SEED);
    let aim = add(before, *b"\"aaaaaaa").rotate_left(5) ^ u64::from_le_bytes(*b"aaaaaaaa");
    let texts = (0..u64::MAX).filter_map(|mut number| {
        let mut half = *b"\"       ";
        for letter in &mut half[1..] {
            *letter = letters[usize::try_from(number % size).unwrap()];
            number /= size;
        }
        let other = (add(before, half).rotate_left(5) ^ aim).to_le_bytes();
        let is_text = other.iter().all(|letter| letters.contains(letter));
        is_text.then(|| String::from_utf8([half, other].concat()).unwrap() + "\"")
    });
    texts.take(count).collect()
}

pub fn all() -> impl Iterator<Item = Sent> {
    let query = format!("{{ x(a: [{}]) }}", alike(4_000).concat());
    let expected = Refused(400, "GRAPHQL_VALIDATION_FAILED");
    std::iter::once(("4,000 texts of one hash", query, expected))
}
