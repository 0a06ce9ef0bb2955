use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::algorithm::Algorithm;
use super::key::Key;
use super::keyring::Keyring;
use super::random::sha256;
use crate::access::Role;

/// The type of access tokens (RFC 9068, section 2.1).
pub(super) const TYPE: &str = "at+jwt";
/// How far clocks may differ, in seconds.
pub(super) const LEEWAY_SECONDS: u64 = 5;
/// The longest token that is looked at, in bytes.
pub(super) const LONGEST: usize = 8192;
/// How many verified tokens are remembered.
const REMEMBERED: u64 = 50_000;
/// Who asked for the token (RFC 9068, section 2.2): the shop's own front end.
/// There are no other clients.
const CLIENT: &str = "purser";

/// Who issues tokens, and for whom.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
    /// How long a token is good for.
    pub lifetime: Duration,
}

/// What an access token of ours grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The user.
    pub user: Uuid,
    /// What the user may do.
    pub role: Role,
    /// The sign-in that it belongs to; none for tokens of the command line.
    pub session: Option<Uuid>,
    /// Which generation of the user's tokens it is of.
    pub epoch: i64,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The header does not hold a bearer token.
    Malformed,
    /// It was good once.
    Expired,
    /// It is not one that is taken here, or no longer.
    Invalid,
    /// It cannot be told just now.
    Unavailable,
}

/// Signs and verifies access tokens.
pub struct Tokens {
    keys: Arc<Keyring>,
    settings: TokenSettings,
    known: Cache<[u8; 32], Known>,
}

/// A token that has been verified: what it grants until when, by which key.
#[derive(Clone)]
struct Known {
    grant: Grant,
    expires: u64,
    key: Arc<Key>,
}

/// The claims of an access token (RFC 9068, section 2.2).
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    client_id: String,
    iat: u64,
    exp: u64,
    jti: Uuid,
    role: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    epoch: i64,
}

impl Tokens {
    /// Tokens signed with one of the keys.
    #[must_use]
    pub fn new(keys: Keyring, settings: TokenSettings) -> Self {
        let known = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(settings.lifetime + Duration::from_secs(LEEWAY_SECONDS))
            .build();
        Self {
            keys: Arc::new(keys),
            settings,
            known,
        }
    }

    /// The keys that tokens are verified by.
    #[must_use]
    pub fn keys(&self) -> &Arc<Keyring> {
        &self.keys
    }

    /// Who issues tokens, and for whom.
    #[must_use]
    pub fn settings(&self) -> &TokenSettings {
        &self.settings
    }

    /// Signs a token, good from `now` for the configured lifetime.
    ///
    /// # Errors
    /// Where no key can sign, which is for the log.
    pub fn sign(&self, grant: Grant, now: DateTime<Utc>) -> Result<String, String> {
        let key = self.keys.signing(now).ok_or("no key signs")?;
        let issued = seconds(now);
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: grant.user,
            client_id: CLIENT.to_owned(),
            iat: issued,
            exp: issued + self.settings.lifetime.as_secs(),
            jti: Uuid::now_v7(),
            role: grant.role.name().to_owned(),
            sid: grant.session,
            epoch: grant.epoch,
        };
        let mut header = Header::new(key.algorithm().library());
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.id().to_owned());
        jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(|error| error.to_string())
    }

    /// What a token grants.
    ///
    /// # Errors
    /// [`TokenError`] where it is not one of ours, or no longer good.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Grant, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::Invalid);
        }
        let hash = sha256(token);
        let known = if let Some(known) = self.known.get(&hash) {
            // The key may have been taken away since.
            if self.keys.find(known.key.id()).is_none() {
                return Err(TokenError::Invalid);
            }
            known
        } else {
            let fresh = self.decode(token, now)?;
            self.known.insert(hash, fresh.clone());
            fresh
        };
        if known.expires + LEEWAY_SECONDS < seconds(now) {
            return Err(TokenError::Expired);
        }
        Ok(known.grant)
    }

    fn decode(&self, token: &str, now: DateTime<Utc>) -> Result<Known, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        if header.typ.as_deref() != Some(TYPE) || carries_more(&header) {
            return Err(TokenError::Invalid);
        }
        let id = header.kid.as_deref().ok_or(TokenError::Invalid)?;
        let key = self.keys.find(id).ok_or(TokenError::Invalid)?;
        let validation = self.validation(key.algorithm());
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation)
            .map_err(|error| refused(&error))?
            .claims;
        if claims.iat > seconds(now) + LEEWAY_SECONDS {
            return Err(TokenError::Invalid);
        }
        let role = Role::from_name(&claims.role).filter(|role| *role != Role::Anonymous);
        let grant = Grant {
            user: claims.sub,
            role: role.ok_or(TokenError::Invalid)?,
            session: claims.sid,
            epoch: claims.epoch,
        };
        // What is revoked is kept for as long as our tokens are good, so none may
        // be good for longer, whatever it says.
        let longest = claims.iat + self.settings.lifetime.as_secs();
        Ok(Known {
            grant,
            expires: claims.exp.min(longest),
            key,
        })
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = strict(algorithm.library());
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation
    }
}

/// What is required of every token: who issued it, for whom, about whom and
/// until when; and that its time has come.
pub(super) fn strict(algorithm: jsonwebtoken::Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation
}

/// Whether a header has what no token here needs: extensions that would have
/// to be understood (RFC 7515, section 4.1.11), or a key of its own or the way
/// to one (RFC 8725, section 3.10).
pub(super) fn carries_more(header: &Header) -> bool {
    header.crit.is_some()
        || header.jku.is_some()
        || header.jwk.is_some()
        || header.x5u.is_some()
        || header.x5c.is_some()
        || header.enc.is_some()
        || header.zip.is_some()
        || header.cty.is_some()
}

/// What is told of why a token is refused.
pub(super) fn refused(error: &jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        _ => TokenError::Invalid,
    }
}

pub(super) fn seconds(time: DateTime<Utc>) -> u64 {
    u64::try_from(time.timestamp()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(algorithm: Algorithm) -> Tokens {
        let settings = TokenSettings {
            issuer: "purser".to_owned(),
            audience: "purser".to_owned(),
            lifetime: Duration::from_mins(1),
        };
        let key = Key::ephemeral(algorithm).unwrap();
        Tokens::new(Keyring::ephemeral(vec![key]), settings)
    }

    fn grant() -> Grant {
        Grant {
            user: Uuid::now_v7(),
            role: Role::Staff,
            session: Some(Uuid::now_v7()),
            epoch: 3,
        }
    }

    #[test]
    fn a_token_of_every_algorithm_says_what_was_granted() {
        for algorithm in Algorithm::ALL {
            let (tokens, grant, now) = (tokens(algorithm), grant(), Utc::now());
            let token = tokens.sign(grant, now).unwrap();
            // The second time it is remembered.
            assert_eq!(tokens.verify(&token, now), Ok(grant));
            assert_eq!(tokens.verify(&token, now), Ok(grant));
        }
    }

    #[test]
    fn a_token_of_another_key_is_refused() {
        let now = Utc::now();
        let token = tokens(Algorithm::EdDsa).sign(grant(), now).unwrap();
        let other = tokens(Algorithm::EdDsa);
        assert_eq!(other.verify(&token, now), Err(TokenError::Invalid));
    }

    #[test]
    fn a_remembered_token_expires_all_the_same() {
        let (tokens, now) = (tokens(Algorithm::EdDsa), Utc::now());
        let token = tokens.sign(grant(), now).unwrap();
        assert!(tokens.verify(&token, now).is_ok());
        let later = now + Duration::from_secs(70);
        assert_eq!(tokens.verify(&token, later), Err(TokenError::Expired));
    }

    #[test]
    fn an_expired_token_says_so() {
        let (tokens, now) = (tokens(Algorithm::EdDsa), Utc::now());
        let token = tokens.sign(grant(), now - Duration::from_mins(2)).unwrap();
        assert_eq!(tokens.verify(&token, now), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_from_the_future_is_refused() {
        let (tokens, now) = (tokens(Algorithm::EdDsa), Utc::now());
        let token = tokens.sign(grant(), now + Duration::from_mins(10)).unwrap();
        assert_eq!(tokens.verify(&token, now), Err(TokenError::Invalid));
    }
}
