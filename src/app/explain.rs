use uuid::Uuid;

use super::{AppError, catalog, extensions};
use crate::access::Role;
use crate::auth::Requester;
use crate::config::Config;
use crate::error::ApiError;
use crate::graphql::{GraphqlRequest, Operations, Outlook};
use crate::sql::Dialect;

/// How a document would be answered to a role, or why it would be refused.
/// Nothing runs, and no database is asked.
///
/// # Errors
/// [`AppError`] where the catalogue cannot be used or the variables are no
/// JSON object.
pub fn explain(
    config: &Config,
    question: &Question<'_>,
) -> Result<Result<Vec<Outlook>, Vec<ApiError>>, AppError> {
    let operations = Operations::new(catalog()?, extensions(config.shop), config.limits.clone())?;
    let variables = serde_json::from_str(question.variables)
        .map_err(|error| AppError::Variables(error.to_string()))?;
    let request = GraphqlRequest {
        query: question.document,
        operation_name: question.operation,
        variables,
        ..GraphqlRequest::default()
    };
    let requester = match question.role {
        Role::Anonymous => Requester::Anonymous,
        // Whoever it is: statements do not depend on values.
        role => Requester::User {
            id: Uuid::nil(),
            role,
        },
    };
    Ok(operations.explain(&request, requester, question.dialect))
}

/// What [`explain`] is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The document.
    pub document: &'q str,
    /// Which of its operations is meant, where there are several.
    pub operation: Option<&'q str>,
    /// The variables, as a JSON object.
    pub variables: &'q str,
    /// Who asks.
    pub role: Role,
    /// In whose words the statements are written.
    pub dialect: Dialect,
}
