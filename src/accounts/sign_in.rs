//! What every way to sign in gives: an access token, and a refresh token that
//! the client keeps or the browser has in a cookie.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use entity::user::Model;
use sea_orm::ActiveEnum as _;

use crate::access::Role;
use crate::audit;
use crate::auth::Grant;
use crate::auth::attempts::{Policy, Subject};
use crate::auth::session::{self, Begun};
use crate::error::ApiError;
use crate::graphql::{Call, GiftKind, Outcome, UserErrorKind, Verb};

/// The cookie of the refresh token. By its name, browsers let no other host
/// and no page without encryption set it (RFC 6265bis, section 4.1.3.2).
pub(crate) const COOKIE: &str = "__Host-purser-refresh";

/// Adds what signing in gives.
pub(super) fn giving(verb: Verb) -> Verb {
    let verb = verb.gives(
        "user",
        GiftKind::Row("User"),
        "Who is signed in, as far as the request itself may see; ask for `me` with the new token \
         for the rest.",
    );
    giving_access(verb)
        .gives(
            "refreshToken",
            GiftKind::Text,
            "For `refreshSession`, once. Null where the server keeps it in a cookie.",
        )
        .with_cookies()
}

/// Adds an access token.
pub(super) fn giving_access(verb: Verb) -> Verb {
    verb.gives(
        "accessToken",
        GiftKind::Text,
        "Goes into the header `Authorization: Bearer …` of further requests.",
    )
    .gives(
        "expiresAt",
        GiftKind::DateTime,
        "When the access token expires. Refresh the session before.",
    )
    .in_secret()
}

/// Begins a session of a user, and gives its tokens.
pub(super) async fn begin(
    call: &Call,
    user: &Model,
    action: &'static str,
) -> Result<Outcome, ApiError> {
    let db = call.transaction.writing().await?;
    let agent = call.client.user_agent.as_deref();
    let begun = session::begin(db, user.id, agent, call.auth.sessions, call.now).await?;
    let entry = audit::Entry {
        action,
        request_id: call.client.request_id.clone(),
        ..audit::Entry::of_user(user.id, Some(user.id))
    };
    audit::record(db, entry, call.now).await?;
    tokens(call, user, begun).await
}

/// Gives the tokens of a session, and remembers where its user is.
pub(super) async fn tokens(call: &Call, user: &Model, begun: Begun) -> Result<Outcome, ApiError> {
    let outcome = access_token(call, user, Some(begun.family)).await?;
    let (auth, pair, now) = (call.auth.clone(), pair(call, &user.email), call.now);
    let outcome = outcome
        .with_row("user", user.id)
        .when_committed(async move { auth.attempts.remember(&pair, now).await });
    Ok(if call.auth.cookies {
        let lasts = (begun.expires_at - call.now).to_std().unwrap_or_default();
        outcome.with_cookie(cookie(&begun.refresh_token, lasts))
    } else {
        outcome.with("refreshToken", begun.refresh_token)
    })
}

/// Gives an access token.
pub(super) async fn access_token(
    call: &Call,
    user: &Model,
    session: Option<uuid::Uuid>,
) -> Result<Outcome, ApiError> {
    let epoch = crate::auth::epoch(&call.transaction.reading(), user.id).await?;
    let grant = Grant {
        user: user.id,
        role: role_of(user),
        session,
        epoch,
    };
    let token = call.auth.tokens.sign(grant, call.now);
    let token = token.map_err(|error| ApiError::internal(&error))?;
    let expires_at = call.now + call.auth.tokens.settings().lifetime;
    Ok(Outcome::done()
        .with("accessToken", token)
        .with("expiresAt", moment(expires_at)))
}

/// What a user may do.
#[must_use]
pub fn role_of(user: &Model) -> Role {
    Role::from_name(&user.role.to_value()).unwrap_or(Role::Customer)
}

/// A cookie that holds a refresh token for so long.
fn cookie(token: &str, lasts: Duration) -> String {
    format!(
        "{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={}",
        lasts.as_secs()
    )
}

/// Takes the cookie back that came with the request, unless another token was
/// given: the session of the cookie goes on then.
pub(super) fn without_cookie(call: &Call, outcome: Outcome) -> Outcome {
    let is_meant = call.text("refreshToken").is_none();
    if call.auth.cookies && call.client.cookie.is_some() && is_meant {
        outcome.without_cookie(cookie("", Duration::ZERO))
    } else {
        outcome
    }
}

/// The refresh token that is given, or the one of the cookie.
pub(super) fn refresh_token(call: &Call) -> Option<&str> {
    let cookie = call.client.cookie.as_deref().filter(|_| call.auth.cookies);
    call.text("refreshToken").or(cookie)
}

/// Counts attempts at an action. Says how long to wait where there were too
/// many.
pub(super) async fn count(
    call: &Call,
    action: &'static str,
    counted: &[(Policy, Subject)],
) -> Result<(), Outcome> {
    let taken = call.auth.attempts.take(counted, call.now).await;
    taken.map_err(|wait| {
        let client = &call.client;
        tracing::warn!(
            action,
            request_id = client.request_id,
            network = client.network(),
            "too many attempts"
        );
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        Outcome::refused(crate::graphql::UserError::new(
            UserErrorKind::RateLimited(seconds),
            format!("There were too many attempts. Try again in {seconds} seconds."),
            &[],
        ))
    })
}

/// What attempts from the caller's address are counted by.
pub(super) fn address(call: &Call) -> Subject {
    Subject::of(&["address", &call.client.network()])
}

/// What passwords are counted by that the caller's address tries on an account.
pub(super) fn pair(call: &Call, account: &str) -> Subject {
    Subject::of(&["pair", account, &call.client.network()])
}

/// A moment as the API writes it.
fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}
