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

/// A new row.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its key.
    pub key: Uuid,
    /// Where in the arguments it is.
    pub path: Vec<String>,
}

/// Says what is wrong with new rows, in the transaction that made them.
type Asks =
    dyn Fn(Call, Vec<Made>) -> BoxFuture<'static, Result<Vec<UserError>, ApiError>> + Send + Sync;

impl Guard {
    /// Somebody who is asked about new rows of the entity of that name.
    pub fn new<F>(
        entity: &'static str,
        asks: impl Fn(Call, Vec<Made>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Vec<UserError>, ApiError>> + Send + 'static,
    {
        Self {
            entity,
            asks: Arc::new(move |call, made| Box::pin(asks(call, made))),
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
        made: Vec<Made>,
    ) -> Result<Vec<UserError>, ApiError> {
        (self.asks)(call, made).await
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({})", self.entity)
    }
}
