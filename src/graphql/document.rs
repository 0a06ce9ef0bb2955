use std::sync::Arc;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::Schema;
use apollo_compiler::ast::{Definition, OperationType};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::validation::Valid;
use moka::sync::Cache;

use super::expansion::{self, Excess, Most};
use super::limits::Limits;
use super::misfit::misfits;
use super::place::{self, Places};
use super::syntax;
use crate::access::Role;
use crate::error::{ApiError, Code};

/// Documents that are known to fit one role's schema, by their text.
pub(super) struct Documents {
    role: Role,
    limits: Limits,
    valid: Cache<Arc<str>, Arc<Valid<ExecutableDocument>>>,
}

impl Documents {
    pub fn new(role: Role, limits: Limits) -> Self {
        // Not when the first document comes.
        place::prepare();
        let valid = Cache::builder()
            .max_capacity(limits.cached_bytes)
            .weigher(|text: &Arc<str>, _| taken(text))
            .build();
        Self {
            role,
            limits,
            valid,
        }
    }

    /// The document of that text, if it is known.
    pub fn known(&self, text: &str) -> Option<Arc<Valid<ExecutableDocument>>> {
        self.valid.get(text)
    }

    /// Knows a document from now on, unless few others would have a place beside
    /// it.
    pub fn keep(&self, text: &str, document: Arc<Valid<ExecutableDocument>>) {
        let text = Arc::from(text);
        if u64::from(taken(&text)) > self.limits.cached_bytes / LEAST_KEPT {
            return;
        }
        self.valid.insert(text, document);
        // Otherwise it is left for later to make room.
        self.valid.run_pending_tasks();
    }

    /// Reads a document that is not known yet.
    pub fn read(
        &self,
        schema: &Valid<Schema>,
        text: &str,
    ) -> Result<Valid<ExecutableDocument>, Vec<ApiError>> {
        let parsed = syntax::read(text, &self.limits).map_err(|error| vec![error])?;
        let operations = parsed
            .definitions
            .iter()
            .filter(|definition| matches!(definition, Definition::OperationDefinition(_)))
            .count();
        if operations > self.limits.operations {
            let message = format!(
                "The document has more than {} operations. Send only those that you run.",
                self.limits.operations
            );
            return Err(vec![ApiError::too_complex("operations", message)]);
        }
        let mut definitions = parsed.definitions.iter();
        if let Some(subscription) = definitions.find(|one| is_subscription(one)) {
            let message = "There are no subscriptions here. Send a query, over a socket as well as \
                           by POST.";
            return Err(self.invalid(text, subscription.location(), message));
        }
        expansion::check(&parsed, schema, self.most())
            .map_err(|excess| self.excessive(text, &excess))?;
        parsed
            .to_executable_validate(schema)
            .map_err(|error| misfits(text, &error.errors, self.role))
    }

    /// How much a document may come to before it is validated.
    fn most(&self) -> Most {
        Most {
            selections: self.limits.selections.saturating_mul(MOST_EXPANDED),
            work: self.limits.selections.saturating_mul(MOST_WORK),
        }
    }

    /// Says why a document is not validated.
    fn excessive(&self, text: &str, excess: &Excess<'_>) -> Vec<ApiError> {
        let (limit, message) = match excess {
            Excess::TooMany => (
                "selections",
                format!(
                    "The document comes to more than {} selections, directives and values with \
                     every fragment in place. Ask for less at once.",
                    self.most().selections
                ),
            ),
            Excess::TooMuch => (
                "validation",
                "Too much is to be compared in the document: of fields that are deep down and \
                 many, of arguments that are long or many, of kinds of objects, of variables or \
                 of fragments. Ask for less at once."
                    .to_owned(),
            ),
            Excess::TooDeep(depth) => ("nesting", format!("{depth} Ask for fewer levels at once.")),
            Excess::Circle(fragment) => {
                let message = format!("The fragment {} leads to itself.", fragment.name);
                return self.invalid(text, fragment.location(), message);
            }
            Excess::Twice(fragment) => {
                let message = format!("There are two fragments {}. Rename one.", fragment.name);
                return self.invalid(text, fragment.location(), message);
            }
        };
        vec![ApiError::too_complex(limit, message)]
    }

    /// Says that a document is wrong at a place, whatever the schema.
    fn invalid(
        &self,
        text: &str,
        place: Option<SourceSpan>,
        message: impl Into<String>,
    ) -> Vec<ApiError> {
        let place = place.and_then(|place| Places::new(text).location(place));
        let error = ApiError::new(Code::GraphqlValidationFailed, message).at(place);
        vec![error.with("role", self.role.name().into())]
    }
}

/// How many bytes a valid document takes: many times its text, and some whatever
/// that is.
fn taken(text: &Arc<str>) -> u32 {
    u32::try_from(4096 + text.len() * 60).unwrap_or(u32::MAX)
}

fn is_subscription(definition: &Definition) -> bool {
    let Definition::OperationDefinition(operation) = definition else {
        return false;
    };
    operation.operation_type == OperationType::Subscription
}

/// How many of the largest documents are kept at once at least.
const LEAST_KEPT: u64 = 4;

/// How many times the selections of an operation a document may come to, with
/// every fragment in place: some are for types that a row is not of.
const MOST_EXPANDED: usize = 10;
/// How much work it may be to validate a document, for each of these: in all, as
/// they are set, some 20 ms.
const MOST_WORK: usize = 1_000;
