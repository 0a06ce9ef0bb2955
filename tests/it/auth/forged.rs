//! Tokens that others made or changed: one row per attack, all refused alike.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::keyed::{Keyed, claims, claims_with, claims_without, now};

/// What a token is made of.
struct Forge {
    key: Ed25519KeyPair,
    other: Ed25519KeyPair,
    id: String,
}

impl Forge {
    fn new(service: &Keyed) -> Self {
        Self {
            key: Ed25519KeyPair::from_pkcs8_maybe_unchecked(&service.private).unwrap(),
            other: Ed25519KeyPair::generate().unwrap(),
            id: service.id.clone(),
        }
    }

    fn header(&self) -> Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.id })
    }

    fn header_with(&self, name: &str, value: Value) -> Value {
        let mut header = self.header();
        header[name] = value;
        header
    }

    fn header_without(&self, name: &str) -> Value {
        let mut header = self.header();
        header.as_object_mut().unwrap().shift_remove(name);
        header
    }

    /// Signed with the right key.
    fn signed(&self, header: &Value, claims: &Value) -> String {
        self.signed_text(&header.to_string(), &claims.to_string())
    }

    fn signed_text(&self, header: &str, claims: &str) -> String {
        let message = message(header, claims);
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", encoded(signature.as_ref()))
    }

    fn of_claims(&self, claims: &Value) -> String {
        self.signed(&self.header(), claims)
    }

    fn of_header(&self, name: &str, value: Value) -> String {
        self.signed(&self.header_with(name, value), &claims())
    }

    /// Signed with an HMAC of a secret that is not one.
    fn hmac(secret: &[u8], header: &Value) -> String {
        let message = message(&header.to_string(), &claims().to_string());
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", encoded(tag.as_ref()))
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn message(header: &str, claims: &str) -> String {
    format!(
        "{}.{}",
        encoded(header.as_bytes()),
        encoded(claims.as_bytes())
    )
}

/// Attacks on how the signature is verified.
fn on_the_algorithm(forge: &Forge) -> Vec<(&'static str, String)> {
    let public = forge.key.public_key().as_ref().to_vec();
    let pem = pem::encode(&pem::Pem::new("PUBLIC KEY", public.clone()));
    let hs256 = forge.header_with("alg", json!("HS256"));
    let unsigned = |algorithm: &str| {
        let header = forge.header_with("alg", json!(algorithm));
        format!("{}.", message(&header.to_string(), &claims().to_string()))
    };
    let mut es256 = forge.header_with("alg", json!("ES256"));
    let random = SystemRandom::new();
    let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(curve, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(curve, document.as_ref()).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    es256["jwk"] = json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) });
    let by_curve = message(&es256.to_string(), &claims().to_string());
    let signature = pair.sign(&random, by_curve.as_bytes()).unwrap();
    let zeros = message(
        &forge.header_with("alg", json!("ES256")).to_string(),
        &claims().to_string(),
    );
    let good = forge.of_claims(&claims());
    let (good_message, _) = good.rsplit_once('.').unwrap();
    vec![
        ("alg none", unsigned("none")),
        ("alg None", unsigned("None")),
        ("alg NONE", unsigned("NONE")),
        ("alg nOnE", unsigned("nOnE")),
        ("alg empty", unsigned("")),
        (
            "alg missing",
            forge.signed(&forge.header_without("alg"), &claims()),
        ),
        ("alg null", forge.of_header("alg", Value::Null)),
        ("alg a list", forge.of_header("alg", json!(["EdDSA"]))),
        (
            "alg in other letters",
            forge.of_header("alg", json!("eddsa")),
        ),
        ("alg unknown", forge.of_header("alg", json!("XS999"))),
        ("HMAC with the public key", Forge::hmac(&public, &hs256)),
        (
            "HMAC with the public key in PEM",
            Forge::hmac(pem.as_bytes(), &hs256),
        ),
        ("HMAC with nothing", Forge::hmac(b"", &hs256)),
        ("HMAC with a word", Forge::hmac(b"secret", &hs256)),
        (
            "HMAC with the key's id",
            Forge::hmac(forge.id.as_bytes(), &hs256),
        ),
        (
            "HMAC under the right name of the algorithm",
            Forge::hmac(&public, &forge.header()),
        ),
        (
            "its own key on another curve",
            format!("{by_curve}.{}", encoded(signature.as_ref())),
        ),
        (
            "a signature of zeros",
            format!("{zeros}.{}", encoded(&[0; 64])),
        ),
        ("no signature", format!("{good_message}.")),
        (
            "a short signature",
            format!("{good_message}.{}", encoded(&[1; 32])),
        ),
        ("a long signature", format!("{good}{}", "A".repeat(100))),
        ("a signature of another token", {
            let other = forge.of_claims(&claims_with("role", json!("admin")));
            let (_, signature) = other.rsplit_once('.').unwrap();
            format!("{good_message}.{signature}")
        }),
        ("another key", {
            let message = message(&forge.header().to_string(), &claims().to_string());
            let signature = forge.other.sign(message.as_bytes());
            format!("{message}.{}", encoded(signature.as_ref()))
        }),
    ]
}

/// Attacks on which key it is verified by.
fn on_the_key(forge: &Forge) -> Vec<(&'static str, String)> {
    let own = forge.other.public_key().as_ref();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(own) });
    let by_own = |name: &str, value: Value| {
        let header = forge.header_with(name, value);
        let message = message(&header.to_string(), &claims().to_string());
        let signature = forge.other.sign(message.as_bytes());
        format!("{message}.{}", encoded(signature.as_ref()))
    };
    vec![
        (
            "kid missing",
            forge.signed(&forge.header_without("kid"), &claims()),
        ),
        ("kid empty", forge.of_header("kid", json!(""))),
        ("kid null", forge.of_header("kid", Value::Null)),
        ("kid a number", forge.of_header("kid", json!(0))),
        ("kid a list", forge.of_header("kid", json!([forge.id]))),
        ("kid a path", by_own("kid", json!("../../../../dev/null"))),
        (
            "kid a path to the key",
            by_own("kid", json!("keys/first.pem")),
        ),
        (
            "kid SQL",
            by_own("kid", json!("x' UNION SELECT 'secret' --")),
        ),
        (
            "kid a URL",
            by_own("kid", json!("https://evil.example/key")),
        ),
        ("kid a command", by_own("kid", json!("|curl evil.example"))),
        (
            "kid with a NUL",
            forge.of_header("kid", json!(format!("{}\0", forge.id))),
        ),
        (
            "kid in other letters",
            forge.of_header("kid", json!(forge.id.to_lowercase())),
        ),
        ("kid very long", by_own("kid", json!("k".repeat(5000)))),
        (
            "jku",
            by_own("jku", json!("https://evil.example/jwks.json")),
        ),
        (
            "jku beside a good signature",
            forge.of_header("jku", json!("https://evil.example/")),
        ),
        ("x5u", by_own("x5u", json!("https://evil.example/cert.pem"))),
        (
            "x5u beside a good signature",
            forge.of_header("x5u", json!("https://evil.example/")),
        ),
        ("x5c", by_own("x5c", json!(["MIIB"]))),
        ("jwk", by_own("jwk", jwk.clone())),
        ("jwk beside a good signature", forge.of_header("jwk", jwk)),
    ]
}

/// Attacks on what the header and the claims say.
fn on_what_is_said(forge: &Forge) -> Vec<(&'static str, String)> {
    let mut rows: Vec<(&'static str, String)> = [
        ("typ JWT", json!("JWT")),
        ("typ of a refresh token", json!("rt+jwt")),
        ("typ of an id token", json!("id+jwt")),
        ("typ empty", json!("")),
        ("typ null", Value::Null),
    ]
    .map(|(row, value)| (row, forge.of_header("typ", value)))
    .into();
    rows.extend([
        (
            "typ missing",
            forge.signed(&forge.header_without("typ"), &claims()),
        ),
        ("crit", forge.of_header("crit", json!(["exp"]))),
        (
            "crit unknown",
            forge.of_header("crit", json!(["urn:example"])),
        ),
        ("b64 false", forge.of_header("crit", json!(["b64"]))),
        ("zip", forge.of_header("zip", json!("DEF"))),
        ("cty", forge.of_header("cty", json!("JWT"))),
        ("enc", forge.of_header("enc", json!("A128GCM"))),
    ]);
    for name in [
        "iss",
        "aud",
        "sub",
        "exp",
        "iat",
        "jti",
        "role",
        "epoch",
        "client_id",
    ] {
        let row = match name {
            "iss" => "iss missing",
            "aud" => "aud missing",
            "sub" => "sub missing",
            "exp" => "exp missing",
            "iat" => "iat missing",
            "jti" => "jti missing",
            "role" => "role missing",
            "epoch" => "epoch missing",
            _ => "client_id missing",
        };
        rows.push((row, forge.of_claims(&claims_without(name))));
    }
    let cases = [
        ("expired", "exp", json!(now() - 60)),
        ("expired long ago", "exp", json!(0)),
        ("exp negative", "exp", json!(-1)),
        ("exp a text", "exp", json!("2999-01-01")),
        ("exp with a fraction", "exp", json!(1e300)),
        ("exp null", "exp", Value::Null),
        ("not yet good", "nbf", json!(now() + 600)),
        ("nbf a text", "nbf", json!("now")),
        ("from the future", "iat", json!(now() + 600)),
        ("another issuer", "iss", json!("https://evil.example")),
        ("iss a list", "iss", json!(["purser"])),
        ("iss with a blank", "iss", json!("purser ")),
        ("another audience", "aud", json!("other")),
        ("aud a list of others", "aud", json!(["other"])),
        ("aud empty", "aud", json!([])),
        ("sub a name", "sub", json!("ada")),
        ("sub SQL", "sub", json!("' OR 1=1 --")),
        ("sub a list", "sub", json!([Uuid::now_v7()])),
        ("role of nobody", "role", json!("anonymous")),
        ("role unknown", "role", json!("owner")),
        ("role in capitals", "role", json!("ADMIN")),
        ("role a list", "role", json!(["admin"])),
        ("epoch a text", "epoch", json!("0")),
        ("sid a text", "sid", json!("session")),
    ];
    rows.extend(cases.map(|(row, name, value)| (row, forge.of_claims(&claims_with(name, value)))));
    let twice = claims()
        .to_string()
        .replacen('{', "{\"role\":\"admin\",", 1);
    rows.push((
        "role twice",
        forge.signed_text(&forge.header().to_string(), &twice),
    ));
    rows
}

/// Attacks on how it is written.
fn on_the_form(forge: &Forge) -> Vec<(&'static str, String)> {
    let good = forge.of_claims(&claims());
    let [header, body, signature]: [&str; 3] =
        good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let promoted = encoded(claims_with("role", json!("admin")).to_string().as_bytes());
    let padded = URL_SAFE.encode(forge.header().to_string().as_bytes());
    let standard = STANDARD.encode([251; 64]);
    vec![
        ("nothing", String::new()),
        ("a word", "token".to_owned()),
        ("dots", "..".to_owned()),
        ("two parts", format!("{header}.{body}")),
        ("four parts", format!("{good}.{signature}")),
        (
            "an encrypted form",
            format!("{header}.{body}.{signature}.{body}.{signature}"),
        ),
        ("another role", format!("{header}.{promoted}.{signature}")),
        ("no header", format!(".{body}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("cut short", good[..good.len() - 3].to_owned()),
        ("its first half", good[..good.len() / 2].to_owned()),
        ("a blank within", format!("{header}.{body} .{signature}")),
        ("padding", format!("{padded}==.{body}.{signature}")),
        ("another alphabet", format!("{header}.{body}.{standard}")),
        (
            "claims that are no object",
            forge.signed_text(&forge.header().to_string(), "[]"),
        ),
        (
            "claims that are no JSON",
            forge.signed_text(&forge.header().to_string(), "claims"),
        ),
        (
            "a header that is no object",
            forge.signed_text("[]", &claims().to_string()),
        ),
        (
            "a megabyte",
            format!("{header}.{}.{signature}", "A".repeat(1024 * 1024)),
        ),
        ("deep JSON", {
            let deep = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
            forge.signed_text(&forge.header().to_string(), &deep)
        }),
        (
            "JSON instead",
            json!({ "payload": body, "signature": signature }).to_string(),
        ),
    ]
}

#[tokio::test]
async fn every_forged_token_is_refused_alike() {
    let service = Keyed::new().await;
    let forge = Forge::new(&service);
    let good = format!("Bearer {}", forge.of_claims(&claims()));
    assert_eq!(service.ask(good.as_bytes()).await.status, StatusCode::OK);

    let mut rows = on_the_algorithm(&forge);
    rows.extend(on_the_key(&forge));
    rows.extend(on_what_is_said(&forge));
    rows.extend(on_the_form(&forge));
    assert!(rows.len() >= 60, "{}", rows.len());
    for (row, token) in rows {
        let reply = service.ask(format!("Bearer {token}").as_bytes()).await;
        assert_eq!(
            reply.status,
            StatusCode::UNAUTHORIZED,
            "{row}: {:#}",
            reply.json()
        );
        let [error] = reply.errors().try_into().unwrap();
        assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED", "{row}");
        let message = error["message"].as_str().unwrap();
        let expired = row.starts_with("expired");
        assert_eq!(message.contains("expired"), expired, "{row}: {message}");
        if !expired && !row.is_empty() {
            assert!(
                message.starts_with("The token is not valid here."),
                "{row}: {message}"
            );
        }
    }
}
