use std::sync::Arc;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::introspection;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use uuid::Uuid;

use super::collect::{Collected, Collector};
use super::cost;
use super::explain::{Outlook, describe};
use super::first_query;
use super::guard::{Extensions, Guard};
use super::idempotency::IdempotencyKey;
use super::limits::Limits;
use super::meter::{Spent, within};
use super::schema::{RoleSchema, SchemaFault};
use super::selection::{Reader, Request};
use super::tally::Amount;
use super::variables;
use super::verb::{Asked, Verb};
use super::watch::Watch;
use crate::access::Role;
use crate::auth::Requester;
use crate::catalog::Catalog;
use crate::error::{ApiError, Code};
use crate::plan::Plan;
use crate::run::Length;
use crate::sql::{self, Dialect};

/// A request in GraphQL's terms, whatever brought it here.
#[derive(Clone, Default)]
pub struct GraphqlRequest<'q> {
    /// The document.
    pub query: &'q str,
    /// Which of its operations to run; needed where there are several.
    pub operation_name: Option<&'q str>,
    /// The values of its variables.
    pub variables: JsonMap,
    /// Whether only queries may run, as over HTTP GET.
    pub only_queries: bool,
    /// What is asked beside the answer.
    pub aside: Aside,
    /// By what the client knows the request again.
    pub idempotency: Option<IdempotencyKey>,
}

/// What a request asks beside its answer, by `extensions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// What it costs.
    pub cost: bool,
    /// How it is answered.
    pub explain: bool,
    /// What a mutation would do; nothing is kept.
    pub preview: bool,
}

/// Reads operations into plans: the catalogue and its schema for each role.
/// It knows no database.
pub struct Operations {
    catalog: Arc<Catalog>,
    verbs: Vec<Verb>,
    guards: Vec<Guard>,
    schemas: Vec<RoleSchema>,
    limits: Limits,
}

/// An operation, read: all of it is decided, and nothing has run.
pub(super) struct Planned<'c> {
    /// What stands under each response key of the root.
    pub fields: Vec<(String, RootField<'c>)>,
    /// What each of them may cost.
    pub costs: Vec<u64>,
    /// What all of it may cost.
    pub spent: Spent,
    /// What it may cost at most.
    pub budget: u64,
    /// Whether it may change something.
    pub mutates: bool,
}

/// How many bytes a mistake takes in what a mutation is given, about.
const FAULT: usize = 512;

impl Planned<'_> {
    /// Takes room for what is there before anything runs: the operation itself,
    /// and what is told of the schema.
    pub(super) fn find_room(&self, watch: &dyn Watch) -> Result<(), ApiError> {
        let told = self.fields.iter().map(|(_, field)| match field {
            RootField::Json(json) => json.len(),
            RootField::Plan { .. } | RootField::Asked(_) => 0,
        });
        watch.comes(told.sum())?;
        let faults = self.fields.iter().map(|(_, field)| match field {
            RootField::Asked(asked) => asked.faults().len(),
            RootField::Json(_) | RootField::Plan { .. } => 0,
        });
        watch.holds(self.spent.memory() + faults.sum::<usize>() * FAULT)
    }
}

/// What stands under a response key of the root.
pub(super) enum RootField<'c> {
    /// Known without the database.
    Json(Vec<u8>),
    /// To be read.
    Plan {
        /// How.
        plan: Box<Plan<'c>>,
        /// How long that may take.
        length: Length,
    },
    /// To be done.
    Asked(Box<Asked<'c>>),
}

impl Operations {
    /// What can be asked of a catalogue and done by hand-written mutations, by
    /// each role.
    ///
    /// # Errors
    /// [`SchemaFault`] where the catalogue makes no schema.
    pub fn new(
        catalog: Arc<Catalog>,
        Extensions { verbs, guards }: Extensions,
        limits: Limits,
    ) -> Result<Self, SchemaFault> {
        let schemas = Role::ALL
            .into_iter()
            .map(|role| RoleSchema::new(&catalog, &verbs, role, &limits))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            catalog,
            verbs,
            guards,
            schemas,
            limits,
        })
    }

    /// What an operation may be.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Who is asked before new rows are kept.
    pub(super) fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// What can be asked of.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The text of a role's schema, where schemas are told: the same bytes for
    /// all who ask.
    #[must_use]
    pub fn printed(&self, role: Role) -> Option<Arc<[u8]>> {
        let schema = &self.schemas[role.index()];
        (self.limits.introspection > 0).then(|| schema.printed.clone())
    }

    /// A query for a role to begin with. Where schemas are not told, it tells
    /// nothing of one.
    #[must_use]
    pub fn first_query(&self, role: Role) -> String {
        if self.limits.introspection == 0 {
            return first_query::OF_NOTHING.to_owned();
        }
        first_query::of(&self.schemas[role.index()].compiled)
    }

    /// Whether a document fits the schema of a role, whatever is asked with it.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, document: &str, role: Role) -> Result<(), Vec<ApiError>> {
        let schema = &self.schemas[role.index()];
        schema.documents.read(&schema.compiled, document).map(drop)
    }

    /// Whether a document was asked for already, and could be answered.
    #[must_use]
    pub fn knows(&self, document: &str, role: Role) -> bool {
        let schema = &self.schemas[role.index()];
        schema.documents.known(document).is_some()
    }

    /// How a request would be answered, field by field, in the words of a
    /// dialect. Nothing runs.
    ///
    /// # Errors
    /// Why the request is refused.
    pub fn explain(
        &self,
        request: &GraphqlRequest<'_>,
        requester: Requester,
        dialect: Dialect,
    ) -> Result<Vec<Outlook>, Vec<ApiError>> {
        let planned = self.read(request, requester)?;
        let role = requester.role();
        let fields = planned.fields.into_iter().zip(planned.costs);
        Ok(fields
            .map(|((field, root), cost)| match root {
                RootField::Json(_) => Outlook::Schema { field, cost },
                RootField::Asked(_) => Outlook::Change { field, cost },
                RootField::Plan { plan, .. } => {
                    let statement = sql::compile(&plan, dialect);
                    Outlook::Read(describe(field, &plan, &statement, cost, role))
                }
            })
            .collect())
    }

    /// Reads a request into what is to be done for each response key.
    pub(super) fn read(
        &self,
        request: &GraphqlRequest<'_>,
        requester: Requester,
    ) -> Result<Planned<'_>, Vec<ApiError>> {
        let schema = &self.schemas[requester.role().index()];
        let known = schema.documents.known(request.query);
        let document = match &known {
            Some(document) => document.clone(),
            None => Arc::new(schema.documents.read(&schema.compiled, request.query)?),
        };
        let operation = select(&document, request.operation_name)?;
        if request.only_queries && !operation.is_query() {
            return Err(vec![ApiError::new(
                Code::MethodNotAllowed,
                "Only queries may be sent by GET. Send this by POST.",
            )]);
        }
        let (compiled, given) = (&schema.compiled, &request.variables);
        let variables = variables::coerce(compiled, request.query, operation, given, &self.limits)
            .map_err(|error| vec![error])?;
        let planned = self.plan(schema, &document, operation, &variables, requester)?;
        if known.is_none() {
            schema.documents.keep(request.query, document);
        }
        Ok(planned)
    }

    fn plan(
        &self,
        schema: &RoleSchema,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        variables: &Valid<JsonMap>,
        requester: Requester,
    ) -> Result<Planned<'_>, Vec<ApiError>> {
        let root = operation.object_type();
        let mut collector = Collector::new(document, variables, root.as_str(), &self.limits);
        collector.add(&operation.selection_set);
        let mut spent = Spent {
            selections: collector.looked_at(),
            ..Spent::default()
        };
        let roots = collector.collected.len();
        within(
            "rootFields",
            roots,
            self.limits.root_fields,
            "fields at its root",
        )
        .map_err(|error| {
            if operation.is_mutation() {
                return error;
            }
            let message = format!(
                "{} Rows by their ids are one field: nodes(ids:).",
                error.message()
            );
            error.saying(message)
        })
        .and_then(|()| spent.selections.check(&self.limits))
        .and_then(|()| collector.check())
        .map_err(|error| vec![error])?;
        let collected = collector.collected;
        let mut introspected = introspect(
            schema,
            document,
            operation,
            variables,
            &collected,
            &self.limits,
        )?;
        let request = Request {
            document,
            variables,
            limits: &self.limits,
            keys: Uuid::now_v7,
        };
        let mut planned = Vec::with_capacity(collected.len());
        let mut costs = Vec::with_capacity(collected.len());
        let mut errors = Vec::new();
        for (key, fields) in &collected {
            let before = spent.amounts();
            let field = if is_meta(fields) {
                if fields[0].selection_set.is_some() {
                    spent.charge(&[(*key).to_owned()], Amount::Rows, cost::SCHEMA);
                }
                let value = introspected.remove(*key).unwrap_or(JsonValue::Null);
                serde_json::to_vec(&value)
                    .map(RootField::Json)
                    .map_err(|error| ApiError::internal(&error))
            } else if operation.is_mutation() {
                let field = (*key, fields.as_slice());
                let catalog = &self.catalog;
                Reader::ask(catalog, requester, request, field, &self.verbs, &mut spent)
                    .map(|asked| RootField::Asked(Box::new(asked)))
            } else {
                Reader::plan(&self.catalog, requester, request, key, fields, &mut spent).map(
                    |plan| {
                        let amounts = spent.amounts().since(before);
                        RootField::Plan {
                            plan: Box::new(plan),
                            length: amounts.length(),
                        }
                    },
                )
            };
            match field {
                Ok(field) => {
                    planned.push(((*key).to_owned(), field));
                    costs.push(spent.amounts().since(before).cost);
                }
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty()
            && let Err(error) = spent.check(&self.limits, requester.role())
        {
            errors.push(error);
        }
        if errors.is_empty() {
            Ok(Planned {
                fields: planned,
                costs,
                spent,
                budget: self.limits.budgets.of(requester.role()),
                mutates: operation.is_mutation(),
            })
        } else {
            Err(errors)
        }
    }
}

fn select<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d Operation, Vec<ApiError>> {
    let operation = document
        .operations
        .get(name.filter(|name| !name.is_empty()));
    operation.map(|operation| &**operation).map_err(|_| {
        let message = match name {
            Some(name) => format!("The document has no operation named {name:?}."),
            None if document.operations.is_empty() => "The document has no operation.".to_owned(),
            None => "The document has several operations. Say which in operationName.".to_owned(),
        };
        vec![ApiError::new(Code::OperationResolutionFailure, message)]
    })
}

fn is_meta(fields: &[&Field]) -> bool {
    fields[0].name.starts_with("__")
}

/// Answers the fields that ask about the schema itself.
fn introspect(
    schema: &RoleSchema,
    document: &Valid<ExecutableDocument>,
    operation: &Operation,
    variables: &Valid<JsonMap>,
    collected: &Collected<'_>,
    limits: &Limits,
) -> Result<JsonMap, Vec<ApiError>> {
    if !collected.iter().any(|(_, fields)| is_meta(fields)) {
        return Ok(JsonMap::new());
    }
    let selections = collected
        .iter()
        .filter(|(_, fields)| is_meta(fields))
        .flat_map(|(_, fields)| fields)
        .filter_map(|field| Some((field, field.selection_set.as_ref()?)))
        .fold(0, |sum, (field, set)| {
            let again = if field.name == "__schema" {
                weight(field)
            } else {
                0
            };
            sum + again + spread(document, set, limits.introspection)
        });
    if selections > 0 && limits.introspection == 0 {
        return Err(vec![ApiError::new(
            Code::Forbidden,
            "Introspection is off here. Ask who runs the service for the schema.",
        )]);
    }
    if selections > limits.introspection {
        let message = format!(
            "The operation comes to more than {} selections of the schema itself. Read \
             /schema.graphql instead, or ask for less at once.",
            limits.introspection
        );
        return Err(vec![ApiError::too_complex("introspection", message)]);
    }
    introspection::check_max_depth(document, operation).map_err(|_| {
        vec![ApiError::too_complex(
            "introspection",
            "The introspection nests lists deeper than is ever needed.",
        )]
    })?;
    let response = introspection::partial_execute(
        &schema.compiled,
        &schema.implementers,
        document,
        operation,
        variables,
    )
    .map_err(|error| vec![ApiError::input(error.message().to_string())])?;
    if let Some(error) = response.errors.first() {
        return Err(vec![ApiError::input(error.message.clone())]);
    }
    Ok(response.data.unwrap_or_default())
}

/// How many selections a set comes to with every fragment in place, counted
/// until there are more than `most`.
fn spread(document: &ExecutableDocument, set: &SelectionSet, most: usize) -> usize {
    let mut count = 0;
    for selection in &set.selections {
        if count > most {
            break;
        }
        let (own, below) = match selection {
            Selection::Field(field) => (weight(field), field.selection_set.as_ref()),
            Selection::InlineFragment(fragment) => (1, Some(&fragment.selection_set)),
            Selection::FragmentSpread(fragment) => {
                let fragment = document.fragments.get(&fragment.fragment_name);
                (1, fragment.map(|fragment| &fragment.selection_set))
            }
        };
        count += own + below.map_or(0, |set| spread(document, set, most));
    }
    count
}

/// How many selections of the schema a field counts for. Under another name the
/// same may be told again and again, which nobody needs.
fn weight(field: &Field) -> usize {
    if field.alias.is_some() { 10 } else { 1 }
}
