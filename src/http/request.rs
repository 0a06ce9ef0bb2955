use std::borrow::Cow;

use apollo_compiler::response::{JsonMap, JsonValue};
use axum::http::{HeaderMap, header};
use serde::Deserialize;

use super::origin::{self, FETCH_SITE};
use super::room::Rooms;
use super::router::Door;
use super::shares::Portion;
use crate::auth::Client;
use crate::error::{ApiError, Code};
use crate::graphql::Aside;

/// The parameters of a request (GraphQL over HTTP, section 5.2).
#[derive(Deserialize)]
pub(super) struct Parameters<'b> {
    #[serde(default, borrow)]
    pub query: Option<Cow<'b, str>>,
    /// The id of a document that the server knows.
    #[serde(default, rename = "documentId", borrow)]
    pub document_id: Option<Cow<'b, str>>,
    #[serde(default, rename = "operationName", borrow)]
    pub operation_name: Option<Cow<'b, str>>,
    #[serde(default)]
    pub variables: Option<JsonMap>,
    /// What is asked beside the answer; unknown members are left alone.
    #[serde(default)]
    pub extensions: Option<JsonMap>,
}

impl<'b> Parameters<'b> {
    /// The same, independent of what it was read from.
    pub fn into_owned(self) -> Parameters<'static> {
        let owned = |text: Cow<'b, str>| Cow::Owned(text.into_owned());
        Parameters {
            query: self.query.map(owned),
            document_id: self.document_id.map(owned),
            operation_name: self.operation_name.map(owned),
            variables: self.variables,
            extensions: self.extensions,
        }
    }

    /// Whether they hold a document or name one.
    pub fn name_a_document(&self) -> bool {
        let extensions = self.extensions.as_ref();
        self.query.is_some()
            || self.document_id.is_some()
            || extensions.is_some_and(|asked| asked.contains_key("persistedQuery"))
    }

    /// Reads a JSON body.
    pub fn from_body(body: &'b [u8]) -> Result<Self, ApiError> {
        // A struct could be read from an array as well, by position.
        if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(explain(body));
        }
        serde_json::from_slice(body).map_err(|_| explain(body))
    }

    /// Reads a query string of that client, whose values need room.
    pub fn from_query(
        query: &'b str,
        rooms: &Rooms,
        client: &Client,
    ) -> Result<(Self, Portion), ApiError> {
        let (mut variables, mut extensions) = (None, None);
        let mut found = Self {
            query: None,
            document_id: None,
            operation_name: None,
            variables: None,
            extensions: None,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "query" => found.query = Some(value),
                "documentId" => found.document_id = Some(value),
                "operationName" => found.operation_name = Some(value),
                "variables" => variables = Some(value),
                "extensions" => extensions = Some(value),
                _ => {}
            }
        }
        let texts = [&variables, &extensions].map(|text| text.as_deref().unwrap_or_default());
        let values = rooms.for_values_now(client, &texts.map(str::as_bytes))?;
        if let Some(text) = variables {
            found.variables = map("variables", &text)?;
        }
        if let Some(text) = extensions {
            found.extensions = map("extensions", &text)?;
        }
        Ok((found, values))
    }
}

/// What `extensions` asks beside the answer.
pub(super) fn aside(extensions: Option<&JsonMap>) -> Result<Aside, ApiError> {
    let asked = |name: &str| match extensions.and_then(|map| map.get(name)) {
        None | Some(JsonValue::Null) => Ok(false),
        Some(JsonValue::Bool(asked)) => Ok(*asked),
        Some(_) => Err(bad(format!("extensions.{name} must be true or false."))),
    };
    Ok(Aside {
        cost: asked("cost")?,
        explain: asked("explain")?,
        preview: asked("preview")?,
    })
}

fn map(name: &str, text: &str) -> Result<Option<JsonMap>, ApiError> {
    serde_json::from_str(text)
        .map_err(|_| bad(format!("The parameter {name} must be a JSON object.")))
}

/// Says what is wrong with a body that is no request.
fn explain(body: &[u8]) -> ApiError {
    let value = match serde_json::from_slice::<JsonValue>(body) {
        Ok(value) => value,
        Err(error) => return not_json(body, &error),
    };
    let Some(request) = value.as_object() else {
        return bad("A request is one JSON object, as in {\"query\": \"{ __typename }\"}.");
    };
    match request.get("query") {
        Some(query) if !query.is_string() && !query.is_null() => {
            return bad("The field query must be a string.");
        }
        _ => {}
    }
    let is_map = |name: &str| {
        request
            .get(name)
            .is_none_or(|value| value.is_null() || value.is_object())
    };
    for name in ["variables", "extensions"] {
        if !is_map(name) {
            return bad(format!("The field {name} must be an object."));
        }
    }
    bad("The fields operationName and documentId must be strings, and no field may be given twice.")
}

/// Says why a body is no JSON.
pub(super) fn not_json(body: &[u8], error: &serde_json::Error) -> ApiError {
    const LIKE: &str = "A request is a JSON object, as in {\"query\": \"{ __typename }\"}.";
    if body.trim_ascii().is_empty() {
        return bad(format!("The body is empty. {LIKE}"));
    }
    if body.starts_with("\u{feff}".as_bytes()) {
        // RFC 8259, section 8.1.
        return bad("The body begins with a byte order mark, which JSON has not. Send it without.");
    }
    let (line, column) = (error.line(), error.column());
    // As serde_json says it.
    if error.to_string().starts_with("number out of range") {
        return bad(format!(
            "The number that ends in line {line}, column {column} is larger than any may be."
        ));
    }
    bad(format!(
        "The body is not JSON, from line {line}, column {column} on. {LIKE}"
    ))
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(Code::BadRequest, message)
}

/// Refuses bodies that are not declared as JSON in UTF-8. A page of another
/// origin cannot send that without asking first, which is what keeps forged
/// requests out.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let refuse = |message: &str| Err(ApiError::new(Code::UnsupportedMediaType, message));
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    if !media.eq_ignore_ascii_case("application/json") {
        return refuse(
            "The body must be JSON, and be sent as Content-Type: application/json; the document \
             is its member query.",
        );
    }
    let is_utf8 = parts
        .filter_map(|part| part.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .all(|(_, charset)| {
            let charset = charset.trim().trim_matches('"');
            charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
        });
    if !is_utf8 {
        return refuse("The body must be in UTF-8, as JSON is. Leave the charset out.");
    }
    let is_plain = headers
        .get(header::CONTENT_ENCODING)
        .is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if !is_plain {
        return refuse("The body must not be compressed. Leave Content-Encoding out.");
    }
    Ok(())
}

/// A header that says nothing but that.
pub(super) const REQUIRE_PREFLIGHT: &str = "graphql-require-preflight";

/// Headers that a page of another origin cannot send without asking first (Fetch,
/// section 2.2.2, what is not CORS-safelisted), of those that clients of GraphQL
/// send anyway.
const NOT_SIMPLE: [&str; 5] = [
    "authorization",
    REQUIRE_PREFLIGHT,
    "apollo-require-preflight",
    "x-apollo-operation-name",
    "x-request-id",
];

/// Refuses requests by GET that any page could have a browser send: an address
/// behind an image, a link or a form, and whatever a script may send to other
/// origins without asking first.
///
/// Scripts may send any `Accept` (Fetch, section 2.2.2), so it counts for nothing
/// where a browser names another page; that is refused before. Browsers name
/// pages to services behind TLS and on the same machine. To others, a page can
/// have queries sent by `Accept`, whose answers it cannot read.
///
/// # Errors
/// [`Code::Forbidden`] for pages that may not call the API, and
/// [`Code::BadRequest`] where nothing says that the request is one of GraphQL.
pub(super) fn check_asked_for(door: &Door, headers: &HeaderMap) -> Result<(), ApiError> {
    origin::check(door, headers)?;
    let mut accepted = headers.get_all(header::ACCEPT).iter().flat_map(|value| {
        let value = value.to_str().unwrap_or_default();
        value.split(',').map(essence)
    });
    let is_graphql =
        accepted.any(|media| media.eq_ignore_ascii_case("application/graphql-response+json"));
    // Not split at commas: `text/plain;a,application/json` is a text.
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let is_json = types.any(|value| {
        let media = essence(value.to_str().unwrap_or_default());
        media.eq_ignore_ascii_case("application/json")
    });
    // No page can say that of itself; an EventSource says nothing else.
    let is_own = headers
        .get(FETCH_SITE)
        .is_some_and(|site| site == "same-origin");
    if is_graphql || is_json || is_own || NOT_SIMPLE.iter().any(|name| headers.contains_key(*name))
    {
        return Ok(());
    }
    Err(bad(
        "A request by GET says that it is one of GraphQL: send Accept: \
         application/graphql-response+json, or the header GraphQL-Require-Preflight. The page at / \
         is for people.",
    ))
}

/// A media type without its parameters.
fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or_default().trim()
}
