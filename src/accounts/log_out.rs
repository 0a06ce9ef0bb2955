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
}

async fn log_out(call: Call) -> Result<Outcome, ApiError> {
    let known = match refresh_token(&call) {
        Some(token) => session::find(&call.transaction.reading(), token).await?,
        None => None,
    };
    let known = known.filter(|session| session.revoked_at.is_none());
    let mut families: Vec<_> = known.map(|session| session.family_id).into_iter().collect();
    families.extend(call.identity.session);
    families.dedup();
    let mut outcome = without_cookie(&call, Outcome::done());
    if families.is_empty() {
        return Ok(outcome);
    }
    let db = call.transaction.writing().await?;
    for family in families {
        session::end_family(db, family, call.now).await?;
        let revoked = revoke(db, family, call.now).await?;
        let auth = call.auth.clone();
        outcome = outcome.when_committed(async move { auth.note(revoked) });
    }
    if let Some(user) = call.identity.requester.user() {
        let entry = audit::Entry {
            action: "logOut",
            request_id: call.client.request_id.clone(),
            ..audit::Entry::of_user(user, Some(user))
        };
        audit::record(db, entry, call.now).await?;
    }
    Ok(outcome)
}
