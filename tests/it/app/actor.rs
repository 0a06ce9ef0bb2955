//! Who sends requests, and what comes back.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use chrono::Utc;
use entity::user;
use http_body_util::BodyExt as _;
use purser::access::Role;
use purser::auth::{Grant, Requester};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::TestApp;

/// Someone who sends requests.
pub struct Actor<'a> {
    app: &'a TestApp,
    pub requester: Requester,
    token: Option<String>,
    address: String,
    idempotency_key: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl TestApp {
    /// Whoever has a token.
    pub fn bearer(&self, token: &str) -> Actor<'_> {
        Actor {
            app: self,
            requester: Requester::Anonymous,
            token: Some(token.to_owned()),
            address: next_address(),
            idempotency_key: None,
        }
    }

    /// Someone without a token.
    pub fn anonymous(&self) -> Actor<'_> {
        Actor {
            app: self,
            requester: Requester::Anonymous,
            token: None,
            address: next_address(),
            idempotency_key: None,
        }
    }

    /// A customer of the demo shop: `ada` or `alan`.
    pub async fn customer(&self, name: &str) -> Actor<'_> {
        self.user(name, Role::Customer).await
    }

    /// Someone who works in the shop.
    pub async fn staff(&self) -> Actor<'_> {
        self.user("grace", Role::Staff).await
    }

    /// Someone who runs the shop.
    pub async fn admin(&self) -> Actor<'_> {
        self.user("root", Role::Admin).await
    }

    /// The actor of that name in the corpus.
    pub async fn actor(&self, name: &str) -> Actor<'_> {
        match name {
            "anonymous" => self.anonymous(),
            "staff" => self.staff().await,
            "admin" => self.admin().await,
            customer => self.customer(customer).await,
        }
    }

    async fn user(&self, name: &str, role: Role) -> Actor<'_> {
        let user = user::Entity::find()
            .filter(user::Column::Email.eq(format!("{name}@example.com")))
            .one(self.database().orm())
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("the demo shop has no {name}"));
        let token = self.door.auth.tokens.sign(grant(user.id, role), Utc::now());
        let token = token.unwrap();
        Actor {
            app: self,
            requester: Requester::User { id: user.id, role },
            token: Some(token),
            address: next_address(),
            idempotency_key: None,
        }
    }

    /// What answers a request, before its body is read.
    pub async fn respond(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let (parts, body) = self.respond(request).await.into_parts();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes().to_vec(),
        }
    }
}

impl Actor<'_> {
    /// The token, of somebody who has one.
    pub fn token(&self) -> String {
        self.token.clone().unwrap()
    }

    /// The same, seen by the proxy at another address.
    pub fn from(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// The same, who may try a request again.
    pub fn with_key(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }

    /// Sends a document without variables.
    pub async fn query(&self, query: &str) -> Reply {
        self.query_with(query, json!({})).await
    }

    /// Sends a document with variables.
    pub async fn query_with(&self, query: &str, variables: Value) -> Reply {
        self.post(json!({ "query": query, "variables": variables }).to_string())
            .await
    }

    /// Sends a body.
    pub async fn post(&self, body: impl Into<Body>) -> Reply {
        let mut request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json")
            .header("x-forwarded-for", &self.address);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = &self.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.app.send(request.body(body.into()).unwrap()).await
    }
}

impl Reply {
    /// The body as JSON, keys in the order they came in.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The data of an answer without errors.
    #[track_caller]
    pub fn data(&self) -> Value {
        let json = self.json();
        assert!(json.get("errors").is_none(), "{json:#}");
        json["data"].clone()
    }

    /// The errors of an answer without data, with the request id, which is
    /// never the same, taken out.
    #[track_caller]
    pub fn errors(&self) -> Vec<Value> {
        let json = self.json();
        assert!(json.get("data").is_none(), "{json:#}");
        without_request_ids(json)["errors"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// The code of the first of several errors.
    #[track_caller]
    pub fn code_of_first(&self) -> String {
        self.errors()[0]["extensions"]["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The code of the only error.
    #[track_caller]
    pub fn code(&self) -> String {
        match self.errors().as_slice() {
            [error] => error["extensions"]["code"].as_str().unwrap().to_owned(),
            errors => panic!("expected one error: {errors:#?}"),
        }
    }
}

/// An address that nobody else has, so that nobody is counted with others.
fn next_address() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 0, 0, 0)) + number).to_string()
}

/// What a token of the command line grants.
pub fn grant(user: Uuid, role: Role) -> Grant {
    Grant {
        user,
        role,
        session: None,
        epoch: 0,
    }
}
/// Takes the request ids out of a response.
pub fn without_request_ids(mut response: Value) -> Value {
    let errors = response.get_mut("errors").and_then(Value::as_array_mut);
    for error in errors.into_iter().flatten() {
        if let Some(extensions) = error["extensions"].as_object_mut() {
            assert!(extensions.shift_remove("requestId").is_some());
        }
    }
    response
}
