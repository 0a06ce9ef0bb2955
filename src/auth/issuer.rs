use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;
use serde_json::Value;

use super::token::{TokenError, carries_more, refused, strict};
use crate::access::Role;

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

/// What is done with a user who comes with a token of the issuer for the first
/// time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FirstSight {
    /// Refused. Identities are entered by hand.
    #[default]
    Refuse,
    /// Taken for the account with the same e-mail address, if the issuer says
    /// that it is verified.
    Link,
    /// The same, and an account is made where there is none.
    Create,
}

/// An issuer of tokens that are taken as well as our own.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssuerSettings {
    /// The `iss` claim of its tokens.
    pub issuer: String,
    /// The `aud` claim that says that a token is meant for us.
    pub audience: String,
    /// Where its keys are; found by discovery (`OpenID` Connect Discovery 1.0,
    /// section 4) unless said.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// The claim that names the user there, with dots for what is nested.
    #[serde(default = "subject_claim")]
    pub user_claim: String,
    /// The claim that has the role or a list of roles.
    #[serde(default)]
    pub role_claim: Option<String>,
    /// Which role each of its values stands for. The highest counts.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
    /// The role of those for whom none of them does; without it they are
    /// refused.
    #[serde(default)]
    pub default_role: Option<String>,
    /// What is done with users that are not known yet.
    #[serde(default)]
    pub first_sight: FirstSight,
    /// The `typ` header of its access tokens, if it is not `at+jwt`.
    #[serde(default = "access_token_type")]
    pub token_type: String,
}

fn subject_claim() -> String {
    "sub".to_owned()
}

fn access_token_type() -> String {
    super::token::TYPE.to_owned()
}

/// What a token of another issuer says.
#[derive(Clone, Debug)]
pub struct Outsider {
    /// The `iss` claim.
    pub issuer: String,
    /// What names the user there.
    pub subject: String,
    /// What the user may do here.
    pub role: Role,
    /// When the token was issued, in seconds since 1970.
    pub issued: u64,
    /// When it expires, likewise.
    pub expires: u64,
    /// The e-mail address, where the issuer has verified it.
    pub email: Option<String>,
    /// What the user is called.
    pub name: Option<String>,
    /// What is done where the user is not known yet.
    pub first_sight: FirstSight,
}

/// An issuer and its keys.
pub struct Issuer {
    settings: IssuerSettings,
    roles: HashMap<String, Role>,
    default_role: Option<Role>,
    http: reqwest::Client,
    keys: RwLock<Keys>,
    /// One fetches; whoever else needs the keys waits for it.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct Keys {
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

impl Issuer {
    /// An issuer of those settings.
    ///
    /// # Errors
    /// What is wrong with them, for the operator.
    pub fn new(settings: IssuerSettings) -> Result<Self, String> {
        // None of it is repeated, for it may hold a secret.
        let urls = [
            ("issuer", Some(&settings.issuer)),
            ("jwksUrl", settings.jwks_url.as_ref()),
        ];
        for (name, url) in urls {
            if url.is_some_and(|url| !is_safe(url)) {
                return Err(format!(
                    "{name} must begin with https:// and name nobody before an @"
                ));
            }
        }
        let role = |name: &str, field: &str| {
            Role::from_name(name)
                .filter(|role| *role != Role::Anonymous)
                .ok_or_else(|| format!("{field} none of customer, staff and admin"))
        };
        let roles = settings.roles.iter().map(|(value, name)| {
            let role = role(name, "roles has a value that is")?;
            Ok((value.clone(), role))
        });
        let default_role = settings.default_role.as_deref();
        let default_role = default_role.map(|name| role(name, "defaultRole is"));
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self {
            roles: roles.collect::<Result<_, String>>()?,
            default_role: default_role.transpose()?,
            settings,
            http,
            keys: RwLock::default(),
            fetching: tokio::sync::Mutex::default(),
        })
    }

    /// The `iss` claim of its tokens.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.issuer
    }

    /// What a token of this issuer says.
    ///
    /// # Errors
    /// [`TokenError`] where it is not one, or its keys cannot be had.
    pub async fn verify(&self, token: &str) -> Result<Outsider, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let typ = header.typ.as_deref().unwrap_or_default();
        if !typ.eq_ignore_ascii_case(&self.settings.token_type) || carries_more(&header) {
            return Err(TokenError::Invalid);
        }
        let (algorithm, key) = self.key(&header).await?;
        if algorithm != header.alg {
            return Err(TokenError::Invalid);
        }
        let mut validation = strict(algorithm);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
            .map_err(|error| refused(&error))?
            .claims;
        self.read(&claims).ok_or(TokenError::Invalid)
    }

    fn read(&self, claims: &Value) -> Option<Outsider> {
        let text = |claim: &str| at(claims, claim)?.as_str().filter(|text| !text.is_empty());
        let issued = at(claims, "iat")?.as_u64()?;
        let verified = at(claims, "email_verified").and_then(Value::as_bool) == Some(true);
        Some(Outsider {
            issuer: self.settings.issuer.clone(),
            subject: text(&self.settings.user_claim)?.to_owned(),
            role: self.role(claims)?,
            issued,
            expires: at(claims, "exp")?.as_u64()?,
            email: text("email")
                .filter(|_| verified)
                .and_then(super::email::normal),
            name: text("name").map(str::to_owned),
            first_sight: self.settings.first_sight,
        })
    }

    /// The highest role that the claims stand for.
    fn role(&self, claims: &Value) -> Option<Role> {
        let claim = self.settings.role_claim.as_deref();
        let values = match claim.and_then(|claim| at(claims, claim)) {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        let named = values.iter().filter_map(Value::as_str);
        // As in `scope`, one text may hold several.
        let words = named.flat_map(|text| std::iter::once(text).chain(text.split(' ')));
        words
            .filter_map(|word| self.roles.get(word).copied())
            .max()
            .or(self.default_role)
    }

    async fn key(&self, header: &Header) -> Result<(Algorithm, DecodingKey), TokenError> {
        let id = header.kid.as_deref().ok_or(TokenError::Invalid)?;
        let known = self.keys();
        let fresh = known.fetched.is_some_and(|at| at.elapsed() < FRESH);
        if fresh && let Some(key) = known.by_id.get(id) {
            return Ok(key.clone());
        }
        self.fetch_again(known.tried).await;
        let known = self.keys();
        let usable = known.fetched.is_some_and(|at| at.elapsed() < STALE);
        if !usable {
            return Err(TokenError::Unavailable);
        }
        known.by_id.get(id).cloned().ok_or(TokenError::Invalid)
    }

    fn keys(&self) -> Keys {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }

    /// Fetches the keys, unless somebody has just tried.
    async fn fetch_again(&self, tried: Option<Instant>) {
        let _turn = self.fetching.lock().await;
        let last = self.keys().tried;
        if last != tried || last.is_some_and(|at| at.elapsed() < BETWEEN) {
            return;
        }
        let fetched = self.fetch().await;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.tried = Some(Instant::now());
        match fetched {
            Ok(by_id) => {
                keys.by_id = Arc::new(by_id);
                keys.fetched = keys.tried;
            }
            Err(error) => {
                tracing::error!(issuer = self.name(), %error, "no keys of an issuer");
            }
        }
    }

    async fn fetch(&self) -> Result<HashMap<String, (Algorithm, DecodingKey)>, FetchFault> {
        let url = match &self.settings.jwks_url {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        let set: JwkSet = serde_json::from_slice(&self.get(&url).await?)?;
        Ok(set.keys.iter().filter_map(usable).collect())
    }

    async fn discover(&self) -> Result<String, FetchFault> {
        let base = self.settings.issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let found: Discovered = serde_json::from_slice(&self.get(&url).await?)?;
        if found.issuer == self.settings.issuer && is_safe(&found.jwks_uri) {
            Ok(found.jwks_uri)
        } else {
            Err(FetchFault::OtherIssuer)
        }
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, FetchFault> {
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
fn is_safe(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
    let names_user = !url.username().is_empty() || url.password().is_some();
    !names_user && (url.scheme() == "https" || url.scheme() == "http" && is_here)
}

/// The claim at a path of names with dots between; a claim whose own name has
/// dots comes first.
fn at<'v>(claims: &'v Value, path: &str) -> Option<&'v Value> {
    claims.get(path).or_else(|| {
        path.split('.')
            .try_fold(claims, |value, name| value.get(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn issuer(settings: Value) -> Result<Issuer, String> {
        Issuer::new(serde_json::from_value(settings).unwrap())
    }

    #[test]
    fn the_highest_role_that_is_mapped_counts() {
        let issuer = issuer(json!({
            "issuer": "https://id.example",
            "audience": "shop",
            "roleClaim": "realm_access.roles",
            "roles": { "clerk": "staff", "boss": "admin" },
        }))
        .unwrap();
        let role = |roles: Value| issuer.role(&json!({ "realm_access": { "roles": roles } }));
        assert_eq!(role(json!(["clerk", "boss", "admin"])), Some(Role::Admin));
        assert_eq!(role(json!("other clerk")), Some(Role::Staff));
        assert_eq!(role(json!(["admin"])), None);
        assert_eq!(issuer.role(&json!({})), None);
    }

    #[tokio::test]
    async fn what_a_shared_secret_signs_is_never_taken() {
        let issuer = issuer(json!({
            "issuer": "https://id.example", "audience": "shop", "defaultRole": "customer",
        }))
        .unwrap();
        let own = super::super::key::Key::ephemeral(super::super::Algorithm::Es256).unwrap();
        let published = own.public().unwrap().clone();
        let octets = "c2VjcmV0IHRoYXQgd2FzIHB1Ymxpc2hlZCBieSBtaXN0YWtl";
        let secrets = json!([
            { "kty": "oct", "kid": "named", "alg": "HS256", "k": octets },
            { "kty": "oct", "kid": "unnamed", "k": octets },
        ]);
        let secrets: Vec<Jwk> = serde_json::from_value(secrets).unwrap();
        assert!(secrets.iter().all(|key| usable(key).is_none()));
        *issuer.keys.write().unwrap() = Keys {
            by_id: Arc::new(
                secrets
                    .iter()
                    .chain([&published])
                    .filter_map(usable)
                    .collect(),
            ),
            fetched: Some(Instant::now()),
            tried: Some(Instant::now()),
        };
        let id = published.common.key_id.clone().unwrap();
        let signed = |algorithm, id: &str, key: &jsonwebtoken::EncodingKey| {
            let now = u64::try_from(chrono::Utc::now().timestamp()).unwrap();
            let mut header = Header::new(algorithm);
            header.typ = Some(access_token_type());
            header.kid = Some(id.to_owned());
            let claims = json!({
                "iss": "https://id.example", "aud": "shop", "sub": "mary", "iat": now,
                "exp": now + 60,
            });
            jsonwebtoken::encode(&header, &claims, key).unwrap()
        };
        let good = issuer
            .verify(&signed(Algorithm::ES256, &id, &own.encoding))
            .await;
        assert_eq!(good.unwrap().subject, "mary");
        // Whatever of what is published stands for the secret.
        let document = serde_json::to_vec(&published).unwrap();
        for secret in [document.as_slice(), id.as_bytes(), b"", octets.as_bytes()] {
            let secret = jsonwebtoken::EncodingKey::from_secret(secret);
            for key in [id.as_str(), "named", "unnamed"] {
                let forged = issuer.verify(&signed(Algorithm::HS256, key, &secret)).await;
                assert_eq!(forged.unwrap_err(), TokenError::Invalid, "{key}");
            }
        }
    }

    #[test]
    fn keys_come_only_where_nobody_can_replace_them() {
        let at = |url: &str| issuer(json!({ "issuer": url, "audience": "shop" })).is_ok();
        assert!(at("https://id.example"));
        assert!(at("http://127.0.0.1:4444"));
        assert!(at("http://localhost:4444/realm"));
        assert!(!at("http://id.example"));
        assert!(!at("http://localhost.evil.example"));
        assert!(!at("http://localhost:x@evil.example/"));
        assert!(!at("http://localhost@evil.example/"));
        assert!(!at("https://id.example@evil.example/"));
        assert!(!at("https://"));
        assert!(!at("ftp://id.example"));
    }

    #[test]
    fn nobody_is_anonymous_or_unknown_by_a_role_map() {
        for role in ["anonymous", "boss"] {
            let made = issuer(json!({
                "issuer": "https://id.example", "audience": "shop", "defaultRole": role,
            }));
            assert!(made.is_err(), "{role}");
        }
    }
}
