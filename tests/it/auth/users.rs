//! What admins do with accounts, and nobody else.

use std::time::Duration;

use chrono::Utc;
use entity::user::Role;
use purser::accounts::user::{By, set_disabled};
use purser::app::accounts;
use purser::run::{Database, ReadLimits};
use serde_json::{Value, json};

use super::{code, mutate, sign_up, text};
use crate::app::TestApp;

const SELECTED: &str = "user { id role disabledAt version } userErrors { code path }";

#[tokio::test]
async fn only_admins_have_a_word_for_what_admins_do() {
    let app = TestApp::shared().await;
    for (name, input) in [
        ("setUserRole", "{ user: \"user_0\", role: ADMIN }"),
        ("disableUser", "{ user: \"user_0\" }"),
        ("enableUser", "{ user: \"user_0\" }"),
    ] {
        let query = format!("mutation {{ {name}(input: {input}) {{ userErrors {{ code }} }} }}");
        for actor in [
            app.anonymous(),
            app.customer("ada").await,
            app.staff().await,
        ] {
            assert_eq!(
                actor.query(&query).await.code(),
                "GRAPHQL_VALIDATION_FAILED"
            );
        }
    }
    for name in ["logOutEverywhere { userErrors { code } }"] {
        let query = format!("mutation {{ {name} }}");
        let reply = app.anonymous().query(&query).await;
        assert_eq!(reply.code(), "GRAPHQL_VALIDATION_FAILED");
    }
}

#[tokio::test]
async fn roles_are_given_and_users_kept_out_and_let_in_again() {
    for app in TestApp::on_every_database().await {
        let admin = app.admin().await;
        let mary = sign_up(&app, "mary@example.com").await;
        let user = text(&mary["user"], "id");
        let ask = async |name: &str, input: Value| mutate(&admin, name, input, SELECTED).await;
        let staff = ask("setUserRole", json!({ "user": user, "role": "STAFF" })).await;
        assert_eq!(staff["user"]["role"], "STAFF");
        assert_eq!(staff["user"]["version"], 2);
        let out = ask("disableUser", json!({ "user": user })).await;
        assert!(out["user"]["disabledAt"].is_string());
        let back = ask("enableUser", json!({ "user": user })).await;
        assert_eq!(back["user"]["disabledAt"], Value::Null);

        let nobody = format!("user_{}", uuid::Uuid::now_v7().simple());
        let missing = ask("disableUser", json!({ "user": nobody })).await;
        assert_eq!(code(&missing), "NOT_FOUND");
        let missing = ask("setUserRole", json!({ "user": nobody, "role": "STAFF" })).await;
        assert_eq!(code(&missing), "NOT_FOUND");
        app.remove().await;
    }
}

#[tokio::test]
async fn admins_do_not_lock_themselves_out() {
    let app = TestApp::sqlite().await;
    let admin = app.admin().await;
    let me = admin.query("{ me { id } }").await.data()["me"]["id"].clone();
    for (name, input) in [
        ("setUserRole", json!({ "user": me, "role": "CUSTOMER" })),
        ("disableUser", json!({ "user": me })),
    ] {
        let refused = mutate(&admin, name, input, SELECTED).await;
        assert_eq!(code(&refused), "VALIDATION_FAILED", "{name}");
    }
    assert_eq!(
        admin.query("{ me { role } }").await.data()["me"]["role"],
        "ADMIN"
    );
}

#[tokio::test]
async fn an_id_of_another_type_is_a_clear_error() {
    let app = TestApp::shared().await;
    let product = app
        .anonymous()
        .query("{ products(first: 1) { nodes { id } } }")
        .await;
    let id = product.data()["products"]["nodes"][0]["id"].clone();
    let query = "mutation($id: ID!) { disableUser(input: { user: $id }) { userErrors { code } } }";
    let reply = app
        .admin()
        .await
        .query_with(query, json!({ "id": id }))
        .await;
    let [error] = reply.errors().try_into().unwrap();
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(error["extensions"]["argument"], "input.user");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("Product") || message.contains("product"),
        "{message}"
    );
}

#[tokio::test]
async fn a_command_waits_for_a_server_that_writes() {
    for app in TestApp::on_every_database().await {
        let url = app.address().await.parse().unwrap();
        let database = Database::connect(&url, ReadLimits::of(1)).await.unwrap();
        let server = app.database().begin().await.unwrap();
        let ada = accounts::find(&*server, "ada@example.com").await.unwrap();
        let command = accounts::set_role(&database, "ada@example.com", Role::Staff);
        let goes_on = async {
            // Until the command waits for it.
            tokio::time::sleep(Duration::from_millis(300)).await;
            let by = By::command(Utc::now());
            let _ = set_disabled(&*server, ada.id, false, &by).await.unwrap();
            server.commit().await.unwrap();
        };
        let (done, ()) = tokio::join!(command, goes_on);
        done.unwrap();
        let ada = accounts::find(database.orm(), "ada@example.com").await;
        assert_eq!(ada.unwrap().role, Role::Staff);
        database.close().await;
        app.remove().await;
    }
}
