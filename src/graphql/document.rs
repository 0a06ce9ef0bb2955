use std::sync::Arc;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::Schema;
use apollo_compiler::ast::{Definition, Document, OperationType};
use apollo_compiler::parser::{Parser, SourceSpan};
use apollo_compiler::validation::{DiagnosticList, Valid};
use moka::sync::Cache;

use super::cost::ByRole;
use super::expansion::{self, DEEPEST, Excess};
use super::syntax::laxity;
use crate::access::Role;
use crate::error::{ApiError, Code, Location};

/// What a document may cost before anything is planned.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Tokens of the document, blanks and commas among them.
    pub tokens: usize,
    /// How deep its text nests: selection sets, lists and objects.
    pub nesting: usize,
    /// Operations in a document. Each is validated on its own.
    pub operations: usize,
    /// Characters of a name, which answers may repeat row by row.
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
            introspection: 300,
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

/// Documents that are known to fit one role's schema, by their text.
pub(super) struct Documents {
    role: Role,
    limits: Limits,
    valid: Cache<Arc<str>, Arc<Valid<ExecutableDocument>>>,
}

impl Documents {
    pub fn new(role: Role, limits: Limits) -> Self {
        let valid = Cache::builder()
            .max_capacity(limits.cached_bytes)
            // A validated document takes many times its text, and some whatever
            // that is.
            .weigher(|text: &Arc<str>, _| u32::try_from(4096 + text.len() * 60).unwrap_or(u32::MAX))
            .build();
        Self {
            role,
            limits,
            valid,
        }
    }

    /// The document of that text. Only valid ones are kept.
    pub fn get(
        &self,
        schema: &Valid<Schema>,
        text: &str,
    ) -> Result<Arc<Valid<ExecutableDocument>>, Vec<ApiError>> {
        if let Some(document) = self.valid.get(text) {
            return Ok(document);
        }
        let document = Arc::new(self.parse(schema, text)?);
        self.valid.insert(Arc::from(text), document.clone());
        Ok(document)
    }

    fn parse(
        &self,
        schema: &Valid<Schema>,
        text: &str,
    ) -> Result<Valid<ExecutableDocument>, Vec<ApiError>> {
        let mut parser = Parser::new()
            .token_limit(self.limits.tokens)
            .recursion_limit(self.limits.nesting);
        let parsed = parser.parse_ast(text, "document.graphql");
        let too_complex = |limit, reason: String| vec![ApiError::too_complex(limit, reason)];
        if parser.recursion_reached() >= self.limits.nesting {
            return Err(too_complex(
                "nesting",
                format!(
                    "The document nests deeper than {} levels. Ask for fewer at once.",
                    self.limits.nesting
                ),
            ));
        }
        if parser.tokens_reached() >= self.limits.tokens {
            return Err(too_complex(
                "tokens",
                format!(
                    "The document has more than {} tokens. Send values as variables, and ask for \
                     less at once.",
                    self.limits.tokens
                ),
            ));
        }
        let parsed = parsed.map_err(|error| report(&error.errors, Code::GraphqlParseFailed))?;
        let operations = parsed
            .definitions
            .iter()
            .filter(|definition| matches!(definition, Definition::OperationDefinition(_)))
            .count();
        if operations > self.limits.operations {
            return Err(too_complex(
                "operations",
                format!(
                    "The document has more than {} operations. Send only those that you run.",
                    self.limits.operations
                ),
            ));
        }
        let mut definitions = parsed.definitions.iter();
        if let Some(subscription) = definitions.find(|one| is_subscription(one)) {
            let message = "There are no subscriptions here. Send a query, over a socket as well as \
                           by POST.";
            return Err(self.invalid(&parsed, subscription.location(), message));
        }
        if let Some(error) = laxity(text, self.limits.tokens, self.limits.nesting) {
            return Err(vec![error]);
        }
        let most = self.limits.selections.saturating_mul(MOST_EXPANDED);
        match expansion::check(&parsed, schema, most) {
            Ok(()) => {}
            Err(Excess::TooMany) => {
                return Err(too_complex(
                    "selections",
                    format!(
                        "The document comes to more than {most} selections, directives and values \
                         with every fragment in place. Ask for less at once."
                    ),
                ));
            }
            Err(Excess::TooMuch) => {
                return Err(too_complex(
                    "validation",
                    "Too much is to be compared in the document: of fields that are deep down and \
                     many, of arguments that are long, or of kinds of objects. Ask for less at once."
                        .to_owned(),
                ));
            }
            Err(Excess::TooDeep) => {
                return Err(too_complex(
                    "nesting",
                    format!(
                        "The document leads more than {DEEPEST} levels down, fragments among them, \
                         or a variable is of a list of lists of lists. Ask for fewer levels at once."
                    ),
                ));
            }
            Err(Excess::Circle(fragment)) => {
                let message = format!("The fragment {} leads to itself.", fragment.name);
                return Err(self.invalid(&parsed, fragment.location(), message));
            }
            Err(Excess::Twice(fragment)) => {
                let message = format!("There are two fragments {}. Rename one.", fragment.name);
                return Err(self.invalid(&parsed, fragment.location(), message));
            }
        }
        parsed
            .to_executable_validate(schema)
            .map_err(|error| self.misfits(&error.errors))
    }

    /// Says what of a document does not fit the schema of the role, and which role
    /// that is: most who miss a field have forgotten their token.
    fn misfits(&self, diagnostics: &DiagnosticList) -> Vec<ApiError> {
        let role = self.role.name();
        let errors = report(diagnostics, Code::GraphqlValidationFailed).into_iter();
        let errors = errors.map(|error| {
            let message = error.message();
            // As apollo-compiler says it.
            let missing = match message.strip_suffix(" in this document") {
                Some(missing) if missing.starts_with("cannot find type") => Some(missing),
                _ => Some(message).filter(|message| message.contains("does not have")),
            };
            let message = missing.map(|missing| format!("{missing} in the schema of {role}"));
            let error = match message {
                Some(message) => error.saying(message),
                None => error,
            };
            error.with("role", role.into())
        });
        errors.collect()
    }

    /// Says that a document is wrong at a place, whatever the schema.
    fn invalid(
        &self,
        document: &Document,
        place: Option<SourceSpan>,
        message: impl Into<String>,
    ) -> Vec<ApiError> {
        let place = place.and_then(|place| place.line_column_range(&document.sources));
        let place = place.map(|range| Location {
            line: range.start.line,
            column: range.start.column,
        });
        let error = ApiError::new(Code::GraphqlValidationFailed, message).at(place);
        vec![error.with("role", self.role.name().into())]
    }
}

fn is_subscription(definition: &Definition) -> bool {
    let Definition::OperationDefinition(operation) = definition else {
        return false;
    };
    operation.operation_type == OperationType::Subscription
}

/// Names of tokens that apollo-parser tells, and what they are.
const SIGNS: [(&str, &str); 7] = [
    ("L_CURLY", "{"),
    ("R_CURLY", "}"),
    ("L_PAREN", "("),
    ("R_PAREN", ")"),
    ("L_BRACK", "["),
    ("R_BRACK", "]"),
    ("COLON", ":"),
];

/// What apollo-parser says, with signs for the names of tokens.
fn in_signs(message: &str) -> String {
    let expects = "syntax error: expected ";
    let rest = message.strip_prefix(expects);
    let named = rest.and_then(|rest| {
        let mut signs = SIGNS.iter();
        signs.find_map(|(name, sign)| Some((sign, rest.strip_prefix(name)?)))
    });
    let message = match named {
        Some((sign, rest)) => format!("{expects}{sign}{rest}"),
        None => message.to_owned(),
    };
    match message.strip_suffix(", got EOF") {
        Some(message) => format!("{message}, got the end"),
        None => message,
    }
}

/// How many times the selections of an operation a document may come to, with
/// every fragment in place: some are for types that a row is not of.
const MOST_EXPANDED: usize = 10;

/// The most mistakes of one document that are told at once.
const MOST_REPORTED: usize = 20;

fn report(diagnostics: &DiagnosticList, code: Code) -> Vec<ApiError> {
    let mut errors: Vec<_> = diagnostics
        .iter()
        .take(MOST_REPORTED)
        .map(|diagnostic| {
            let error = diagnostic.to_json();
            let locations = error.locations.iter().map(|place| Location {
                line: place.line,
                column: place.column,
            });
            let message = match code {
                Code::GraphqlParseFailed => in_signs(&error.message),
                _ => error.message,
            };
            ApiError::new(code, message).at(locations)
        })
        .collect();
    errors.dedup();
    errors
}
