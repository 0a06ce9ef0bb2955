use super::*;

const SCHEMA: &str = "type Query { a: A b: Query any: Any is(one: [Int], of: String): Boolean
                                   put(all: [In!]): Boolean }
                      input In { one: Int! two: In! three: Int }
                      interface Any { name: String }
                      type A implements Any { name: String a: A }
                      type B implements Any { name: String }";

pub(super) fn of<T>(text: &str, look: impl FnOnce(&Document, &Schema) -> T) -> T {
    let document = Document::parse(text, "test.graphql").unwrap();
    look(&document, &Schema::parse(SCHEMA, "schema.graphql").unwrap())
}

pub(super) const MOST: Most = Most {
    selections: usize::MAX,
    work: usize::MAX,
};

fn comes_to(text: &str, count: usize) {
    of(text, |document, schema| {
        let most = |selections| Most { selections, ..MOST };
        let checked = check(document, schema, most(count));
        assert_eq!(checked, Ok(()), "{text}");
        let less = check(document, schema, most(count - 1));
        assert_eq!(less, Err(Excess::TooMany), "{text}");
    });
}

/// How much work a document is.
fn work(text: &str) -> usize {
    of(text, |document, schema| {
        let passes = |work| {
            let most = Most { work, ..MOST };
            let checked = check(document, schema, most);
            assert!(
                matches!(checked, Ok(()) | Err(Excess::TooMuch)),
                "{checked:?}"
            );
            checked.is_ok()
        };
        let (mut too_little, mut enough) = (0, 1 << 40);
        assert!(passes(enough), "{text}");
        while enough - too_little > 1 {
            let between = usize::midpoint(too_little, enough);
            if passes(between) {
                enough = between;
            } else {
                too_little = between;
            }
        }
        enough
    })
}

/// `inner` under so many fields.
fn under(levels: usize, inner: &str) -> String {
    let (open, close) = ("b { ".repeat(levels), " }".repeat(levels));
    format!("{{ {open} {inner} {close} }}")
}

#[test]
fn an_object_has_each_fragment_once() {
    comes_to("{ a b { c } }", 3);
    comes_to("{ a } query Q { a }", 2);
    comes_to("{ ...F ...F } fragment F on Query { a b }", 4);
    comes_to("{ a { ...F } b { ...F } } fragment F on A { a b }", 8);
    let twice = "{ ... on Query { ...F } ...F } fragment F on Query { a { name } }";
    comes_to(twice, 5);
    comes_to("{ ...F } fragment F on Query { a { name } ...None }", 4);
}

#[test]
fn directives_and_values_count_wherever_they_stand() {
    comes_to("{ is(one: [1, 2, 3]) @include(if: true) }", 7);
    comes_to(
        "{ b { ...F } ...F } fragment F on Query { is(one: [1]) }",
        9,
    );
    comes_to(
        "query Q @a @a { ...F @a } fragment F on Query @a(b: 1) @a { a }",
        8,
    );
}

#[test]
fn a_field_is_hashed_as_often_as_there_are_fields_around_it() {
    let another = |text: &dyn Fn(&str) -> String, more: &str| {
        work(&text(&format!("a {more}"))) - work(&text("a"))
    };
    for levels in [0, 1, 40] {
        let here = |inner: &str| under(levels, inner);
        let hashed = price::HASHED * (levels + 1);
        assert_eq!(another(&here, "a"), price::SELECTION + hashed);
        // It may have two arguments, whether it has them or not.
        assert_eq!(another(&here, "is"), price::SELECTION + 3 * hashed);
        let text = format!("is(of: {:?})", "x".repeat(price::BYTES * 50 - 2));
        // Besides the field the value, and what it takes to compare them.
        assert!(another(&here, &text) >= price::SELECTION + 54 * hashed);
        // Fragments and their directives are hashed as well.
        let inline = another(&here, "... @a { a }");
        assert_eq!(inline, 2 * price::SELECTION + 3 * hashed + price::MISTAKE);
        // Those around a fragment are not hashed with what it has.
        let apart = |inner: &str| {
            format!(
                "{} fragment F on Query {{ {inner} }}",
                under(levels, "...F")
            )
        };
        let walked = price::WALKED;
        let once = price::SELECTION + price::HASHED + walked;
        assert_eq!(another(&apart, "a"), once);
    }
}

#[test]
fn fragments_are_walked_for_each_that_leads_there() {
    let through = |fragments: usize, fields: usize| {
        let leading = (0..fragments).map(|n| format!("fragment F{n} on Query {{ ...Z }} "));
        let spread = (0..fragments).map(|n| format!("...F{n} "));
        format!(
            "{{ {} }} {} fragment Z on Query {{ {} }}",
            spread.collect::<String>(),
            leading.collect::<String>(),
            "a ".repeat(fields)
        )
    };
    let fields = |fragments| work(&through(fragments, 2)) - work(&through(fragments, 1));
    assert_eq!(fields(9) - fields(1), 8 * price::WALKED);
    let spread = |count: usize| {
        let twice = "fragment A on Query { a } fragment B on Query { a }";
        work(&format!(
            "{{ a }} {twice} fragment C on Query {{ {} }}",
            "...A ".repeat(count)
        ))
    };
    assert_eq!(
        spread(3) - spread(2),
        price::SELECTION + price::HASHED + 3 * price::SPREAD
    );
}

#[test]
fn names_that_stand_beside_each_other_are_compared_each_with_each() {
    let more = |text: &dyn Fn(usize) -> String| {
        let work = [256, 512, 768].map(|count| work(&text(count)));
        (work[2] - work[1]) - (work[1] - work[0])
    };
    // By those beside them, and from either side when fields are merged.
    let square = 3 * 2 * 256 * 256 / price::SQUARES;
    let arguments = |count| format!("{{ b({}) }}", "y: 1 ".repeat(count));
    assert_eq!(more(&arguments), square);
    let directives = |count| format!("{{ b {} }}", "@a ".repeat(count));
    assert_eq!(more(&directives), square);
    let objects = |count| format!("{{ b(x: {{ {} }}) }}", "y: 1 ".repeat(count));
    assert_eq!(more(&objects), square);
    let lists = |count| format!("{{ b(x: [{}]) }}", "1 ".repeat(count));
    assert_eq!(more(&lists), 0);
    let variables = |count| {
        format!(
            "query ({}) {{ b(x: [{}]) }}",
            "$a: Int ".repeat(count),
            "$a ".repeat(count)
        )
    };
    assert_eq!(more(&variables), 2 * 256 * 256 * price::VARIABLE);
}

#[test]
fn fields_of_a_response_key_are_compared_with_that_which_has_most_arguments() {
    let list = format!("is(one: [{}])", "null ".repeat(499));
    let text = format!("is(of: {:?})", "x".repeat(price::TOLD_BYTES * 499 - 2));
    let another = |given: &str, key: &str| {
        let of = |count| format!("{{ {key}: {given} {} }}", "is ".repeat(count));
        work(&of(2)) - work(&of(1))
    };
    for given in [&list, &text] {
        let merged = another(given, "is") - another(given, "x");
        assert_eq!(merged, 500 * price::MERGED);
    }
}

#[test]
fn fields_of_interfaces_are_compared_with_each_kind() {
    let another = |kinds: &str| {
        let of = |count: usize| {
            let names = "x: name ".repeat(count);
            format!("{{ any {{ {kinds} }} any {{ {names} }} }}")
        };
        work(&of(2)) - work(&of(1))
    };
    let of_one = another("... on A { x: name }");
    let of_two = another("... on A { x: name } ... on B { x: name }");
    assert_eq!(of_two - of_one, price::KIND);
    let list = format!("one: [{}]", "null ".repeat(499));
    let of_one = another(&format!("... on A {{ x: name({list}) }}"));
    let of_two = another(&format!(
        "... on A {{ x: name({list}) }} ... on B {{ x: name }}"
    ));
    assert_eq!(of_two - of_one, price::KIND + 500 * price::MERGED);
}

#[test]
fn fragments_that_nothing_leads_to_are_looked_at_as_well() {
    let fragment = |on: &str| format!(" fragment F on Query {{ b {{ {on} }} }}");
    let another = |text: &str| {
        let of = |fields: &str| work(&format!("{{ a {text} }} {}", fragment(fields)));
        of("a a") - of("a")
    };
    let once = price::SELECTION + 2 * price::HASHED + price::WALKED;
    assert_eq!([another(""), another("...F")], [once, once]);
}

#[test]
fn fields_of_three_arguments_are_compared_with_each_other_and_all_beside_them() {
    let another = |given: &str, beside: usize, levels: usize| {
        let of = |count: usize| {
            let fields = format!(
                "{}{}",
                format!("is({given}) ").repeat(count),
                "a ".repeat(beside)
            );
            work(&under(levels, &fields))
        };
        of(3) - of(2)
    };
    let beside = |given: &str, levels| another(given, 9, levels) - another(given, 8, levels);
    for levels in [0, 4] {
        assert_eq!(beside("x: 1 y: 2", levels), 0);
        assert_eq!(
            beside("x: 1 y: 2 z: 3", levels),
            (levels + 1) * price::ALIKE
        );
    }
    let given = |values: usize, levels| {
        let many = format!("x: [{}] y: 2 z: 3", "null ".repeat(values));
        let few = format!("x: [{}] y: 2", "null ".repeat(values));
        another(&many, 0, levels) - another(&few, 0, levels)
    };
    // Of three fields two are compared with all three lists, and three pairs with
    // each other; of two fields one with both lists, and one pair: each of it twice,
    // for the field around them.
    let compared = 2 * ((2 * 3 + 3) - (2 + 1)) * price::ALIKE;
    assert_eq!(given(400, 1) - given(200, 1), compared * 200);
}

#[test]
fn what_input_objects_must_have_is_told_of_each() {
    let given = |value: &str| {
        let argument = work(&format!("{{ put(all: {value}) }}"));
        let default = work(&format!("query ($a: [In!] = {value}) {{ a }}"));
        [argument, default]
    };
    let has_all = given("[{ one: null two: null }]");
    for (value, missing) in [
        ("[{ one: null }]", 1),
        ("[{}]", 2),
        ("{}", 2),
        ("[{ one: null two: { } }]", 2),
    ] {
        for (has_all, given) in has_all.into_iter().zip(given(value)) {
            let told = missing * price::MISTAKE;
            let difference = given.abs_diff(has_all).abs_diff(told);
            assert!(difference < price::MISTAKE, "{value}: {given} {has_all}");
        }
    }
}

#[test]
fn what_nobody_can_count_is_refused() {
    let circle = "{ a } fragment F on A { a { ...G } } fragment G on A { ...F }";
    of(circle, |document, schema| {
        let circle = check(document, schema, MOST);
        let of_itself = |fragment: &Node<FragmentDefinition>| fragment.name == "F";
        assert!(matches!(circle, Err(Excess::Circle(one)) if of_itself(one)));
    });
    let twice = "{ a { ...F } } fragment F on A { a } fragment F on A { b }";
    of(twice, |document, schema| {
        let twice = check(document, schema, MOST);
        assert!(matches!(twice, Err(Excess::Twice(_))), "{twice:?}");
    });
}
