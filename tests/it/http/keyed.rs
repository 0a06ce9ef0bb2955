//! A service that shares its signing key with the test, on an empty database.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use purser::auth::{Key, Keyring};
use purser::run::{Database, DatabaseUrl, ReadLimits};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::app::{Reply, Variant, router_of};

pub struct Keyed {
    pub key: EncodingKey,
    /// The same in PKCS #8.
    pub private: Vec<u8>,
    /// Names the key in the header of tokens.
    pub id: String,
    pub public: Vec<u8>,
    router: Router,
    directory: TempDir,
}

pub fn new_key() -> (Vec<u8>, Vec<u8>) {
    let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(document.as_ref()).unwrap();
    (
        document.as_ref().to_vec(),
        pair.public_key().as_ref().to_vec(),
    )
}

impl Keyed {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (private, public) = new_key();
        let file = directory.path().join("key.pem");
        let text = pem::encode(&pem::Pem::new("PRIVATE KEY", private.clone()));
        std::fs::write(&file, text).unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("empty.db"));
        let database = Database::connect(&url, ReadLimits::of(1)).await.unwrap();
        migration::run(database.orm()).await.unwrap();
        let key = Key::read(&file).unwrap();
        let id = key.id().to_owned();
        let keys = Keyring::ephemeral(vec![key]);
        let router = router_of(
            database,
            Variant {
                keys,
                ..Variant::default()
            },
        )
        .await;
        Self {
            key: EncodingKey::from_ed_der(&private),
            private,
            id,
            public,
            router,
            directory,
        }
    }

    /// The key, for another service.
    pub fn keys(&self) -> Keyring {
        let key = Key::read(&self.directory.path().join("key.pem")).unwrap();
        Keyring::ephemeral(vec![key])
    }

    /// Signs claims with the key of the service.
    pub fn sign(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&self.header(), claims, &self.key).unwrap()
    }

    /// The header of a good token.
    pub fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.id.clone());
        header
    }

    /// Asks for something that anonymous has no word for.
    pub async fn ask(&self, authorization: &[u8]) -> Reply {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, authorization)
            .body(Body::from(r#"{"query":"{ orders { totalCount } }"}"#))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }
}

pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs()
}

/// Claims that the service accepts.
pub fn claims() -> Value {
    json!({
        "iss": "purser", "aud": "purser", "sub": Uuid::now_v7(), "iat": now(),
        "exp": now() + 60, "jti": Uuid::now_v7(), "role": "customer", "client_id": "purser",
        "epoch": 0,
    })
}

/// Good claims but for one.
pub fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

/// Good claims without one.
pub fn claims_without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().shift_remove(name);
    claims
}
