use serde_json::json;
use uuid::Uuid;

use super::sign_in::{address, count, giving, refresh_token, tokens, without_cookie};
use super::user::record_apart;
use crate::audit;
use crate::auth::attempts::RENEWALS;
use crate::auth::session::{self, RenewalFault};
use crate::error::ApiError;
use crate::graphql::{Call, Outcome, Prepared, Shape, UserError, UserErrorKind, Verb};

pub(super) fn verb() -> Verb {
    let verb = Verb::prepared(
        "refreshSession",
        "Takes a refresh token for new tokens. Each is good once; who uses one again ends the \
         session. Send no `Authorization` header that has expired.",
        |call| Box::pin(prepare(call)),
    );
    giving(verb.may_take(
        "refreshToken",
        Shape::Text,
        "The last one that was given. Leave it out where the server keeps it in a cookie.",
    ))
}

async fn prepare(call: Call) -> Result<Prepared, ApiError> {
    Ok(
        match count(&call, "refreshSession", &[(RENEWALS, address(&call))]).await {
            Ok(()) => Prepared::ready(refresh_session),
            Err(outcome) => Prepared::Refused(outcome),
        },
    )
}

async fn refresh_session(call: Call) -> Result<Outcome, ApiError> {
    let Some(token) = refresh_token(&call) else {
        return Ok(over(&call));
    };
    let db = call.transaction.writing().await?;
    let agent = call.client.user_agent.as_deref();
    let renewed = session::renew(db, token, agent, call.auth.sessions, call.now).await;
    let begun = match renewed {
        Ok(begun) => begun,
        Err(RenewalFault::Over) => return Ok(over(&call)),
        Err(RenewalFault::Reused { user, family }) => return Ok(reused(&call, user, family)),
        Err(RenewalFault::Failed(error)) => return Err(error.into()),
    };
    let Some(user) = session::lock(db, begun.user).await? else {
        return Ok(over(&call));
    };
    // Whoever sees that only another part of the operation failed knows that
    // the token is good.
    let undone = record_apart(&call, "refreshSessionUndone", Some(user.id));
    Ok(tokens(&call, &user, begun).await?.unless_committed(undone))
}

fn over(call: &Call) -> Outcome {
    let outcome = Outcome::refused(UserError::new(
        UserErrorKind::SessionOver,
        "The session is over. Log in again.",
        &["input", "refreshToken"],
    ));
    without_cookie(call, outcome)
}

/// Somebody else has had the token, or has it now. Nobody can tell who is who,
/// so both are to sign in again (RFC 9700, section 4.14.2).
fn reused(call: &Call, user: Uuid, family: Uuid) -> Outcome {
    tracing::warn!(%user, "a refresh token was used again");
    let entry = audit::Entry {
        action: "refreshTokenReused",
        changes: json!({ "family": family }),
        request_id: call.client.request_id.clone(),
        ..audit::Entry::of_user(user, None)
    };
    let (auth, now) = (call.auth.clone(), call.now);
    over(call).in_any_case(async move {
        auth.end_family(family).await;
        auth.record(entry, now).await;
    })
}
