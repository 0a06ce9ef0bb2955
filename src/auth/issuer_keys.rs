use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;
use tokio::sync::Mutex;

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
/// How long newer keys are waited for where there are some.
const MOMENT: Duration = Duration::from_secs(1);

/// The keys that an issuer publishes, fetched when they are needed.
pub(super) struct IssuerKeys {
    issuer: String,
    /// Where they are, if that is not to be discovered.
    url: Option<String>,
    http: reqwest::Client,
    known: RwLock<Known>,
    /// Held while they are fetched, by nobody who may hang up.
    fetching: Arc<Mutex<()>>,
}

#[derive(Clone, Default)]
struct Known {
    by_id: Arc<HashMap<String, (Algorithm, DecodingKey)>>,
    fetched: Option<Instant>,
    /// When they were last asked for.
    tried: Option<Instant>,
}

impl Known {
    fn is_usable(&self) -> bool {
        self.fetched.is_some_and(|at| at.elapsed() < STALE)
    }

    fn get(&self, id: &str) -> Option<&(Algorithm, DecodingKey)> {
        self.by_id.get(id).filter(|_| self.is_usable())
    }
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
    pub fn new(issuer: String, url: Option<String>) -> Result<Arc<Self>, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Arc::new(Self {
            issuer,
            url,
            http,
            known: RwLock::default(),
            fetching: Arc::default(),
        }))
    }

    /// The key that a token says it is signed with, and what it is good for.
    ///
    /// # Errors
    /// [`TokenError`] where there is none, or none can be had.
    pub async fn get(
        self: &Arc<Self>,
        header: &Header,
    ) -> Result<(Algorithm, DecodingKey), TokenError> {
        let id = header.kid.as_deref().ok_or(TokenError::Invalid)?;
        let known = self.known();
        let fresh = known.fetched.is_some_and(|at| at.elapsed() < FRESH);
        if fresh && let Some(key) = known.by_id.get(id) {
            return Ok(key.clone());
        }
        self.begin_fetching();
        let fetched = self.fetching.lock();
        match self.known().tried.filter(|_| known.get(id).is_some()) {
            Some(tried) => {
                // Whether there is a newer one or not.
                let _ = tokio::time::timeout_at((tried + MOMENT).into(), fetched).await;
            }
            None => drop(fetched.await),
        }
        let known = self.known();
        if !known.is_usable() {
            return Err(TokenError::Unavailable);
        }
        known.get(id).cloned().ok_or(TokenError::Invalid)
    }

    fn known(&self) -> Known {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    /// Begins to fetch the keys, unless that goes on or was tried just now.
    fn begin_fetching(self: &Arc<Self>) {
        let Ok(turn) = self.fetching.clone().try_lock_owned() else {
            return;
        };
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.tried.is_some_and(|at| at.elapsed() < BETWEEN) {
            return;
        }
        known.tried = Some(Instant::now());
        drop(known);
        let keys = self.clone();
        tokio::spawn(async move {
            match keys.fetch().await {
                Ok(set) => keys.learn(&set),
                Err(error) => {
                    tracing::error!(issuer = keys.issuer, %error, "no keys of an issuer");
                }
            }
            drop(turn);
        });
    }

    /// Takes these for the keys of the issuer, and no others.
    pub fn learn(&self, set: &JwkSet) {
        let by_id: HashMap<_, _> = set.keys.iter().filter_map(usable).collect();
        if by_id.is_empty() {
            tracing::warn!(issuer = self.issuer, "an issuer has no key that verifies");
        }
        let now = Some(Instant::now());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Known {
            by_id: Arc::new(by_id),
            fetched: now,
            tried: known.tried.or(now),
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
    use jsonwebtoken::Header;
    use serde_json::json;
    use tokio::net::TcpListener;

    use super::super::Algorithm as Signing;
    use super::super::key::Key;
    use super::*;

    /// An issuer that takes connections and never answers, and how many it has
    /// taken.
    async fn silent() -> (Arc<IssuerKeys>, Arc<RwLock<Vec<tokio::net::TcpStream>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let taken: Arc<RwLock<Vec<_>>> = Arc::default();
        let all = taken.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                all.write().unwrap().push(connection);
            }
        });
        let keys = IssuerKeys::new("https://id.example".to_owned(), Some(url)).unwrap();
        (keys, taken)
    }

    fn signed_with(id: &str) -> Header {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(id.to_owned());
        header
    }

    #[tokio::test]
    async fn whoever_hangs_up_makes_nobody_ask_again() {
        let (keys, taken) = silent().await;
        for number in 0..20 {
            let header = signed_with(&number.to_string());
            let hurried = tokio::time::timeout(Duration::from_millis(20), keys.get(&header));
            assert!(hurried.await.is_err());
        }
        assert_eq!(taken.read().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_known_key_does_not_wait_for_an_issuer_that_is_silent() {
        let (keys, taken) = silent().await;
        let own = Key::ephemeral(Signing::Es256).unwrap();
        let published = own.public().unwrap().clone();
        let header = signed_with(published.common.key_id.as_ref().unwrap());
        keys.learn(&JwkSet {
            keys: vec![published],
        });
        let long_ago = Instant::now().checked_sub(FRESH + BETWEEN);
        {
            let mut known = keys.known.write().unwrap();
            known.fetched = long_ago;
            known.tried = long_ago;
        }
        for _ in 0..3 {
            let got = tokio::time::timeout(PATIENCE / 2, keys.get(&header)).await;
            assert!(got.is_ok_and(|key| key.is_ok()));
        }
        assert_eq!(taken.read().unwrap().len(), 1);
        keys.known.write().unwrap().fetched = Instant::now().checked_sub(STALE);
        let got = keys.get(&header).await;
        assert!(matches!(got, Err(TokenError::Unavailable)));
    }

    #[test]
    fn shared_secrets_are_no_keys() {
        for algorithm in [json!("HS256"), json!(null)] {
            let secret = json!({ "kty": "oct", "kid": "a", "alg": algorithm, "k": "c2VjcmV0" });
            let secret: Jwk = serde_json::from_value(secret).unwrap();
            assert!(usable(&secret).is_none(), "{algorithm}");
        }
    }
}
