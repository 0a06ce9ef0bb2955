use apollo_compiler::Schema;
use apollo_compiler::schema::ObjectType;

/// A query to begin with: the first rows of the first list that a role sees,
/// with what they are called.
pub(super) fn of(schema: &Schema) -> String {
    let Some(query) = schema.get_object("Query") else {
        return OF_NOTHING.to_owned();
    };
    let mut lists = query.fields.iter().filter_map(|(list, field)| {
        let entity = field.ty.inner_named_type().strip_suffix("Connection")?;
        let text = text_of(schema.get_object(entity)?)?;
        Some(format!(
            "{{ {list}(first: 3) {{ nodes {{ id {text} }} }} }}"
        ))
    });
    lists.next().unwrap_or_else(|| OF_NOTHING.to_owned())
}

/// What is always an answer.
pub(super) const OF_NOTHING: &str = "{ __typename }";

/// A text of each row: its name, or else the first one.
fn text_of(entity: &ObjectType) -> Option<&str> {
    let texts = || {
        let fields = entity.fields.iter();
        let texts = fields.filter(|(_, field)| *field.ty.inner_named_type() == "String");
        texts.map(|(name, _)| name.as_str())
    };
    let named = texts().find(|name| matches!(*name, "name" | "title"));
    named.or_else(|| texts().next())
}
