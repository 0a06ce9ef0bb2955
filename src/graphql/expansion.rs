use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{
    Argument, Definition, DirectiveList, Document, FragmentDefinition, Selection, Value,
};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema};

/// How many levels fragments may lead down.
pub(super) const DEEPEST: usize = 1_000;

/// Why a document is not looked at any further.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Excess<'d> {
    /// It comes to too much.
    TooMuch,
    /// Its fragments lead down too far.
    TooDeep,
    /// This fragment leads to itself.
    Circle(&'d Node<FragmentDefinition>),
    /// There is another fragment of this one's name.
    Twice(&'d Node<FragmentDefinition>),
}

/// Looks whether the operations of a document come to more than `most`
/// selections, and values of arguments, with every fragment in place: so much is
/// looked at to tell whether fields can be merged (GraphQL specification, section
/// 5.3.2). An object has each fragment once, as when it is answered, and what is
/// selected of an interface once for each kind of object that is named there.
///
/// # Errors
/// [`Excess`] where they do, and where nobody could tell.
pub(super) fn check<'d>(
    document: &'d Document,
    schema: &'d Schema,
    most: usize,
) -> Result<(), Excess<'d>> {
    let mut fragments = HashMap::new();
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(definition) = definition {
            let fragment = Fragment {
                definition,
                is_open: false,
            };
            if fragments.insert(&definition.name, fragment).is_some() {
                return Err(Excess::Twice(definition));
            }
        }
    }
    let mut expansion = Expansion {
        schema,
        fragments,
        left: most,
        levels: 0,
    };
    for definition in &document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            let root = schema.root_operation(operation.operation_type);
            expansion.object(root, &operation.selection_set)?;
        }
    }
    Ok(())
}

struct Expansion<'d> {
    schema: &'d Schema,
    fragments: HashMap<&'d Name, Fragment<'d>>,
    /// How much may still come.
    left: usize,
    /// How deep it is by now.
    levels: usize,
}

struct Fragment<'d> {
    definition: &'d Node<FragmentDefinition>,
    /// Whether it is being followed.
    is_open: bool,
}

/// What is selected of an object.
#[derive(Default)]
struct Object<'d> {
    /// The fragments that are in place.
    spread: HashSet<&'d Name>,
    /// The kinds of objects of which there are fields.
    kinds: HashSet<&'d Name>,
    /// How many fields there are of interfaces.
    abstracts: usize,
}

impl<'d> Expansion<'d> {
    /// Follows what is selected of an object of a type, where that is known.
    fn object(
        &mut self,
        parent: Option<&'d Name>,
        selections: &'d [Selection],
    ) -> Result<(), Excess<'d>> {
        let mut object = Object::default();
        self.gather(parent, selections, &mut object)?;
        self.spend(object.abstracts * object.kinds.len().saturating_sub(1))
    }

    fn gather(
        &mut self,
        parent: Option<&'d Name>,
        selections: &'d [Selection],
        object: &mut Object<'d>,
    ) -> Result<(), Excess<'d>> {
        if self.levels == DEEPEST {
            return Err(Excess::TooDeep);
        }
        self.levels += 1;
        for selection in selections {
            self.spend(1)?;
            match selection {
                Selection::Field(field) => {
                    self.spend(values(&field.arguments) + given(&field.directives))?;
                    match parent.and_then(|parent| self.schema.types.get(parent)) {
                        Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => {
                            object.abstracts += 1;
                        }
                        _ => object.kinds.extend(parent),
                    }
                    if let Some(selections) = &field.selection_set {
                        let field = |parent| self.schema.type_field(parent, &field.name).ok();
                        let field = parent.and_then(|parent| field(parent));
                        let parent = field.map(|field| field.ty.inner_named_type());
                        self.object(parent, selections)?;
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.spend(given(&fragment.directives))?;
                    let parent = fragment.type_condition.as_ref().or(parent);
                    self.gather(parent, &fragment.selection_set, object)?;
                }
                Selection::FragmentSpread(fragment) => {
                    self.spend(given(&fragment.directives))?;
                    self.follow(&fragment.fragment_name, object)?;
                }
            }
        }
        self.levels -= 1;
        Ok(())
    }

    fn follow(&mut self, name: &'d Name, object: &mut Object<'d>) -> Result<(), Excess<'d>> {
        let Some(fragment) = self.fragments.get_mut(name) else {
            return Ok(());
        };
        let definition = fragment.definition;
        if fragment.is_open {
            return Err(Excess::Circle(definition));
        }
        if !object.spread.insert(name) {
            return Ok(());
        }
        fragment.is_open = true;
        let parent = Some(&definition.type_condition);
        self.gather(parent, &definition.selection_set, object)?;
        if let Some(fragment) = self.fragments.get_mut(name) {
            fragment.is_open = false;
        }
        Ok(())
    }

    fn spend(&mut self, count: usize) -> Result<(), Excess<'d>> {
        self.left = self.left.checked_sub(count).ok_or(Excess::TooMuch)?;
        Ok(())
    }
}

/// How many values directives are given.
fn given(directives: &DirectiveList) -> usize {
    let directives = directives.iter();
    directives
        .map(|directive| values(&directive.arguments))
        .sum()
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

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "type Query { a: A b: Query any: Any is(one: [Int]): Boolean }
                          interface Any { name: String }
                          type A implements Any { name: String a: A }
                          type B implements Any { name: String }";

    fn of<T>(text: &str, look: impl FnOnce(Document, Schema) -> T) -> T {
        let document = Document::parse(text, "test.graphql").unwrap();
        look(document, Schema::parse(SCHEMA, "schema.graphql").unwrap())
    }

    fn comes_to(text: &str, count: usize) {
        of(text, |document, schema| {
            assert_eq!(check(&document, &schema, count), Ok(()), "{text}");
            let less = check(&document, &schema, count - 1);
            assert_eq!(less, Err(Excess::TooMuch), "{text}");
        });
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
    fn values_count_wherever_they_are_given() {
        comes_to("{ is(one: [1, 2, 3]) @include(if: true) }", 6);
        comes_to(
            "{ b { ...F } ...F } fragment F on Query { is(one: [1]) }",
            9,
        );
    }

    #[test]
    fn fields_of_interfaces_count_for_each_kind() {
        let kinds = "... on A { x: name } ... on B { x: name }";
        comes_to(&format!("{{ any {{ name name {kinds} }} }}"), 9);
        comes_to(&format!("{{ a {{ name name {kinds} }} }}"), 7);
        comes_to("{ any { name name ... on A { name } } }", 5);
    }

    #[test]
    fn what_nobody_can_count_is_refused() {
        let circle = "{ a { ...F } } fragment F on A { a { ...G } } fragment G on A { ...F }";
        of(circle, |document, schema| {
            let circle = check(&document, &schema, 100);
            let of_itself = |fragment: &Node<FragmentDefinition>| fragment.name == "F";
            assert!(matches!(circle, Err(Excess::Circle(one)) if of_itself(one)));
        });
        let twice = "{ a { ...F } } fragment F on A { a } fragment F on A { b }";
        of(twice, |document, schema| {
            let twice = check(&document, &schema, 100);
            assert!(matches!(twice, Err(Excess::Twice(_))), "{twice:?}");
        });
        let chain = |count: usize| {
            let chain = (0..count).map(|n| format!("fragment F{n} on Query {{ ...F{} }} ", n + 1));
            format!("{{ ...F0 }} {}", chain.collect::<String>())
        };
        of(&chain(DEEPEST - 1), |document, schema| {
            assert_eq!(check(&document, &schema, usize::MAX), Ok(()));
        });
        of(&chain(DEEPEST), |document, schema| {
            let deep = check(&document, &schema, usize::MAX);
            assert_eq!(deep, Err(Excess::TooDeep));
        });
    }
}
