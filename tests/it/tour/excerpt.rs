//! A part of the schema, as it is shown to people: some members of a type,
//! without descriptions, and `…` for what is left out.

use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition};
use apollo_compiler::schema::ExtendedType;

/// How wide lines are at most.
const WIDTH: usize = 100;

/// An excerpt as it has to be: of the same type, and with the same members as
/// far as there are any.
pub fn renewed(schema: &Schema, excerpt: &str) -> String {
    let (head, body) = excerpt.split_once('\n').unwrap();
    let name = head.split_whitespace().nth(1).unwrap();
    let shown: Vec<_> = body.lines().filter_map(member_of).collect();
    let ty = schema.types.get(name);
    let ty = ty.unwrap_or_else(|| panic!("there is no {name} any more; take it out: {excerpt}"));
    let mut lines = vec![head_of(ty)];
    for (member, text) in members_of(ty) {
        if shown.contains(&member.as_str()) {
            lines.push(text);
        } else if lines.last().is_some_and(|last| last != "  …") {
            lines.push("  …".to_owned());
        }
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

/// The member that begins on a line.
fn member_of(line: &str) -> Option<&str> {
    let text = line.strip_prefix("  ")?;
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let name = &text[..end.unwrap_or(text.len())];
    (!name.is_empty()).then_some(name)
}

fn head_of(ty: &ExtendedType) -> String {
    let name = ty.name();
    let (keyword, rest) = match ty {
        ExtendedType::Object(object) => {
            let interfaces = object.implements_interfaces.iter();
            let interfaces: Vec<_> = interfaces.map(|name| name.as_str()).collect();
            let rest = match interfaces.as_slice() {
                [] => String::new(),
                some => format!(" implements {}", some.join(" & ")),
            };
            ("type", rest)
        }
        ExtendedType::Interface(_) => ("interface", String::new()),
        ExtendedType::InputObject(input) => {
            let directives = input.directives.iter();
            let directives = directives.map(|directive| format!(" {directive}"));
            ("input", directives.collect())
        }
        ExtendedType::Enum(_) => ("enum", String::new()),
        ExtendedType::Scalar(_) | ExtendedType::Union(_) => panic!("{name} has no members"),
    };
    format!("{keyword} {name}{rest} {{")
}

fn members_of(ty: &ExtendedType) -> Vec<(String, String)> {
    match ty {
        ExtendedType::Object(object) => object
            .fields
            .values()
            .map(|field| of_field(field))
            .collect(),
        ExtendedType::Interface(interface) => interface
            .fields
            .values()
            .map(|field| of_field(field))
            .collect(),
        ExtendedType::InputObject(input) => {
            let fields = input.fields.values();
            let fields =
                fields.map(|field| (field.name.to_string(), format!("  {}", of_input(field))));
            fields.collect()
        }
        ExtendedType::Enum(values) => {
            let values = values.values.keys();
            values
                .map(|name| (name.to_string(), format!("  {name}")))
                .collect()
        }
        ExtendedType::Scalar(_) | ExtendedType::Union(_) => Vec::new(),
    }
}

fn of_input(input: &InputValueDefinition) -> String {
    let default = input.default_value.as_ref();
    let default = default.map_or(String::new(), |value| format!(" = {value}"));
    format!("{}: {}{default}", input.name, input.ty)
}

fn of_field(field: &FieldDefinition) -> (String, String) {
    let (name, ty) = (&field.name, &field.ty);
    let arguments = field.arguments.iter();
    let arguments: Vec<_> = arguments.map(|argument| of_input(argument)).collect();
    let line = match arguments.as_slice() {
        [] => format!("  {name}: {ty}"),
        some => format!("  {name}({}): {ty}", some.join(", ")),
    };
    let text = if line.len() <= WIDTH {
        line
    } else {
        let arguments = wrapped(&arguments, "    ", WIDTH);
        format!("  {name}(\n{arguments}\n  ): {ty}")
    };
    (name.to_string(), text)
}

/// Things with commas between, on as many lines as it takes.
fn wrapped(things: &[String], indent: &str, width: usize) -> String {
    let mut lines = vec![indent.to_owned()];
    for (place, thing) in things.iter().enumerate() {
        let comma = if place + 1 < things.len() { "," } else { "" };
        let line = lines.last_mut().unwrap();
        if line == indent {
            line.extend([thing, comma]);
        } else if line.len() + 1 + thing.len() + comma.len() <= width {
            line.extend([" ", thing, comma]);
        } else {
            lines.push(format!("{indent}{thing}{comma}"));
        }
    }
    lines.join("\n")
}

#[test]
fn an_excerpt_keeps_its_members_and_shows_where_others_are() {
    let schema = "type Query { a: Int b(x: Int = 1): Int! c: Int d: Int } \
                  input Choice @oneOf { y: Int z: [Int!] } enum E { A B }";
    let schema = Schema::parse_and_validate(schema, "schema.graphql").unwrap();
    assert_eq!(
        renewed(&schema, "type Query {\n  b: Int\n  gone: Int\n  c: Int\n}"),
        "type Query {\n  …\n  b(x: Int = 1): Int!\n  c: Int\n  …\n}"
    );
    assert_eq!(
        renewed(&schema, "input Choice {\n  z: Int\n}"),
        "input Choice @oneOf {\n  …\n  z: [Int!]\n}"
    );
    assert_eq!(
        renewed(&schema, "enum E {\n  A\n}"),
        "enum E {\n  A\n  …\n}"
    );
}

#[test]
fn arguments_that_fit_on_no_line_stand_on_several() {
    let things = ["first: Int", "last: Int", "offset: Int"].map(str::to_owned);
    assert_eq!(
        wrapped(&things, "  ", 24),
        "  first: Int, last: Int,\n  offset: Int"
    );
}
