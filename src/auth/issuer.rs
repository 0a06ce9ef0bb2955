use std::collections::{BTreeMap, HashMap};
use std::iter;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::issuer_keys::{IssuerKeys, is_safe};
use super::token::{TokenError, carries_more, refused, strict};
use crate::access::Role;

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

/// An issuer whose tokens are taken, with its keys.
pub struct Issuer {
    settings: IssuerSettings,
    roles: HashMap<String, Role>,
    default_role: Option<Role>,
    keys: Arc<IssuerKeys>,
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
        let keys = IssuerKeys::new(settings.issuer.clone(), settings.jwks_url.clone());
        Ok(Self {
            roles: roles.collect::<Result<_, String>>()?,
            default_role: default_role.transpose()?,
            settings,
            keys: keys.map_err(|error| error.to_string())?,
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
        let (algorithm, key) = self.keys.get(&header).await?;
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
        let names: Vec<&str> = match claim.and_then(|claim| at(claims, claim)) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            // As in `scope`, one text may hold several.
            Some(Value::String(text)) => iter::once(&**text).chain(text.split(' ')).collect(),
            _ => Vec::new(),
        };
        let mapped = names.iter().filter_map(|name| self.roles.get(*name));
        mapped.copied().max().or(self.default_role)
    }
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
    use jsonwebtoken::jwk::{Jwk, JwkSet};
    use jsonwebtoken::{Algorithm, Header};
    use serde_json::json;

    use super::*;

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
        assert_eq!(role(json!(["big boss", "boss clerk"])), None);
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
        let mut keys: Vec<Jwk> = serde_json::from_value(secrets).unwrap();
        keys.push(published.clone());
        issuer.keys.learn(&JwkSet { keys });
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
