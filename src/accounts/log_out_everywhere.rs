use super::sign_in::without_cookie;
use super::user::{self, signed_in};
use crate::access::Role;
use crate::error::ApiError;
use crate::graphql::{Call, Outcome, Verb};

pub(super) fn verb() -> Verb {
    Verb::new(
        "logOutEverywhere",
        "Ends all your sessions on every device. Their tokens are refused from now on.",
        |call| Box::pin(log_out_everywhere(call)),
    )
    .least(Role::Customer)
    .with_cookies()
}

async fn log_out_everywhere(call: Call) -> Result<Outcome, ApiError> {
    let id = signed_in(&call)?;
    let db = call.transaction.writing().await?;
    let by = user::By::request(&call);
    let revoked = user::end_sessions(db, id, None, "logOutEverywhere", &by).await?;
    let auth = call.auth.clone();
    let outcome = without_cookie(&call, Outcome::done());
    Ok(outcome.when_committed(async move { auth.note(revoked) }))
}
