use serde_json::json;
use uuid::Uuid;

use super::payload::AskedWrite;
use super::refusal::told;
use crate::error::ApiError;
use crate::graphql::call::{Call, Outcome, Returned};
use crate::graphql::engine::Engine;
use crate::graphql::guard::Made;
use crate::graphql::user_error::UserError;
use crate::graphql::verb::Asked;
use crate::plan::write::{Change, Write};
use crate::run::{self, Kept, Refusal, Wrote};

impl Engine {
    /// Does a write in the transaction of its operation.
    pub(in crate::graphql) async fn perform(
        &self,
        asked: &Asked<'_>,
        AskedWrite { write }: &AskedWrite<'_>,
        call: &Call,
    ) -> Result<Outcome, ApiError> {
        let write = match write {
            Ok(write) => write,
            Err(errors) => return Ok(Outcome::refused_for(errors.clone())),
        };
        if let Change::Delete(_) = &write.change {
            return self.delete(asked, write, call).await;
        }
        match run::write(&call.transaction, write, call.now).await? {
            Ok(wrote) => {
                let refused = self.guard(&wrote, call).await?;
                if !refused.is_empty() {
                    return Ok(Outcome::refused_for(refused));
                }
                let mut outcome = Outcome::done();
                if let Some(key) = wrote.keys.first() {
                    outcome = outcome.with_row("row", *key);
                }
                outcome
                    .gifts
                    .push(("rows", Returned::Rows(wrote.keys.clone())));
                Ok(gifts(outcome, wrote))
            }
            Err(refusals) => Ok(self.refused(refusals)),
        }
    }

    /// What those say who are asked before new rows are kept.
    async fn guard(&self, wrote: &Wrote, call: &Call) -> Result<Vec<UserError>, ApiError> {
        for guard in self.operations().guards() {
            let mut made = wrote.changes.iter();
            let made = made
                .by_ref()
                .filter(|change| change.kept == Kept::Created && change.entity == guard.entity());
            let made = made.map(|change| Made {
                key: change.key,
                path: change.path.clone(),
            });
            let made: Vec<_> = made.collect();
            if !made.is_empty() {
                let refused = guard.ask(call.clone(), made).await?;
                if !refused.is_empty() {
                    return Ok(refused);
                }
            }
        }
        Ok(Vec::new())
    }

    /// Deletes rows, and tells what they were.
    async fn delete(
        &self,
        asked: &Asked<'_>,
        write: &Write<'_>,
        call: &Call,
    ) -> Result<Outcome, ApiError> {
        let Change::Delete(removal) = &write.change else {
            return Err(ApiError::internal(&"a deletion of nothing"));
        };
        let locked = match run::lock(&call.transaction, &removal.targets).await? {
            Ok(locked) => locked,
            Err(refusals) => return Ok(self.refused(refusals)),
        };
        let keys: Vec<Uuid> = locked.iter().map(run::Locked::key).collect();
        let rows = self.rows_told(asked, &keys, &call.transaction).await?;
        match run::remove(&call.transaction, removal, locked).await? {
            Ok(wrote) => {
                let outcome = Outcome {
                    told: rows,
                    ..Outcome::done()
                };
                let prefix = removal.entity.id_prefix();
                let ids = keys.iter().map(|key| format!("{prefix}_{}", key.simple()));
                let ids: Vec<_> = ids.collect();
                let outcome = outcome.with("id", json!(ids.first()));
                Ok(gifts(outcome.with("ids", json!(ids)), wrote))
            }
            Err(refusals) => Ok(self.refused(refusals)),
        }
    }

    pub(in crate::graphql) fn refused(&self, refusals: Vec<Refusal>) -> Outcome {
        let catalog = self.operations().catalog();
        let errors = refusals.into_iter().map(|refusal| told(catalog, refusal));
        Outcome::refused_for(errors.collect())
    }
}

/// Adds what every payload may tell.
fn gifts(outcome: Outcome, wrote: Wrote) -> Outcome {
    outcome
        .with("created", wrote.created)
        .with("count", wrote.keys.len())
        .with_changes(wrote.changes)
}
