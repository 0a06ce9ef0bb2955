/// What a string says, of which this is the token (GraphQL specification,
/// section 2.10.4). Its escapes are whole: the lexer refuses others.
pub(super) fn value(token: &str) -> String {
    let inner = |quotes: &str| token.strip_prefix(quotes)?.strip_suffix(quotes);
    match inner("\"\"\"") {
        Some(block) => block_value(&block.replace("\\\"\"\"", "\"\"\"")),
        None => unescaped(inner("\"").unwrap_or_default()),
    }
}

fn unescaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        value.push_str(before);
        let mut escaped = escape.chars();
        value.extend(match escaped.next() {
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('u') => {
                let (character, after) = unicode(escaped.as_str());
                escaped = after.chars();
                character
            }
            other => other,
        });
        rest = escaped.as_str();
    }
    value.push_str(rest);
    value
}

/// The character that is written after `\u`, be it in two halves (surrogates),
/// and what follows.
fn unicode(text: &str) -> (Option<char>, &str) {
    if let Some((digits, after)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        let code = u32::from_str_radix(digits, 16);
        return (code.ok().and_then(char::from_u32), after);
    }
    let (first, after) = half(text);
    let second = after.strip_prefix("\\u").map(half);
    match (first, second) {
        (Some(first @ 0xD800..=0xDBFF), Some((Some(second), after))) => {
            let pair = char::decode_utf16([first, second]).next();
            (pair.and_then(Result::ok), after)
        }
        (first, _) => (first.and_then(|code| char::from_u32(code.into())), after),
    }
}

fn half(text: &str) -> (Option<u16>, &str) {
    match text.split_at_checked(4) {
        Some((digits, after)) => (u16::from_str_radix(digits, 16).ok(), after),
        None => (None, ""),
    }
}

/// Lines without what all but the first are indented by, nor blank ones around
/// them.
fn block_value(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<_> = lines.split('\n').collect();
    let indent = |line: &str| line.len() - unindented(line).len();
    let is_blank = |line: &&str| unindented(line).is_empty();
    let indented = lines.iter().skip(1).filter(|line| !is_blank(line));
    let common = indented.map(|line| indent(line)).min().unwrap_or(0);
    let Some(first) = lines.iter().position(|line| !is_blank(line)) else {
        return String::new();
    };
    let last = lines.iter().rposition(|line| !is_blank(line));
    let told = lines
        .iter()
        .enumerate()
        .take(last.map_or(0, |last| last + 1));
    let told = told.skip(first).map(|(place, line)| match place {
        0 => line,
        _ => line.get(common..).unwrap_or_default(),
    });
    told.collect::<Vec<_>>().join("\n")
}

fn unindented(line: &str) -> &str {
    line.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn escapes_are_characters() {
        for (token, said) in [
            (r#""""#, ""),
            (r#""a\"\\\/b""#, "a\"\\/b"),
            (r#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"),
            (r#""\u00e9\u{1F600}\uD83D\uDE00!""#, "é😀😀!"),
            (r#""\\u0041\"""#, "\\u0041\""),
            ("\"é\"", "é"),
        ] {
            assert_eq!(value(token), said, "{token}");
        }
    }

    #[test]
    fn blocks_lose_what_indents_them() {
        for (block, said) in [
            ("", ""),
            (" \n\t\n", ""),
            ("a \\n \\\"\"\" b", "a \\n \"\"\" b"),
            (
                "\n    Hello,\n      World!\n\n    Yours,\n      GraphQL.\n  ",
                "Hello,\n  World!\n\nYours,\n  GraphQL.",
            ),
            ("  a\n    b\r\n  c\r\n", "  a\n  b\nc"),
            ("a\n\n\tb", "a\n\nb"),
            ("a\n   \n  b\n", "a\n \nb"),
        ] {
            assert_eq!(value(&format!("\"\"\"{block}\"\"\"")), said, "{block:?}");
        }
    }
}
