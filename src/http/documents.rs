use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::response::{JsonMap, JsonValue};
use moka::sync::Cache;
use serde::Deserialize;

use super::turns::is_long;
use crate::auth::fingerprint;
use crate::error::{ApiError, Code};

/// How many bytes one of the documents takes beside its texts.
const ENTRY: usize = 400;
/// How many bytes of documents are kept that clients have told the hash of.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;

/// Documents that clients name instead of sending them.
pub struct Documents {
    /// Those of the manifest, by their ids.
    trusted: HashMap<String, Arc<str>>,
    /// Whether nothing else is answered.
    only: bool,
    /// Those that clients have sent once, by their SHA-256.
    sent: Cache<String, Arc<str>>,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "is no manifest: a JSON object of texts by id, as GraphQL Code Generator and Relay write it, or \
     one of the format apollo-persisted-query-manifest"
)]
pub struct ManifestError;

/// A manifest, in one of the forms that build tools write.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    /// Of Apollo.
    Operations {
        format: ApolloFormat,
        operations: Vec<Operation>,
    },
    /// Of GraphQL Code Generator and Relay.
    Texts(HashMap<String, String>),
}

#[derive(Deserialize)]
enum ApolloFormat {
    #[serde(rename = "apollo-persisted-query-manifest")]
    Known,
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

impl Default for Documents {
    fn default() -> Self {
        let texts =
            Cache::builder()
                .max_capacity(KEPT_BYTES)
                .weigher(|key: &String, text: &Arc<str>| {
                    u32::try_from(ENTRY + key.len() + text.len()).unwrap_or(u32::MAX)
                });
        Self {
            trusted: HashMap::new(),
            only: false,
            sent: texts.build(),
        }
    }
}

impl Documents {
    /// Those of a manifest; `only` where nothing else is to be answered.
    #[must_use]
    pub fn of(manifest: Vec<(String, String)>, only: bool) -> Self {
        let texts = manifest.into_iter();
        Self {
            trusted: texts.map(|(id, text)| (id, Arc::from(text))).collect(),
            only,
            ..Self::default()
        }
    }

    /// Whether nothing but the documents of the manifest is answered.
    pub(super) fn are_all(&self) -> bool {
        self.only
    }

    /// The document that a request is about: the one that it holds, or the one
    /// that it names by `documentId` or by the hash of `persistedQuery`.
    pub(super) fn find<'q>(
        &self,
        query: Option<Cow<'q, str>>,
        id: Option<&str>,
        extensions: Option<&JsonMap>,
    ) -> Result<Text<'q>, ApiError> {
        if let Some(id) = id {
            return match self.trusted(id) {
                Some(text) => Ok(Text::Known(text.clone())),
                None => Err(ApiError::new(
                    Code::PersistedQueryNotFound,
                    "No document has this documentId here. Deploy its manifest first.",
                )),
            };
        }
        if let Some(hash) = hash_of(extensions)? {
            return self.by_hash(hash, query);
        }
        match query {
            Some(_) if self.only => Err(not_trusted()),
            Some(query) => Ok(Text::Sent(query)),
            None => Err(ApiError::new(
                Code::BadRequest,
                "The field query is missing; or a documentId, or a persistedQuery in extensions.",
            )),
        }
    }

    /// The document of the manifest that has this id. The draft of persisted
    /// documents has the algorithm before a hash, which not everybody writes.
    fn trusted(&self, id: &str) -> Option<&Arc<str>> {
        const ALGORITHM: &str = "sha256:";
        self.trusted
            .get(id)
            .or_else(|| match id.strip_prefix(ALGORITHM) {
                Some(hash) => self.trusted.get(hash),
                None => self.trusted.get(&format!("{ALGORITHM}{id}")),
            })
    }

    fn by_hash<'q>(&self, hash: &str, query: Option<Cow<'q, str>>) -> Result<Text<'q>, ApiError> {
        if let Some(text) = self.trusted(hash) {
            return Ok(Text::Known(text.clone()));
        }
        if self.only {
            return Err(match query {
                Some(_) => not_trusted(),
                None => not_found(),
            });
        }
        match query {
            None => self.sent.get(hash).map(Text::Known).ok_or_else(not_found),
            Some(query) if fingerprint(query.as_bytes()) == hash => {
                // What takes long to read is not to be asked for in a few bytes.
                if !is_long(query.len()) {
                    self.sent.insert(hash.to_owned(), Arc::from(&*query));
                }
                Ok(Text::Sent(query))
            }
            Some(_) => Err(ApiError::new(
                Code::BadRequest,
                "The hash of persistedQuery is not the SHA-256 of the query, in lower-case hex.",
            )),
        }
    }
}

/// The text of a document.
pub(super) enum Text<'q> {
    Sent(Cow<'q, str>),
    Known(Arc<str>),
}

impl Text<'_> {
    /// The same, independent of what it was read from.
    pub fn into_owned(self) -> Text<'static> {
        match self {
            Self::Sent(text) => Text::Sent(Cow::Owned(text.into_owned())),
            Self::Known(text) => Text::Known(text),
        }
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        match self {
            Self::Sent(text) => text,
            Self::Known(text) => text,
        }
    }
}

/// The documents of a manifest, by their ids.
///
/// # Errors
/// [`ManifestError`] where it has another form.
pub fn read_manifest(text: &str) -> Result<Vec<(String, String)>, ManifestError> {
    let manifest: Manifest = serde_json::from_str(text).map_err(|_| ManifestError)?;
    let mut texts: Vec<_> = match manifest {
        Manifest::Texts(texts) => texts.into_iter().collect(),
        Manifest::Operations {
            format: ApolloFormat::Known,
            operations,
        } => {
            let operations = operations.into_iter();
            operations
                .map(|operation| (operation.id, operation.body))
                .collect()
        }
    };
    texts.sort_unstable();
    Ok(texts)
}

/// The hash of Apollo's protocol of automatic persisted queries.
fn hash_of(extensions: Option<&JsonMap>) -> Result<Option<&str>, ApiError> {
    let asked = match extensions.and_then(|map| map.get("persistedQuery")) {
        None | Some(JsonValue::Null) => return Ok(None),
        Some(asked) => asked,
    };
    let version = asked.get("version").and_then(JsonValue::as_u64);
    let hash = asked.get("sha256Hash").and_then(JsonValue::as_str);
    match (version, hash) {
        (Some(1), Some(hash)) => Ok(Some(hash)),
        _ => Err(ApiError::new(
            Code::BadRequest,
            "extensions.persistedQuery has the version 1 and a sha256Hash.",
        )),
    }
}

/// The message is what clients look for.
fn not_found() -> ApiError {
    ApiError::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound")
}

fn not_trusted() -> ApiError {
    ApiError::new(
        Code::DocumentNotTrusted,
        "Only documents of the manifest are answered here. Name one by its documentId.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_of_build_tools_are_read() {
        let of_codegen = r#"{"b": "{ b }", "a": "{ a }"}"#;
        let of_apollo = r#"{"format": "apollo-persisted-query-manifest", "version": 1, "operations":
            [{"id": "a", "name": "A", "type": "query", "body": "{ a }"},
             {"id": "b", "name": "B", "type": "query", "body": "{ b }"}]}"#;
        for manifest in [of_codegen, of_apollo] {
            let texts = read_manifest(manifest).unwrap();
            let expected = [("a", "{ a }"), ("b", "{ b }")];
            assert_eq!(
                texts,
                expected.map(|(id, text)| (id.to_owned(), text.to_owned()))
            );
        }
        for other in [
            "[]",
            "{\"a\": 1}",
            "{\"format\": \"other\", \"operations\": []}",
            "x",
        ] {
            assert!(read_manifest(other).is_err(), "{other}");
        }
    }
}
