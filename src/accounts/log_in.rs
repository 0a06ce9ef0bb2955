use entity::user;

use super::sign_in::{self, address, count, giving, pair};
use super::user::{changed_meanwhile, has_same_password, record_apart};
use crate::auth::attempts::{PASSWORDS, SIGN_INS, STRANGERS, Subject};
use crate::auth::password::Verified;
use crate::auth::{account, email, session};
use crate::error::ApiError;
use crate::graphql::{Call, Outcome, Prepared, Shape, UserError, UserErrorKind, Verb};

pub(super) fn verb() -> Verb {
    let verb = Verb::prepared(
        "logIn",
        "Signs in with e-mail address and password.",
        |call| Box::pin(prepare(call)),
    );
    giving(
        verb.takes("email", Shape::Text, "The e-mail address of the account.")
            .takes("password", Shape::Text, "Its password."),
    )
}

async fn prepare(call: Call) -> Result<Prepared, ApiError> {
    let given = call.text("email").unwrap_or_default();
    let email = email::normal(given);
    let name = email.as_deref().unwrap_or(given);
    let pair = pair(&call, name);
    let mut counted = vec![(SIGN_INS, address(&call)), (PASSWORDS, pair.clone())];
    if !call.auth.attempts.knows(&pair, call.now).await {
        counted.push((STRANGERS, Subject::of(&["account", name])));
    }
    // Whoever is not served has not tried anything.
    call.auth.passwords.check_free()?;
    if let Err(outcome) = count(&call, "logIn", &counted).await {
        return Ok(Prepared::Refused(outcome));
    }
    let user = match &email {
        Some(email) => account::find(&call.transaction.reading(), email).await?,
        None => None,
    };
    let password = call.text("password").unwrap_or_default();
    let hash = user.as_ref().and_then(|user| user.password_hash.as_deref());
    // It takes as long where there is no such account.
    let verified = call.auth.passwords.verify(password, hash).await?;
    let user = match user {
        Some(user) if verified != Verified::Wrong && user.disabled_at.is_none() => user,
        user => return Ok(Prepared::Refused(refused(&call, user.as_ref()))),
    };
    // Hashed anew later: nothing is waited for once it is known that the password
    // is right, for who hangs up then would leave no record.
    let outdated = (verified == Verified::Outdated).then(|| password.to_owned());
    // Whoever sees that only another part of the operation failed knows that
    // the password is right.
    let undone = record_apart(&call, "logInUndone", Some(user.id));
    let prepared =
        Prepared::ready(move |call| log_in(call, user.clone(), outdated.clone(), pair.clone()));
    Ok(prepared.unless_committed(undone))
}

async fn log_in(
    call: Call,
    user: user::Model,
    outdated: Option<String>,
    pair: Subject,
) -> Result<Outcome, ApiError> {
    // To verify took a while: the account may have changed meanwhile.
    let db = call.transaction.writing().await?;
    let Some(locked) = session::lock(db, user.id).await? else {
        return Ok(refused(&call, Some(&user)));
    };
    if !has_same_password(&user, &locked) {
        return Err(changed_meanwhile());
    }
    let (auth, now) = (call.auth.clone(), call.now);
    let outcome = sign_in::begin(&call, &locked, "logIn").await?;
    Ok(outcome.when_committed(async move {
        auth.attempts.forgive(PASSWORDS, &pair).await;
        if let Some(password) = outdated {
            auth.renew_hash(&locked, &password, now).await;
        }
    }))
}

/// The same answer, whatever was wrong, after the same work.
fn refused(call: &Call, user: Option<&user::Model>) -> Outcome {
    if user.is_none() {
        let network = call.client.network();
        tracing::warn!(network, "a sign-in to no account failed");
    }
    let failed = record_apart(call, "logInFailed", user.map(|user| user.id));
    Outcome::refused(UserError::new(
        UserErrorKind::InvalidCredentials,
        "E-mail address and password do not go together.",
        &["input"],
    ))
    .in_any_case(failed)
}
