//! Tokens of an `OpenID` provider, which runs beside the test.

use std::process::Command;

use axum::http::StatusCode;
use entity::audit_entry;
use purser::auth::Issuer;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

use super::{PASSWORD, code, is_good, log_in, mutate, refresh, text};
use crate::app::{TestApp, Variant};
use crate::node::{self, Running};

/// The provider, and a node that takes its tokens by these settings.
struct Provider {
    running: Running,
    shop: TestApp,
}

impl Provider {
    async fn start() -> Option<Self> {
        let directory = node::folder("tokens", "tokens of another issuer")?;
        let mut command = Command::new("node");
        command.arg("issuer.mjs").current_dir(directory);
        Some(Self {
            running: Running::start(&mut command),
            shop: TestApp::sqlite().await,
        })
    }

    fn settings(&self, more: Value) -> Value {
        let mut settings = json!({
            "issuer": self.running.said,
            "audience": "https://api.shop.example",
            "roleClaim": "realm_access.roles",
            "roles": { "clerk": "staff" },
        });
        let members = settings.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        settings
    }

    async fn node(&self, more: Value) -> TestApp {
        let settings = serde_json::from_value(self.settings(more)).unwrap();
        let variant = Variant {
            issuers: vec![Issuer::new(settings).unwrap()],
            ..Variant::default()
        };
        self.shop.node(variant).await
    }

    /// An access token of a client of the provider.
    async fn token(&self, client: &str) -> String {
        let form = "grant_type=client_credentials&resource=urn:shop&scope=api";
        let answer = reqwest::Client::new()
            .post(format!("{}/token", self.running.said))
            .basic_auth(client, Some("a+secret+of+the+test+alone"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

const ME: &str = "{ me { id email displayName role } orders { totalCount } }";

#[tokio::test]
async fn a_user_of_another_issuer_has_the_role_that_it_says() {
    let Some(provider) = Provider::start().await else {
        return;
    };
    let app = provider
        .node(json!({ "firstSight": "create", "defaultRole": "customer" }))
        .await;
    let (clerk, visitor) = (
        provider.token("clerk").await,
        provider.token("visitor").await,
    );
    let all = app
        .staff()
        .await
        .query("{ orders { totalCount } }")
        .await
        .data();
    let reply = app.bearer(&clerk).query(ME).await.data();
    assert_eq!(reply["me"]["email"], "clerk@id.example");
    assert_eq!(reply["me"]["displayName"], "The clerk");
    assert_eq!(reply["orders"], all["orders"]);
    let same = app.bearer(&clerk).query(ME).await.data();
    assert_eq!(same, reply);
    let reply = app.bearer(&visitor).query(ME).await.data();
    assert_eq!(reply["orders"]["totalCount"], 0);

    // Who is disabled here is out, whatever the issuer says.
    let user = reply["me"]["id"].clone();
    let admin = app.admin().await;
    let selected = "userErrors { code }";
    mutate(&admin, "disableUser", json!({ "user": user }), selected).await;
    assert!(!is_good(&app, &visitor).await);
    assert!(!is_good(&app, &provider.token("visitor").await).await);
    assert!(is_good(&app, &clerk).await);
}

#[tokio::test]
async fn who_is_not_known_is_linked_made_or_refused_as_the_settings_say() {
    let Some(provider) = Provider::start().await else {
        return;
    };
    let (clerk, visitor) = (
        provider.token("clerk").await,
        provider.token("visitor").await,
    );
    let refusing = provider.node(json!({ "defaultRole": "customer" })).await;
    assert!(!is_good(&refusing, &clerk).await);
    let linking = provider
        .node(json!({ "firstSight": "link", "defaultRole": "customer" }))
        .await;
    assert!(!is_good(&linking, &clerk).await);
    let known = super::sign_up(&linking, "clerk@id.example").await;
    let reply = linking.bearer(&clerk).query(ME).await.data();
    assert_eq!(reply["me"]["id"], known["user"]["id"]);
    // Nobody had verified the address here: who made the account is out.
    assert!(!is_good(&linking, &text(&known, "accessToken")).await);
    let over = refresh(&linking, &text(&known, "refreshToken")).await;
    assert_eq!(code(&over), "SESSION_OVER");
    let out = log_in(&linking, "clerk@id.example", PASSWORD).await;
    assert_eq!(code(&out), "INVALID_CREDENTIALS");
    let linked = audit_entry::Entity::find()
        .filter(audit_entry::Column::Action.eq("linkIdentity"))
        .one(linking.database().orm())
        .await;
    let linked = linked.unwrap().unwrap();
    assert_eq!(linked.entity_id, text(&known["user"], "id"));
    assert!(linked.request_id.is_some());
    // Nothing is taken from an account that is kept out.
    let out = super::sign_up(&linking, "visitor@id.example").await;
    let admin = linking.admin().await;
    let input = json!({ "user": text(&out["user"], "id") });
    mutate(&admin, "disableUser", input.clone(), "userErrors { code }").await;
    assert!(!is_good(&linking, &visitor).await);
    mutate(&admin, "enableUser", input, "userErrors { code }").await;
    let back = log_in(&linking, "visitor@id.example", PASSWORD).await;
    assert_eq!(back["userErrors"], json!([]));
    // Once linked, known to all.
    assert!(is_good(&refusing, &clerk).await);
    // No role is mapped, and there is none for everybody.
    let mapped = provider.node(json!({ "firstSight": "create" })).await;
    assert!(!is_good(&mapped, &visitor).await);
}

#[tokio::test]
async fn tokens_that_are_not_meant_for_us_are_refused() {
    let Some(provider) = Provider::start().await else {
        return;
    };
    let clerk = provider.token("clerk").await;
    for more in [
        json!({ "audience": "https://other.example" }),
        json!({ "tokenType": "JWT" }),
        json!({ "userClaim": "nothing" }),
        json!({ "roles": {} }),
        json!({ "issuer": format!("{}/", provider.running.said) }),
    ] {
        let mut settings = more.clone();
        settings["firstSight"] = json!("create");
        assert!(
            !is_good(&provider.node(settings).await, &clerk).await,
            "{more}"
        );
    }
    // Changed on the way.
    let node = provider.node(json!({ "firstSight": "create" })).await;
    let (rest, signature) = clerk.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    assert!(!is_good(&node, &format!("{rest}.{turned}")).await);
    assert!(is_good(&node, &clerk).await);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_keeps_nobody_else_out() {
    let Some(provider) = Provider::start().await else {
        return;
    };
    let clerk = provider.token("clerk").await;
    let url = "http://127.0.0.1:9/jwks";
    let node = provider
        .node(json!({ "jwksUrl": url, "firstSight": "create" }))
        .await;
    let reply = node.bearer(&clerk).query("{ me { id } }").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.code(), "SERVICE_UNAVAILABLE");
    let reply = node.anonymous().query("{ me { id } }").await;
    assert_eq!(reply.status, StatusCode::OK);
    let reply = node.admin().await.query("{ me { id } }").await;
    assert_eq!(reply.status, StatusCode::OK);
}
