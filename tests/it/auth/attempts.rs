//! How often something can be tried, and that nobody is locked out by others.

use std::time::Duration;

use futures_util::future::join_all;
use purser::graphql::Limits;
use purser::sql::Dialect;
use serde_json::{Value, json};

use super::{PASSWORD, TOKENS, code, recorded, sign_up, text};
use crate::app::{TestApp, Variant};

/// Logs in from an address, and returns the payload.
pub async fn log_in_from(app: &TestApp, address: &str, email: &str, password: &str) -> Value {
    let query = format!("mutation($input: LogInInput!) {{ logIn(input: $input) {{ {TOKENS} }} }}");
    let input = json!({ "input": { "email": email, "password": password } });
    let reply = app
        .anonymous()
        .from(address)
        .query_with(&query, input)
        .await;
    reply.data()["logIn"].clone()
}

#[tokio::test]
async fn guessing_a_password_takes_ever_longer() {
    let app = TestApp::sqlite().await;
    sign_up(&app, "mary@example.com").await;
    let guess = async || log_in_from(&app, "192.0.2.1", "mary@example.com", "wrong").await;
    for _ in 0..6 {
        assert_eq!(code(&guess().await), "INVALID_CREDENTIALS");
    }
    let limited = guess().await;
    assert_eq!(limited["userErrors"][0]["__typename"], "RateLimitedError");
    assert_eq!(limited["userErrors"][0]["retryAfter"], 1);
    // Not even the right one is tried before that.
    let right = log_in_from(&app, "192.0.2.1", "Mary@example.com ", PASSWORD).await;
    assert_eq!(code(&right), "RATE_LIMITED");
    // Its user is somewhere else, and nothing keeps them from signing in.
    let right = log_in_from(&app, "192.0.2.2", "mary@example.com", PASSWORD).await;
    assert_eq!(right["userErrors"], json!([]));
}

#[tokio::test]
async fn who_guesses_from_many_addresses_does_not_lock_the_user_out() {
    let app = TestApp::sqlite().await;
    sign_up(&app, "mary@example.com").await;
    let home = "198.51.100.7";
    let known = log_in_from(&app, home, "mary@example.com", PASSWORD).await;
    assert_eq!(known["userErrors"], json!([]));
    let mut limited = 0;
    for place in 0..150 {
        let address = format!("192.0.2.{place}");
        let guess = log_in_from(&app, &address, "mary@example.com", "wrong").await;
        limited += usize::from(code(&guess) == "RATE_LIMITED");
    }
    assert!(limited >= 20, "{limited} of 150 were slowed down");
    let known = log_in_from(&app, home, "mary@example.com", PASSWORD).await;
    assert_eq!(known["userErrors"], json!([]));
}

#[tokio::test]
async fn who_renews_a_session_somewhere_is_known_there() {
    let app = TestApp::sqlite().await;
    let mary = sign_up(&app, "mary@example.com").await;
    let hotel = "198.51.100.8";
    let query = "mutation($token: String!) { refreshSession(input: { refreshToken: $token }) { \
                 userErrors { code } } }";
    let variables = json!({ "token": text(&mary, "refreshToken") });
    let there = app.anonymous().from(hotel);
    let renewed = there.query_with(query, variables).await.data();
    assert_eq!(renewed["refreshSession"]["userErrors"], json!([]));
    for place in 0..150 {
        let address = format!("192.0.2.{place}");
        log_in_from(&app, &address, "mary@example.com", "wrong").await;
    }
    let stranger = log_in_from(&app, "198.51.100.9", "mary@example.com", PASSWORD).await;
    assert_eq!(code(&stranger), "RATE_LIMITED");
    let known = log_in_from(&app, hotel, "mary@example.com", PASSWORD).await;
    assert_eq!(known["userErrors"], json!([]));
}

#[tokio::test]
async fn one_address_cannot_try_one_password_on_every_account() {
    let app = TestApp::sqlite().await;
    let mut tried = 0;
    for place in 0..100 {
        let email = format!("somebody{place}@example.com");
        let guess = log_in_from(&app, "2001:db8::1", &email, "correct horse battery").await;
        tried += usize::from(code(&guess) == "INVALID_CREDENTIALS");
    }
    assert!(tried < 40, "{tried} were tried");
    // The whole network is one household.
    let other = log_in_from(&app, "2001:db8::2", "x@example.com", "wrong").await;
    assert_eq!(code(&other), "RATE_LIMITED");
}

#[tokio::test]
async fn a_thousand_aliases_are_a_thousand_attempts() {
    let shop = TestApp::sqlite().await;
    let variant = Variant {
        limits: Limits {
            root_fields: 1000,
            members: 1000,
            tokens: 100_000,
            selections: 10_000,
            aliases: 1000,
            ..Limits::default()
        },
        ..Variant::default()
    };
    let app = shop.node(variant).await;
    sign_up(&app, "mary@example.com").await;
    let attempt = |place: usize| {
        let password = if place == 999 {
            PASSWORD.to_owned()
        } else {
            format!("guess number {place}")
        };
        format!(
            "a{place}: logIn(input: {{ email: \"mary@example.com\", password: \"{password}\" }}) \
             {{ accessToken userErrors {{ code }} }} "
        )
    };
    let fields: String = (0..1000).map(attempt).collect();
    let query = format!("mutation {{ {fields} }}");
    let reply = app.anonymous().from("192.0.2.1").query(&query).await;
    let data = reply.data();
    let mut codes = std::collections::BTreeMap::<String, usize>::new();
    for payload in data.as_object().unwrap().values() {
        assert_eq!(payload["accessToken"], Value::Null);
        *codes.entry(code(payload)).or_default() += 1;
    }
    assert_eq!(codes.values().sum::<usize>(), 1000);
    assert_eq!(codes["INVALID_CREDENTIALS"], 6, "{codes:?}");
    assert_eq!(codes["RATE_LIMITED"], 994, "{codes:?}");
    app.database().close().await;
}

#[tokio::test]
async fn a_guess_is_answered_and_recorded_however_many_write() {
    for app in TestApp::on_every_database().await {
        if app.database().dialect() == Dialect::Sqlite {
            // There is one writer, whom a record waits for.
            continue;
        }
        let mary = sign_up(&app, "mary@example.com").await;
        let writing = join_all((0..8).map(|_| app.database().begin())).await;
        let guess = log_in_from(&app, "192.0.2.1", "mary@example.com", "wrong");
        let guess = tokio::time::timeout(Duration::from_secs(4), guess).await;
        assert_eq!(code(&guess.unwrap()), "INVALID_CREDENTIALS");
        for transaction in writing {
            transaction.unwrap().rollback().await.unwrap();
        }
        let user = text(&mary["user"], "id");
        assert_eq!(recorded(&app, &user).await, ["logInFailed", "signUp"]);
        app.remove().await;
    }
}

#[tokio::test]
async fn accounts_are_made_a_few_at_a_time() {
    let app = TestApp::sqlite().await;
    let query = "mutation($input: SignUpInput!) { signUp(input: $input) { userErrors { code ... on \
                 RateLimitedError { retryAfter } } } }";
    let mut made = 0;
    for place in 0..15 {
        let input = json!({ "input": {
            "email": format!("mary{place}@example.com"), "password": PASSWORD, "displayName": "Mary",
        } });
        let reply = app
            .anonymous()
            .from("192.0.2.1")
            .query_with(query, input)
            .await;
        made += usize::from(reply.data()["signUp"]["userErrors"] == json!([]));
    }
    assert_eq!(made, 11);
}
