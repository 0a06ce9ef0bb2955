//! Whose tokens are taken, and which are not.

use axum::http::StatusCode;
use chrono::Utc;
use purser::access::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{HELLO, assert_refused, get, keyed, post, query_string, value};
use crate::app::{Reply, TestApp, grant};

/// Unpadded base64url of JSON.
fn base64url(value: &Value) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<bool> = value
        .to_string()
        .bytes()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    bits.chunks(6)
        .map(|sextet| {
            let padded = sextet.iter().copied().chain([false; 6]).take(6);
            let digit = padded.fold(0, |digit, bit| digit * 2 + usize::from(bit));
            char::from(DIGITS[digit])
        })
        .collect()
}

#[track_caller]
fn assert_unauthenticated(case: &str, reply: &Reply) {
    assert_eq!(
        reply.status,
        StatusCode::UNAUTHORIZED,
        "{case}: {:#}",
        reply.json()
    );
    assert_refused(reply, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
    let challenge = value(&reply.headers, "www-authenticate");
    assert!(challenge.starts_with("Bearer"), "{case}: {challenge}");
}

#[tokio::test]
async fn a_token_of_ours_is_accepted() {
    let service = keyed::Keyed::new().await;
    let token = service.sign(&keyed::claims());
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let reply = service.ask(format!("{scheme} {token}").as_bytes()).await;
        assert_eq!(reply.data(), json!({ "orders": { "totalCount": 0 } }));
    }
}

#[tokio::test]
async fn a_header_without_a_token_is_refused() {
    let service = keyed::Keyed::new().await;
    let token = service.sign(&keyed::claims());
    for header in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer garbage".to_owned(),
        "Bearer a.b.c".to_owned(),
        "Bearer ...".to_owned(),
        "Basic cm9vdDpyb290".to_owned(),
        token.clone(),
        format!("Token {token}"),
        format!("Bearer: {token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},{token}"),
        format!("Bearer {token}."),
        format!("Bearer {}", &token[..token.len() - 2]),
    ] {
        assert_unauthenticated(&header, &service.ask(header.as_bytes()).await);
    }
    assert_unauthenticated("not UTF-8", &service.ask(b"Bearer \xff\xfe").await);
}

#[tokio::test]
async fn claims_that_are_not_for_us_are_refused() {
    use keyed::{claims_with, claims_without, now};
    let service = keyed::Keyed::new().await;
    let mut cases: Vec<Value> = [
        "iss",
        "aud",
        "sub",
        "iat",
        "exp",
        "jti",
        "client_id",
        "role",
        "epoch",
    ]
    .into_iter()
    .map(claims_without)
    .collect();
    cases.extend([
        claims_with("exp", json!(now() - 60)),
        claims_with("exp", json!(0)),
        claims_with("exp", json!("soon")),
        claims_with("exp", Value::Null),
        claims_with("nbf", json!(now() + 600)),
        claims_with("iat", json!(now() + 600)),
        claims_with("iss", json!("somebody else")),
        claims_with("iss", json!("")),
        claims_with("aud", json!("somewhere else")),
        claims_with("aud", json!([])),
        claims_with("aud", Value::Null),
        claims_with("sub", json!("ada")),
        claims_with("sub", json!("")),
        claims_with("role", json!("anonymous")),
        claims_with("role", json!("owner")),
        claims_with("role", json!("ADMIN")),
        claims_with("role", json!(["admin"])),
        json!({}),
        json!([]),
        json!("claims"),
    ]);
    for claims in cases {
        let header = format!("Bearer {}", service.sign(&claims));
        assert_unauthenticated(&claims.to_string(), &service.ask(header.as_bytes()).await);
    }
}

#[tokio::test]
async fn a_token_that_was_good_once_says_so() {
    let service = keyed::Keyed::new().await;
    let token = service.sign(&keyed::claims_with("exp", json!(keyed::now() - 60)));
    let reply = service.ask(format!("Bearer {token}").as_bytes()).await;
    assert_unauthenticated("expired", &reply);
    assert!(
        reply.errors()[0]["message"]
            .as_str()
            .unwrap()
            .contains("expired")
    );
}

#[tokio::test]
async fn signatures_that_are_not_ours_are_refused() {
    use jsonwebtoken::{Algorithm, EncodingKey, encode};
    let service = keyed::Keyed::new().await;
    let (other, _) = keyed::new_key();
    let claims = keyed::claims();
    let good = service.sign(&claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let header = signed.split('.').next().unwrap();

    let mut cases = vec![(
        "another key",
        encode(
            &service.header(),
            &claims,
            &EncodingKey::from_ed_der(&other),
        )
        .unwrap(),
    )];
    // The public key is no secret, so nothing that it signs may pass.
    let mut hs256 = service.header();
    hs256.alg = Algorithm::HS256;
    let public_pem = pem::encode(&pem::Pem::new("PUBLIC KEY", service.public.clone()));
    for secret in [service.public.as_slice(), public_pem.as_bytes(), b""] {
        let token = encode(&hs256, &claims, &EncodingKey::from_secret(secret)).unwrap();
        cases.push(("HS256", token));
    }
    for algorithm in ["none", "None", "NONE", "", "HS256", "RS256", "ES256"] {
        let header = base64url(&json!({ "alg": algorithm, "typ": "at+jwt", "kid": service.id }));
        let unsigned = format!("{header}.{}", base64url(&claims));
        cases.push(("unsigned", format!("{unsigned}.")));
        cases.push(("no third part", unsigned.clone()));
        cases.push((
            "signature of another token",
            format!("{unsigned}.{signature}"),
        ));
    }
    let mut promoted = claims.clone();
    promoted["role"] = json!("admin");
    cases.push((
        "another role",
        format!("{header}.{}.{signature}", base64url(&promoted)),
    ));
    for (case, token) in cases {
        assert_unauthenticated(
            case,
            &service.ask(format!("Bearer {token}").as_bytes()).await,
        );
    }
    // The same parts put together rightly do pass.
    let whole = format!("Bearer {signed}.{signature}");
    assert_eq!(service.ask(whole.as_bytes()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn tokens_of_another_kind_are_refused() {
    let service = keyed::Keyed::new().await;
    for kind in [None, Some("JWT"), Some("rt+jwt"), Some("id+jwt"), Some("")] {
        let mut header = service.header();
        header.typ = kind.map(str::to_owned);
        let token = jsonwebtoken::encode(&header, &keyed::claims(), &service.key).unwrap();
        let reply = service.ask(format!("Bearer {token}").as_bytes()).await;
        assert_unauthenticated(&format!("{kind:?}"), &reply);
    }
}

#[tokio::test]
async fn a_bad_token_spoils_even_what_anonymous_may_ask() {
    let uri = query_string(&[("query", "{ __typename }")]);
    assert_eq!(get(&uri, &[]).await.status, StatusCode::OK);
    let bad = ("authorization", "Bearer garbage");
    assert_unauthenticated("GET", &get(&uri, &[bad]).await);
    assert_unauthenticated("POST", &post(&[bad], HELLO).await);
    assert_unauthenticated("POST of nonsense", &post(&[bad], "nonsense").await);
}

#[tokio::test]
async fn of_two_tokens_none_counts() {
    let tokens = &TestApp::shared().await.door.auth.tokens;
    let good = tokens.sign(grant(Uuid::now_v7(), Role::Customer), Utc::now());
    let good = format!("Bearer {}", good.unwrap());
    let both = [
        ("authorization", good.as_str()),
        ("authorization", "Bearer garbage"),
    ];
    assert_eq!(post(&both[..1], HELLO).await.status, StatusCode::OK);
    assert_unauthenticated("two headers", &post(&both, HELLO).await);
}
