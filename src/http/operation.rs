use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::answers::AnswerRoom;
use super::documents::{Documents, Text};
use super::request::{Parameters, aside};
use super::router::Door;
use super::turns::{is_long, is_long_if_new};
use super::{panic, request_id};
use crate::auth::{Client, Identity};
use crate::error::{ApiError, Code};
use crate::graphql::{Answer, Aside, GraphqlRequest, IdempotencyKey};

/// What is to be answered, whichever way it came.
pub(super) struct Operation<'b> {
    parameters: Parameters<'b>,
    /// The document, or why there is none.
    text: Result<Text<'b>, ApiError>,
    aside: Aside,
    only_queries: bool,
    idempotency: Option<IdempotencyKey>,
    /// How long it was as it came, in bytes.
    bytes: usize,
}

impl<'b> Operation<'b> {
    /// An operation of these parameters, which came in so many bytes and may name
    /// a document.
    pub fn new(
        mut parameters: Parameters<'b>,
        bytes: usize,
        documents: &Documents,
    ) -> Result<Self, ApiError> {
        let query = parameters.query.take();
        let id = parameters.document_id.as_deref();
        let text = match documents.find(query, id, parameters.extensions.as_ref()) {
            Err(error) if error.code() == Code::BadRequest => return Err(error),
            text => text,
        };
        Ok(Self {
            text,
            aside: aside(parameters.extensions.as_ref())?,
            parameters,
            only_queries: false,
            idempotency: None,
            bytes,
        })
    }

    /// The same, by which nothing may be changed.
    pub fn only_queries(mut self) -> Self {
        self.only_queries = true;
        self
    }

    /// The same, known again by a key.
    pub fn known_by(mut self, key: Option<IdempotencyKey>) -> Self {
        self.idempotency = key;
        self
    }

    /// The same, independent of what it was read from.
    pub fn into_owned(self) -> Operation<'static> {
        Operation {
            parameters: self.parameters.into_owned(),
            text: self.text.map(Text::into_owned),
            aside: self.aside,
            only_queries: self.only_queries,
            idempotency: self.idempotency,
            bytes: self.bytes,
        }
    }

    /// Answers it to whoever asks, as far as there is room.
    pub async fn answer(
        self,
        door: &Door,
        identity: Identity,
        client: &Arc<Client>,
        room: &AnswerRoom,
    ) -> Answer {
        let parameters = self.parameters;
        let text = match self.text {
            Ok(text) => text,
            Err(error) => return Answer::refused(vec![error]),
        };
        let request = GraphqlRequest {
            query: text.as_ref(),
            operation_name: parameters.operation_name.as_deref(),
            variables: parameters.variables.unwrap_or_default(),
            only_queries: self.only_queries,
            aside: self.aside,
            idempotency: self.idempotency,
        };
        // A document may be longer than the request that names it.
        let bytes = self.bytes.max(request.query.len());
        let operations = door.engine.operations();
        let is_new = || !operations.knows(request.query, identity.requester.role());
        let takes_long = is_long(bytes)
            || introspects(request.query)
            || (is_long_if_new(request.query.len()) && is_new());
        let answering = door.engine.answer_watched(request, identity, client, room);
        if takes_long {
            door.load.turns.answer(client, Box::pin(answering)).await
        } else {
            answering.await
        }
    }

    /// The same, and a panic is an answer as well: for where none is caught
    /// further out.
    pub async fn answer_always(
        self,
        door: &Door,
        identity: Identity,
        client: &Arc<Client>,
        room: &AnswerRoom,
    ) -> Answer {
        let answering = AssertUnwindSafe(self.answer(door, identity, client, room));
        let answer = answering.catch_unwind().await;
        answer.unwrap_or_else(|panic| Answer::refused(vec![panic::error(&*panic)]))
    }
}

/// Whether a document asks for the schema, which is told without a database: by
/// `__schema` or `__type`.
fn introspects(document: &str) -> bool {
    let mut types = document.match_indices("__type");
    let is_type = |(at, name): (usize, &str)| !document[at + name.len()..].starts_with("name");
    document.contains("__schema") || types.any(is_type)
}

/// Writes the response of a request to the end of `body`. The bytes of the data
/// are copied, never parsed.
pub(super) fn write(answer: Answer, body: &mut Vec<u8>) {
    let data = answer.data.unwrap_or_default();
    body.reserve(data.len() + 10);
    body.push(b'{');
    if !answer.errors.is_empty() {
        body.extend_from_slice(b"\"errors\":");
        write_errors(&answer.errors, body);
    }
    if !data.is_empty() {
        if !answer.errors.is_empty() {
            body.push(b',');
        }
        body.extend_from_slice(b"\"data\":");
        body.extend_from_slice(&data);
    }
    if !answer.extensions.is_empty() {
        let extensions = serde_json::Value::Object(answer.extensions);
        body.extend_from_slice(b",\"extensions\":");
        body.extend_from_slice(extensions.to_string().as_bytes());
    }
    body.push(b'}');
}

/// Writes errors of the request that is being answered.
pub(super) fn write_errors(errors: &[ApiError], body: &mut Vec<u8>) {
    let id = request_id::current();
    let errors = errors.iter().map(|error| error.to_json(id.as_deref()));
    let errors = serde_json::Value::Array(errors.collect());
    body.extend_from_slice(errors.to_string().as_bytes());
}
