use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;

use super::token::TokenError;

/// How long an issuer may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many bytes of an answer are read.
const LONGEST_ANSWER: usize = 512 * 1024;
/// How long keys are used before they are asked for again.
const FRESH: Duration = Duration::from_mins(10);
/// How long they are used where the issuer does not answer.
const STALE: Duration = Duration::from_hours(24);
/// How often the issuer is asked at most, whatever tokens come.
const BETWEEN: Duration = Duration::from_secs(10);

/// The keys that an issuer publishes, fetched when they are needed.
pub(super) struct IssuerKeys {
    issuer: String,
    /// Where they are, if that is not to be discovered.
    url: Option<String>,
    http: reqwest::Client,
    known: RwLock<Known>,
    /// One fetches; whoever else needs the keys waits for it.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct Known {
    by_id: Arc<HashMap<String, (Algorithm, DecodingKey)>>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

/// Why keys could not be fetched, for the log.
#[derive(Debug, thiserror::Error)]
enum FetchFault {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("the answer has more than {LONGEST_ANSWER} bytes")]
    TooLong,
    #[error("the answer cannot be read: {0}")]
    Content(#[from] serde_json::Error),
    #[error("the document is of another issuer")]
    OtherIssuer,
}

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

impl IssuerKeys {
    /// The keys of an issuer, none of which is known yet.
    ///
    /// # Errors
    /// Where nothing can be fetched at all.
    pub fn new(issuer: String, url: Option<String>) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            issuer,
            url,
            http,
            known: RwLock::default(),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// The key that a token says it is signed with, and what it is good for.
    ///
    /// # Errors
    /// [`TokenError`] where there is none, or none can be had.
    pub async fn get(&self, header: &Header) -> Result<(Algorithm, DecodingKey), TokenError> {
        let id = header.kid.as_deref().ok_or(TokenError::Invalid)?;
        let known = self.known();
        let fresh = known.fetched.is_some_and(|at| at.elapsed() < FRESH);
        if fresh && let Some(key) = known.by_id.get(id) {
            return Ok(key.clone());
        }
        self.fetch_again(known.tried).await;
        let known = self.known();
        let usable = known.fetched.is_some_and(|at| at.elapsed() < STALE);
        if !usable {
            return Err(TokenError::Unavailable);
        }
        known.by_id.get(id).cloned().ok_or(TokenError::Invalid)
    }

    fn known(&self) -> Known {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    /// Fetches the keys, unless somebody has just tried.
    async fn fetch_again(&self, tried: Option<Instant>) {
        let _turn = self.fetching.lock().await;
        let last = self.known().tried;
        if last != tried || last.is_some_and(|at| at.elapsed() < BETWEEN) {
            return;
        }
        match self.fetch().await {
            Ok(set) => self.learn(&set),
            Err(error) => {
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                known.tried = Some(Instant::now());
                tracing::error!(issuer = self.issuer, %error, "no keys of an issuer");
            }
        }
    }

    /// Takes these for the keys of the issuer, and no others.
    pub fn learn(&self, set: &JwkSet) {
        let now = Some(Instant::now());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Known {
            by_id: Arc::new(set.keys.iter().filter_map(usable).collect()),
            fetched: now,
            tried: now,
        };
    }

    async fn fetch(&self) -> Result<JwkSet, FetchFault> {
        let url = match &self.url {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        Ok(serde_json::from_slice(&self.read(&url).await?)?)
    }

    async fn discover(&self) -> Result<String, FetchFault> {
        let base = self.issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let found: Discovered = serde_json::from_slice(&self.read(&url).await?)?;
        if found.issuer == self.issuer && is_safe(&found.jwks_uri) {
            Ok(found.jwks_uri)
        } else {
            Err(FetchFault::OtherIssuer)
        }
    }

    async fn read(&self, url: &str) -> Result<Vec<u8>, FetchFault> {
        let mut answer = self.http.get(url).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                return Err(FetchFault::TooLong);
            }
        }
        Ok(body)
    }
}

/// A published key that verifies signatures, with its id and the one algorithm
/// that it is good for. Shared secrets are never published.
fn usable(key: &Jwk) -> Option<(String, (Algorithm, DecodingKey))> {
    let signs = key.common.public_key_use.as_ref();
    if signs.is_some_and(|intended| *intended != PublicKeyUse::Signature) {
        return None;
    }
    let algorithm = match key.common.key_algorithm {
        Some(KeyAlgorithm::RS256) => Algorithm::RS256,
        Some(KeyAlgorithm::RS384) => Algorithm::RS384,
        Some(KeyAlgorithm::RS512) => Algorithm::RS512,
        Some(KeyAlgorithm::PS256) => Algorithm::PS256,
        Some(KeyAlgorithm::PS384) => Algorithm::PS384,
        Some(KeyAlgorithm::PS512) => Algorithm::PS512,
        Some(KeyAlgorithm::ES256) => Algorithm::ES256,
        Some(KeyAlgorithm::ES384) => Algorithm::ES384,
        Some(KeyAlgorithm::EdDSA) => Algorithm::EdDSA,
        Some(_) => return None,
        // RFC 7517 lets it be left out; then each type has its usual one.
        None => usual(key)?,
    };
    let id = key.common.key_id.clone()?;
    Some((id, (algorithm, DecodingKey::from_jwk(key).ok()?)))
}

fn usual(key: &Jwk) -> Option<Algorithm> {
    use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve};
    match &key.algorithm {
        AlgorithmParameters::RSA(_) => Some(Algorithm::RS256),
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => Some(Algorithm::ES256),
            EllipticCurve::P384 => Some(Algorithm::ES384),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(_) => Some(Algorithm::EdDSA),
        _ => None,
    }
}

/// Whether nobody on the way can put other keys in place of an issuer's:
/// encrypted, or on this machine. What stands before an @ only looks like a host.
pub(super) fn is_safe(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
    let names_user = !url.username().is_empty() || url.password().is_some();
    !names_user && (url.scheme() == "https" || url.scheme() == "http" && is_here)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shared_secrets_are_no_keys() {
        for algorithm in [json!("HS256"), json!(null)] {
            let secret = json!({ "kty": "oct", "kid": "a", "alg": algorithm, "k": "c2VjcmV0" });
            let secret: Jwk = serde_json::from_value(secret).unwrap();
            assert!(usable(&secret).is_none(), "{algorithm}");
        }
    }
}
