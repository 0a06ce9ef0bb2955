//! Refresh tokens: good once, for a while, and for one client.

use std::time::Duration;

use chrono::Utc;
use entity::session;
use futures_util::future::join_all;
use purser::auth::session::{RenewalFault, renew};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;

use super::{code, is_good, recorded, refresh, sign_up, text};
use crate::app::TestApp;

#[tokio::test]
async fn of_many_who_renew_at_once_all_get_the_one_next_token() {
    for app in TestApp::on_every_database().await {
        let signed_up = sign_up(&app, "mary@example.com").await;
        let token = text(&signed_up, "refreshToken");
        let renewals = join_all((0..16).map(|_| refresh(&app, &token))).await;
        let next: Vec<_> = renewals
            .iter()
            .map(|payload| text(payload, "refreshToken"))
            .collect();
        assert!(next.iter().all(|one| *one == next[0]), "{next:#?}");
        assert_ne!(next[0], token);
        for payload in &renewals {
            assert!(is_good(&app, &text(payload, "accessToken")).await);
        }
        let db = app.database().orm();
        let first = session::Entity::find()
            .filter(session::Column::RefreshTokenHash.eq(sha256(&token)))
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let stored = session::Entity::find()
            .filter(session::Column::FamilyId.eq(first.family_id))
            .all(db)
            .await
            .unwrap();
        assert_eq!(stored.len(), 2, "one successor");
        // The honest client goes on with it.
        let renewed = refresh(&app, &next[0]).await;
        assert!(is_good(&app, &text(&renewed, "accessToken")).await);
        app.remove().await;
    }
}

/// The SHA-256 of a text in lower-case hex.
fn sha256(text: &str) -> String {
    use std::fmt::Write as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[tokio::test]
async fn an_older_token_is_taken_from_the_same_client_for_a_short_while_only() {
    let app = TestApp::sqlite().await;
    let db = app.database().orm();
    let (sessions, now) = (app.door.auth.sessions, Utc::now());
    for (agent, later, good) in [
        (Some("browser"), Duration::from_secs(5), true),
        (Some("browser"), Duration::from_mins(1), false),
        (Some("another"), Duration::from_secs(5), false),
        (None, Duration::from_secs(5), false),
    ] {
        let user = app.customer("ada").await.requester.user().unwrap();
        let begun = purser::auth::session::begin(db, user, Some("browser"), sessions, now)
            .await
            .unwrap();
        let token = begun.refresh_token;
        let next = renew(db, &token, Some("browser"), sessions, now)
            .await
            .unwrap();
        let again = renew(db, &token, agent, sessions, now + later).await;
        match again {
            Ok(again) => {
                assert!(good, "{agent:?} after {later:?}");
                assert_eq!(again.refresh_token, next.refresh_token);
            }
            Err(RenewalFault::Reused { family, .. }) => {
                assert!(!good, "{agent:?} after {later:?}");
                assert_eq!(family, begun.family);
            }
            Err(fault) => panic!("{agent:?} after {later:?}: {fault:?}"),
        }
    }
}

#[tokio::test]
async fn sessions_end_when_nobody_renews_them_and_in_any_case() {
    let app = TestApp::sqlite().await;
    let db = app.database().orm();
    let (sessions, begin) = (app.door.auth.sessions, Utc::now());
    let user = app.customer("ada").await.requester.user().unwrap();
    let idle = purser::auth::session::begin(db, user, None, sessions, begin)
        .await
        .unwrap();
    let late = renew(
        db,
        &idle.refresh_token,
        None,
        sessions,
        begin + sessions.idle,
    )
    .await;
    assert!(matches!(late, Err(RenewalFault::Over)), "{late:?}");
    let mut last = purser::auth::session::begin(db, user, None, sessions, begin)
        .await
        .unwrap();
    let mut now = begin;
    let mut renewals = 0;
    loop {
        now += Duration::from_hours(20);
        match renew(db, &last.refresh_token, None, sessions, now).await {
            Ok(next) => last = next,
            Err(RenewalFault::Over) => break,
            Err(fault) => panic!("{fault:?}"),
        }
        renewals += 1;
        assert!(last.expires_at <= begin + sessions.absolute);
    }
    // 72 hours, and not once more after.
    assert_eq!(renewals, 3);
}

#[tokio::test]
async fn an_old_token_tells_on_a_thief_for_as_long_as_the_sign_in_goes_on() {
    for app in TestApp::on_every_database().await {
        let signed_up = sign_up(&app, "mary@example.com").await;
        let stolen = text(&signed_up, "refreshToken");
        let next = refresh(&app, &stolen).await;
        // The token has expired since, and whoever stole it has not.
        let long_ago = Utc::now() - Duration::from_mins(1);
        let aged = session::Entity::update_many()
            .col_expr(session::Column::ExpiresAt, Expr::value(long_ago))
            .col_expr(session::Column::RotatedAt, Expr::value(long_ago))
            .filter(session::Column::RefreshTokenHash.eq(sha256(&stolen)))
            .exec(app.database().orm())
            .await
            .unwrap();
        assert_eq!(aged.rows_affected, 1);
        assert!(is_good(&app, &text(&next, "accessToken")).await);
        assert_eq!(code(&refresh(&app, &stolen).await), "SESSION_OVER");
        assert!(!is_good(&app, &text(&next, "accessToken")).await);
        let over = refresh(&app, &text(&next, "refreshToken")).await;
        assert_eq!(code(&over), "SESSION_OVER");
        let user = text(&signed_up["user"], "id");
        assert_eq!(
            recorded(&app, &user).await,
            ["refreshTokenReused", "signUp"]
        );
        app.remove().await;
    }
}

#[tokio::test]
async fn a_token_that_was_used_is_remembered_until_its_sign_in_is_over() {
    for app in TestApp::on_every_database().await {
        let db = app.database().orm();
        let (sessions, begin) = (app.door.auth.sessions, Utc::now());
        let user = app.customer("ada").await.requester.user().unwrap();
        let begun = purser::auth::session::begin(db, user, None, sessions, begin)
            .await
            .unwrap();
        let next = renew(db, &begun.refresh_token, None, sessions, begin)
            .await
            .unwrap();
        let known = async |token: &str| {
            let found = purser::auth::session::find(db, token).await;
            found.unwrap().is_some()
        };
        // Both have expired, and were kept as long as is asked for.
        let later = begin + sessions.idle + sessions.kept + Duration::from_hours(1);
        app.door.auth.tidy(later).await.unwrap();
        assert!(known(&begun.refresh_token).await);
        assert!(!known(&next.refresh_token).await);
        let later = begin + sessions.absolute + sessions.kept + Duration::from_hours(1);
        app.door.auth.tidy(later).await.unwrap();
        assert!(!known(&begun.refresh_token).await);
        app.remove().await;
    }
}

#[tokio::test]
async fn only_hashes_are_stored_and_what_makes_the_next_token_is_gone_with_it() {
    let app = TestApp::sqlite().await;
    let signed_up = sign_up(&app, "mary@example.com").await;
    let first = text(&signed_up, "refreshToken");
    assert_eq!(first.len(), 64);
    let second = text(&refresh(&app, &first).await, "refreshToken");
    let third = text(&refresh(&app, &second).await, "refreshToken");
    let rows = session::Entity::find()
        .filter(session::Column::SuccessorSalt.is_not_null())
        .all(app.database().orm())
        .await
        .unwrap();
    let salted: Vec<_> = rows
        .iter()
        .map(|row| row.refresh_token_hash.clone())
        .collect();
    assert_eq!(salted, [sha256(&second)]);
    let all = session::Entity::find()
        .all(app.database().orm())
        .await
        .unwrap();
    let all = format!("{all:?}");
    for token in [first, second, third] {
        assert!(!all.contains(&token));
    }
}

#[tokio::test]
async fn what_is_no_token_of_ours_renews_nothing() {
    let app = TestApp::shared().await;
    let long = "a".repeat(9_000);
    for token in [
        "",
        "x",
        "'; DROP TABLE sessions; --",
        "\u{0}",
        "é",
        long.as_str(),
    ] {
        let refused = refresh(app, token).await;
        assert_eq!(code(&refused), "SESSION_OVER", "{token:.20}");
        assert_eq!(refused["accessToken"], json!(null));
    }
    let none = "mutation { refreshSession(input: {}) { userErrors { code } } }";
    let reply = app.anonymous().query(none).await;
    assert_eq!(
        reply.data()["refreshSession"]["userErrors"][0]["code"],
        "SESSION_OVER"
    );
}

#[tokio::test]
async fn a_disabled_user_renews_nothing() {
    let app = TestApp::sqlite().await;
    let signed_up = sign_up(&app, "mary@example.com").await;
    // As if another node had written it a moment ago.
    entity::user::Entity::update_many()
        .col_expr(entity::user::Column::DisabledAt, Expr::value(Utc::now()))
        .filter(entity::user::Column::Email.eq("mary@example.com"))
        .exec(app.database().orm())
        .await
        .unwrap();
    let refused = refresh(&app, &text(&signed_up, "refreshToken")).await;
    assert_eq!(code(&refused), "SESSION_OVER");
}
