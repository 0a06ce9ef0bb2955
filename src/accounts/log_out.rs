use serde_json::json;

use super::sign_in::{refresh_token, without_cookie};
use crate::audit;
use crate::auth::{revoke, session};
use crate::error::ApiError;
use crate::graphql::{Call, Outcome, Shape, Verb};

pub(super) fn verb() -> Verb {
    Verb::new(
        "logOut",
        "Ends the session of the access token, and that of the refresh token if one is given. \
         Their tokens are refused from now on.",
        |call| Box::pin(log_out(call)),
    )
    .may_take("refreshToken", Shape::Text, "The last one that was given.")
    .in_secret()
    .with_cookies()
}

async fn log_out(call: Call) -> Result<Outcome, ApiError> {
    let actor = call.identity.requester.user();
    let known = match refresh_token(&call) {
        Some(token) => session::find(&call.transaction.reading(), token).await?,
        None => None,
    };
    let known = known.filter(|session| session.revoked_at.is_none());
    // Whose sessions end: the token may be of somebody else than whoever asks.
    let known = known.map(|session| (session.user_id, session.family_id));
    let mut ending: Vec<_> = known.into_iter().collect();
    ending.extend(actor.zip(call.identity.session));
    ending.dedup();
    let mut outcome = without_cookie(&call, Outcome::done());
    if ending.is_empty() {
        return Ok(outcome);
    }
    let db = call.transaction.writing().await?;
    for (user, family) in ending {
        session::end_family(db, family, call.now).await?;
        let revoked = revoke(db, family, call.now).await?;
        let auth = call.auth.clone();
        outcome = outcome.when_committed(async move { auth.note(revoked) });
        let entry = audit::Entry {
            action: "logOut",
            changes: json!({ "family": family }),
            request_id: call.client.request_id.clone(),
            ..audit::Entry::of_user(user, actor)
        };
        audit::record(db, entry, call.now).await?;
    }
    Ok(outcome)
}
