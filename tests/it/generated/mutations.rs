//! Requests that are not what they should be: good ones with something done
//! to them, and documents built to be too much.

use apollo_parser::Lexer;
use serde_json::{Value, json};

use super::excess;
use super::operations::{Generator, Operation};
use super::random::Random;

/// A request, and what was done to it.
pub struct Mutation {
    pub kind: &'static str,
    pub body: Vec<u8>,
}

/// Tokens that documents are made of, and some that they are not.
const TOKENS: [&str; 34] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    "=",
    "!",
    "|",
    "&",
    "@",
    "...",
    "$",
    "$v1",
    "null",
    "true",
    "query",
    "mutation",
    "subscription",
    "fragment",
    "on",
    "__typename",
    "__schema",
    "id",
    "Node",
    "\"\"",
    "\"\"\"",
    "\"\"\"a\"\"\"",
    "#",
    "\\",
    "\u{feff}",
    "-",
    "1.5e5",
];
/// Numbers at and beyond the edges of every type.
const NUMBERS: [&str; 18] = [
    "0",
    "-0",
    "-1",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999999",
    "1e400",
    "-1e400",
    "1e-400",
    "0.0",
    "1.7976931348623157e309",
    "5e-324",
    "01",
    "1.",
    "0x10",
];
/// Letters that programs stumble over.
const LETTERS: [&str; 14] = [
    "\0",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\u{200b}",
    "\u{202e}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{1f469}\u{200d}\u{1f467}",
    "e\u{301}\u{301}\u{301}",
    "İ",
    "\u{10ffff}",
];

/// The mutation of that number.
pub fn mutation(generators: &[Generator], seed: u64, number: u64) -> (usize, Mutation) {
    let mut random = Random::new(seed, "mutations", number);
    let caller = random.below(generators.len());
    let generator = &generators[caller];
    let operation = generator.operation(number);
    let other = generator.operation(number + 1);
    let (kind, body) = match random.below(12) {
        0..=2 => ("tokens", tokens(&mut random, &operation, &other)),
        3 => (
            "numbers",
            replaced(&mut random, &operation, &NUMBERS, |token| {
                token.starts_with(|first: char| first.is_ascii_digit() || first == '-')
            }),
        ),
        4 => ("letters", letters(&mut random, &operation)),
        5 => ("cut", cut(&mut random, &operation)),
        6 => ("bytes", bytes(&mut random, &operation)),
        7 | 8 => ("variables", variables(&mut random, operation)),
        9 => ("body", body(&mut random, &operation)),
        10 => ("cursor", cursor(&mut random, operation)),
        _ => (
            "excess",
            excess::request(&mut random, generator.vocabulary(), &operation),
        ),
    };
    (caller, Mutation { kind, body })
}

fn with_document(operation: &Operation, document: String) -> Vec<u8> {
    let changed = Operation {
        document,
        ..operation.clone()
    };
    changed.body().into_bytes()
}

fn lexed(document: &str) -> Vec<String> {
    let (tokens, _) = Lexer::new(document).lex();
    tokens.iter().map(|token| token.data().to_owned()).collect()
}

/// Tokens taken out, put in, doubled, exchanged.
fn tokens(random: &mut Random, operation: &Operation, other: &Operation) -> Vec<u8> {
    let mut tokens = lexed(&operation.document);
    let others = lexed(&other.document);
    for _ in 0..random.between(1, 3) {
        let place = random.below(tokens.len());
        match random.below(6) {
            0 => {
                tokens.remove(place);
            }
            1 => tokens.insert(place, tokens[place].clone()),
            2 => {
                let second = random.below(tokens.len());
                tokens.swap(place, second);
            }
            3 => tokens[place].clone_from(random.pick(&others)),
            4 => tokens.insert(place, random.pick(&others).clone()),
            _ => (*random.pick(&TOKENS)).clone_into(&mut tokens[place]),
        }
        if tokens.is_empty() {
            break;
        }
    }
    with_document(operation, tokens.concat())
}

/// Some of the tokens that `fits` says, each replaced by one of those given.
fn replaced(
    random: &mut Random,
    operation: &Operation,
    by: &[&str],
    fits: impl Fn(&str) -> bool,
) -> Vec<u8> {
    let mut tokens = lexed(&operation.document);
    for token in &mut tokens {
        if fits(token) && random.percent(40) {
            (*random.pick(by)).clone_into(token);
        }
    }
    with_document(operation, tokens.concat())
}

fn letters(random: &mut Random, operation: &Operation) -> Vec<u8> {
    let mut document = operation.document.clone();
    for _ in 0..random.between(1, 4) {
        let place = random.below(document.chars().count() + 1);
        let byte = document.char_indices().nth(place);
        let byte = byte.map_or(document.len(), |(byte, _)| byte);
        let letter = *random.pick(&LETTERS);
        document.insert_str(byte, letter);
    }
    with_document(operation, document)
}

/// An end missing, of the document or of the body.
fn cut(random: &mut Random, operation: &Operation) -> Vec<u8> {
    if random.percent(20) {
        let mut body = operation.body().into_bytes();
        body.truncate(random.below(body.len()));
        return body;
    }
    let length = random.below(operation.document.chars().count());
    with_document(operation, operation.document.chars().take(length).collect())
}

fn bytes(random: &mut Random, operation: &Operation) -> Vec<u8> {
    let mut body = operation.body().into_bytes();
    for _ in 0..random.between(1, 5) {
        let place = random.below(body.len());
        let byte = u8::try_from(random.below(256)).unwrap();
        match random.below(3) {
            0 => body[place] = byte,
            1 => body.insert(place, byte),
            _ => body[place] ^= 1 << random.below(8),
        }
    }
    body
}

/// Values of variables that are of another type, missing, or too many.
fn variables(random: &mut Random, mut operation: Operation) -> Vec<u8> {
    let names: Vec<String> = operation.variables.keys().cloned().collect();
    for name in random.some(&names, 2) {
        let value = &mut operation.variables[&name];
        spoil(random, value);
    }
    if names.is_empty() || random.percent(15) {
        operation.variables.insert("v1".to_owned(), any(random));
    }
    if random.percent(10) {
        let name = format!("v{}", random.below(20));
        operation.variables.shift_remove(&name);
    }
    operation.body().into_bytes()
}

/// Puts something else in some place of a value.
fn spoil(random: &mut Random, value: &mut Value) {
    let inner = match value {
        Value::Array(items) if !items.is_empty() => {
            let place = random.below(items.len());
            Some(&mut items[place])
        }
        Value::Object(members) if !members.is_empty() => {
            let place = random.below(members.len());
            members.values_mut().nth(place)
        }
        _ => None,
    };
    match inner {
        Some(inner) if random.percent(75) => spoil(random, inner),
        _ => *value = any(random),
    }
}

fn any(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => json!(random.percent(50)),
        2 => json!([]),
        3 => json!({}),
        4 => json!([[[1]]]),
        5 => json!({ "eq": null }),
        6 => json!({ "and": [{}], "": 1 }),
        7 => json!(LETTERS.concat()),
        8 => json!("x".repeat(random.below(20_000))),
        9 => json!(vec!["a"; random.below(500)]),
        // Numbers that JSON has and Rust has not.
        _ => {
            let number = *random.pick(&NUMBERS);
            serde_json::from_str(number).unwrap_or(json!(1.5))
        }
    }
}

/// A body that is not quite a request.
fn body(random: &mut Random, operation: &Operation) -> Vec<u8> {
    let query = json!(operation.document);
    let number = *random.pick(&NUMBERS);
    let bodies = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        number.to_owned(),
        format!("[{}]", operation.body()),
        format!("{}{}", operation.body(), operation.body()),
        format!("{{\"query\":{query},\"query\":{query}}}"),
        format!("{{\"query\":{query},\"variables\":[]}}"),
        format!("{{\"query\":{query},\"variables\":{{\"v1\":{number}}}}}"),
        format!("{{\"query\":{query},\"variables\":\"{{}}\"}}"),
        format!("{{\"query\":{query},\"operationName\":\"nothing\"}}"),
        format!("{{\"query\":{query},\"operationName\":[]}}"),
        format!("{{\"query\":{query},\"extensions\":{{\"cost\":{number}}}}}"),
        format!("{{\"query\":{query},\"extensions\":{{\"cost\":\"yes\",\"\":null}}}}"),
        format!(
            "{{\"query\":{query},\"more\":{}}}",
            "[".repeat(random.below(10_000))
        ),
        format!(
            "{{\"query\":{query},\"variables\":{}1}}",
            "{\"a\":".repeat(random.below(5000))
        ),
        format!("{{\"query\":{}}}", "[".repeat(3) + &"]".repeat(3)),
        format!("\u{feff}{}", operation.body()),
        operation.body().replace('"', "'"),
        operation.body().replace("query", "\\u0071uery"),
    ];
    random.pick(&bodies).clone().into_bytes()
}

/// Cursors with letters changed, or of nowhere.
fn cursor(random: &mut Random, mut operation: Operation) -> Vec<u8> {
    let names: Vec<String> = operation
        .cursors
        .iter()
        .flat_map(|place| [&place.list.after, &place.list.before])
        .flatten()
        .cloned()
        .collect();
    for name in names {
        let prefix = format!("{:08x}", random.below(1 << 32));
        let mut parts = vec![prefix];
        for _ in 0..random.below(5) {
            let part = match random.below(6) {
                0 => "-".to_owned(),
                1 => (*random.pick(&NUMBERS)).to_owned(),
                2 => "zz".to_owned(),
                3 => "ff".repeat(random.below(50)),
                4 => "0192f0c47b1e7c3d9a5e8f0011223344".to_owned(),
                _ => String::new(),
            };
            parts.push(part);
        }
        operation.variables.insert(name, json!(parts.join(".")));
    }
    operation.body().into_bytes()
}
