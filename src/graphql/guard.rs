use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::call::Call;
use super::user_error::UserError;
use super::verb::Verb;
use crate::error::ApiError;

/// What is written by hand beside the catalogue.
#[derive(Debug, Default)]
pub struct Extensions {
    /// Mutations.
    pub verbs: Vec<Verb>,
    /// Those who are asked before new rows are kept.
    pub guards: Vec<Guard>,
}

/// Somebody who is asked before new rows of an entity are kept, about what no
/// rule of its declaration can say.
#[derive(Clone)]
pub struct Guard {
    entity: &'static str,
    asks: Arc<Asks>,
}

/// Says what is wrong with the rows of some keys, in the transaction that made
/// them.
type Asks =
    dyn Fn(Call, Vec<Uuid>) -> BoxFuture<'static, Result<Vec<UserError>, ApiError>> + Send + Sync;

impl Guard {
    /// Somebody who is asked about new rows of the entity of that name.
    pub fn new<F>(
        entity: &'static str,
        asks: impl Fn(Call, Vec<Uuid>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Vec<UserError>, ApiError>> + Send + 'static,
    {
        Self {
            entity,
            asks: Arc::new(move |call, keys| Box::pin(asks(call, keys))),
        }
    }

    /// The entity whose rows it is asked about.
    pub(super) fn entity(&self) -> &'static str {
        self.entity
    }

    /// Asks what is wrong with rows.
    pub(super) async fn ask(
        &self,
        call: Call,
        keys: Vec<Uuid>,
    ) -> Result<Vec<UserError>, ApiError> {
        (self.asks)(call, keys).await
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({})", self.entity)
    }
}
