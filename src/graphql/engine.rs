use std::sync::Arc;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::introspection;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use futures_util::future::try_join_all;

use super::collect::{Collected, Collector};
use super::document::Limits;
use super::schema::{RoleSchema, SchemaFault};
use super::selection::{Reader, Request, Spent, within};
use crate::access::Role;
use crate::auth::Requester;
use crate::catalog::Catalog;
use crate::error::{ApiError, Code, Location};
use crate::plan::Plan;
use crate::run::Database;
use crate::sql::{self, Dialect, Statement};

/// A request in GraphQL's terms, whatever brought it here.
#[derive(Clone, Debug)]
pub struct GraphqlRequest<'q> {
    /// The document.
    pub query: &'q str,
    /// Which of its operations to run; needed where there are several.
    pub operation_name: Option<&'q str>,
    /// The values of its variables.
    pub variables: JsonMap,
    /// Whether only queries may run, as over HTTP GET.
    pub only_queries: bool,
}

/// A response in GraphQL's terms.
#[derive(Debug)]
pub struct Answer {
    /// The JSON object of `data`; none where the request was refused before
    /// anything ran.
    pub data: Option<Vec<u8>>,
    /// What went wrong.
    pub errors: Vec<ApiError>,
}

/// Answers requests: the catalogue, its schema for each role, and a database.
pub struct Engine {
    catalog: Arc<Catalog>,
    schemas: Vec<RoleSchema>,
    database: Database,
    limits: Limits,
}

/// What stands under a response key of the root.
enum RootField<'c> {
    /// Known without the database.
    Json(Vec<u8>),
    /// To be read.
    Plan(Box<Plan<'c>>),
}

impl Engine {
    /// An engine that answers from `database`.
    ///
    /// # Errors
    /// [`SchemaFault`] where the catalogue makes no schema.
    pub fn new(
        catalog: Arc<Catalog>,
        database: Database,
        limits: Limits,
    ) -> Result<Self, SchemaFault> {
        let schemas = Role::ALL
            .into_iter()
            .map(|role| RoleSchema::new(&catalog, role, &limits))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            catalog,
            schemas,
            database,
            limits,
        })
    }

    /// The database that the engine answers from.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Answers a request as far as the requester may see.
    ///
    /// All of it is planned before any of it runs; if a part cannot be
    /// planned, nothing runs.
    pub async fn answer(&self, request: GraphqlRequest<'_>, requester: Requester) -> Answer {
        match self.read(&request, requester) {
            Ok(fields) => self.run(fields).await,
            Err(errors) => Answer { data: None, errors },
        }
    }

    /// The statements that a request comes to, by response key, in the words
    /// of a dialect. Nothing runs.
    ///
    /// # Errors
    /// Why the request is refused.
    pub fn explain(
        &self,
        request: &GraphqlRequest<'_>,
        requester: Requester,
        dialect: Dialect,
    ) -> Result<Vec<(String, Statement)>, Vec<ApiError>> {
        let statements = self.read(request, requester)?.into_iter();
        Ok(statements
            .filter_map(|(key, field)| match field {
                RootField::Json(_) => None,
                RootField::Plan(plan) => Some((key, sql::compile(&plan, dialect))),
            })
            .collect())
    }

    /// Reads a request into what is to be done for each response key.
    fn read(
        &self,
        request: &GraphqlRequest<'_>,
        requester: Requester,
    ) -> Result<Vec<(String, RootField<'_>)>, Vec<ApiError>> {
        let schema = &self.schemas[requester.role().index()];
        let document = schema.documents.get(&schema.compiled, request.query)?;
        let operation = select(&document, request.operation_name)?;
        if request.only_queries && !operation.is_query() {
            return Err(vec![ApiError::new(
                Code::MethodNotAllowed,
                "Only queries may be sent by GET. Send this by POST.",
            )]);
        }
        let variables = coerce_variable_values(&schema.compiled, operation, &request.variables)
            .map_err(|error| {
                let place = error.to_graphql_error(&document.sources);
                let locations = place.locations.iter().map(|place| Location {
                    line: place.line,
                    column: place.column,
                });
                vec![ApiError::input(error.message().to_string()).at(locations)]
            })?;
        self.plan(schema, &document, operation, &variables, requester)
    }

    fn plan(
        &self,
        schema: &RoleSchema,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        variables: &Valid<JsonMap>,
        requester: Requester,
    ) -> Result<Vec<(String, RootField<'_>)>, Vec<ApiError>> {
        let root = operation.object_type();
        let mut collector = Collector::new(document, variables, root.as_str());
        collector.add(&operation.selection_set);
        let mut spent = Spent {
            selections: collector.selections(),
            ..Spent::default()
        };
        let roots = collector.collected.len();
        within(roots, self.limits.root_fields, "fields at its root")
            .and_then(|()| collector.check(&self.limits))
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
        };
        let mut planned = Vec::with_capacity(collected.len());
        let mut errors = Vec::new();
        for (key, fields) in &collected {
            let field = if is_meta(fields) {
                let value = introspected.remove(*key).unwrap_or(JsonValue::Null);
                serde_json::to_vec(&value)
                    .map(RootField::Json)
                    .map_err(|error| ApiError::internal(&error))
            } else {
                Reader::plan(&self.catalog, requester, request, key, fields, &mut spent)
                    .map(|plan| RootField::Plan(Box::new(plan)))
            };
            match field {
                Ok(field) => planned.push(((*key).to_owned(), field)),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty()
            && let Err(error) = spent.check(&self.limits, requester.role())
        {
            errors.push(error);
        }
        if errors.is_empty() {
            Ok(planned)
        } else {
            Err(errors)
        }
    }

    async fn run(&self, fields: Vec<(String, RootField<'_>)>) -> Answer {
        let parts = fields.into_iter().map(|(key, field)| async move {
            let json = match field {
                RootField::Json(json) => json,
                RootField::Plan(plan) => {
                    let statement = sql::compile(&plan, self.database.dialect());
                    self.database
                        .fetch(&statement, &plan.params)
                        .await
                        .map_err(|error| ApiError::from(error).on(std::slice::from_ref(&key)))?
                }
            };
            Ok((key, json))
        });
        match try_join_all(parts).await {
            Ok(parts) => Answer {
                data: Some(write(&parts)),
                errors: Vec::new(),
            },
            // Something may be missing from any field then, and most root
            // fields are never null, so the null spreads to all of it.
            Err(error) => Answer {
                data: Some(b"null".to_vec()),
                errors: vec![error],
            },
        }
    }
}

/// Writes the JSON object of the root.
fn write(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let size = parts.iter().map(|(key, json)| key.len() + json.len() + 4);
    let mut data = Vec::with_capacity(size.sum::<usize>() + 2);
    data.push(b'{');
    for (place, (key, json)) in parts.iter().enumerate() {
        if place > 0 {
            data.push(b',');
        }
        // A response key is a GraphQL name and needs no escapes.
        data.push(b'"');
        data.extend_from_slice(key.as_bytes());
        data.extend_from_slice(b"\":");
        data.extend_from_slice(json);
    }
    data.push(b'}');
    data
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
        .filter_map(|field| field.selection_set.as_ref())
        .fold(0, |sum, set| {
            sum + spread(document, set, limits.introspection)
        });
    within(
        selections,
        limits.introspection,
        "selections of the schema itself",
    )
    .map_err(|error| vec![error])?;
    introspection::check_max_depth(document, operation).map_err(|_| {
        vec![ApiError::new(
            Code::QueryTooComplex,
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
        let below = match selection {
            Selection::Field(field) => field.selection_set.as_ref(),
            Selection::InlineFragment(fragment) => Some(&fragment.selection_set),
            Selection::FragmentSpread(fragment) => document
                .fragments
                .get(&fragment.fragment_name)
                .map(|fragment| &fragment.selection_set),
        };
        count += 1 + below.map_or(0, |set| spread(document, set, most));
    }
    count
}
