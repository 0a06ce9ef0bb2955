use super::*;

fn refused(text: &str) -> Option<ApiError> {
    read(text, &Limits::default()).err()
}

fn found(text: &str) -> Option<Code> {
    refused(text).map(|error| error.code())
}

/// What is said of a document, and where.
fn told(text: &str) -> (String, [u64; 2]) {
    let error = refused(text).unwrap().to_json(None);
    let place = |name| error["locations"][0][name].as_u64().unwrap();
    let message = error["message"].as_str().unwrap().to_owned();
    (message, [place("line"), place("column")])
}

#[test]
fn documents_are_read_as_apollo_compiler_reads_them() {
    for text in [
        "{ a }",
        "query Q { a } mutation M { b } subscription S { c }",
        "query ($a: Int = 1, $b: [[Int!]!] = [[1]], $c: In! = {a: 1.5e3 b: {}} @d) @d(a: 1) { a }",
        "{ a: b(c: $c, d: [], e: {}, f: [true false null], g: ENUM, h: -0, i: 1e9) @include(if: $i) }",
        "{ ...F @a ... on T @b { c } ... @d { e } ... { on: fragment query: on } } \
         fragment F on T @g { true false null type }",
        "\u{feff}#c\n{ a(b: \"\\u00e9 \\\" \\\\ \\uD83D\\uDE00\" c: \"\"\"\n  x\n    \\\"\"\" y\n\"\"\" d: \"\") }",
        "query (\"of\" $a: A \"\"\" is \"\"\" $b: B) { a }",
        "\"of\" query Q { a } \"\"\"F\"\"\" fragment F on T { a }",
        "query query { query } fragment fragment on on { on }",
    ] {
        let theirs = Document::parse(text, "").unwrap();
        let ours = read(text, &Limits::default()).unwrap();
        assert_eq!(ours.definitions, theirs.definitions, "{text}");
        assert_eq!(ours.to_string(), theirs.to_string(), "{text}");
    }
}

/// Checks what is said of documents, and where.
fn are_told(documents: &[(&str, &str, [u64; 2])]) {
    for (text, message, place) in documents {
        assert_eq!(told(text), ((*message).to_owned(), *place), "{text}");
        assert_eq!(found(text), Some(Code::GraphqlParseFailed), "{text}");
    }
}

#[test]
fn what_is_no_document_is_told_with_its_place() {
    are_told(&[
        (
            "",
            "syntax error: expected a query, a mutation or a fragment, got the end",
            [1, 1],
        ),
        (
            " # a",
            "syntax error: expected a query, a mutation or a fragment, got the end",
            [1, 5],
        ),
        (
            "type A { a: Int }",
            "syntax error: expected a query, a mutation or a fragment, got type",
            [1, 1],
        ),
        (
            "\"a\" { a }",
            "syntax error: expected a query, a mutation or a fragment, got {",
            [1, 5],
        ),
        (
            "{ a",
            "syntax error: expected a field or }, got the end",
            [1, 4],
        ),
        (
            "{ a } }",
            "syntax error: expected a query, a mutation or a fragment, got }",
            [1, 7],
        ),
        (
            "query\nQ(",
            "syntax error: expected a variable, got the end",
            [2, 3],
        ),
        (
            "query Q() { a }",
            "syntax error: expected a variable, got )",
            [1, 9],
        ),
        (
            "query ($a) { a }",
            "syntax error: expected :, got )",
            [1, 10],
        ),
        (
            "query ($a: [Int) { a }",
            "syntax error: expected ], got )",
            [1, 16],
        ),
        (
            "query ($a: Int = $b) { a }",
            "syntax error: expected a value without variables, got $",
            [1, 18],
        ),
        ("query Q", "syntax error: expected {, got the end", [1, 8]),
        (
            "fragment on on T { a }",
            "syntax error: expected the name of a fragment, got on",
            [1, 10],
        ),
        (
            "fragment F T { a }",
            "syntax error: expected \"on\", got T",
            [1, 12],
        ),
    ]);
}

#[test]
fn what_is_no_selection_or_value_is_told_with_its_place() {
    are_told(&[
        (
            "{ a() }",
            "syntax error: expected an argument, got )",
            [1, 5],
        ),
        (
            "{ a(b: 1 {) }",
            "syntax error: expected an argument or ), got {",
            [1, 10],
        ),
        (
            "query ($a: A b) { a }",
            "syntax error: expected a variable or ), got b",
            [1, 14],
        ),
        (
            "{ a(b: ) }",
            "syntax error: expected a value, got )",
            [1, 8],
        ),
        (
            "{ a(b: [1) }",
            "syntax error: expected a value, got )",
            [1, 10],
        ),
        (
            "{ a(b: {1}) }",
            "syntax error: expected a field of an input object or }, got 1",
            [1, 9],
        ),
        (
            "{ a(\"b\": 1) }",
            "syntax error: expected an argument, got a text",
            [1, 5],
        ),
        (
            "{ a @ }",
            "syntax error: expected the name of a directive, got }",
            [1, 7],
        ),
        (
            "{ a(b: \"é) }",
            "syntax error: unterminated string value",
            [1, 8],
        ),
        ("{ é }", "syntax error: Unexpected character \"é\"", [1, 3]),
        (
            "{ a(b: 01) }",
            "syntax error: Numbers must not have non-significant leading zeroes",
            [1, 8],
        ),
        (
            "{ a .. b }",
            "syntax error: Unterminated spread operator",
            [1, 5],
        ),
        ("{ a(b) }", "An argument has a value.", [1, 5]),
        (
            "# é\n{ a(b: {\n  c }) }",
            "A field of an input object has a value.",
            [3, 3],
        ),
        (
            "{ a { } }",
            "A selection set names at least one field.",
            [1, 5],
        ),
    ]);
}

#[test]
fn what_is_given_twice_is_found() {
    for text in [
        "{ a(b: { c: 1, c: 1 }) }",
        "{ a(b: [{ c: { d: 1 e: 2 d: 3 } }]) }",
        "{ a(b: 1 c: 2 b: 1) }",
        "{ a @b(c: 1 c: 2) }",
    ] {
        assert_eq!(found(text), Some(Code::GraphqlValidationFailed), "{text}");
    }
    assert_eq!(found("{ a(b: { b: { b: 1 } }) b(b: 1) }"), None);
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
fn tokens_and_nesting_go_up_to_their_limits() {
    let limits = Limits {
        tokens: 15,
        nesting: 3,
        ..Limits::default()
    };
    let refused = |text: &str| read(text, &limits).err().map(|error| error.code());
    let too_complex = Some(Code::QueryTooComplex);
    assert_eq!(refused("{a,b c d e f g}"), None);
    assert_eq!(refused("{a,b c d e f g}#"), too_complex);
    assert_eq!(refused("{a{b{c}}}"), None);
    assert_eq!(refused("{a{b{c{d}}}}"), too_complex);
    assert_eq!(refused("{a(b:[[]])}"), None);
    assert_eq!(refused("{a(b:[[{}]])}"), too_complex);
    assert_eq!(refused("query($a:[[[A]]]){a}"), too_complex);
}
