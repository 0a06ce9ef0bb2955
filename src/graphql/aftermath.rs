use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::call::After;
use crate::error::ApiError;
use crate::run::{RunError, Transaction};

/// What is still to be done once the transaction of an operation is over.
///
/// Whoever asked may hang up at any time, and what they have seen by then may
/// be worth a record: so it is done all the same, when this is dropped at the
/// latest, and then nothing was kept.
#[derive(Default)]
pub(super) struct Aftermath {
    /// Of what came before the transaction.
    prepared: Vec<After>,
    /// Of what was done in it, the last time it was tried.
    tried: Vec<After>,
}

impl Aftermath {
    /// Adds what a field leaves to do that was prepared.
    pub fn prepared(&mut self, after: After) {
        self.prepared.push(after);
    }

    /// Adds what a field leaves to do that was done.
    pub fn tried(&mut self, after: After) {
        self.tried.push(after);
    }

    /// Ends the transaction, be it by keeping it, and does what is to be done
    /// then. Returns the cookies to set. Where another transaction was in the
    /// way of keeping it, all of that is still to be done.
    ///
    /// # Errors
    /// [`ApiError`] where the transaction was to be kept and is not.
    pub async fn end(
        &mut self,
        transaction: Option<Arc<Transaction>>,
        keeps: bool,
    ) -> Result<Vec<String>, ApiError> {
        let mut aftermath = std::mem::take(self);
        let ending = tokio::spawn(async move {
            let ended = match transaction {
                Some(transaction) => end(transaction, keeps).await.map_err(ApiError::from),
                None => Ok(()),
            };
            if let Err(error) = &ended
                && keeps
                && error.is_contention()
            {
                return (ended.map(|()| Vec::new()), aftermath);
            }
            let kept = keeps && ended.is_ok();
            let cookies = aftermath.follow(kept).await;
            (ended.map(|()| cookies), aftermath)
        });
        match ending.await {
            Ok((ended, aftermath)) => {
                *self = aftermath;
                ended
            }
            Err(error) => Err(ApiError::internal(&error)),
        }
    }

    /// Forgets what a try leaves to do that was undone and is to be made again.
    pub fn again(&mut self) {
        self.tried.clear();
    }

    /// Undoes a try that is to be made again.
    pub async fn undo(&mut self, transaction: Arc<Transaction>) {
        self.again();
        if let Err(error) = end(transaction, false).await {
            tracing::debug!(%error, "the database undoes it by itself");
        }
    }

    fn follow(&mut self, kept: bool) -> BoxFuture<'static, Vec<String>> {
        let mut all = std::mem::take(&mut self.prepared);
        all.append(&mut self.tried);
        Box::pin(follow(all, kept))
    }
}

impl Drop for Aftermath {
    fn drop(&mut self) {
        if (self.prepared.iter().chain(&self.tried)).any(After::leaves_to_do)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(self.follow(false));
        }
    }
}

/// Does what is to be done once the transaction is over, and returns the
/// cookies to set.
async fn follow(all: Vec<After>, kept: bool) -> Vec<String> {
    let mut cookies = Vec::new();
    for after in all {
        for then in if kept { after.committed } else { after.undone } {
            then.await;
        }
        if kept {
            cookies.extend(after.cookies);
        }
        for then in after.lasting {
            then.await;
        }
        cookies.extend(after.lasting_cookies);
    }
    cookies
}

async fn end(transaction: Arc<Transaction>, keeps: bool) -> Result<(), RunError> {
    // Every mutation is done with it.
    let transaction = Arc::into_inner(transaction)
        .ok_or_else(|| RunError::Failed("a mutation kept the transaction".to_owned()))?;
    if keeps {
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    Ok(())
}
