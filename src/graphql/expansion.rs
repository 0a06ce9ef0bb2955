pub(super) mod heights;

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{
    Argument, Definition, DirectiveList, Document, Field, FragmentDefinition, OperationDefinition,
    Selection, Value,
};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};

use heights::Heights;

/// How much the fields may weigh, each once for every field around it: so often
/// it is hashed. A microsecond is about ten of it.
const WEIGHT: usize = 400_000;
/// How many parts of arguments may be told of fields that cannot be merged, as
/// far as names tell.
const CONFLICTS: usize = 500_000;
/// How many fields of interfaces may be compared, each with every kind of object.
const COMPARED: usize = 50_000;
/// How many bytes of a name or text weigh as much as a field.
const BYTES: usize = 64;

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

/// Looks whether a document is little enough to be validated: to tell whether
/// fields can be merged (GraphQL specification, section 5.3.2), all operations
/// are looked at with every fragment in place. They have at most `most`
/// selections then, directives and values of arguments. An object has each
/// fragment once, as when it is answered.
///
/// # Errors
/// [`Excess`] where it is more, and where nobody could tell.
pub(super) fn check<'d>(
    document: &'d Document,
    schema: &'d Schema,
    most: usize,
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
        left: most,
        weight: WEIGHT,
    };
    for definition in &document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            expansion.operation(operation)?;
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
    /// How many selections may still come.
    left: usize,
    /// How much they may still weigh.
    weight: usize,
}

/// What stands under a response key.
#[derive(Default)]
struct Key<'d> {
    fields: usize,
    /// The most parts of an argument.
    widest: usize,
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
        let variables = operation.variables.iter();
        let given = variables.map(|variable| given(&variable.directives));
        self.spend(given.sum::<usize>() + self::given(&operation.directives))?;
        let place = Place {
            parent: self.schema.root_operation(operation.operation_type),
            around: 0,
        };
        self.gather(place, &operation.selection_set, &mut HashSet::new())
    }

    /// Follows selections of an object, of which these fragments are in place.
    fn gather(
        &mut self,
        place: Place<'d>,
        selections: &'d [Selection],
        spread: &mut HashSet<&'d Name>,
    ) -> Result<(), Excess<'d>> {
        for selection in selections {
            self.spend(1)?;
            match selection {
                Selection::Field(field) => self.field(place, field)?,
                Selection::InlineFragment(fragment) => {
                    self.spend(given(&fragment.directives))?;
                    let parent = fragment.type_condition.as_ref().or(place.parent);
                    let place = Place { parent, ..place };
                    self.gather(place, &fragment.selection_set, spread)?;
                }
                Selection::FragmentSpread(fragment) => {
                    self.spend(given(&fragment.directives))?;
                    let name = &fragment.fragment_name;
                    if let Some(fragment) = self.fragments.get(name)
                        && spread.insert(name)
                    {
                        self.spend(given(&fragment.directives))?;
                        let place = Place {
                            parent: Some(&fragment.type_condition),
                            around: 0,
                        };
                        self.gather(place, &fragment.selection_set, spread)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, place: Place<'d>, field: &'d Node<Field>) -> Result<(), Excess<'d>> {
        let values = values(&field.arguments) + given(&field.directives);
        self.spend(values)?;
        let parent = place.parent;
        let definition = parent.and_then(|parent| {
            let definition = self.schema.type_field(parent, &field.name);
            definition.ok()
        });
        let key = self.keys.entry(field.response_name()).or_default();
        key.fields += 1;
        let widths = field
            .arguments
            .iter()
            .map(|argument| width(&argument.value));
        key.widest = key.widest.max(widths.max().unwrap_or(0));
        match parent.and_then(|parent| self.schema.types.get(parent)) {
            Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => key.abstracts += 1,
            _ => key.kinds.extend(parent),
        }
        let texts = field.response_name().len() + text(&field.arguments, &field.directives);
        let arguments = definition.map_or(0, |definition| definition.arguments.len());
        let weight = 1 + values + texts / BYTES + arguments;
        let weight = weight.saturating_mul(place.around + 1);
        self.weight = self.weight.checked_sub(weight).ok_or(Excess::TooMuch)?;
        let place = Place {
            parent: definition.map(|definition| definition.ty.inner_named_type()),
            around: place.around + 1,
        };
        self.gather(place, below(field), &mut HashSet::new())
    }

    /// What may have to be compared, and told of where it differs.
    fn compare(&self) -> Result<(), Excess<'d>> {
        let keys = || self.keys.values();
        let told = keys().map(|key| key.fields.saturating_mul(key.widest));
        let compared = keys().map(|key| key.abstracts * key.kinds.len().saturating_sub(1));
        if told.fold(0, usize::saturating_add) > CONFLICTS || compared.sum::<usize>() > COMPARED {
            return Err(Excess::TooMuch);
        }
        Ok(())
    }

    fn spend(&mut self, count: usize) -> Result<(), Excess<'d>> {
        self.left = self.left.checked_sub(count).ok_or(Excess::TooMany)?;
        Ok(())
    }
}

fn below(field: &Field) -> &[Selection] {
    field.selection_set.as_deref().unwrap_or_default()
}

/// How many directives there are, with their values.
fn given(directives: &DirectiveList) -> usize {
    let directives = directives.iter();
    let given = directives.map(|directive| 1 + values(&directive.arguments));
    given.sum()
}

/// How many values arguments have.
fn values(arguments: &[Node<Argument>]) -> usize {
    let arguments = arguments.iter();
    arguments.map(|argument| parts(&argument.value)).sum()
}

fn parts(value: &Value) -> usize {
    1 + match value {
        Value::List(items) => items.iter().map(|item| parts(item)).sum(),
        Value::Object(fields) => fields.iter().map(|(_, field)| parts(field)).sum(),
        _ => 0,
    }
}

/// How many parts a value has, and not those of its parts.
fn width(value: &Value) -> usize {
    match value {
        Value::List(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 1,
    }
}

/// How many bytes the names and texts of arguments and directives have.
fn text(arguments: &[Node<Argument>], directives: &DirectiveList) -> usize {
    let of = |argument: &Node<Argument>| argument.name.len() + bytes(&argument.value);
    let directives = directives.iter().map(|directive| {
        let arguments = directive.arguments.iter();
        directive.name.len() + arguments.map(of).sum::<usize>()
    });
    directives.sum::<usize>() + arguments.iter().map(of).sum::<usize>()
}

fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Enum(name) | Value::Variable(name) => name.len(),
        Value::Int(number) => number.as_str().len(),
        Value::Float(number) => number.as_str().len(),
        Value::List(items) => items.iter().map(|item| bytes(item)).sum(),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields.map(|(name, field)| name.len() + bytes(field)).sum()
        }
        Value::Null | Value::Boolean(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "type Query { a: A b: Query any: Any is(one: [Int], of: String): Boolean }
                          interface Any { name: String }
                          type A implements Any { name: String a: A }
                          type B implements Any { name: String }";

    pub(super) fn of<T>(text: &str, look: impl FnOnce(&Document, &Schema) -> T) -> T {
        let document = Document::parse(text, "test.graphql").unwrap();
        look(&document, &Schema::parse(SCHEMA, "schema.graphql").unwrap())
    }

    fn comes_to(text: &str, count: usize) {
        of(text, |document, schema| {
            assert_eq!(check(document, schema, count), Ok(()), "{text}");
            let less = check(document, schema, count - 1);
            assert_eq!(less, Err(Excess::TooMany), "{text}");
        });
    }

    /// Whether a document is too much work.
    fn is_too_much(text: &str) -> bool {
        of(text, |document, schema| {
            let checked = check(document, schema, usize::MAX);
            assert!(
                matches!(checked, Ok(()) | Err(Excess::TooMuch)),
                "{checked:?}"
            );
            checked.is_err()
        })
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
    fn a_field_weighs_as_often_as_there_are_fields_around_it() {
        let nested = |levels: usize, fields: usize| {
            let (open, close) = ("b { ".repeat(levels), " }".repeat(levels));
            format!("{{ {open} {} {close} }}", "a ".repeat(fields))
        };
        assert!(!is_too_much(&nested(1, 20_000)));
        assert!(!is_too_much(&nested(90, 4_000)));
        assert!(is_too_much(&nested(90, 4_400)));
        // Those around the fragment are not hashed with it.
        let apart = nested(90, 1).replace("a ", "...F") + " fragment F on Query { ";
        assert!(!is_too_much(&format!("{apart} {} }}", "a ".repeat(20_000))));
        // Texts weigh as well, and so do the arguments that a field may have.
        let text = format!("is(of: {:?})", "x".repeat(300_000));
        assert!(!is_too_much(&nested(40, 1).replace("a ", &text)));
        assert!(is_too_much(&nested(90, 1).replace("a ", &text)));
        assert!(is_too_much(&nested(90, 1_500).replace("a ", "is ")));
    }

    #[test]
    fn what_would_be_told_of_arguments_is_counted_by_response_key() {
        let list = format!("is(one: [{}])", "1 ".repeat(500));
        assert!(!is_too_much(&format!("{{ {list} {} }}", "is ".repeat(900))));
        assert!(is_too_much(&format!(
            "{{ {list} {} }}",
            "is ".repeat(1_100)
        )));
        assert!(!is_too_much(&format!(
            "{{ x: {list} {} }}",
            "is ".repeat(1_100)
        )));
    }

    #[test]
    fn fields_of_interfaces_are_compared_with_each_kind() {
        let kinds = "... on A { x: name } ... on B { x: name }";
        let any = |count: usize| {
            format!(
                "{{ any {{ {kinds} }} any {{ {} }} }}",
                "x: name ".repeat(count)
            )
        };
        assert!(!is_too_much(&any(COMPARED)));
        assert!(is_too_much(&any(COMPARED + 1)));
        assert!(!is_too_much(&any(COMPARED + 1).replace("any {", "a {")));
    }

    #[test]
    fn what_nobody_can_count_is_refused() {
        let circle = "{ a } fragment F on A { a { ...G } } fragment G on A { ...F }";
        of(circle, |document, schema| {
            let circle = check(document, schema, 100);
            let of_itself = |fragment: &Node<FragmentDefinition>| fragment.name == "F";
            assert!(matches!(circle, Err(Excess::Circle(one)) if of_itself(one)));
        });
        let twice = "{ a { ...F } } fragment F on A { a } fragment F on A { b }";
        of(twice, |document, schema| {
            let twice = check(document, schema, 100);
            assert!(matches!(twice, Err(Excess::Twice(_))), "{twice:?}");
        });
    }
}
