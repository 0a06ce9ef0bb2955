//! What a browser does with an account, from the first day to the last.

use std::time::Duration;

use entity::audit_entry;
use purser::auth::session;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::json;
use uuid::Uuid;

use super::{PASSWORD, code, is_good, log_in, mutate, recorded, refresh, sign_up, text};
use crate::app::{TestApp, not_covered};

#[tokio::test]
async fn an_account_from_its_first_day_to_its_last() {
    for app in TestApp::on_every_database().await {
        let signed_up = sign_up(&app, "Mary@Example.com").await;
        let user = text(&signed_up["user"], "id");
        assert!(is_good(&app, &text(&signed_up, "accessToken")).await);

        // The address in other letters is the same one.
        let phone = log_in(&app, "mary@example.COM", PASSWORD).await;
        let phone_token = text(&phone, "accessToken");
        let me = app
            .bearer(&phone_token)
            .query("{ me { id email role sessions { totalCount } } }")
            .await;
        assert_eq!(
            me.data()["me"],
            json!({
                "id": user, "email": "mary@example.com", "role": "CUSTOMER",
                "sessions": { "totalCount": 2 },
            })
        );

        // Each refresh token is good once. Who comes with an older one than
        // the last ends the session.
        let first = text(&phone, "refreshToken");
        let second = text(&refresh(&app, &first).await, "refreshToken");
        let renewed = refresh(&app, &second).await;
        let third = text(&renewed, "refreshToken");
        assert!(is_good(&app, &text(&renewed, "accessToken")).await);
        assert_eq!(code(&refresh(&app, &first).await), "SESSION_OVER");
        assert_eq!(code(&refresh(&app, &third).await), "SESSION_OVER");
        assert!(!is_good(&app, &text(&renewed, "accessToken")).await);
        // The other session goes on.
        assert!(is_good(&app, &text(&signed_up, "accessToken")).await);

        // A new password ends the other sessions, and this one goes on.
        let laptop = log_in(&app, "mary@example.com", PASSWORD).await;
        let laptop_token = text(&laptop, "accessToken");
        let input = json!({ "currentPassword": PASSWORD, "newPassword": "another fine password" });
        let selected = "user { id } accessToken expiresAt userErrors { code }";
        let actor = app.bearer(&laptop_token);
        let changed = mutate(&actor, "changePassword", input, selected).await;
        assert_eq!(changed["userErrors"], json!([]));
        assert_eq!(changed["user"]["id"], json!(user));
        assert!(is_good(&app, &text(&changed, "accessToken")).await);
        assert!(!is_good(&app, &laptop_token).await);
        assert!(!is_good(&app, &text(&signed_up, "accessToken")).await);
        let over = refresh(&app, &text(&signed_up, "refreshToken")).await;
        assert_eq!(code(&over), "SESSION_OVER");
        let laptop = refresh(&app, &text(&laptop, "refreshToken")).await;
        assert!(is_good(&app, &text(&laptop, "accessToken")).await);
        let old = log_in(&app, "mary@example.com", PASSWORD).await;
        assert_eq!(code(&old), "INVALID_CREDENTIALS");

        // Whoever is disabled is out at once, and stays out.
        let admin = app.admin().await;
        let selected = "user { id disabledAt } userErrors { code }";
        let disabled = mutate(&admin, "disableUser", json!({ "user": user }), selected).await;
        assert!(disabled["user"]["disabledAt"].is_string(), "{disabled}");
        assert!(!is_good(&app, &text(&laptop, "accessToken")).await);
        let over = refresh(&app, &text(&laptop, "refreshToken")).await;
        assert_eq!(code(&over), "SESSION_OVER");
        let out = log_in(&app, "mary@example.com", "another fine password").await;
        assert_eq!(code(&out), "INVALID_CREDENTIALS");

        assert_eq!(
            recorded(&app, &user).await,
            [
                "logInFailed",
                "disableUser",
                "logInFailed",
                "changePassword",
                "logIn",
                "refreshTokenReused",
                "logIn",
                "signUp",
            ]
        );
        app.remove().await;
    }
}

#[tokio::test]
async fn logging_out_ends_this_session_and_everywhere_all() {
    for app in TestApp::on_every_database().await {
        let here = sign_up(&app, "mary@example.com").await;
        let there = log_in(&app, "mary@example.com", PASSWORD).await;
        let third = log_in(&app, "mary@example.com", PASSWORD).await;
        let token = text(&here, "accessToken");
        let reply = app
            .bearer(&token)
            .query("mutation { logOut(input: {}) { userErrors { code } } }")
            .await;
        assert_eq!(reply.data(), json!({ "logOut": { "userErrors": [] } }));
        assert!(!is_good(&app, &token).await);
        let over = refresh(&app, &text(&here, "refreshToken")).await;
        assert_eq!(code(&over), "SESSION_OVER");

        // A client whose access token has expired logs out by the other one.
        let input = json!({ "refreshToken": text(&third, "refreshToken") });
        mutate(&app.anonymous(), "logOut", input, "userErrors { code }").await;
        assert!(!is_good(&app, &text(&third, "accessToken")).await);
        assert!(is_good(&app, &text(&there, "accessToken")).await);

        let fourth = log_in(&app, "mary@example.com", PASSWORD).await;
        let reply = app
            .bearer(&text(&there, "accessToken"))
            .query("mutation { logOutEverywhere { userErrors { code } } }")
            .await;
        assert_eq!(
            reply.data(),
            json!({ "logOutEverywhere": { "userErrors": [] } })
        );
        for gone in [&there, &fourth] {
            assert!(!is_good(&app, &text(gone, "accessToken")).await);
            let over = refresh(&app, &text(gone, "refreshToken")).await;
            assert_eq!(code(&over), "SESSION_OVER");
        }
        // Nothing keeps the user from signing in again.
        let again = log_in(&app, "mary@example.com", PASSWORD).await;
        assert!(is_good(&app, &text(&again, "accessToken")).await);
        app.remove().await;
    }
}

#[tokio::test]
async fn a_log_out_is_recorded_of_whose_session_it_ends() {
    for app in TestApp::on_every_database().await {
        let mary = sign_up(&app, "mary@example.com").await;
        let again = log_in(&app, "mary@example.com", PASSWORD).await;
        let user = text(&mary["user"], "id");
        // By whoever has the refresh token and nothing else.
        let input = json!({ "refreshToken": text(&mary, "refreshToken") });
        mutate(&app.anonymous(), "logOut", input, "userErrors { code }").await;
        assert_eq!(recorded(&app, &user).await, ["logOut", "logIn", "signUp"]);
        // And by somebody else who is signed in.
        let ada = app.customer("ada").await;
        let input = json!({ "refreshToken": text(&again, "refreshToken") });
        mutate(&ada, "logOut", input, "userErrors { code }").await;
        assert!(!is_good(&app, &text(&again, "accessToken")).await);
        let entries = audit_entry::Entity::find()
            .filter(audit_entry::Column::Action.eq("logOut"))
            .order_by_asc(audit_entry::Column::Id)
            .all(app.database().orm())
            .await
            .unwrap();
        let actors: Vec<_> = entries.iter().map(|entry| entry.actor_id).collect();
        assert_eq!(actors, [None, ada.requester.user()]);
        assert!(entries.iter().all(|entry| entry.entity_id == user));
        app.remove().await;
    }
}

#[tokio::test]
async fn a_session_is_revoked_by_its_user_or_an_admin_only() {
    let app = TestApp::sqlite().await;
    let mary = sign_up(&app, "mary@example.com").await;
    let other = sign_up(&app, "other@example.com").await;
    let mary_token = text(&mary, "accessToken");
    let reply = app
        .bearer(&mary_token)
        .query("{ me { sessions { nodes { id } } } }")
        .await;
    let session = reply.data()["me"]["sessions"]["nodes"][0]["id"].clone();
    let selected = "session { id revokedAt } userErrors { code path }";
    let input = json!({ "session": session });
    let stranger = app.bearer(&text(&other, "accessToken"));
    let refused = mutate(&stranger, "revokeSession", input.clone(), selected).await;
    assert_eq!(
        refused,
        json!({
            "session": null,
            "userErrors": [{ "code": "NOT_FOUND", "path": ["input", "session"] }],
        })
    );
    assert!(is_good(&app, &mary_token).await);
    let admin = app.admin().await;
    let revoked = mutate(&admin, "revokeSession", input, selected).await;
    assert!(revoked["session"]["revokedAt"].is_string(), "{revoked}");
    assert!(!is_good(&app, &mary_token).await);
}

#[tokio::test]
async fn nobody_who_asks_for_me_without_a_token_is_anybody() {
    let app = TestApp::shared().await;
    let reply = app.anonymous().query("{ me { id displayName } }").await;
    assert_eq!(reply.data(), json!({ "me": null }));
}

#[tokio::test]
async fn where_one_part_of_an_operation_fails_nobody_is_signed_in() {
    for app in TestApp::on_every_database().await {
        let mary = sign_up(&app, "mary@example.com").await;
        let before = sessions(&app).await;
        let query = format!(
            "mutation {{ \
               a: logIn(input: {{ email: \"mary@example.com\", password: \"{PASSWORD}\" }}) {{ \
                 accessToken userErrors {{ __typename code path }} }} \
               b: logIn(input: {{ email: \"mary@example.com\", password: \"wrong password\" }}) {{ \
                 accessToken userErrors {{ code }} }} }}"
        );
        let reply = app.anonymous().query(&query).await;
        assert_eq!(
            reply.data(),
            json!({
                "a": {
                    "accessToken": null,
                    "userErrors": [
                        { "__typename": "RolledBackError", "code": "ROLLED_BACK", "path": [] },
                    ],
                },
                "b": { "accessToken": null, "userErrors": [{ "code": "INVALID_CREDENTIALS" }] },
            })
        );
        assert_eq!(sessions(&app).await, before);
        // The answer tells that one of the passwords was right, so that is
        // recorded.
        let recorded = recorded(&app, &text(&mary["user"], "id")).await;
        assert_eq!(recorded, ["logInFailed", "logInUndone", "signUp"]);
        app.remove().await;
    }
}

#[tokio::test]
async fn who_hangs_up_does_not_keep_a_right_password_from_the_record() {
    for app in TestApp::on_every_database().await {
        let mary = sign_up(&app, "mary@example.com").await;
        let user = text(&mary["user"], "id");
        // Somebody else is at the user, so that the sign-in has to wait once its
        // password is verified.
        let elsewhere = app.database().transaction();
        let db = elsewhere.writing().await.unwrap();
        let id = Uuid::parse_str(user.strip_prefix("user_").unwrap()).unwrap();
        session::lock(db, id).await.unwrap().unwrap();
        let waited = tokio::time::timeout(
            Duration::from_secs(4),
            log_in(&app, "mary@example.com", PASSWORD),
        );
        assert!(waited.await.is_err());
        elsewhere.rollback().await.unwrap();
        soon(async || recorded(&app, &user).await == ["logInUndone", "signUp"]).await;
        app.remove().await;
    }
}

#[tokio::test]
async fn a_good_token_is_recorded_where_others_are_in_the_way_to_the_end() {
    let variable = "TEST_POSTGRES_URL";
    let Ok(url) = std::env::var(variable) else {
        return not_covered(variable);
    };
    let app = TestApp::on_server(&url, 4).await;
    let mary = sign_up(&app, "mary@example.com").await;
    // As a server says of a transaction that it cannot keep beside another.
    let in_the_way = "CREATE FUNCTION in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END $$; CREATE CONSTRAINT TRIGGER \
         in_the_way AFTER INSERT ON sessions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE \
         FUNCTION in_the_way()";
    let db = app.database().orm();
    db.execute_unprepared(in_the_way).await.unwrap();
    let query = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) { \
                 accessToken } }";
    let variables = json!({ "token": text(&mary, "refreshToken") });
    let reply = app.anonymous().query_with(query, variables).await;
    let reply = reply.json();
    assert_eq!(
        reply["errors"][0]["extensions"]["code"],
        "SERVICE_UNAVAILABLE"
    );
    assert_eq!(reply["data"], json!(null));
    let user = text(&mary["user"], "id");
    soon(async || recorded(&app, &user).await == ["refreshSessionUndone", "signUp"]).await;
    app.remove().await;
}

#[tokio::test]
async fn what_comes_after_a_part_that_fails_is_not_tried() {
    for app in TestApp::on_every_database().await {
        let mary = sign_up(&app, "mary@example.com").await;
        let sign_up = |email: &str| {
            format!(
                "signUp(input: {{ email: \"{email}\", password: \"{PASSWORD}\", displayName: \
                 \"M\" }}) {{ user {{ id }} userErrors {{ code path }} }}"
            )
        };
        let (taken, free) = (sign_up("mary@example.com"), sign_up("other@example.com"));
        let query = format!("mutation {{ a: {free} b: {taken} c: {free} d: {taken} }}");
        let undone = json!({
            "user": null,
            "userErrors": [{ "code": "ROLLED_BACK", "path": [] }],
        });
        let reply = app.anonymous().query(&query).await;
        assert_eq!(
            reply.data(),
            json!({
                "a": undone,
                "b": {
                    "user": null,
                    "userErrors": [{ "code": "CONFLICT", "path": ["input", "email"] }],
                },
                "c": undone,
                "d": undone,
            })
        );
        // Whoever asked knows now that there is such an account.
        let recorded = recorded(&app, &text(&mary["user"], "id")).await;
        assert_eq!(recorded, ["signUpRefused", "signUp"]);
        // Nothing was left behind that others would meet.
        let token = text(&mary, "accessToken");
        let query = "mutation { updateProfile(input: { displayName: \"Mary II\" }) { user { \
                     displayName } userErrors { code } } }";
        let reply = app.bearer(&token).query(query).await;
        assert_eq!(
            reply.data()["updateProfile"]["user"]["displayName"],
            "Mary II"
        );
        app.remove().await;
    }
}

/// Waits for something that is done apart from what was asked.
async fn soon(is_so: impl AsyncFn() -> bool) {
    let mut tries = 0;
    while !is_so().await {
        tries += 1;
        assert!(tries < 200, "nobody has done it");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn sessions(app: &TestApp) -> serde_json::Value {
    let reply = app.admin().await.query("{ sessions { totalCount } }").await;
    reply.data()["sessions"]["totalCount"].clone()
}
