use std::time::Duration;

use crate::auth::{Requester, fingerprint};
use crate::run::idempotency::Key;

/// By what a client knows a request again (the header `Idempotency-Key`), and
/// what the request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// What the client sent.
    pub key: String,
    /// The SHA-256 of the request, in hexadecimal digits.
    pub request_hash: String,
    /// For how long the answer is kept.
    pub kept: Duration,
}

impl IdempotencyKey {
    /// The key of a requester. With another role it is another request: the
    /// answer to the first may tell what the role does not.
    pub(super) fn of(&self, requester: Requester) -> Key {
        let scope = match requester.user() {
            Some(user) => user.simple().to_string(),
            None => "anonymous".to_owned(),
        };
        let request = format!("{}:{}", requester.role(), self.request_hash);
        Key {
            scope,
            key: self.key.clone(),
            request_hash: fingerprint(request.as_bytes()),
            kept: self.kept,
        }
    }
}
