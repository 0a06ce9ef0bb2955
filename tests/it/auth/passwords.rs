//! What can be signed up and in with, and what is told of what cannot.

use std::time::Duration;

use chrono::Utc;
use entity::user;
use purser::accounts::user::store_hash;
use purser::auth::{PasswordCost, Passwords, session};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PASSWORD, TOKENS, code, is_good, log_in, mutate, sign_up, text};
use crate::app::{QUICK, TestApp};

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let app = TestApp::shared().await;
    let input = json!({ "email": "mary", "password": "short", "displayName": " " });
    let payload = mutate(&app.anonymous(), "signUp", input, TOKENS).await;
    let error = |field: &str, message: &str| {
        json!({
            "__typename": "ValidationError", "message": message,
            "code": "VALIDATION_FAILED", "path": ["input", field],
        })
    };
    assert_eq!(
        payload["userErrors"],
        json!([
            error("email", "This is no e-mail address, as in ada@example.com."),
            error("displayName", "A name has 1 to 100 characters."),
            error("password", "A password has at least 10 characters."),
        ])
    );
    assert_eq!(payload["user"], Value::Null);
}

#[tokio::test]
async fn an_account_is_made_once_whatever_its_letters() {
    for app in TestApp::on_every_database().await {
        sign_up(&app, "mary@bücher.example").await;
        for same in [
            "MARY@Bücher.example",
            "mary@xn--bcher-kva.example",
            "ada@example.com",
        ] {
            let input = json!({ "email": same, "password": PASSWORD, "displayName": "Mary" });
            let payload = mutate(&app.anonymous(), "signUp", input, TOKENS).await;
            assert_eq!(code(&payload), "CONFLICT", "{same}");
            assert_eq!(payload["userErrors"][0]["path"], json!(["input", "email"]));
        }
        // A letter that looks like another makes no account at all.
        let input = json!({
            "email": "mаry@bücher.example", "password": PASSWORD, "displayName": "Mary",
        });
        let payload = mutate(&app.anonymous(), "signUp", input, TOKENS).await;
        assert_eq!(code(&payload), "VALIDATION_FAILED");
        app.remove().await;
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_a_sign_in_is_answered_alike() {
    let app = TestApp::sqlite().await;
    sign_up(&app, "mary@example.com").await;
    let long = "x".repeat(9_000);
    let cases = [
        ("mary@example.com", "wrong password"),
        ("mary@example.com", ""),
        ("mary@example.com", PASSWORD.trim_end_matches('y')),
        ("mary@example.com", "CORRECT HORSE BATTERY"),
        ("mary@example.com", long.as_str()),
        ("mary@example.com", "correct horse battery\0"),
        ("nobody@example.com", PASSWORD),
        // This account has no password.
        ("ada@example.com", ""),
        ("", ""),
        ("\0", "\0"),
        ("mary@example.com\0", PASSWORD),
        ("mаry@example.com", PASSWORD),
        ("' OR 1=1 --", "' OR 1=1 --"),
    ];
    for (place, (email, password)) in cases.into_iter().enumerate() {
        // From many addresses, so that no limit answers instead.
        let reply = app
            .anonymous()
            .from(&format!("192.0.2.{place}"))
            .query_with(
                "mutation($input: LogInInput!) { logIn(input: $input) { user { id } accessToken \
                 expiresAt refreshToken userErrors { __typename message code path } } }",
                json!({ "input": { "email": email, "password": password } }),
            )
            .await;
        assert_eq!(
            reply.data()["logIn"],
            json!({
                "user": null, "accessToken": null, "expiresAt": null, "refreshToken": null,
                "userErrors": [{
                    "__typename": "InvalidCredentialsError",
                    "message": "E-mail address and password do not go together.",
                    "code": "INVALID_CREDENTIALS",
                    "path": ["input"],
                }],
            }),
            "{email:?} {password:.20?}"
        );
    }
    let good = log_in(&app, "mary@example.com", PASSWORD).await;
    assert!(is_good(&app, &text(&good, "accessToken")).await);
}

#[tokio::test]
async fn a_text_of_a_megabyte_is_not_even_looked_at() {
    let app = TestApp::sqlite().await;
    let mary = sign_up(&app, "mary@example.com").await;
    let signed_in = app.bearer(&text(&mary, "accessToken"));
    // One letter of which others are made when it is composed.
    let long = "\u{fdfa}".repeat(333_333);
    for (verb, arguments) in [
        ("signUp", &["email", "password", "displayName"][..]),
        ("logIn", &["email", "password"]),
        ("changePassword", &["currentPassword", "newPassword"]),
        ("updateProfile", &["displayName"]),
        ("refreshSession", &["refreshToken"]),
        ("logOut", &["refreshToken"]),
    ] {
        for argument in arguments {
            let given = arguments.iter().map(|name| {
                let value = if name == argument { "$long" } else { "\"\"" };
                format!("{name}: {value} ")
            });
            let given: String = given.collect();
            let fields = (0..50)
                .map(|alias| format!("a{alias}: {verb}(input: {{ {given} }}) {{ __typename }} "));
            let fields: String = fields.collect();
            let query = format!("mutation($long: String!) {{ {fields} }}");
            let reply = signed_in.query_with(&query, json!({ "long": long })).await;
            assert_eq!(reply.code_of_first(), "QUERY_TOO_COMPLEX", "{verb}");
            let error = &reply.errors()[0];
            assert_eq!(
                error["extensions"]["argument"],
                format!("input.{argument}"),
                "{verb}"
            );
        }
    }
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it_only() {
    let app = TestApp::sqlite().await;
    let mary = sign_up(&app, "mary@example.com").await;
    let actor = app.bearer(&text(&mary, "accessToken"));
    for (current, new, expected) in [
        (
            "wrong password",
            "another fine password",
            "INVALID_CREDENTIALS",
        ),
        (PASSWORD, "short", "VALIDATION_FAILED"),
        (PASSWORD, PASSWORD, "VALIDATION_FAILED"),
        (PASSWORD, "mary@example.com", "VALIDATION_FAILED"),
        (PASSWORD, "password1234", "VALIDATION_FAILED"),
    ] {
        let input = json!({ "currentPassword": current, "newPassword": new });
        let selected = "accessToken userErrors { code }";
        let payload = mutate(&actor, "changePassword", input, selected).await;
        assert_eq!(code(&payload), expected, "{new}");
    }
    assert!(is_good(&app, &text(&mary, "accessToken")).await);
}

#[tokio::test]
async fn a_profile_is_changed_by_its_user() {
    for app in TestApp::on_every_database().await {
        let mary = sign_up(&app, "mary@example.com").await;
        let actor = app.bearer(&text(&mary, "accessToken"));
        let selected = "user { displayName version } userErrors { code path }";
        let input = json!({ "displayName": "  Mary Shelley " });
        let changed = mutate(&actor, "updateProfile", input, selected).await;
        assert_eq!(
            changed,
            json!({ "user": { "displayName": "Mary Shelley", "version": 2 }, "userErrors": [] })
        );
        for wrong in ["", " ", "a\nb", "a\0b", &"x".repeat(101)] {
            let input = json!({ "displayName": wrong });
            let refused = mutate(&actor, "updateProfile", input, selected).await;
            assert_eq!(code(&refused), "VALIDATION_FAILED", "{wrong:?}");
        }
        app.remove().await;
    }
}

/// Changes something about a user while somebody signs in, once the password is
/// verified, and returns the answer.
async fn log_in_while(
    app: &TestApp,
    id: Uuid,
    change: impl AsyncFnOnce(&DatabaseTransaction),
) -> Value {
    let transaction = app.database().begin().await.unwrap();
    session::lock(&*transaction, id).await.unwrap().unwrap();
    let query = "mutation($input: LogInInput!) { logIn(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "email": "mary@example.com", "password": PASSWORD } });
    let actor = app.anonymous();
    let logs_in = actor.query_with(query, input);
    let changes = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        change(&transaction).await;
        transaction.commit().await.unwrap();
    };
    let (reply, ()) = tokio::join!(logs_in, changes);
    reply.json()
}

#[tokio::test]
async fn who_signs_in_does_not_mind_that_the_hash_is_made_anew_meanwhile() {
    for app in TestApp::on_every_database().await {
        let mary = sign_up(&app, "mary@example.com").await;
        let id = text(&mary["user"], "id");
        let id = Uuid::parse_str(id.strip_prefix("user_").unwrap()).unwrap();
        let hash = async |password: &str| app.door.auth.passwords.hash(password).await.unwrap();
        let anew = hash(PASSWORD).await;
        let renewed = log_in_while(&app, id, async |db| {
            // As another sign-in does.
            user::Entity::update_many()
                .col_expr(user::Column::PasswordHash, Expr::value(anew))
                .filter(user::Column::Id.eq(id))
                .exec(db)
                .await
                .unwrap();
        });
        let renewed = renewed.await;
        assert_eq!(
            renewed["data"]["logIn"]["userErrors"],
            json!([]),
            "{renewed}"
        );
        // Another password is another matter.
        let another = hash("another fine password").await;
        let changed = log_in_while(&app, id, async |db| {
            store_hash(db, id, another, Utc::now()).await.unwrap();
        });
        let changed = changed.await;
        let error = &changed["errors"][0];
        assert_eq!(
            error["message"],
            "The account changed meanwhile. Try again."
        );
        app.remove().await;
    }
}

#[tokio::test]
async fn a_hash_of_less_work_is_made_anew_by_who_signs_in() {
    for app in TestApp::on_every_database().await {
        let mary = sign_up(&app, "mary@example.com").await;
        let id = text(&mary["user"], "id");
        let id = Uuid::parse_str(id.strip_prefix("user_").unwrap()).unwrap();
        let db = app.database().orm();
        let stored = async || {
            let user = user::Entity::find_by_id(id).one(db).await.unwrap();
            user.unwrap().password_hash.unwrap()
        };
        let less = PasswordCost {
            memory: 32,
            ..QUICK
        };
        let old = Passwords::new(less, 1).unwrap();
        let old = old.hash(PASSWORD).await.unwrap();
        store_hash(db, id, old.clone(), Utc::now()).await.unwrap();
        let wrong = log_in(&app, "mary@example.com", "a wrong password").await;
        assert_eq!(code(&wrong), "INVALID_CREDENTIALS");
        assert_eq!(stored().await, old);
        log_in(&app, "mary@example.com", PASSWORD).await;
        let new = stored().await;
        assert!(new.starts_with("$argon2id$v=19$m=64,"), "{new}");
        let again = log_in(&app, "mary@example.com", PASSWORD).await;
        assert_eq!(again["userErrors"], json!([]));
        assert_eq!(stored().await, new);
        app.remove().await;
    }
}
