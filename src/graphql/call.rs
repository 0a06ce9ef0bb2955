use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::Value as Json;
use uuid::Uuid;

use super::shape::Arguments;
use super::user_error::{MOST_ERRORS, UserError, UserErrorKind};
use crate::auth::{Auth, Client, Identity};
use crate::error::ApiError;
use crate::run::{Changed, Transaction};

/// A mutation that is asked for.
#[derive(Clone)]
pub struct Call {
    /// Who asks.
    pub identity: Identity,
    /// From where.
    pub client: Arc<Client>,
    /// When.
    pub now: DateTime<Utc>,
    /// Accounts and tokens.
    pub auth: Arc<Auth>,
    /// What to read and write by.
    pub transaction: Arc<Transaction>,
    /// What it is given.
    pub given: Arguments,
}

impl Call {
    /// A text, or the stored text of a choice; none where it was left out.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.text(name)
    }

    /// The key of a row; none where it was left out.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<Uuid> {
        self.given.id(name)
    }
}

/// What came of preparing a mutation.
pub enum Prepared {
    /// It is not done.
    Refused(Outcome),
    /// It is to be done in the transaction.
    Ready(Ready),
}

/// A mutation that is prepared.
pub struct Ready {
    pub(super) act: Act,
    pub(super) after: After,
}

/// What a mutation does in the transaction, however often that is tried.
pub(super) type Act =
    Arc<dyn Fn(Call) -> BoxFuture<'static, Result<Outcome, ApiError>> + Send + Sync>;

impl Prepared {
    /// It is to be done like this.
    #[must_use]
    pub fn ready<F>(act: impl Fn(Call) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Outcome, ApiError>> + Send + 'static,
    {
        Self::act(Arc::new(move |call| Box::pin(act(call))))
    }

    pub(super) fn act(act: Act) -> Self {
        Self::Ready(Ready {
            act,
            after: After::default(),
        })
    }

    /// Does something once the transaction is over and nothing of it was kept.
    #[must_use]
    pub fn unless_committed(mut self, then: impl Future<Output = ()> + Send + 'static) -> Self {
        if let Self::Ready(ready) = &mut self {
            ready.after.undone.push(Box::pin(then));
        }
        self
    }
}

/// What became of a mutation.
#[derive(Default)]
pub struct Outcome {
    pub(super) gifts: Vec<(&'static str, Returned)>,
    pub(super) errors: Vec<UserError>,
    pub(super) after: After,
    /// Every row that is different now.
    pub(super) changes: Vec<Changed>,
    /// What stands under response keys of the payload, where it was read
    /// already.
    pub(super) told: Vec<(String, Vec<u8>)>,
}

/// What is still to be done once the transaction is over.
#[derive(Default)]
pub(super) struct After {
    /// If it is committed.
    pub committed: Vec<BoxFuture<'static, ()>>,
    /// If it is not.
    pub undone: Vec<BoxFuture<'static, ()>>,
    /// In any case.
    pub lasting: Vec<BoxFuture<'static, ()>>,
    /// The cookies to set if it is committed.
    pub cookies: Vec<String>,
    /// Those to set in any case.
    pub lasting_cookies: Vec<String>,
}

impl After {
    /// Whether there is anything to do where nothing is kept.
    pub fn leaves_to_do(&self) -> bool {
        !self.undone.is_empty() || !self.lasting.is_empty()
    }
}

/// What stands under a field of a payload.
pub(super) enum Returned {
    Json(Json),
    Row(Uuid),
    Rows(Vec<Uuid>),
}

impl Outcome {
    /// It is done.
    #[must_use]
    pub fn done() -> Self {
        Self::default()
    }

    /// It is not done, for this reason.
    #[must_use]
    pub fn refused(error: UserError) -> Self {
        Self {
            errors: vec![error],
            ..Self::default()
        }
    }

    /// It is not done, for this reason, which is about an argument.
    #[must_use]
    pub fn because(kind: UserErrorKind, message: impl Into<String>, argument: &str) -> Self {
        Self::refused(UserError::new(kind, message, &["input", argument]))
    }

    /// It is not done, for several reasons, of which a hundred are told.
    #[must_use]
    pub fn refused_for(mut errors: Vec<UserError>) -> Self {
        errors.truncate(MOST_ERRORS);
        Self {
            errors,
            ..Self::default()
        }
    }

    /// Gives a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.gifts.push((name, Returned::Json(value.into())));
        self
    }

    /// Gives the row of that key.
    #[must_use]
    pub fn with_row(mut self, name: &'static str, key: Uuid) -> Self {
        self.gifts.push((name, Returned::Row(key)));
        self
    }

    /// Says which rows are different now: it is recorded, and told to those
    /// who listen, once all of the operation is committed.
    #[must_use]
    pub fn with_changes(mut self, changes: impl IntoIterator<Item = Changed>) -> Self {
        self.changes.extend(changes);
        self
    }

    /// Does something once all of the operation is committed.
    #[must_use]
    pub fn when_committed(mut self, then: impl Future<Output = ()> + Send + 'static) -> Self {
        self.after.committed.push(Box::pin(then));
        self
    }

    /// Does something once the transaction is over and nothing of it was kept.
    #[must_use]
    pub fn unless_committed(mut self, then: impl Future<Output = ()> + Send + 'static) -> Self {
        self.after.undone.push(Box::pin(then));
        self
    }

    /// Does something once the transaction is over, whatever became of it.
    #[must_use]
    pub fn in_any_case(mut self, then: impl Future<Output = ()> + Send + 'static) -> Self {
        self.after.lasting.push(Box::pin(then));
        self
    }

    /// Sets a cookie, once all of the operation is committed.
    #[must_use]
    pub fn with_cookie(mut self, cookie: String) -> Self {
        self.after.cookies.push(cookie);
        self
    }

    /// Takes a cookie back, whatever becomes of the operation.
    #[must_use]
    pub fn without_cookie(mut self, cookie: String) -> Self {
        self.after.lasting_cookies.push(cookie);
        self
    }
}
