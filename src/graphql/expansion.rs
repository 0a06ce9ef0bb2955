mod given;
pub(super) mod heights;

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{
    Definition, DirectiveList, Document, Field, FragmentDefinition, OperationDefinition, Selection,
};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};

use given::Given;
use heights::Heights;

/// Prices of what apollo-compiler does, in hundredths of a microsecond of one
/// processor.
mod price {
    /// To build a selection and to look at it.
    pub const SELECTION: usize = 40;
    /// To hash a field, a directive, a value, or an argument that a field may
    /// have: once for every field around it.
    pub const HASHED: usize = 12;
    /// As much is this many bytes of names and texts.
    pub const BYTES: usize = 256;
    /// To look for one argument, directive or field of an object literal among
    /// so many: each is compared with each.
    pub const SQUARES: usize = 4;
    /// To compare a use of a variable with so many variables.
    pub const VARIABLES: usize = 4;
    /// To look at a selection in search of a circle: for each fragment again.
    pub const WALKED: usize = 1;
    /// To compare a field with another of the same response key, and to tell of
    /// it: for each argument and part of one.
    pub const MERGED: usize = 3;
    /// As much is this many bytes of them.
    pub const TOLD_BYTES: usize = 16;
    /// To compare a field of an interface with one kind of object, and to tell
    /// of it.
    pub const KIND: usize = 60;
    /// To tell of a field that an input object must have and has not.
    pub const MISSING: usize = 60;
}

/// Why a document is not validated.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Excess<'d> {
    /// It comes to too many selections.
    TooMany,
    /// It is too much work, however few they are.
    TooMuch,
    /// Its selections lead down too far, or the type of a variable does.
    TooDeep,
    /// This fragment leads to itself.
    Circle(&'d Node<FragmentDefinition>),
    /// There is another fragment of this one's name.
    Twice(&'d Node<FragmentDefinition>),
}

/// How much a document may come to.
#[derive(Clone, Copy)]
pub(super) struct Most {
    /// Selections, directives and values of arguments.
    pub selections: usize,
    /// What it takes to validate it, in hundredths of a microsecond.
    pub work: usize,
}

/// Looks whether a document is little enough to be validated: to tell whether
/// fields can be merged (GraphQL specification, section 5.3.2), all operations
/// are looked at with every fragment in place. An object has each fragment once,
/// as when it is answered. Names have few bytes, and are looked up for nothing.
///
/// # Errors
/// [`Excess`] where it is more, and where nobody could tell.
pub(super) fn check<'d>(
    document: &'d Document,
    schema: &'d Schema,
    most: Most,
) -> Result<(), Excess<'d>> {
    let mut fragments = HashMap::new();
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition
            && fragments.insert(&fragment.name, fragment).is_some()
        {
            return Err(Excess::Twice(fragment));
        }
    }
    let mut heights = Heights::new(&fragments);
    for definition in &document.definitions {
        heights.check(definition)?;
    }
    let mut expansion = Expansion {
        schema,
        fragments: &fragments,
        keys: HashMap::new(),
        variables: 0,
        reached: HashSet::new(),
        ever_reached: HashSet::new(),
        left: most,
    };
    for definition in &document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            expansion.operation(operation)?;
        }
    }
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition {
            expansion.unless_reached(fragment)?;
        }
    }
    expansion.compare()
}

type Fragments<'d> = HashMap<&'d Name, &'d Node<FragmentDefinition>>;

struct Expansion<'f, 'd> {
    schema: &'d Schema,
    fragments: &'f Fragments<'d>,
    /// What stands under each response key, wherever it does.
    keys: HashMap<&'d Name, Key<'d>>,
    /// How many variables the operation has.
    variables: usize,
    /// The fragments that it reaches.
    reached: HashSet<&'d Name>,
    /// Those that any operation does.
    ever_reached: HashSet<&'d Name>,
    /// How much may still come.
    left: Most,
}

/// What stands under a response key.
#[derive(Default)]
struct Key<'d> {
    fields: usize,
    /// What it takes to compare one of them with that which has most arguments.
    merging: usize,
    /// How many fields are of interfaces.
    abstracts: usize,
    /// Of which kinds of objects the others are.
    kinds: HashSet<&'d Name>,
}

/// Where selections stand.
#[derive(Clone, Copy)]
struct Place<'d> {
    /// Of what type they are, where that is known.
    parent: Option<&'d Name>,
    /// How many fields are around them, as far as they are written there.
    around: usize,
}

impl<'d> Expansion<'_, 'd> {
    fn operation(&mut self, operation: &'d OperationDefinition) -> Result<(), Excess<'d>> {
        self.variables = operation.variables.len();
        self.reached.clear();
        let before = self.left.selections;
        let place = Place {
            parent: self.schema.root_operation(operation.operation_type),
            around: 0,
        };
        for variable in &operation.variables {
            let mut given = self.directives(&variable.directives);
            if let Some(value) = &variable.default_value {
                given.value(self.schema, value, Some(variable.ty.inner_named_type()));
            }
            self.beside(given)?;
        }
        self.beside(self.directives(&operation.directives))?;
        self.gather(place, &operation.selection_set, &mut HashSet::new())?;
        let selections = before - self.left.selections;
        self.ever_reached.extend(&self.reached);
        self.work(self.reached.len() * selections * price::WALKED)
    }

    /// Follows a fragment that no operation reaches, which is looked at as well.
    fn unless_reached(&mut self, fragment: &'d FragmentDefinition) -> Result<(), Excess<'d>> {
        if !self.ever_reached.insert(&fragment.name) {
            return Ok(());
        }
        self.beside(self.directives(&fragment.directives))?;
        let place = Place {
            parent: Some(&fragment.type_condition),
            around: 0,
        };
        self.gather(place, &fragment.selection_set, &mut HashSet::new())?;
        self.ever_reached.extend(self.reached.drain());
        Ok(())
    }

    /// Follows selections of an object, of which these fragments are in place.
    fn gather(
        &mut self,
        place: Place<'d>,
        selections: &'d [Selection],
        spread: &mut HashSet<&'d Name>,
    ) -> Result<(), Excess<'d>> {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(place, field)?,
                Selection::InlineFragment(fragment) => {
                    self.select(place, self.directives(&fragment.directives), 0)?;
                    let parent = fragment.type_condition.as_ref().or(place.parent);
                    let place = Place { parent, ..place };
                    self.gather(place, &fragment.selection_set, spread)?;
                }
                Selection::FragmentSpread(fragment) => {
                    self.select(place, self.directives(&fragment.directives), 0)?;
                    let name = &fragment.fragment_name;
                    let Some(fragment) = self.fragments.get(name) else {
                        continue;
                    };
                    let place = Place {
                        parent: Some(&fragment.type_condition),
                        around: 0,
                    };
                    self.beside(self.directives(&fragment.directives))?;
                    if spread.insert(name) {
                        self.reached.insert(name);
                        self.gather(place, &fragment.selection_set, spread)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, place: Place<'d>, field: &'d Node<Field>) -> Result<(), Excess<'d>> {
        let parent = place.parent;
        let definition = parent.and_then(|parent| {
            let definition = self.schema.type_field(parent, &field.name);
            definition.ok()
        });
        let mut given = self.directives(&field.directives);
        given.arguments(self.schema, &field.arguments, definition.map(AsRef::as_ref));
        let key = self.keys.entry(field.response_name()).or_default();
        key.fields += 1;
        key.merging = key.merging.max(given.merging());
        match parent.and_then(|parent| self.schema.types.get(parent)) {
            Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => key.abstracts += 1,
            _ => key.kinds.extend(parent),
        }
        let arguments = definition.map_or(0, |definition| definition.arguments.len());
        self.select(place, given, arguments)?;
        let place = Place {
            parent: definition.map(|definition| definition.ty.inner_named_type()),
            around: place.around + 1,
        };
        self.gather(place, below(field), &mut HashSet::new())
    }

    /// Counts a selection, of which this is given, and which may have so many
    /// arguments.
    fn select(
        &mut self,
        place: Place<'d>,
        given: Given,
        arguments: usize,
    ) -> Result<(), Excess<'d>> {
        let left = self.left.selections.checked_sub(1);
        self.left.selections = left.ok_or(Excess::TooMany)?;
        self.beside(given)?;
        let hashed = 1 + given.parts + given.bytes / price::BYTES + arguments;
        let hashed = hashed * price::HASHED + given.squares / price::SQUARES;
        self.work(price::SELECTION + hashed * (place.around + 1))
    }

    /// Counts what is given, wherever that is.
    fn beside(&mut self, given: Given) -> Result<(), Excess<'d>> {
        let left = self.left.selections.checked_sub(given.parts);
        self.left.selections = left.ok_or(Excess::TooMany)?;
        let variables = given.variables * self.variables / price::VARIABLES;
        self.work(variables + given.missing * price::MISSING)
    }

    /// What may have to be compared, and told of where it differs.
    fn compare(&mut self) -> Result<(), Excess<'d>> {
        let keys = self.keys.values().map(|key| {
            let kinds = key.kinds.len().saturating_sub(1);
            key.fields * key.merging + key.abstracts * kinds * (price::KIND + key.merging)
        });
        self.work(keys.fold(0, usize::saturating_add))
    }

    fn directives(&self, directives: &DirectiveList) -> Given {
        let mut given = Given::default();
        given.directives(self.schema, directives);
        given
    }

    fn work(&mut self, work: usize) -> Result<(), Excess<'d>> {
        self.left.work = self.left.work.checked_sub(work).ok_or(Excess::TooMuch)?;
        Ok(())
    }
}

fn below(field: &Field) -> &[Selection] {
    field.selection_set.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
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
            assert_eq!(inline, 2 * price::SELECTION + 3 * hashed);
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
        assert_eq!(more(&variables), 2 * 256 * 256 / price::VARIABLES);
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
        assert_eq!(another(""), price::SELECTION + 2 * price::HASHED);
        assert_eq!(another("...F"), another("") + price::WALKED);
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
                let told = missing * price::MISSING;
                let difference = given.abs_diff(has_all).abs_diff(told);
                assert!(difference < price::MISSING, "{value}: {given} {has_all}");
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
}
