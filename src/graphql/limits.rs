use super::cost::ByRole;

/// What a document may cost before anything is planned.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Tokens of the document, blanks and commas among them.
    pub tokens: usize,
    /// How deep its text nests: selection sets, lists and objects.
    pub nesting: usize,
    /// Operations in a document. Each is validated on its own.
    pub operations: usize,
    /// Characters of a name. Answers may repeat it row by row, and validation
    /// looks it up again and again.
    pub name: usize,
    /// How many levels its selections and filters go down.
    pub depth: usize,
    /// How many relations a condition or a sort key leads across. Databases
    /// take no expression that is deeper.
    pub relations: usize,
    /// Selections of an operation, with every fragment spread in place.
    pub selections: usize,
    /// Those of them that have another name.
    pub aliases: usize,
    /// Directives on them.
    pub directives: usize,
    /// Those of them that ask about the schema itself; 0 where nobody may.
    pub introspection: usize,
    /// Fields at the root. Each is one statement.
    pub root_fields: usize,
    /// Fields of one object. Databases take no function of more arguments.
    pub members: usize,
    /// Tables that statistics over rows join: those that rows refer to, and
    /// `matching` that asks about other rows. Databases join some sixty.
    pub joins: usize,
    /// Statistics of groups under one field, and what is derived of them.
    /// Databases compute no more columns, nor put more selects together.
    pub measures: usize,
    /// Conditions of all filters of an operation. Databases take no expression
    /// that is deeper.
    pub conditions: usize,
    /// Texts that one statement looks for whatever their case, the words of
    /// searches among them. `PostgreSQL` keeps 32 regular expressions compiled;
    /// what is more is compiled again for every row.
    pub patterns: usize,
    /// What an operation may cost, by role, in rows.
    pub budgets: ByRole,
    /// What each caller may spend in a minute, by role, in the same; 0 is no
    /// limit.
    pub per_minute: ByRole,
    /// How many rows a bulk change may write, by role.
    pub bulk: ByRole,
    /// Values that an operation may come to: the fields of each object times
    /// its rows.
    pub values: u64,
    /// Bytes that the texts among them may come to, by the lengths of their
    /// columns.
    pub bytes: u64,
    /// Items of all lists that an operation compares with, each counted
    /// wherever it is used.
    pub items: usize,
    /// Bytes of all texts that an operation compares with, each counted wherever
    /// it is used.
    pub texts: usize,
    /// Bytes of all texts and documents that an operation writes, each counted
    /// wherever it is used: as many as a request may have.
    pub written: usize,
    /// Bytes of a text that is compared with, or given to a mutation.
    pub text: usize,
    /// Bytes that the validated documents of a role may take, estimated.
    pub cached_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 20_000,
            nesting: 100,
            operations: 20,
            name: 128,
            depth: 24,
            relations: 8,
            selections: 2_000,
            aliases: 500,
            directives: 100,
            introspection: 400,
            root_fields: 50,
            members: 400,
            joins: 40,
            measures: 400,
            conditions: 400,
            patterns: 30,
            budgets: ByRole::budgets(),
            per_minute: ByRole::default(),
            bulk: ByRole::bulk_rows(),
            values: 500_000,
            bytes: 64_000_000,
            items: 10_000,
            texts: 100_000,
            written: 1 << 20,
            text: 10_000,
            cached_bytes: 16 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// The names of those that settings say.
    pub const NAMES: [&str; 8] = [
        "tokens",
        "nesting",
        "depth",
        "selections",
        "aliases",
        "directives",
        "rootFields",
        "conditions",
    ];

    /// The limit of that name, as settings say it.
    pub fn named(&mut self, name: &str) -> Option<&mut usize> {
        Some(match name {
            "tokens" => &mut self.tokens,
            "nesting" => &mut self.nesting,
            "depth" => &mut self.depth,
            "selections" => &mut self.selections,
            "aliases" => &mut self.aliases,
            "directives" => &mut self.directives,
            "rootFields" => &mut self.root_fields,
            "conditions" => &mut self.conditions,
            _ => return None,
        })
    }
}
