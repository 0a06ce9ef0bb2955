use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Requester, SigningKey};
use crate::access::Role;

/// The type of access tokens (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";
/// How far clocks may differ, in seconds.
const LEEWAY_SECONDS: u64 = 5;

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

/// Signs and verifies access tokens.
pub struct Tokens {
    key: SigningKey,
    settings: TokenSettings,
    validation: Validation,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The header does not hold a bearer token.
    Malformed,
    /// It was good once.
    Expired,
    /// It is not one of ours.
    Invalid,
}

/// The claims of an access token (RFC 9068, section 2.2).
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    iat: u64,
    exp: u64,
    jti: Uuid,
    role: String,
}

impl Tokens {
    /// Tokens signed with `key`.
    #[must_use]
    pub fn new(key: SigningKey, settings: TokenSettings) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&settings.issuer]);
        validation.set_audience(&[&settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Self {
            key,
            settings,
            validation,
        }
    }

    /// Signs a token for a user, good from `now` for the configured lifetime.
    ///
    /// # Errors
    /// Where the key cannot sign, which a key that was read successfully can.
    pub fn sign(
        &self,
        user: Uuid,
        role: Role,
        now: SystemTime,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let issued = seconds(now);
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: user,
            iat: issued,
            exp: issued + self.settings.lifetime.as_secs(),
            jti: Uuid::now_v7(),
            role: role.name().to_owned(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        jsonwebtoken::encode(&header, &claims, &self.key.encoding)
    }

    /// The requester behind an `Authorization` header; anonymous where there
    /// is none. A header that does not verify is never anonymous.
    ///
    /// # Errors
    /// [`TokenError`] where there is a header without a valid token.
    pub fn requester(
        &self,
        authorization: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Requester, TokenError> {
        let Some(header) = authorization else {
            return Ok(Requester::Anonymous);
        };
        let header = std::str::from_utf8(header).map_err(|_| TokenError::Malformed)?;
        let (scheme, token) = header.split_once(' ').ok_or(TokenError::Malformed)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Malformed);
        }
        self.verify(token.trim(), now)
    }

    fn verify(&self, token: &str, now: SystemTime) -> Result<Requester, TokenError> {
        let verified = jsonwebtoken::decode::<Claims>(token, &self.key.decoding, &self.validation)
            .map_err(|error| match error.kind() {
                ErrorKind::ExpiredSignature => TokenError::Expired,
                _ => TokenError::Invalid,
            })?;
        // RFC 8725, section 3.11: tokens of another kind must not pass; and no
        // extension is understood here, so none may be critical (RFC 7515,
        // section 4.1.11).
        let header = verified.header;
        if header.typ.as_deref() != Some(TYPE) || header.crit.is_some() {
            return Err(TokenError::Invalid);
        }
        let claims = verified.claims;
        if claims.iat > seconds(now) + LEEWAY_SECONDS {
            return Err(TokenError::Invalid);
        }
        match Role::from_name(&claims.role) {
            Some(role) if role != Role::Anonymous => Ok(Requester::User {
                id: claims.sub,
                role,
            }),
            _ => Err(TokenError::Invalid),
        }
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(lifetime: u64) -> Tokens {
        let settings = TokenSettings {
            issuer: "purser".to_owned(),
            audience: "purser".to_owned(),
            lifetime: Duration::from_secs(lifetime),
        };
        Tokens::new(SigningKey::ephemeral().unwrap(), settings)
    }

    fn header(token: &str) -> String {
        format!("Bearer {token}")
    }

    #[test]
    fn a_token_names_its_user_and_role() {
        let (tokens, user, now) = (tokens(60), Uuid::now_v7(), SystemTime::now());
        let token = tokens.sign(user, Role::Staff, now).unwrap();
        assert_eq!(
            tokens.requester(Some(header(&token).as_bytes()), now),
            Ok(Requester::User {
                id: user,
                role: Role::Staff
            })
        );
    }

    #[test]
    fn no_header_is_anonymous() {
        assert_eq!(
            tokens(60).requester(None, SystemTime::now()),
            Ok(Requester::Anonymous)
        );
    }

    #[test]
    fn a_bad_header_is_never_anonymous() {
        let tokens = tokens(60);
        let now = SystemTime::now();
        for bad in ["", "Bearer", "Basic YTpi", "bearer"] {
            assert_eq!(
                tokens.requester(Some(bad.as_bytes()), now),
                Err(TokenError::Malformed),
                "{bad:?}"
            );
        }
        assert_eq!(
            tokens.requester(Some(b"Bearer x.y.z"), now),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn a_token_of_another_key_is_refused() {
        let now = SystemTime::now();
        let token = tokens(60).sign(Uuid::now_v7(), Role::Admin, now).unwrap();
        assert_eq!(
            tokens(60).requester(Some(header(&token).as_bytes()), now),
            Err(TokenError::Invalid)
        );
    }

    #[test]
    fn an_expired_token_says_so() {
        let tokens = tokens(60);
        let now = SystemTime::now();
        let earlier = now - Duration::from_mins(2);
        let token = tokens.sign(Uuid::now_v7(), Role::Admin, earlier).unwrap();
        assert_eq!(
            tokens.requester(Some(header(&token).as_bytes()), now),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn a_token_from_the_future_is_refused() {
        let tokens = tokens(60);
        let now = SystemTime::now();
        let later = now + Duration::from_mins(10);
        let token = tokens.sign(Uuid::now_v7(), Role::Admin, later).unwrap();
        assert_eq!(
            tokens.requester(Some(header(&token).as_bytes()), now),
            Err(TokenError::Invalid)
        );
    }
}
